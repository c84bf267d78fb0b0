import type { DayRow } from '../../contract/analytics.ts'
import { METRIC } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { daysBetween } from '../time.ts'
import type { DaySum, EntryDay } from './rows.ts'
import { addTo, movementOf, type Totals } from './span.ts'

/** One row a day of a period, from sums in the currency shown; recurring revenue goes on from what opened the period. */
export function seriesOf(
  days: readonly DaySum[],
  entries: readonly EntryDay[],
  period: { from: string; to: string },
  openingMinor: number,
  currency: string,
): DayRow[] {
  const byDay = new Map<string, Totals>()
  for (const row of days) {
    const totals = byDay.get(row.day) ?? new Map()
    byDay.set(row.day, totals)
    addTo(totals, row)
  }
  const entriesByDay = new Map(entries.map((entry) => [entry.day, entry]))
  const none: Totals = new Map()
  let mrr = openingMinor
  return daysBetween(period.from, period.to).map((day) => {
    const totals = byDay.get(day) ?? none
    const of = (metric: string) => totals.get(metric) ?? 0
    mrr += movementOf(totals)
    return {
      day,
      gross: toMajor(of(METRIC.gross), currency),
      refunds: toMajor(of(METRIC.refunded), currency),
      disputes: toMajor(of(METRIC.disputed), currency),
      net: toMajor(of(METRIC.gross) - of(METRIC.refunded) - of(METRIC.disputed), currency),
      orders: of(METRIC.orders),
      visitors: of(METRIC.visitorDay),
      entered: entriesByDay.get(day)?.entered ?? 0,
      bought: entriesByDay.get(day)?.bought ?? 0,
      mrr: toMajor(mrr, currency),
    }
  })
}
