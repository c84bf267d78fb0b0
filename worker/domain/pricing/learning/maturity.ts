import { addDays, DAY_MS, startOfDay } from '../../time.ts'
import type { PriceTest } from '../types.ts'
import type { ArmDay } from './types.ts'

/** Whether all who were exposed on a day have had their whole conversion window by the beginning of `today`. */
export const isMatured = (test: PriceTest, day: string, today: string): boolean =>
  startOfDay(addDays(day, 1)) + test.conversionWindowMs <= startOfDay(today)

/** Days whose rewards are final. What came in of younger ones is the quick buyers' only, so none of it is used. */
export const maturedDays = (test: PriceTest, days: readonly ArmDay[], today: string): ArmDay[] =>
  days.filter(({ day }) => isMatured(test, day, today))

/** 0 is Sunday. */
export const weekdayOf = (day: string): number => (Math.floor(startOfDay(day) / DAY_MS) + 4) % 7

export const hasWholeWeek = (days: readonly ArmDay[]): boolean => new Set(days.map(({ day }) => weekdayOf(day))).size === 7
