import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exchangeInto } from '../../../worker/domain/analytics/exchange.ts'
import { retentionMonths as monthsOf } from '../../../worker/domain/analytics/retention.ts'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'
import { monthlyRecurring } from '../../../worker/domain/customer/recurring.ts'
import { kept, overviewOf, sum, sums } from './rows.ts'

const OPENED = '2026-08-01'

describe('churn of recurring revenue', () => {
  const { figures, movements } = overviewOf([
    sum(METRIC.mrrNew, OPENED, 100_00),
    sum(METRIC.mrrChurn, '2026-11-03', -10_00),
    sum(METRIC.mrrContraction, '2026-11-04', -10_00),
    sum(METRIC.mrrExpansion, '2026-11-05', 10_00),
  ])

  it('is 20 % gross and 10 % net where 10 churn, 10 contract and 10 expand of 100', () => {
    expect(figures.grossMrrChurn.value).toBe(0.2)
    expect(figures.netMrrChurn.value).toBe(0.1)
    expect(figures.mrrGrowth.value).toBe(-0.1)
    expect(figures.quickRatio.value).toBe(0.5)
    expect(movements).toEqual({ opening: 100, new: 0, expansion: 10, reactivation: 0, contraction: -10, churn: -10, closing: 90 })
  })

  it('names the numbers it comes from', () => {
    expect(figures.netMrrChurn.inputs).toEqual([
      { name: 'churn', value: 10, unit: 'USD' },
      { name: 'contraction', value: 10, unit: 'USD' },
      { name: 'expansion', value: 10, unit: 'USD' },
      { name: 'reactivation', value: 0, unit: 'USD' },
      { name: 'opening MRR', value: 100, unit: 'USD' },
    ])
  })

  it('counts $2,000 a year as $166.67 a month', () => {
    const { figures } = overviewOf([sum(METRIC.mrrNew, '2026-11-03', monthlyRecurring(2_000_00, 'year'))])
    expect(figures.mrr.value).toBe(166.67)
  })
})

describe('churn of subscribers', () => {
  it('is told apart by whether they cancelled or their payment failed', () => {
    const { figures, months } = overviewOf([
      sum(METRIC.subscribersWon, OPENED, 40, 'new'),
      sum(METRIC.subscribersWon, '2026-11-02', 5, 'reactivated'),
      sum(METRIC.subscribersLost, '2026-11-03', 3, 'voluntary'),
      sum(METRIC.subscribersLost, '2026-11-09', 1, 'payment_failure'),
    ])
    expect(figures.customerChurn.value).toBe(0.1)
    expect(figures.voluntaryChurn.value).toBe(0.075)
    expect(figures.involuntaryChurn.value).toBe(0.025)
    expect(figures.subscribers).toMatchObject({ value: 41, previous: 40 })
    expect(months.at(-1)).toMatchObject({
      month: '2026-11',
      complete: false,
      subscribersOpening: 40,
      subscribersWon: 5,
      subscribersLost: 4,
      customerChurn: 0.1,
      voluntaryChurn: 0.075,
      involuntaryChurn: 0.025,
    })
  })
})

