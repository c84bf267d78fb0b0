import type { CohortRow } from '../worker/contract/analytics.ts'

/** Columns up to the last month in which any cohort did anything: thirty empty years would say nothing. */
export function columnsOf(cohorts: readonly CohortRow[]): number {
  let columns = 1
  for (const { activeByMonth, revenueByMonth } of cohorts) {
    for (let at = columns; at < activeByMonth.length; at++) if (activeByMonth[at] || revenueByMonth[at]) columns = at + 1
  }
  return columns
}
