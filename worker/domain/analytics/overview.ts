import type { AnalyticsAnswer, CohortRow, Figure } from '../../contract/analytics.ts'
import { METRIC } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { addDays, daysBetween } from '../time.ts'

interface DaySum {
  metric: string
  day: string
  sum: number
}

interface PeriodDays {
  from: string
  to: string
  days: number
}

type Totals = Record<string, number>

/** Sum of each metric over a period. */
function totalsOf(sums: readonly DaySum[], period: PeriodDays): Totals {
  const totals: Totals = {}
  for (const { metric, day, sum } of sums) if (day >= period.from && day <= period.to) totals[metric] = (totals[metric] ?? 0) + sum
  return totals
}

const movementOf = (totals: Totals): number =>
  (totals[METRIC.mrrNew] ?? 0) +
  (totals[METRIC.mrrExpansion] ?? 0) +
  (totals[METRIC.mrrReactivation] ?? 0) +
  (totals[METRIC.mrrContraction] ?? 0) +
  (totals[METRIC.mrrChurn] ?? 0)

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/**
 * Figures of a period beside the same figures of the period before, from daily sums. Money comes out in decimal major
 * units of one currency; a zero denominator gives null, never 0 or Infinity.
 *
 * @param opening sums of everything before `previous.from`
 * @param funnels people who entered and who bought, by day of entry, in the period and the one before
 */
export function overview(
  sums: readonly DaySum[],
  opening: readonly { metric: string; sum: number }[],
  period: PeriodDays,
  previous: PeriodDays,
  currency: string,
  funnels: { now: { entered: number; bought: number }; before: { entered: number; bought: number } },
): Pick<AnalyticsAnswer, 'figures' | 'movements' | 'series'> {
  const now = totalsOf(sums, period)
  const before = totalsOf(sums, previous)
  const openingTotals: Totals = Object.fromEntries(opening.map(({ metric, sum }) => [metric, sum]))
  const major = (amountMinor: number) => toMajor(amountMinor, currency)
  const money = (read: (totals: Totals) => number, formula: string): Figure => ({
    value: major(read(now)),
    previous: major(read(before)),
    formula,
  })
  const count = (read: (totals: Totals) => number, formula: string): Figure => ({ value: read(now), previous: read(before), formula })
  const net = (totals: Totals) => (totals[METRIC.gross] ?? 0) - (totals[METRIC.refunded] ?? 0) - (totals[METRIC.disputed] ?? 0)
  const averageOf = (totals: Totals) => {
    const average = ratio(totals[METRIC.gross] ?? 0, totals[METRIC.orders] ?? 0)
    return average === null ? null : major(average)
  }
  // Days may lie between the two periods: what opened this one is everything before it.
  const until = totalsOf(sums, { ...previous, to: addDays(period.from, -1) })
  const previousMrr = movementOf(openingTotals) + movementOf(before)
  const openingMrr = movementOf(openingTotals) + movementOf(until)
  const closingMrr = openingMrr + movementOf(now)
  return {
    figures: {
      grossRevenue: money((totals) => totals[METRIC.gross] ?? 0, 'sum of verified purchases, by booked day'),
      netRevenue: money(net, 'gross revenue − refunds − disputes, each by its own booked day'),
      refunds: money((totals) => totals[METRIC.refunded] ?? 0, 'sum of refunds, by booked day'),
      orders: count((totals) => totals[METRIC.orders] ?? 0, 'number of verified purchases, renewals included'),
      averageOrderValue: { value: averageOf(now), previous: averageOf(before), formula: 'gross revenue ÷ orders' },
      visitorDays: count((totals) => totals[METRIC.visitorDay] ?? 0, 'visitors counted once a day, days added'),
      conversion: {
        value: ratio(funnels.now.bought, funnels.now.entered),
        previous: ratio(funnels.before.bought, funnels.before.entered),
        formula: 'people who entered the funnel in the period and bought within 7 days ÷ people who entered it',
      },
      mrr: {
        value: major(closingMrr),
        previous: major(previousMrr),
        formula: 'recurring amounts normalised to a month, at the end of the period',
      },
      arr: { value: major(closingMrr * 12), previous: major(previousMrr * 12), formula: 'MRR × 12' },
      subscribers: {
        value: subscribersOf(openingTotals) + subscribersOf(until) + subscribersOf(now),
        previous: subscribersOf(openingTotals) + subscribersOf(before),
        formula: 'customers with recurring revenue at the end of the period',
      },
      reportedRevenue: money(
        (totals) => totals[METRIC.reportedRevenue] ?? 0,
        'purchases reported by browsers; unverified, never part of revenue',
      ),
    },
    movements: {
      opening: major(openingMrr),
      new: major(now[METRIC.mrrNew] ?? 0),
      expansion: major(now[METRIC.mrrExpansion] ?? 0),
      reactivation: major(now[METRIC.mrrReactivation] ?? 0),
      contraction: major(now[METRIC.mrrContraction] ?? 0),
      churn: major(now[METRIC.mrrChurn] ?? 0),
      closing: major(closingMrr),
    },
    series: seriesOf(sums, period, openingMrr, major),
  }
}

