import type { ForecastMetric } from '../../contract/lists.ts'
import { METRIC } from '../customer/metrics.ts'
import { addMonths } from '../time.ts'
import { SEASON } from './model.ts'

/** Sum of one rollup metric over a month. */
export interface MonthSum {
  metric: string
  /** YYYY-MM */
  month: string
  sum: number
  /** First day of the month on which there is anything. */
  firstDay: string
}

export interface MonthAmount {
  month: string
  amountMinor: number
}

/** What each rollup metric does to a forecast one. */
const SIGNS: Record<ForecastMetric, Readonly<Record<string, 1 | -1>>> = {
  mrr: {
    [METRIC.mrrNew]: 1,
    [METRIC.mrrExpansion]: 1,
    [METRIC.mrrReactivation]: 1,
    // Zero or negative as they are stored.
    [METRIC.mrrContraction]: 1,
    [METRIC.mrrChurn]: 1,
  },
  revenue: { [METRIC.gross]: 1, [METRIC.refunded]: -1, [METRIC.disputed]: -1 },
}

/** Rollup metrics that a history is made of. */
export const sourcesOf = (metric: ForecastMetric): string[] => Object.keys(SIGNS[metric])

/** Rollup metrics that all histories are made of. */
export const HISTORY_METRICS: readonly string[] = Object.values(SIGNS).flatMap(Object.keys)

/** MRR stands at the end of a month: it is the sum of all movements up to there. Revenue flows. */
const STANDS: Record<ForecastMetric, boolean> = { mrr: true, revenue: false }

/** Recurring revenue cannot be negative; net revenue can, when more is given back than comes in. */
export const CANNOT_BE_NEGATIVE: Record<ForecastMetric, boolean> = { mrr: true, revenue: false }

/**
 * A metric month by month from its first amount to `lastMonth`, in minor units of one currency; months without anything
 * are months of nothing. The month in which revenue began is as a rule a part of one, and would be taken for a bad month:
 * where twelve others remain it is left out.
 *
 * @param sums of one currency, in any order; what lies after `lastMonth` is ignored
 * @param lastMonth last month that is over
 */
export function historyOf(metric: ForecastMetric, sums: readonly MonthSum[], lastMonth: string): MonthAmount[] {
  const signs = SIGNS[metric]
  const flows = new Map<string, number>()
  let firstDay = ''
  for (const { metric: name, month, sum, firstDay: day } of sums) {
    const sign = signs[name]
    if (sign === undefined || month > lastMonth || sum === 0) continue
    flows.set(month, (flows.get(month) ?? 0) + sign * sum)
    if (firstDay === '' || day < firstDay) firstDay = day
  }
  if (firstDay === '') return []
  const history: MonthAmount[] = []
  let standing = 0
  for (let month = firstDay.slice(0, 7); month <= lastMonth; month = addMonths(month, 1)) {
    const flow = flows.get(month) ?? 0
    standing += flow
    history.push({ month, amountMinor: STANDS[metric] ? standing : flow })
  }
  const isPartial = !STANDS[metric] && !firstDay.endsWith('-01') && history.length > SEASON
  return isPartial ? history.slice(1) : history
}
