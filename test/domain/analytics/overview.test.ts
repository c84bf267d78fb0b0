import { describe, expect, it } from 'vitest'
import { isCovered, periodBefore, periodOf } from '../../../worker/domain/analytics/period.ts'
import { ordersPerView } from '../../../worker/domain/analytics/products.ts'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'
import { overviewOf, sum } from './rows.ts'

describe('the period before', () => {
  it('is as long and falls on the same weekdays', () => {
    const before = periodBefore(periodOf('30d', '2026-11-24', null))
    expect(before).toEqual({ from: '2026-09-21', to: '2026-10-20', days: 30 })
    expect(new Date(before.to).getUTCDay()).toBe(new Date('2026-11-24').getUTCDay())
  })

  it('is covered only by a history that begins no later', () => {
    const before = periodBefore(periodOf('30d', '2026-11-24', null))
    expect(isCovered(before, '2026-09-21')).toBe(true)
    expect(isCovered(before, '2026-09-22')).toBe(false)
    expect(isCovered(before, null)).toBe(false)
  })
})

describe('the overview', () => {
  it('gives net as gross less refunds less disputes, in the figures and on each day', () => {
    const { figures, series } = overviewOf([
      sum(METRIC.gross, '2026-11-10', 100_00),
      sum(METRIC.refunded, '2026-11-10', 20_00),
      sum(METRIC.disputed, '2026-11-10', 30_00),
    ])
    expect(figures.netRevenue.value).toBe(50)
    expect(figures.refunds.value).toBe(20)
    expect(figures.disputes.value).toBe(30)
    expect(series.find(({ day }) => day === '2026-11-10')).toMatchObject({ gross: 100, refunds: 20, disputes: 30, net: 50 })
  })

  it('compares recurring revenue with the opening of the period, as the bridge does', () => {
    const { figures, movements } = overviewOf([
      sum(METRIC.mrrNew, '2026-08-01', 100_00),
      sum(METRIC.mrrNew, '2026-10-01', 10_00),
      // Between the two periods.
      sum(METRIC.mrrNew, '2026-10-23', 5_00),
      sum(METRIC.mrrChurn, '2026-11-03', -15_00),
      sum(METRIC.subscribersWon, '2026-10-23', 3, 'new'),
      sum(METRIC.subscribersLost, '2026-11-03', 1, 'voluntary'),
    ])
    expect(figures.mrr).toMatchObject({ value: 100, previous: 115 })
    expect(figures.arr).toMatchObject({ value: 1200, previous: 1380 })
    expect(figures.subscribers).toMatchObject({ value: 2, previous: 3 })
    expect(figures.arpa).toMatchObject({ value: 50, previous: 38.33 })
    expect([movements.opening, movements.closing]).toEqual([figures.mrr.previous, figures.mrr.value])
    // The previous period opened with 100 and won 10.
    expect(figures.mrrGrowth.previous).toBe(0.1)
  })

  it('has no neighbour for what flows where history does not cover the period before', () => {
    const sums = [sum(METRIC.gross, '2026-10-10', 1_00), sum(METRIC.gross, '2026-11-10', 100_00)]
    expect(overviewOf(sums).figures.grossRevenue.previous).toBe(1)
    const young = overviewOf(sums, { entriesBefore: { entered: 4, bought: 1 } }, { firstDay: '2026-10-10' })
    expect(young.figures.grossRevenue).toMatchObject({ value: 100, previous: null })
    expect(young.figures.conversion.previous).toBeNull()
    expect(young.figures.mrr.previous).toBe(0)
    expect(overviewOf([], {}, { firstDay: '2026-10-26' }).figures.mrr.previous).toBeNull()
  })

  it('tells the conversion of each day from the same people as the figure', () => {
    const { figures, series } = overviewOf([], {
      entries: [
        { day: '2026-11-10', entered: 30, bought: 3 },
        { day: '2026-11-11', entered: 10, bought: 2 },
      ],
      entriesBefore: { entered: 10, bought: 5 },
    })
    const of = (key: 'entered' | 'bought') => series.reduce((total, day) => total + day[key], 0)
    expect(figures.conversion).toMatchObject({ value: 0.125, previous: 0.5 })
    expect(of('bought') / of('entered')).toBe(figures.conversion.value)
  })

  it('says of each figure whether it is of one currency or of all', () => {
    const { figures } = overviewOf([])
    const ofAll = Object.entries(figures).filter(([, { currency }]) => currency === null)
    expect(ofAll.map(([name]) => name).sort()).toEqual(['abandonment', 'conversion', 'visitorDays'])
    expect(figures.orders.currency).toBe('USD')
  })

  it('gives each figure once, under its own id, with every number that its formula names', () => {
    const { figures } = overviewOf([sum(METRIC.gross, '2026-11-10', 100_00)])
    for (const [id, figure] of Object.entries(figures)) {
      expect(figure.id).toBe(id)
      expect([id, figure.definition.length > 10, figure.formula.length > 5]).toEqual([id, true, true])
      if (figure.inputs.length === 0) expect([id, figure.reason]).toEqual([id, expect.stringContaining('month')])
      for (const { name, unit } of figure.inputs) {
        expect(figure.formula.toLowerCase()).toContain(name.toLowerCase())
        expect(['USD', 'count', 'share']).toContain(unit)
      }
      expect([id, figure.reason === null]).toEqual([id, figure.value !== null])
    }
  })

  it('has null for what has nothing to be divided by, and says what is missing', () => {
    const { figures } = overviewOf([])
    const nothing = Object.values(figures).filter(({ value }) => value === null)
    expect(nothing.map(({ id }) => id).sort()).toEqual([
      'abandonment',
      'arpa',
      'averageOrderValue',
      'cac',
      'conversion',
      'customerChurn',
      'grossMrrChurn',
      'grr',
      'involuntaryChurn',
      'ltv',
      'ltvToCac',
      'mrrGrowth',
      'netMrrChurn',
      'nrr',
      'payback',
      'quickRatio',
      'voluntaryChurn',
    ])
    for (const { reason } of nothing) expect(reason).toMatch(/^(There|Nobody|No) /)
  })
})

describe('orders a view', () => {
  it('is a share of the views of something that is bought once', () => {
    expect(ordersPerView({ interval: null }, 12, 80)).toBe(0.15)
  })

  it.each([
    ['of a subscription, whose renewals are orders', { interval: 'month' }, 74, 55],
    ['of a subscription that sells less than it is viewed', { interval: 'year' }, 5, 55],
    ['of a product nobody knows any more', undefined, 5, 55],
    ['without views', { interval: null }, 0, 0],
    ['of orders that no view can have led to', { interval: null }, 74, 55],
  ])('does not exist %s', (_, product, orders, views) => {
    expect(ordersPerView(product, orders, views)).toBeNull()
  })
})
