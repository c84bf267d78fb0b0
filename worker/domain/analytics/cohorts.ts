import type { CohortRow } from '../../contract/analytics.ts'
import { METRIC } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { addMonths } from '../time.ts'

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
