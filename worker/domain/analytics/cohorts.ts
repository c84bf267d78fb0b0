import type { CohortRow } from '../../contract/analytics.ts'
import { METRIC } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { addMonths, monthOf } from '../time.ts'
import type { Exchange } from './exchange.ts'
import { lastMonthOver } from './retention.ts'
import type { CohortSum } from './rows.ts'

/**
 * Cohort table: one row a month of first order, column k the k-th calendar month after it, up to the month of `to` or the
 * last one in which anything happened. Revenue in decimal major units of the currency shown.
 */
export function cohortTable(cells: readonly CohortSum[], exchange: Exchange, currency: string, to: string, today: string): CohortRow[] {
  const sums = new Map<string, number>()
  const cohorts = new Set<string>()
  let last = ''
  for (const { metric, scope, cohort, month, sum } of cells) {
    if (!exchange.takes.includes(scope)) continue
    const cell = `${metric}|${cohort}|${month}`
    sums.set(cell, (sums.get(cell) ?? 0) + (metric === METRIC.cohortRevenue ? exchange.sum(scope, sum) : sum))
    if (metric === METRIC.cohortSize) cohorts.add(cohort)
    if (month > last) last = month
  }
  const end = last < monthOf(to) ? last : monthOf(to)
  const over = lastMonthOver(to, today)
  const of = (metric: string, cohort: string, month: string) => sums.get(`${metric}|${cohort}|${month}`) ?? 0
  return [...cohorts]
    .filter((cohort) => cohort <= end && of(METRIC.cohortSize, cohort, cohort) > 0)
    .sort()
    .map((cohort) => {
      const months: string[] = []
      for (let month = cohort; month <= end; month = addMonths(month, 1)) months.push(month)
      return {
        cohort,
        customers: of(METRIC.cohortSize, cohort, cohort),
        activeByMonth: months.map((month) => of(METRIC.cohortActive, cohort, month)),
        revenueByMonth: months.map((month) => toMajor(of(METRIC.cohortRevenue, cohort, month), currency)),
        lastMonthComplete: end <= over,
      }
    })
}
