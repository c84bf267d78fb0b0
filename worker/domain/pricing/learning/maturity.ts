import { DAY_MS, dayOf, startOfDay } from '../../time.ts'
import type { PriceTest } from '../types.ts'
import type { ArmDay } from './types.ts'

/** Last day of whose visitors all have had their whole conversion window by the beginning of `today`. */
export const lastMaturedDay = (test: PriceTest, today: string): string => dayOf(startOfDay(today) - test.conversionWindowMs - DAY_MS)

/** Days whose rewards are final. What came in of younger ones is the quick buyers' only, so none of it is used. */
export function maturedDays<Row extends { day: string }>(test: PriceTest, rows: readonly Row[], today: string): Row[] {
  const last = lastMaturedDay(test, today)
  return rows.filter(({ day }) => day <= last)
}

/** 0 is Sunday. */
export const weekdayOf = (day: string): number => (Math.floor(startOfDay(day) / DAY_MS) + 4) % 7

export const hasWholeWeek = (days: readonly ArmDay[]): boolean =>
  new Set([...new Set(days.map(({ day }) => day))].map(weekdayOf)).size === 7
