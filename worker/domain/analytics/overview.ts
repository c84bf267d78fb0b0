import type { AnalyticsAnswer, Figure } from '../../contract/analytics.ts'
import { METRIC } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { addDays, daysBetween } from '../time.ts'
import type { Period } from './period.ts'

interface DaySum {
  metric: string
  day: string
  sum: number
}

/** People by the day on which they entered the funnel, and how many of them have bought. */
export interface EntryDay {
  day: string
  entered: number
  bought: number
}

interface OverviewInput {
  /** Daily sums from the first day of `previous` on. */
  sums: readonly DaySum[]
  /** Sums of everything before `previous.from`. */
  opening: readonly { metric: string; sum: number }[]
  /** Entries from the first day of `previous` on. */
  entries: readonly EntryDay[]
  period: Period
  previous: Period & { complete: boolean }
  /** First day there is any figure of; null: none. */
  firstDay: string | null
  currency: string
}

type Totals = Record<string, number>

/** Sum of each metric over a period. */
function totalsOf(sums: readonly DaySum[], { from, to }: { from: string; to: string }): Totals {
  const totals: Totals = {}
  for (const { metric, day, sum } of sums) if (day >= from && day <= to) totals[metric] = (totals[metric] ?? 0) + sum
  return totals
}

function conversionOf(entries: readonly EntryDay[], { from, to }: { from: string; to: string }): number | null {
  const within = entries.filter(({ day }) => day >= from && day <= to)
  return ratio(
    within.reduce((sum, { bought }) => sum + bought, 0),
    within.reduce((sum, { entered }) => sum + entered, 0),
  )
}

const movementOf = (totals: Totals): number =>
  (totals[METRIC.mrrNew] ?? 0) +
  (totals[METRIC.mrrExpansion] ?? 0) +
  (totals[METRIC.mrrReactivation] ?? 0) +
  (totals[METRIC.mrrContraction] ?? 0) +
  (totals[METRIC.mrrChurn] ?? 0)

const subscribersOf = (totals: Totals): number => (totals[METRIC.subscribersWon] ?? 0) - (totals[METRIC.subscribersLost] ?? 0)

const netOf = (totals: Totals): number => (totals[METRIC.gross] ?? 0) - (totals[METRIC.refunded] ?? 0) - (totals[METRIC.disputed] ?? 0)

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/**
 * Figures of a period from daily sums. Money comes out in decimal major units of one currency; a zero denominator gives
 * null, never 0 or Infinity.
 *
 * What flows is compared with the same of the previous period, and with nothing where history does not cover that: growth
 * against a time before the shop existed is no growth. What stands (MRR, ARR, subscribers) is compared with the opening of
 * this period, so that its change is the sum of the movements shown beside it.
 */
