import type { AnalyticsAnswer, FigureId } from '../../contract/analytics.ts'
import { METRIC } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { productsOf, valuesOf } from './breakdown.ts'
import { cohortTable } from './cohorts.ts'
import { costsOf } from './costs.ts'
import { CUSTOMER_FIGURES } from './customer-figures.ts'
import type { Exchange } from './exchange.ts'
import { type FigureRule, figureOf } from './figure.ts'
import { lifetimeOf } from './lifetime.ts'
import { monthRows } from './months.ts'
import type { Period } from './period.ts'
import { RECURRING_FIGURES } from './recurring-figures.ts'
import { firstDayOf, type Months, retentionMonths, retentionOf } from './retention.ts'
import { REVENUE_FIGURES } from './revenue-figures.ts'
import type { AnalyticsRows, LevelSum } from './rows.ts'
import { seriesOf } from './series.ts'
import {
  addTo,
  atOpening,
  bridgeOf,
  exchanged,
  movementOf,
  type Span,
  subscribersOf,
  type Totals,
  totalsOf,
  totalsOverTime,
} from './span.ts'

export const FIGURE_RULES: readonly FigureRule[] = [...REVENUE_FIGURES, ...RECURRING_FIGURES, ...CUSTOMER_FIGURES]

interface OverviewInput {
  rows: AnalyticsRows
  exchange: Exchange
  /** The currency shown. */
  currency: string
  period: Period
  previous: Period & { complete: boolean }
  /** UTC day of the question: what has not passed by then is not over. */
  today: string
  withCohorts: boolean
}

interface Level {
  mrr: number
  subscribers: number
}

export type Cuts = [string, string, string, string]

/**
 * Days at whose beginning a level is asked for, in order: those of the previous period and of the months of either
 * period, as far as they lie before the period, and the period itself, which comes last.
 */
export function cutsOf(period: Period, previous: Period, today: string): Cuts {
  const months = [period, previous].map((span) => firstDayOf(retentionMonths(span, today).from))
  const days = [previous.from, ...months].map((day) => (day < period.from ? day : period.from))
  return [...days.sort(), period.from] as Cuts
}

/** What stood before a cut, by its place: all that was won and lost until then. */
function levelAt(levels: readonly LevelSum[], cut: number, exchange: Exchange): Level {
  const before = levels.filter((row) => row.cut <= cut && exchange.takes.includes(row.scope))
  const level: Level = { mrr: 0, subscribers: 0 }
  for (const [scope, rows] of Map.groupBy(before, ({ scope }) => scope)) {
    const totals: Totals = new Map()
    for (const row of rows) addTo(totals, { ...row, how: '' }, row.sum)
    level.mrr += exchange.sum(scope, movementOf(totals))
    level.subscribers += subscribersOf(0, totals).closing
  }
  return level
}

/**
 * What revenue analytics answers, from sums. Money comes out in decimal major units of one currency; a zero denominator gives
 * null, never 0 or Infinity.
 *
 * What flows is compared with the same of the previous period, and with nothing where history does not cover that: growth
 * against a time before the shop existed is no growth. What stands (MRR, ARR, ARPA, subscribers) is compared with the opening
 * of this period, so that its change is the sum of the movements shown beside it.
 */
export function overview({
  rows,
  exchange,
  currency,
  period,
  previous,
  today,
  withCohorts,
}: OverviewInput): Pick<
  AnalyticsAnswer,
  'figures' | 'movements' | 'retentionMonths' | 'series' | 'months' | 'products' | 'countries' | 'devices' | 'sources' | 'cohorts'
> {
  const days = exchanged(rows.days, exchange)
  const cuts = cutsOf(period, previous, today)
  const levelBefore = (day: string) => levelAt(rows.levels, cuts.indexOf(day), exchange)
  const opening = levelBefore(period.from)
  const [months, monthsBefore] = [retentionMonths(period, today), retentionMonths(previous, today)]
  const monthsBegin = firstDayOf(months.from)
  const monthsOpening =
    monthsBegin < period.from ? levelBefore(monthsBegin).mrr : opening.mrr + movementOf(totalsOverTime(days, monthsBegin))
  const now = spanOf({
    rows,
    exchange,
    currency,
    period,
    today,
    opening,
    totals: totalsOverTime(days),
    entries: rows.entries.reduce((sum, { entered, bought }) => ({ entered: sum.entered + entered, bought: sum.bought + bought }), {
      entered: 0,
      bought: 0,
    }),
    months,
    monthsOpening,
  })
  const before = spanOf({
    rows,
    exchange,
    currency,
    period: previous,
    today,
    opening: levelBefore(previous.from),
    totals: totalsOf(rows.before, exchange),
    entries: rows.entriesBefore,
    months: monthsBefore,
    monthsOpening: levelBefore(firstDayOf(monthsBefore.from)).mrr,
  })
  const isOpened = rows.firstDay !== null && rows.firstDay < period.from
  const comparedWith = ({ stands }: FigureRule): Span | null => {
    if (stands) return isOpened ? atOpening(now) : null
    return previous.complete ? before : null
  }
  const { mrr } = now
  const major = (amountMinor: number) => toMajor(amountMinor, currency)
  return {
    figures: Object.fromEntries(FIGURE_RULES.map((rule) => [rule.id, figureOf(rule, now, comparedWith(rule))])) as Record<
      FigureId,
      ReturnType<typeof figureOf>
    >,
    movements: {
      opening: major(mrr.opening),
      new: major(mrr.new),
      expansion: major(mrr.expansion),
      reactivation: major(mrr.reactivation),
      contraction: major(mrr.contraction),
      churn: major(mrr.churn),
      closing: major(mrr.closing),
    },
    retentionMonths: months,
    series: seriesOf(days, rows.entries, period, opening.mrr, currency),
    months: monthRows({
      earlier: exchanged(rows.months, exchange),
      days,
      kept: rows.kept,
      exchange,
      opening,
      period,
      firstDay: rows.firstDay,
      currency,
      today,
    }),
    products: productsOf(rows, exchange, now),
    countries: valuesOf(rows, 'country', exchange, now),
    devices: valuesOf(rows, 'device', exchange, now),
    sources: valuesOf(rows, 'source', exchange, now),
    cohorts: withCohorts ? cohortTable(rows.cohorts, exchange, currency, period.to, today) : null,
  }
}

function spanOf({
  rows,
  exchange,
  currency,
  period,
  today,
  opening,
  totals,
  entries,
  months,
  monthsOpening,
}: Pick<OverviewInput, 'rows' | 'exchange' | 'currency' | 'period' | 'today'> & {
  opening: Level
  totals: Totals
  entries: { entered: number; bought: number }
  months: Months
  monthsOpening: number
}): Span {
  const of = (metric: string) => totals.get(metric) ?? 0
  return {
    currency,
    gross: of(METRIC.gross),
    refunds: of(METRIC.refunded),
    disputes: of(METRIC.disputed),
    orders: of(METRIC.orders),
    reported: of(METRIC.reportedRevenue),
    visitorDays: of(METRIC.visitorDay),
    entered: entries.entered,
    bought: entries.bought,
    checkoutsBegun: of(METRIC.checkoutsBegun),
    checkoutsAbandoned: of(METRIC.checkoutsAbandoned),
    customersNew: of(METRIC.customersNew),
    mrr: bridgeOf(opening.mrr, totals),
    subscribers: subscribersOf(opening.subscribers, totals),
    retention: retentionOf(months, monthsOpening, rows.kept, exchange),
    lifetime: lifetimeOf(rows.cohorts, exchange, period.to, today),
    costs: costsOf(rows.costs, period, exchange),
  }
}