describe('retention', () => {
  it('is told over the whole months inside a period that are over, a year at most', () => {
    expect(monthsOf({ from: '2026-08-15', to: '2026-11-24' }, '2026-11-24')).toEqual({ from: '2026-09', to: '2026-10', months: 2 })
    expect(monthsOf({ from: '2026-09-01', to: '2026-10-31' }, '2026-11-24')).toEqual({ from: '2026-09', to: '2026-10', months: 2 })
    // The last day of the month still runs.
    expect(monthsOf({ from: '2026-09-01', to: '2026-10-31' }, '2026-10-31')).toEqual({ from: '2026-09', to: '2026-09', months: 1 })
    // None inside: the last one that is over by the end.
    expect(monthsOf({ from: '2026-10-02', to: '2026-11-24' }, '2026-11-24')).toEqual({ from: '2026-10', to: '2026-10', months: 1 })
    expect(monthsOf({ from: '2026-11-18', to: '2026-11-24' }, '2026-11-24')).toEqual({ from: '2026-10', to: '2026-10', months: 1 })
    expect(monthsOf({ from: '2025-01-01', to: '2026-11-24' }, '2026-11-24')).toEqual({ from: '2025-11', to: '2026-10', months: 12 })
    // A period that ends long after today.
    expect(monthsOf({ from: '2026-10-01', to: '9999-12-31' }, '2026-11-24')).toEqual({ from: '2026-10', to: '2026-10', months: 1 })
  })

  it('follows those who had subscribed when the first month opened, and nobody else', () => {
    const { figures, retentionMonths, months } = overviewOf(
      [
        sum(METRIC.mrrNew, '2026-08-10', 80_00),
        // Before the first whole month, inside the period.
        sum(METRIC.mrrNew, '2026-08-29', 20_00),
        sum(METRIC.mrrNew, '2026-09-10', 500_00),
        sum(METRIC.mrrExpansion, '2026-09-11', 15_00),
        sum(METRIC.mrrChurn, '2026-10-11', -10_00),
      ],
      {
        kept: [
          kept(METRIC.mrrKeptNet, '2026-09', '2026-09', 15_00),
          kept(METRIC.mrrKeptNet, '2026-09', '2026-10', -10_00),
          kept(METRIC.mrrKeptGross, '2026-09', '2026-10', -10_00),
          kept(METRIC.mrrKeptNet, '2026-10', '2026-10', -10_00),
          kept(METRIC.mrrKeptGross, '2026-10', '2026-10', -10_00),
          kept(METRIC.mrrKeptNet, '2026-08', '2026-10', -99_00),
        ],
      },
      { timeframe: '90d' },
    )
    expect(retentionMonths).toEqual({ from: '2026-09', to: '2026-10', months: 2 })
    expect(figures.nrr).toMatchObject({ value: 1.05, reason: null })
    expect(figures.grr.value).toBe(0.9)
    expect(figures.nrr.inputs[0]).toEqual({ name: 'opening MRR', value: 100, unit: 'USD' })
    const of = (month: string) => months.find((row) => row.month === month)
    expect(of('2026-09')).toMatchObject({ opening: 100, nrr: 1.15, grr: 1, complete: true })
    expect(of('2026-10')).toMatchObject({ opening: 615, nrr: 605 / 615, grr: 605 / 615, complete: true })
    expect(of('2026-11')).toMatchObject({ opening: 605, nrr: null, grr: null, complete: false })
  })

  it('is at most whole without expansion, and never more without it than with it', () => {
    const change = fc.record({
      month: fc.constantFrom('2026-09', '2026-10'),
      lost: fc.integer({ min: 0, max: 50_00 }),
      added: fc.integer({ min: 0, max: 90_00 }),
      scope: fc.constantFrom('USD', 'EUR'),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.boolean(), (changes, isConverted) => {
        const rows = changes.flatMap(({ month, lost, added, scope }) => [
          kept(METRIC.mrrKeptNet, '2026-09', month, added - lost, scope),
          kept(METRIC.mrrKeptGross, '2026-09', month, -lost, scope),
        ])
        const asked = isConverted ? { exchange: exchangeInto('USD', 'USD', { EUR: '1.0837' }) } : {}
        const opened = [sum(METRIC.mrrNew, '2026-08-01', 500_00), sum(METRIC.mrrNew, '2026-08-01', 500_00, '', 'EUR')]
        const { nrr, grr } = overviewOf(opened, { kept: rows }, { timeframe: '90d', ...asked }).figures
        expect(grr.value).toBeLessThanOrEqual(1)
        expect(nrr.value).toBeGreaterThanOrEqual(grr.value ?? Number.NaN)
      }),
    )
  })

  it.each(['7d', '30d'] as const)('of %s without a whole month is that of the last month that is over', (timeframe) => {
    const { figures, retentionMonths, months } = overviewOf(
      [
        sum(METRIC.mrrNew, '2026-09-20', 100_00),
        sum(METRIC.mrrNew, '2026-10-02', 400_00),
        sum(METRIC.mrrContraction, '2026-10-28', -20_00),
        sum(METRIC.mrrNew, '2026-11-20', 700_00),
      ],
      { kept: [kept(METRIC.mrrKeptNet, '2026-10', '2026-10', -20_00), kept(METRIC.mrrKeptGross, '2026-10', '2026-10', -20_00)] },
      { timeframe },
    )
    expect(retentionMonths).toEqual({ from: '2026-10', to: '2026-10', months: 1 })
    expect(figures.nrr).toMatchObject({ value: 0.8, inputs: [{ name: 'opening MRR', value: 100 }, {}, {}] })
    expect(months.find(({ month }) => month === '2026-10')).toMatchObject({ nrr: 0.8, grr: 0.8 })
  })

  it('is not told where nobody had subscribed, and says why', () => {
    expect(overviewOf([sum(METRIC.mrrNew, '2026-11-10', 100_00)]).figures.nrr).toMatchObject({
      value: null,
      reason: 'Nobody had subscribed when this time opened',
    })
  })
})

