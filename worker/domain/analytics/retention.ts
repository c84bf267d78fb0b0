import { METRIC } from '../customer/metrics.ts'
import { addDays, addMonths, monthOf } from '../time.ts'
import type { Exchange } from './exchange.ts'
import type { KeptSum } from './rows.ts'

/** Whole calendar months, first and last included. */
export interface Months {
  from: string
  to: string
  months: number
}

/** What those who subscribed at the start of the first month were worth then, and what that changed by. Minor units. */
export interface Retention extends Months {
  opening: number
  /** Change with what they added, while they stayed. */
  net: number
  /** Change without: zero or negative. */
  gross: number
}

/** Retention is told over a year at most. */
const MOST_MONTHS = 12

export const firstDayOf = (month: string): string => `${month}-01`
const lastDayOf = (month: string): string => addDays(firstDayOf(addMonths(month, 1)), -1)

/** The last month that is over, and lies before the end of `to` as a whole. @example lastMonthOver('2026-11-24', '2026-11-24') // => '2026-10' */
export function lastMonthOver(to: string, today: string): string {
  const month = monthOf(to < today ? to : today)
  const last = lastDayOf(month)
  return last <= to && last < today ? month : addMonths(month, -1)
}

/**
 * The whole calendar months inside a period that are over, at most the last twelve; where it holds none, the last one that is
 * over by its end.
 *
 * @example retentionMonths({ from: '2026-08-15', to: '2026-11-24' }, '2026-11-24') // => { from: '2026-09', to: '2026-10', months: 2 }
 * @example retentionMonths({ from: '2026-11-18', to: '2026-11-24' }, '2026-11-24') // => { from: '2026-10', to: '2026-10', months: 1 }
 */
export function retentionMonths(period: { from: string; to: string }, today: string): Months {
  const to = lastMonthOver(period.to, today)
  let months = 1
  while (months < MOST_MONTHS && firstDayOf(addMonths(to, -months)) >= period.from) months++
  return { from: addMonths(to, 1 - months), to, months }
}

/** Retention over months, from the changes of their opening subscribers and what these were worth. */
export function retentionOf(months: Months, opening: number, kept: readonly KeptSum[], exchange: Exchange): Retention {
  const changeOf = (metric: string) =>
    kept
      .filter((row) => row.metric === metric && row.since === months.from && row.month >= months.from && row.month <= months.to)
      .filter(({ scope }) => exchange.takes.includes(scope))
      .reduce((total, { scope, sum }) => total + exchange.sum(scope, sum), 0)
  return { ...months, opening, net: changeOf(METRIC.mrrKeptNet), gross: changeOf(METRIC.mrrKeptGross) }
}

/** Share of the opening that is left; null where nobody had subscribed. */
export const shareKept = (opening: number, change: number): number | null => (opening <= 0 ? null : (opening + change) / opening)
