import { METRIC, MRR_MOVEMENTS } from '../customer/metrics.ts'
import type { Exchange } from './exchange.ts'
import type { Lifetime } from './lifetime.ts'
import type { Retention } from './retention.ts'
import type { MetricSum, SumsByTime } from './rows.ts'

/** Recurring revenue at both ends of a time and what moved it; contraction and churn are negative or zero. Minor units. */
export interface Bridge {
  opening: number
  new: number
  expansion: number
  reactivation: number
  contraction: number
  churn: number
  closing: number
}

export interface Subscribers {
  opening: number
  won: number
  lostVoluntary: number
  lostInvoluntary: number
  closing: number
}

/** Everything figures are computed from, of one stretch of time in one currency. Amounts are minor units. */
export interface Span {
  currency: string
  gross: number
  refunds: number
  disputes: number
  orders: number
  reported: number
  visitorDays: number
  entered: number
  bought: number
  checkoutsBegun: number
  checkoutsAbandoned: number
  customersNew: number
  mrr: Bridge
  subscribers: Subscribers
  retention: Retention
  /** Null: no cohort is old enough. */
  lifetime: Lifetime | null
  /** Null: none is recorded. */
  costs: number | null
}

/** Sums by metric; of a metric that has two ways also by `metric/way`. */
export type Totals = Map<string, number>

const MONEY: ReadonlySet<string> = new Set([METRIC.gross, METRIC.refunded, METRIC.disputed, METRIC.reportedRevenue, ...MRR_MOVEMENTS])

const isMoney = ({ metric, scope }: Pick<MetricSum, 'metric' | 'scope'>): boolean => scope !== '' && MONEY.has(metric)
const isTaken = ({ scope }: Pick<MetricSum, 'scope'>, { takes }: Exchange): boolean => scope === '' || takes.includes(scope)

/** Amounts in the currency of the exchange, the sums of one metric as parts of one sum; counts as they are. */
export const exchanged = (rows: readonly SumsByTime[], exchange: Exchange): SumsByTime[] =>
  rows.filter((row) => isTaken(row, exchange)).map((row) => (isMoney(row) ? { ...row, sums: exchange.parts(row.scope, row.sums) } : row))

export function addTo(totals: Totals, { metric, how }: Pick<MetricSum, 'metric' | 'how'>, sum: number): void {
  totals.set(metric, (totals.get(metric) ?? 0) + sum)
  if (how !== '') totals.set(`${metric}/${how}`, (totals.get(`${metric}/${how}`) ?? 0) + sum)
}

/** Totals of sums, in the currency of the exchange. */
export function totalsOf(rows: readonly MetricSum[], exchange: Exchange): Totals {
  const totals: Totals = new Map()
  for (const row of rows) if (isTaken(row, exchange)) addTo(totals, row, isMoney(row) ? exchange.sum(row.scope, row.sum) : row.sum)
  return totals
}

/** Totals of sums by time that are in one currency already; of the times before one alone, where that is given. */
export function totalsOverTime(rows: readonly SumsByTime[], before?: string): Totals {
  const totals: Totals = new Map()
  for (const row of rows) {
    let sum = 0
    for (const [at, time] of row.times.entries()) if (before === undefined || time < before) sum += row.sums[at] as number
    addTo(totals, row, sum)
  }
  return totals
}

export const movementOf = (totals: Totals): number => MRR_MOVEMENTS.reduce((sum, metric) => sum + (totals.get(metric) ?? 0), 0)

export function bridgeOf(opening: number, totals: Totals): Bridge {
  const of = (metric: string) => totals.get(metric) ?? 0
  return {
    opening,
    new: of(METRIC.mrrNew),
    expansion: of(METRIC.mrrExpansion),
    reactivation: of(METRIC.mrrReactivation),
    contraction: of(METRIC.mrrContraction),
    churn: of(METRIC.mrrChurn),
    closing: opening + movementOf(totals),
  }
}

export function subscribersOf(opening: number, totals: Totals): Subscribers {
  const won = totals.get(METRIC.subscribersWon) ?? 0
  const lost = totals.get(METRIC.subscribersLost) ?? 0
  const lostInvoluntary = totals.get(`${METRIC.subscribersLost}/payment_failure`) ?? 0
  return { opening, won, lostVoluntary: lost - lostInvoluntary, lostInvoluntary, closing: opening + won - lost }
}

/** The same time when nothing had happened in it yet: what a level is compared with. */
export const atOpening = (span: Span): Span => ({
  ...span,
  mrr: bridgeOf(span.mrr.opening, new Map()),
  subscribers: subscribersOf(span.subscribers.opening, new Map()),
})