describe('whatever moved', () => {
  it('opening and movements make the closing, of the period, of each month and along the days', () => {
    fc.assert(
      fc.property(sums, fc.constantFrom('7d', '30d', '90d', '365d', '18m'), (all, timeframe) => {
        const { figures, movements: m, series, months } = overviewOf(all, {}, { timeframe, firstDay: '2026-01-01' })
        const minor = (amount: number) => Math.round(amount * 100)
        const closes = (row: typeof m) =>
          minor(row.opening) +
            minor(row.new) +
            minor(row.expansion) +
            minor(row.reactivation) +
            minor(row.contraction) +
            minor(row.churn) ===
          minor(row.closing)
        expect(closes(m)).toBe(true)
        expect(series.at(-1)?.mrr).toBe(m.closing)
        expect(m.closing).toBe(figures.mrr.value)
        for (const [at, month] of months.entries()) {
          expect(closes(month)).toBe(true)
          if (at > 0) expect(month.opening).toBe(months[at - 1]?.closing)
        }
        expect(months.at(-1)?.closing).toBe(m.closing)
        expect(months[0]?.opening).toBe(0)
      }),
    )
  })

  it('tiles are the sums of their days, and the trend holds every month since the beginning', () => {
    fc.assert(
      fc.property(sums, (all) => {
        const { figures, series, months } = overviewOf(all, {}, { timeframe: '365d', firstDay: '2026-01-01' })
        const minorSum = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + Math.round(amount * 100), 0)
        for (const [figure, key] of [
          ['grossRevenue', 'gross'],
          ['netRevenue', 'net'],
          ['refunds', 'refunds'],
          ['disputes', 'disputes'],
        ] as const)
          expect(minorSum(series.map((day) => day[key]))).toBe(Math.round((figures[figure].value ?? 0) * 100))
        expect(minorSum(months.map(({ net }) => net))).toBe(Math.round((figures.netRevenue.value ?? 0) * 100))
        expect(series.reduce((sum, { orders }) => sum + orders, 0)).toBe(figures.orders.value)
        expect(months.reduce((sum, { customersNew }) => sum + customersNew, 0)).toBe(figures.customersNew.value)
        expect(months).toHaveLength(11)
      }),
    )
  })

  it('voluntary and involuntary churn make customer churn', () => {
    fc.assert(
      fc.property(sums, (all) => {
        const { customerChurn, voluntaryChurn, involuntaryChurn } = overviewOf(all, {}, { timeframe: '90d' }).figures
        if (customerChurn.value === null) expect([voluntaryChurn.value, involuntaryChurn.value]).toEqual([null, null])
        else expect((voluntaryChurn.value ?? 0) + (involuntaryChurn.value ?? 0)).toBeCloseTo(customerChurn.value, 12)
      }),
    )
  })
})
