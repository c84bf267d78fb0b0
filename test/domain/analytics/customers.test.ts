import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cohortTable } from '../../../worker/domain/analytics/cohorts.ts'
import { costsOf, costWithin } from '../../../worker/domain/analytics/costs.ts'
import { exchangeInto, withoutExchange } from '../../../worker/domain/analytics/exchange.ts'
import { lifetimeOf } from '../../../worker/domain/analytics/lifetime.ts'
import type { CohortSum } from '../../../worker/domain/analytics/rows.ts'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'
import { addDays, addMonths } from '../../../worker/domain/time.ts'
import { cell, overviewOf, sum } from './rows.ts'

const USD = withoutExchange('USD')
const REFERENCE = process.env.REFERENCE_DIR ?? join(import.meta.dirname, '../../../../shared/reference')
const cohortReference = join(REFERENCE, 'cohort-reference.json')
const transactions = join(REFERENCE, 'cdnow-sample-transactions.csv')

const size = (cohort: string, customers: number) => cell(METRIC.cohortSize, cohort, 0, customers)
const revenue = (cohort: string, ...amounts: number[]) => amounts.map((amount, age) => cell(METRIC.cohortRevenue, cohort, age, amount))

describe('observed lifetime value', () => {
  it('adds up what a customer of each age brought, from the cohorts that have reached it', () => {
    const cells = [
      size('2026-08', 10),
      ...revenue('2026-08', 100_00, 20_00, 30_00, 7_00),
      size('2026-10', 30),
      ...revenue('2026-10', 500_00, 99_00),
    ]
    // Age 0: 600 of 40; age 1 and 2: 20 and 30 of the 10 of August. October's second month still runs.
    expect(lifetimeOf(cells, USD, '2026-11-24', '2026-11-24')).toMatchObject({
      valueMinor: 15_00 + 2_00 + 3_00,
      ages: [{ netMinor: 600_00, customers: 40 }, { netMinor: 20_00, customers: 10 }, { customers: 10 }],
    })
  })

  it('ends with a year, and with the age that a cohort was in when the period ended', () => {
    const cells = [size('2024-01', 4), ...revenue('2024-01', ...Array(30).fill(4_00))]
    const of = (to: string) => lifetimeOf(cells, USD, to, '2026-11-24')
    expect([of('2026-11-24')?.valueMinor, of('2026-11-24')?.ages.length, of('2026-11-24')?.ages.at(-1)?.customers]).toEqual([12_00, 12, 4])
    expect([of('2024-02-29')?.valueMinor, of('2024-02-29')?.ages.length]).toEqual([2_00, 2])
  })

  it('refuses where no cohort has been through its first month', () => {
    expect(lifetimeOf([size('2026-11', 9), ...revenue('2026-11', 90_00)], USD, '2026-11-24', '2026-11-24')).toBeNull()
    const { figures } = overviewOf([], { cohorts: [size('2026-11', 9), ...revenue('2026-11', 90_00)] }, { today: '2026-11-24' })
    expect(figures.ltv).toMatchObject({ value: null, reason: 'No cohort has been through the whole month of its first order' })
  })

  it('rounds once, halves to even: three customers of one cent each month of three', () => {
    const cells = [size('2026-08', 3), ...revenue('2026-08', 1, 1, 1)]
    expect(lifetimeOf(cells, USD, '2026-10-31', '2026-11-24')?.valueMinor).toBe(1)
  })
})

