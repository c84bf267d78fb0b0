import type { TIMEFRAMES } from '../../contract/analytics.ts'
import { addDays, DAY_MS, startOfDay } from '../time.ts'

/** Days, first and last included. */
export interface Period {
  from: string
  to: string
  days: number
}

const DAYS: Record<(typeof TIMEFRAMES)[number], number | null> = { '7d': 7, '30d': 30, '90d': 90, '365d': 365, '18m': 548, all: null }

/** The period that ends on `to`. `all` begins with the first day there is. */
export function periodOf(timeframe: (typeof TIMEFRAMES)[number], to: string, firstDay: string | null): Period {
  const days =
    DAYS[timeframe] ?? Math.max(1, (startOfDay(to) - startOfDay(firstDay !== null && firstDay <= to ? firstDay : to)) / DAY_MS + 1)
  return { from: addDays(to, 1 - days), to, days }
}

/**
 * The period to compare with: as long, and moved back by whole weeks, so that weekdays match weekdays. It ends before the
 * period begins; for lengths that are no whole weeks a few days lie between the two.
 */
export function periodBefore(period: Period): Period {
  const shift = Math.ceil(period.days / 7) * 7
  return { from: addDays(period.from, -shift), to: addDays(period.to, -shift), days: period.days }
}

/** Whether there are figures of the whole of a period: its first day is not before the first day there is. */
export const isCovered = (period: Period, firstDay: string | null): boolean => firstDay !== null && firstDay <= period.from