const subscribersOf = (totals: Totals): number => (totals[METRIC.subscribersWon] ?? 0) - (totals[METRIC.subscribersLost] ?? 0)

function seriesOf(
  sums: readonly DaySum[],
  period: PeriodDays,
  openingMrr: number,
  major: (amountMinor: number) => number,
): AnalyticsAnswer['series'] {
  const byDay = new Map<string, Totals>()
  for (const { metric, day, sum } of sums) {
    const totals = byDay.get(day) ?? {}
    totals[metric] = (totals[metric] ?? 0) + sum
    byDay.set(day, totals)
  }
  let mrr = openingMrr
  return daysBetween(period.from, period.to).map((day) => {
    const totals = byDay.get(day) ?? {}
    mrr += movementOf(totals)
    const gross = totals[METRIC.gross] ?? 0
    const refunds = (totals[METRIC.refunded] ?? 0) + (totals[METRIC.disputed] ?? 0)
    return {
      day,
      gross: major(gross),
      refunds: major(refunds),
      net: major(gross - refunds),
      orders: totals[METRIC.orders] ?? 0,
      visitors: totals[METRIC.visitorDay] ?? 0,
      mrr: major(mrr),
    }
  })
}

/** Month that lies `count` months after another. @example addMonths('1997-11', 3) // => '1998-02' */
export function addMonths(month: string, count: number): string {
  const at = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + count
  return `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}`
}

/**
 * Cohort table: one row a month of first order, column k the k-th calendar month after it, up to the last month given.
 * Revenue in decimal major units of one currency.
 */
export function cohortTable(
  sums: readonly { metric: string; value: string; day: string; sum: number }[],
  currency: string,
  lastMonth: string,
): CohortRow[] {
  const cells = new Map(sums.map(({ metric, value, day, sum }) => [`${metric}|${value}|${day}`, sum]))
  const cohorts = sums.filter(({ metric, sum }) => metric === METRIC.cohortSize && sum > 0).map(({ value }) => value)
  return [...new Set(cohorts)].sort().map((cohort) => {
    const months: string[] = []
    for (let month = cohort, k = 0; month <= lastMonth; month = addMonths(cohort, ++k)) months.push(month)
    return {
      cohort,
      customers: cells.get(`${METRIC.cohortSize}|${cohort}|${cohort}`) ?? 0,
      activeByMonth: months.map((month) => cells.get(`${METRIC.cohortActive}|${cohort}|${month}`) ?? 0),
      revenueByMonth: months.map((month) => toMajor(cells.get(`${METRIC.cohortRevenue}|${cohort}|${month}`) ?? 0, currency)),
    }
  })
}