describe('the cost of a customer', () => {
  const costs = [
    { firstDay: '2026-11-01', lastDay: '2026-11-10', amount: 600_00, currency: 'USD' },
    { firstDay: '2026-11-01', lastDay: '2026-11-10', amount: 900_00, currency: 'EUR' },
  ]
  const sold = [
    sum(METRIC.customersNew, '2026-11-05', 12),
    sum(METRIC.mrrNew, '2026-11-05', 250_00),
    sum(METRIC.subscribersWon, '2026-11-05', 10, 'new'),
  ]
  const cohorts = [size('2026-09', 10), ...revenue('2026-09', 1000_00, 250_00)]

  it('is what was spent in this currency on those who are new in it, and is paid back by what a subscriber brings', () => {
    const { figures } = overviewOf(sold, { costs, cohorts })
    expect(figures.cac.value).toBe(50)
    expect(figures.arpa.value).toBe(25)
    expect(figures.payback.value).toBe(2)
    expect(figures.ltv.value).toBe(125)
    expect(figures.ltvToCac.value).toBe(2.5)
    expect(figures.payback.definition).toContain('before cost of goods')
  })

  it('is not 0 where nobody wrote down what was spent, and not infinite where nobody came', () => {
    expect(overviewOf(sold, { cohorts }).figures.cac).toMatchObject({ value: null, reason: expect.stringContaining('No cost is recorded') })
    const { figures } = overviewOf([], { costs, cohorts })
    expect(figures.cac).toMatchObject({ value: null, reason: expect.stringContaining('Nobody bought for the first time') })
    expect([figures.payback.value, figures.ltvToCac.value]).toEqual([null, null])
    const free = overviewOf(sold, { costs: [{ ...costs[0], amount: 0 } as (typeof costs)[number]], cohorts })
    expect(free.figures.cac.value).toBe(0)
    expect(free.figures.ltvToCac).toMatchObject({ value: null, reason: 'Winning customers cost nothing' })
  })

  it('counts by days at the edge of a period, and the parts of neighbouring periods add up', () => {
    const cost = { firstDay: '2026-10-30', lastDay: '2026-11-01', amount: 100, currency: 'USD' }
    expect(costWithin(cost, { from: '2026-10-01', to: '2026-10-31' })).toBe(67)
    expect(costWithin(cost, { from: '2026-11-01', to: '2026-11-30' })).toBe(33)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), fc.integer({ min: 1, max: 366 }), fc.nat(400), (amount, days, at) => {
        const spread = { firstDay: '2026-01-01', lastDay: addDays('2026-01-01', days - 1), amount, currency: 'USD' }
        const cut = addDays('2025-12-15', at)
        const parts = [costWithin(spread, { from: '2025-01-01', to: cut }), costWithin(spread, { from: addDays(cut, 1), to: '2028-01-01' })]
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(amount)
      }),
    )
  })

  it('adds costs of other currencies only at a rate', () => {
    const november = { from: '2026-11-01', to: '2026-11-30' }
    expect(costsOf(costs, november, USD)).toBe(600_00)
    expect(costsOf(costs, november, exchangeInto('USD', 'USD', { EUR: '1.08' }))).toBe(600_00 + 972_00)
    expect(costsOf(costs, { from: '2026-12-01', to: '2026-12-31' }, USD)).toBeNull()
  })
})

describe.skipIf(!existsSync(cohortReference) || !existsSync(transactions))('cohorts of the CDNOW sample', () => {
  /** The cells of the sample's orders, as the fold of each customer contributes them. */
  function cellsOf(text: string): CohortSum[] {
    const orders = text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/[\s,]+/))
      .filter(([, day]) => /^\d{8}$/.test(day ?? ''))
      .map(([customer, day, , amount]) => ({
        customer: customer as string,
        month: `${day?.slice(0, 4)}-${day?.slice(4, 6)}`,
        minor: Math.round(Number(amount) * 100),
      }))
    const first = new Map<string, string>()
    for (const { customer, month } of orders) if (month < (first.get(customer) ?? '9999')) first.set(customer, month)
    const sums = new Map<string, CohortSum>()
    const add = (metric: string, cohort: string, month: string, amount: number) => {
      const key = `${metric}|${cohort}|${month}`
      const known = sums.get(key) ?? { metric, scope: 'USD', cohort, month, sum: 0 }
      sums.set(key, { ...known, sum: known.sum + amount })
    }
    for (const cohort of first.values()) add(METRIC.cohortSize, cohort, cohort, 1)
    const active = new Set<string>()
    for (const { customer, month, minor } of orders) {
      const cohort = first.get(customer) as string
      add(METRIC.cohortRevenue, cohort, month, minor)
      if (!active.has(`${customer}|${month}`)) add(METRIC.cohortActive, cohort, month, 1)
      active.add(`${customer}|${month}`)
    }
    return [...sums.values()]
  }

  it('are those of the reference, by count and by revenue, to the cent', () => {
    const reference = JSON.parse(readFileSync(cohortReference, 'utf8')) as {
      cohorts: Record<string, { customers: number; activeByMonth: number[]; revenueByMonth: number[] }>
    }
    const table = cohortTable(cellsOf(readFileSync(transactions, 'utf8')), USD, 'USD', '1998-06-30', '2026-11-24')
    expect(
      Object.fromEntries(
        table.map(({ cohort, customers, activeByMonth, revenueByMonth }) => [cohort, { customers, activeByMonth, revenueByMonth }]),
      ),
    ).toEqual(reference.cohorts)
    expect(table.every(({ lastMonthComplete }) => lastMonthComplete)).toBe(true)
  })
})

describe('cohorts', () => {
  it('end with the month of the period, and say whether it is over', () => {
    const cells = [
      size('2026-09', 3),
      ...revenue('2026-09', 9_00, 2_00, 4_00),
      cell(METRIC.cohortActive, '2026-09', 0, 3),
      size('2026-11', 1),
    ]
    const table = (to: string) => cohortTable(cells, USD, 'USD', to, '2026-11-24')
    expect(table('2026-10-31')).toEqual([
      { cohort: '2026-09', customers: 3, activeByMonth: [3, 0], revenueByMonth: [9, 2], lastMonthComplete: true },
    ])
    expect(table('2026-11-24').map(({ cohort, lastMonthComplete }) => [cohort, lastMonthComplete])).toEqual([
      ['2026-09', false],
      ['2026-11', false],
    ])
    expect(addMonths('2026-09', 2)).toBe('2026-11')
  })
})
