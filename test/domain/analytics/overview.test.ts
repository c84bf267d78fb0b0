import { describe, expect, it } from 'vitest'
import { overview } from '../../../worker/domain/analytics/overview.ts'
import { isCovered, periodBefore, periodOf } from '../../../worker/domain/analytics/period.ts'
import { ordersPerView } from '../../../worker/domain/analytics/products.ts'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'

const sum = (metric: string, day: string, amount: number) => ({ metric, day, sum: amount })

/** Thirty days up to 24 November; the 30 days before on the same weekdays end on 20 October, five days lie between. */
function november(changes: Partial<Parameters<typeof overview>[0]> = {}) {
  const period = periodOf('30d', '2026-11-24', null)
  const firstDay = changes.firstDay === undefined ? '2025-01-01' : changes.firstDay
  const before = periodBefore(period)
  return overview({
    sums: [],
    opening: [],
    entries: [],
    period,
    previous: { ...before, complete: isCovered(before, firstDay) },
    currency: 'USD',
    ...changes,
    firstDay,
  })
}

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
    const { figures, series } = november({
      sums: [sum(METRIC.gross, '2026-11-10', 100_00), sum(METRIC.refunded, '2026-11-10', 20_00), sum(METRIC.disputed, '2026-11-10', 30_00)],
    })
    expect(figures.netRevenue.value).toBe(50)
    expect(figures.refunds.value).toBe(20)
    expect(figures.disputes.value).toBe(30)
    expect(series.find(({ day }) => day === '2026-11-10')).toMatchObject({ gross: 100, refunds: 20, disputes: 30, net: 50 })
  })

  it('compares recurring revenue with the opening of the period, as the bridge does', () => {
    const { figures, movements } = november({
      opening: [{ metric: METRIC.mrrNew, sum: 100_00 }],
      sums: [
        sum(METRIC.mrrNew, '2026-10-01', 10_00),
        // Between the two periods.
        sum(METRIC.mrrNew, '2026-10-23', 5_00),
        sum(METRIC.mrrChurn, '2026-11-03', -15_00),
        sum(METRIC.subscribersWon, '2026-10-23', 3),
        sum(METRIC.subscribersLost, '2026-11-03', 1),
      ],
    })
    expect(figures.mrr).toMatchObject({ value: 100, previous: 115 })
    expect(figures.arr).toMatchObject({ value: 1200, previous: 1380 })
    expect(figures.subscribers).toMatchObject({ value: 2, previous: 3 })
    expect([movements.opening, movements.closing]).toEqual([figures.mrr.previous, figures.mrr.value])
  })

  it('has no neighbour for what flows where history does not cover the period before', () => {
    const sums = [sum(METRIC.gross, '2026-10-10', 1_00), sum(METRIC.gross, '2026-11-10', 100_00)]
    expect(november({ sums }).figures.grossRevenue.previous).toBe(1)
    const { figures } = november({ sums, firstDay: '2026-10-10', entries: [{ day: '2026-10-10', entered: 4, bought: 1 }] })
    expect(figures.grossRevenue).toMatchObject({ value: 100, previous: null })
    expect(figures.conversion.previous).toBeNull()
    expect(figures.mrr.previous).toBe(0)
    expect(november({ firstDay: '2026-10-26' }).figures.mrr.previous).toBeNull()
  })

  it('tells the conversion of each day from the same people as the figure', () => {
    const { figures, series } = november({
      entries: [
        { day: '2026-10-10', entered: 10, bought: 5 },
        { day: '2026-11-10', entered: 30, bought: 3 },
        { day: '2026-11-11', entered: 10, bought: 2 },
      ],
    })
    const of = (key: 'entered' | 'bought') => series.reduce((total, day) => total + day[key], 0)
    expect(figures.conversion).toMatchObject({ value: 0.125, previous: 0.5 })
    expect(of('bought') / of('entered')).toBe(figures.conversion.value)
  })

  it('says of each figure whether it is of one currency or of all', () => {
    const { figures } = november({ currency: 'EUR' })
    const ofAll = Object.entries(figures).filter(([, { currency }]) => currency === null)
    expect(ofAll.map(([name]) => name).sort()).toEqual(['conversion', 'subscribers', 'visitorDays'])
    expect(figures.orders.currency).toBe('EUR')
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
