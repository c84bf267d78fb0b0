import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conversionOf, exchangeInto, roundFraction } from '../../../worker/domain/analytics/exchange.ts'
import type { ValueSum } from '../../../worker/domain/analytics/rows.ts'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'
import { overviewOf, sum, sums } from './rows.ts'

const RATES = { EUR: '1.08', JPY: '0.0067' }

const asked = { exchange: exchangeInto('USD', 'USD', RATES), currency: 'USD' }

const value = (dimension: string, of: string | null, gross: number, more: Partial<ValueSum> = {}): ValueSum => ({
  dimension,
  value: of,
  scope: 'USD',
  gross,
  refunds: 0,
  disputes: 0,
  orders: 1,
  views: 0,
  ...more,
})

describe('an exchange', () => {
  it('is exact until its end, and rounds halves to the even neighbour there', () => {
    const { sum } = exchangeInto('USD', 'USD', { ...RATES, EUR: '1.085', GBP: '0.5' })
    expect(sum('JPY', 15_000)).toBe(10_050)
    expect(sum('EUR', 10_00)).toBe(10_85)
    expect([sum('GBP', 1), sum('GBP', 3), sum('GBP', 5), sum('GBP', -1), sum('GBP', -3)]).toEqual([0, 2, 2, 0, -2])
    expect(roundFraction({ over: -5n, under: 2n })).toBe(-2)
  })

  it('passes through the unit of the rates on the way into another currency', () => {
    const { sum, takes } = exchangeInto('EUR', 'USD', RATES)
    expect(sum('USD', 108_00)).toBe(100_00)
    // 10,000 yen are 67 dollars, which are 62.037… euros.
    expect(sum('JPY', 10_000)).toBe(62_04)
    expect([...takes].sort()).toEqual(['EUR', 'JPY', 'USD'])
  })

  it('is exact where a float is not', () => {
    expect(exchangeInto('USD', 'USD', { EUR: '1.1' }).sum('EUR', 9_007_199_254_740_9)).toBe(9_907_919_180_215_0)
    expect(exchangeInto('USD', 'USD', { EUR: '0.1' }).sum('EUR', 5)).toBe(0)
    expect(exchangeInto('USD', 'USD', { EUR: '1.005' }).sum('EUR', 100)).toBe(100)
    expect(exchangeInto('USD', 'USD', { EUR: '1.005' }).sum('EUR', 300)).toBe(302)
  })

  it('leaves out what has no rate, and everything where the target has none', () => {
    const exchange = exchangeInto('USD', 'USD', RATES)
    expect(conversionOf(exchange, ['USD', 'EUR', 'CHF'], 'USD', 'USD', RATES)).toEqual({
      into: 'USD',
      unit: 'USD',
      rates: [{ currency: 'EUR', rate: '1.08' }],
      leftOut: ['CHF'],
    })
    const alone = exchangeInto('CHF', 'USD', RATES)
    expect(alone.takes).toEqual(['CHF'])
    expect(conversionOf(alone, ['USD', 'EUR', 'CHF'], 'CHF', 'USD', RATES)).toMatchObject({ rates: [], leftOut: ['USD', 'EUR'] })
    expect(conversionOf(exchangeInto('EUR', 'USD', RATES), ['USD', 'EUR'], 'EUR', 'USD', RATES).rates).toEqual([
      { currency: 'EUR', rate: '1.08' },
    ])
    expect(() => alone.sum('USD', 1)).toThrow('no rate for USD')
  })

  it('rounds parts so that they are the whole, each by less than a unit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 10 ** 9 }),
        (parts, rate) => {
          const text = `${Math.floor(rate / 10 ** 6)}.${String(rate % 10 ** 6).padStart(6, '0')}`
          const exchange = exchangeInto('USD', 'USD', { EUR: text })
          const shown = exchange.parts('EUR', parts)
          const whole = parts.reduce((total, part) => total + part, 0)
          expect(shown.reduce((total, part) => total + part, 0)).toBe(parts.length === 0 ? 0 : exchange.sum('EUR', whole))
          for (const [at, part] of parts.entries())
            expect(Math.abs((shown[at] as number) - (part * rate) / 10 ** 6)).toBeLessThanOrEqual(1.0001)
        },
      ),
    )
  })
})

