import { METRIC } from '../customer/metrics.ts'
import { addMonths } from '../time.ts'
import { type Exchange, type Fraction, roundFraction } from './exchange.ts'
import { lastMonthOver } from './retention.ts'
import type { CohortSum } from './rows.ts'

/** What a customer has brought so far, as observed. */
export interface Lifetime {
  /** Minor units of net revenue a customer. */
  valueMinor: number
  /** The months of age that are added up, from that of the first order on: what the cohorts that have been through it brought in it. */
  ages: readonly { netMinor: number; customers: number }[]
}

/** Ages beyond a year rest on few cohorts, and on customers won long ago. */
export const MOST_AGES = 12

/**
 * Observed lifetime value: the net revenue a customer in each month of age, added up. Every age counts the cohorts that
 * have been through the whole of it, so that a young cohort speaks for its early months alone and none is counted as silent
 * for months that have not come.
 *
 * @param to day up to which is counted
 * @returns null where no cohort has been through its first month
 */
export function lifetimeOf(cells: readonly CohortSum[], exchange: Exchange, to: string, today: string): Lifetime | null {
  const sizes = new Map<string, number>()
  const revenue = new Map<string, number>()
  for (const { metric, scope, cohort, month, sum } of cells) {
    if (!exchange.takes.includes(scope)) continue
    if (metric === METRIC.cohortSize) sizes.set(cohort, (sizes.get(cohort) ?? 0) + sum)
    if (metric !== METRIC.cohortRevenue) continue
    const cell = `${cohort}|${month}`
    revenue.set(cell, (revenue.get(cell) ?? 0) + exchange.sum(scope, sum))
  }
  const last = lastMonthOver(to, today)
  let value: Fraction = { over: 0n, under: 1n }
  const ages: { netMinor: number; customers: number }[] = []
  for (let age = 0; age < MOST_AGES; age++) {
    const old = [...sizes].filter(([cohort, size]) => size > 0 && addMonths(cohort, age) <= last)
    const customers = old.reduce((sum, [, size]) => sum + size, 0)
    if (customers === 0) break
    const net = old.reduce((sum, [cohort]) => sum + (revenue.get(`${cohort}|${addMonths(cohort, age)}`) ?? 0), 0)
    value = { over: value.over * BigInt(customers) + BigInt(net) * value.under, under: value.under * BigInt(customers) }
    ages.push({ netMinor: net, customers })
  }
  return ages.length === 0 ? null : { valueMinor: roundFraction(value), ages }
}