export function overview({
  sums,
  opening,
  entries,
  period,
  previous,
  firstDay,
  currency,
}: OverviewInput): Pick<AnalyticsAnswer, 'figures' | 'movements' | 'series'> {
  const now = totalsOf(sums, period)
  const before = totalsOf(sums, previous)
  const major = (amountMinor: number) => toMajor(amountMinor, currency)
  const flow = (read: (totals: Totals) => number | null, formula: string, of: string | null = currency): Figure => ({
    value: read(now),
    previous: previous.complete ? read(before) : null,
    currency: of,
    formula,
  })
  const money = (read: (totals: Totals) => number, formula: string) => flow((totals) => major(read(totals)), formula)
  const sumOf = (metric: string) => (totals: Totals) => totals[metric] ?? 0

  // Days may lie between the two periods: what opened this one is everything before it.
  const openingTotals: Totals = Object.fromEntries(opening.map(({ metric, sum }) => [metric, sum]))
  const until = totalsOf(sums, { from: previous.from, to: addDays(period.from, -1) })
  const level = (read: (totals: Totals) => number) => ({ opening: read(openingTotals) + read(until), change: read(now) })
  const stock = (
    { opening, change }: { opening: number; change: number },
    show: (amount: number) => number,
    formula: string,
    of: string | null,
  ): Figure => ({
    value: show(opening + change),
    previous: firstDay !== null && firstDay < period.from ? show(opening) : null,
    currency: of,
    formula: `${formula}. Compared with the opening of the period`,
  })
  const mrr = level(movementOf)
  const recurring = (months: number, formula: string) => stock(mrr, (amountMinor) => major(amountMinor * months), formula, currency)

  return {
    figures: {
      grossRevenue: money(sumOf(METRIC.gross), 'Sum of verified purchases, by booked day'),
      netRevenue: money(netOf, 'Gross revenue − refunds − disputes, each by its own booked day'),
      refunds: money(sumOf(METRIC.refunded), 'Sum of refunds, by booked day'),
      disputes: money(sumOf(METRIC.disputed), 'Sum of disputed payments less those won back, by booked day'),
      orders: flow(sumOf(METRIC.orders), 'Number of verified purchases, renewals included'),
      averageOrderValue: flow((totals) => {
        const average = ratio(totals[METRIC.gross] ?? 0, totals[METRIC.orders] ?? 0)
        return average === null ? null : major(average)
      }, 'Gross revenue ÷ orders'),
      visitorDays: flow(sumOf(METRIC.visitorDay), 'Visitors counted once a day, days added', null),
      conversion: {
        value: conversionOf(entries, period),
        previous: previous.complete ? conversionOf(entries, previous) : null,
        currency: null,
        formula: 'People who entered the funnel in the period and within 7 days made a verified order ÷ people who entered it',
      },
      mrr: recurring(1, 'Recurring amounts normalised to a month, at the end of the period'),
      arr: recurring(12, 'MRR × 12'),
      subscribers: stock(level(subscribersOf), Number, 'Customers with recurring revenue at the end of the period', null),
      reportedRevenue: money(sumOf(METRIC.reportedRevenue), 'Purchases reported by browsers; unverified, never part of revenue'),
    },
    movements: {
      opening: major(mrr.opening),
      new: major(now[METRIC.mrrNew] ?? 0),
      expansion: major(now[METRIC.mrrExpansion] ?? 0),
      reactivation: major(now[METRIC.mrrReactivation] ?? 0),
      contraction: major(now[METRIC.mrrContraction] ?? 0),
      churn: major(now[METRIC.mrrChurn] ?? 0),
      closing: major(mrr.opening + mrr.change),
    },
    series: seriesOf(sums, entries, period, mrr.opening, major),
  }
}

function seriesOf(
  sums: readonly DaySum[],
  entries: readonly EntryDay[],
  period: Period,
  openingMrr: number,
  major: (amountMinor: number) => number,
): AnalyticsAnswer['series'] {
  const byDay = new Map<string, Totals>()
  for (const { metric, day, sum } of sums) {
    const totals = byDay.get(day) ?? {}
    totals[metric] = (totals[metric] ?? 0) + sum
    byDay.set(day, totals)
  }
  const entriesByDay = new Map(entries.map((entry) => [entry.day, entry]))
  let mrr = openingMrr
  return daysBetween(period.from, period.to).map((day) => {
    const totals = byDay.get(day) ?? {}
    mrr += movementOf(totals)
    return {
      day,
      gross: major(totals[METRIC.gross] ?? 0),
      refunds: major(totals[METRIC.refunded] ?? 0),
      disputes: major(totals[METRIC.disputed] ?? 0),
      net: major(netOf(totals)),
      orders: totals[METRIC.orders] ?? 0,
      visitors: totals[METRIC.visitorDay] ?? 0,
      entered: entriesByDay.get(day)?.entered ?? 0,
      bought: entriesByDay.get(day)?.bought ?? 0,
      mrr: major(mrr),
    }
  })
}
