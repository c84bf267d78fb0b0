import fc from 'fast-check'
import { withoutExchange } from '../../../worker/domain/analytics/exchange.ts'
import { cutsOf, overview } from '../../../worker/domain/analytics/overview.ts'
import { isCovered, periodBefore, periodOf } from '../../../worker/domain/analytics/period.ts'
import type { AnalyticsRows, CohortSum, KeptSum, MetricSum, SumsByTime } from '../../../worker/domain/analytics/rows.ts'
import { METRIC, MRR_MOVEMENTS } from '../../../worker/domain/customer/metrics.ts'
import { addDays, addMonths, monthOf } from '../../../worker/domain/time.ts'

type Asked = Partial<Omit<Parameters<typeof overview>[0], 'rows'>> & {
  timeframe?: Parameters<typeof periodOf>[0]
  to?: string
  firstDay?: string | null
}

type DaySum = MetricSum & { day: string }

/** Sums by metric, as the database hands them over. */
const byTime = (sums: readonly DaySum[], timeOf: (day: string) => string): SumsByTime[] =>
  [...Map.groupBy(sums, ({ metric, scope, how }) => `${metric}|${scope}|${how}`).values()].map((same) => {
    const { metric, scope, how } = same[0] as DaySum
    return { metric, scope, how, times: same.map(({ day }) => timeOf(day)), sums: same.map(({ sum }) => sum) }
  })

/** The same, over all times. */
const together = (sums: readonly DaySum[]): MetricSum[] =>
  byTime(sums, String).map(({ times, sums, ...row }) => ({ ...row, sum: sums.reduce((total, sum) => total + sum, 0) }))

/** A sum of one metric on one day; `of` is its currency, or the way of a metric that has two. */
export const sum = (metric: string, day: string, amount: number, how = '', scope = 'USD'): DaySum => ({
  metric,
  scope,
  how,
  day,
  sum: amount,
})
export const kept = (metric: string, since: string, month: string, amount: number, scope = 'USD'): KeptSum => ({
  metric,
  scope,
  since,
  month,
  sum: amount,
})
export const cell = (metric: string, cohort: string, age: number, amount: number, scope = 'USD'): CohortSum => ({
  metric,
  scope,
  cohort,
  month: addMonths(cohort, age),
  sum: amount,
})

export const NONE: AnalyticsRows = {
  days: [],
  before: [],
  months: [],
  levels: [],
  kept: [],
  values: [],
  cohorts: [],
  entries: [],
  entriesBefore: { entered: 0, bought: 0 },
  costs: [],
  ordersByProduct: [],
  products: [],
  currencies: [],
  recurring: [],
  firstDay: null,
}

/**
 * The overview of all days given, sorted into what the database would have read of them. Without other wishes: thirty days up
 * to 24 November; the 30 days before on the same weekdays end on 20 October, five days lie between.
 */
export function overviewOf(sums: readonly DaySum[], more: Partial<AnalyticsRows> = {}, asked: Asked = {}) {
  const today = asked.today ?? '2026-11-25'
  const period = asked.period ?? periodOf(asked.timeframe ?? '30d', asked.to ?? '2026-11-24', null)
  const before = periodBefore(period)
  const firstDay = asked.firstDay === undefined ? '2025-01-01' : asked.firstDay
  const cuts = cutsOf(period, before, today)
  const moves = new Set<string>([...MRR_MOVEMENTS, METRIC.subscribersWon, METRIC.subscribersLost])
  const rows: AnalyticsRows = {
    ...NONE,
    firstDay,
    days: byTime(
      sums.filter(({ day }) => day >= period.from && day <= period.to),
      String,
    ),
    before: together(sums.filter(({ day }) => day >= before.from && day <= before.to)),
    months: byTime(
      sums.filter(({ day }) => day < period.from && day >= `${addMonths(monthOf(period.to), -23)}-01`),
      monthOf,
    ),
    levels: sums
      .filter(({ metric, day }) => moves.has(metric) && day < period.from)
      .map(({ metric, scope, day, sum }) => ({ metric, scope, sum, cut: cuts.slice(0, 3).filter((at) => day >= at).length })),
    ...more,
  }
  return overview({
    rows,
    exchange: withoutExchange('USD'),
    currency: 'USD',
    withCohorts: true,
    ...asked,
    today,
    period,
    previous: { ...before, complete: isCovered(before, firstDay) },
  })
}

const DAY_ONE = '2026-01-01'
const metricSum = (metric: string, amount: fc.Arbitrary<number>, ways: readonly string[] = ['']) =>
  fc
    .record({ at: fc.integer({ min: 0, max: 327 }), amount, how: fc.constantFrom(...ways), scope: fc.constantFrom('USD', 'EUR', 'JPY') })
    .map(({ at, amount, how, scope }) => sum(metric, addDays(DAY_ONE, at), amount, how, scope))
const cents = fc.integer({ min: 1, max: 5_000_000 })
const losses = cents.map((amount) => -amount)

/** Any daily sums of a year up to 24 November 2026. */
export const sums = fc.array(
  fc.oneof(
    metricSum(METRIC.gross, cents),
    metricSum(METRIC.refunded, cents),
    metricSum(METRIC.disputed, fc.integer({ min: -100_000, max: 100_000 })),
    metricSum(METRIC.orders, fc.integer({ min: 1, max: 500 })),
    metricSum(METRIC.mrrNew, cents),
    metricSum(METRIC.mrrExpansion, cents),
    metricSum(METRIC.mrrReactivation, cents),
    metricSum(METRIC.mrrContraction, losses),
    metricSum(METRIC.mrrChurn, losses),
    metricSum(METRIC.subscribersWon, fc.integer({ min: 1, max: 50 }), ['new', 'reactivated']),
    metricSum(METRIC.subscribersLost, fc.integer({ min: 1, max: 50 }), ['voluntary', 'payment_failure']),
    metricSum(METRIC.customersNew, fc.integer({ min: 1, max: 50 })),
  ),
  { maxLength: 60 },
)