describe('converted analytics', () => {
  it('add the total of each currency at its rate, not the rounded days', () => {
    const all = Array.from({ length: 10 }, (_, at) => sum(METRIC.gross, `2026-11-${10 + at}`, 10_01, '', 'EUR'))
    const { figures, series } = overviewOf([...all, sum(METRIC.gross, '2026-11-03', 1_00)], {}, asked)
    // 100.10 euros are 108.108 dollars; ten roundings of 10.8108 would make 108.10.
    expect(figures.grossRevenue.value).toBe(109.11)
    expect(series.reduce((total, { gross }) => total + Math.round(gross * 100), 0)).toBe(109_11)
  })

  it('take no part of a currency without a rate', () => {
    const { figures } = overviewOf([sum(METRIC.gross, '2026-11-03', 1_00), sum(METRIC.gross, '2026-11-03', 900_00, '', 'CHF')], {}, asked)
    expect(figures.grossRevenue.value).toBe(1)
  })

  it('still add up: the bridge, the days, the months', () => {
    fc.assert(
      fc.property(sums, fc.constantFrom('30d', '90d', '18m'), fc.constantFrom('USD', 'EUR', 'JPY'), (all, timeframe, into) => {
        const exchange = exchangeInto(into, 'USD', RATES)
        const {
          figures,
          movements: m,
          series,
          months,
        } = overviewOf(all, {}, { exchange, currency: into, timeframe, firstDay: '2026-01-01' })
        const minor = (amount: number) => Math.round(amount * (into === 'JPY' ? 1 : 100))
        const closing = [m.opening, m.new, m.expansion, m.reactivation, m.contraction, m.churn].reduce(
          (total, amount) => total + minor(amount),
          0,
        )
        expect(closing).toBe(minor(m.closing))
        expect(minor(series.at(-1)?.mrr ?? 0)).toBe(closing)
        expect(minor(months.at(-1)?.closing ?? 0)).toBe(closing)
        expect(series.reduce((total, { net }) => total + minor(net), 0)).toBe(minor(figures.netRevenue.value ?? 0))
      }),
    )
  })
})

describe('a breakdown', () => {
  const sold = (gross: number, refunds = 0) => [sum(METRIC.gross, '2026-11-03', gross), sum(METRIC.refunded, '2026-11-04', refunds)]

  it('shows what sold most, with what went back, and below it what was only viewed', () => {
    const values = [
      value('product', 'b', 10_00, { orders: 2, refunds: 3_00, disputes: 1_00 }),
      value('product', 'a', 30_00, { orders: 3 }),
      value('product', 'a', 0, { scope: '', orders: 0, views: 12 }),
      value('product', 'seen', 0, { scope: '', orders: 0, views: 99 }),
    ]
    const all = [...sold(40_00, 3_00), sum(METRIC.disputed, '2026-11-03', 1_00), sum(METRIC.orders, '2026-11-03', 5)]
    const { products } = overviewOf(all, {
      values,
      products: [{ id: 'a', name: 'A', interval: null }],
      ordersByProduct: [{ productId: 'a', orders: 3 }],
    })
    expect(products).toEqual([
      { productId: 'a', name: 'A', gross: 30, orders: 3, rest: false, refunds: 0, disputes: 0, net: 30, views: 12, ordersPerView: 0.25 },
      { productId: 'b', name: null, gross: 10, orders: 2, rest: false, refunds: 3, disputes: 1, net: 6, views: 0, ordersPerView: null },
      { productId: 'seen', name: null, gross: 0, orders: 0, rest: false, refunds: 0, disputes: 0, net: 0, views: 99, ordersPerView: null },
    ])
  })

  it('sums everything after the fiftieth, and what was not read one by one, under one row', () => {
    const values = [
      ...Array.from({ length: 60 }, (_, at) => value('country', `C${at}`, 100 - at)),
      value('country', null, 5, { orders: 7 }),
    ]
    const whole = values.reduce((total, { gross }) => total + gross, 0)
    const { countries } = overviewOf([...sold(whole), sum(METRIC.orders, '2026-11-03', 67)], { values })
    expect(countries).toHaveLength(51)
    expect(countries[0]).toEqual({ country: 'C0', gross: 1, orders: 1, rest: false })
    expect(countries.at(-1)).toEqual({ country: 'other', gross: 4.6, orders: 17, rest: true })
  })

  it('adds up to the figures, in one currency and in several', () => {
    const scopes = fc.constantFrom('USD', 'EUR', 'JPY')
    const rows = fc.uniqueArray(
      fc.record({ scope: scopes, name: fc.integer({ min: 0, max: 80 }), gross: fc.integer({ min: 1, max: 10 ** 7 }) }),
      {
        selector: ({ scope, name }) => `${scope}${name}`,
        maxLength: 150,
      },
    )
    fc.assert(
      fc.property(rows, fc.boolean(), (parts, isConverted) => {
        const values = parts.map(({ scope, name, gross }) => value('source', `s${name}`, gross, { scope }))
        const all = parts.flatMap(({ scope, gross }) => [
          sum(METRIC.gross, '2026-11-03', gross, '', scope),
          sum(METRIC.orders, '2026-11-03', 1, '', scope),
        ])
        // As the database would: one row a day.
        const days = [...Map.groupBy(all, ({ metric, scope }) => metric + scope).values()].map((same) => ({
          ...(same[0] as (typeof same)[number]),
          sum: same.reduce((total, row) => total + row.sum, 0),
        }))
        const { sources, figures } = overviewOf(days, { values }, isConverted ? asked : {})
        expect(sources.reduce((total, { gross }) => total + Math.round(gross * 100), 0)).toBe(
          Math.round((figures.grossRevenue.value ?? 0) * 100),
        )
        expect(sources.reduce((total, { orders }) => total + orders, 0)).toBe(figures.orders.value)
        // Rounding alone makes no rest.
        if (new Set(parts.map(({ name }) => name)).size <= 50) expect(sources.some(({ rest }) => rest)).toBe(false)
      }),
    )
  })
})
