import type { DayRow } from '../../contract/analytics.ts'
import { METRIC, MRR_MOVEMENTS } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { daysBetween } from '../time.ts'
import type { EntryDay, SumsByTime } from './rows.ts'

/** One row a day of a period, from sums in the currency shown; recurring revenue goes on from what opened the period. */
export function seriesOf(
  rows: readonly SumsByTime[],
  entries: readonly EntryDay[],
  period: { from: string; to: string },
  openingMinor: number,
  currency: string,
): DayRow[] {
  const days = daysBetween(period.from, period.to)
  const places = new Map(days.map((day, at) => [day, at]))
  /** What each day has of some metrics together. */
  const along = (...metrics: readonly string[]): number[] => {
    const sums: number[] = Array(days.length).fill(0)
    for (const row of rows) {
      if (!metrics.includes(row.metric)) continue
      for (const [at, day] of row.times.entries()) {
        const place = places.get(day)
        if (place !== undefined) sums[place] = (sums[place] as number) + (row.sums[at] as number)
      }
    }
    return sums
  }
  const [gross, refunds, disputes] = [along(METRIC.gross), along(METRIC.refunded), along(METRIC.disputed)]
  const [orders, visitors, movements] = [along(METRIC.orders), along(METRIC.visitorDay), along(...MRR_MOVEMENTS)]
  const entriesByDay = new Map(entries.map((entry) => [entry.day, entry]))
  let mrr = openingMinor
  return days.map((day, at) => {
    const of = (sums: readonly number[]) => sums[at] as number
    mrr += of(movements)
    return {
      day,
      gross: toMajor(of(gross), currency),
      refunds: toMajor(of(refunds), currency),
      disputes: toMajor(of(disputes), currency),
      net: toMajor(of(gross) - of(refunds) - of(disputes), currency),
      orders: of(orders),
      visitors: of(visitors),
      entered: entriesByDay.get(day)?.entered ?? 0,
      bought: entriesByDay.get(day)?.bought ?? 0,
      mrr: toMajor(mrr, currency),
    }
  })
}
