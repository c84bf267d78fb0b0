import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { constantElasticityPrice, elasticities, type Sale } from '../../../../worker/domain/pricing/demand-curve/elasticity.ts'
import { arcElasticity, type PricePoint, pricePoints } from '../../../../worker/domain/pricing/demand-curve/price-point.ts'
import { readReference } from '../../../support/reference.ts'

const what = 'the elasticities of orange juice'
const csv = readReference('oj.csv', what)
const json = readReference('elasticity-reference.json', what)

/** Brand and whether it was advertised, so that a group may be either. */
const sales = (csv ?? '')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [quantity = '', price = '', brand = '', feat = ''] = line.split(',')
    return { price: Number(price), quantity: Number(quantity), brand, feat: feat === '1' ? 'advertised' : 'plain' }
  })
const grouped = (groupOf: (sale: (typeof sales)[number]) => string | null): Sale[] =>
  sales.map((sale) => ({ ...sale, group: groupOf(sale) }))

interface Coefficient {
  est: number
  se: number
  hc1: number
}
type Model = { n: number; rSquared: number; coef: Record<string, Coefficient> }

describe.skipIf(csv === null || json === null)('elasticities of orange juice', () => {
  const reference = JSON.parse(json ?? '{}') as Record<
    'pooledNoBrand' | 'brandIntercepts' | 'brandSlopes' | 'brandAndFeatureSlopes',
    Model
  > & {
    elasticities: Record<string, number>
    published: { allBrandSlope: number }
  }
  const coefficient = (model: Model, name: string) => model.coef[name] as Coefficient
  const close = ({ est, se, hc1 }: Coefficient) => ({
    value: expect.closeTo(est, 9),
    standardError: expect.closeTo(se, 9),
    robustStandardError: expect.closeTo(hc1, 9),
  })

  it('are the confounded ones, pooled', () => {
    const { pooled, within, groups, observations, rSquared } = elasticities(grouped(() => null))
    expect(pooled).toMatchObject(close(coefficient(reference.pooledNoBrand, 'logPrice')))
    expect([within, groups, observations]).toEqual([null, [], reference.pooledNoBrand.n])
    expect(rSquared.pooled).toBeCloseTo(reference.pooledNoBrand.rSquared, 9)
  })

  it('are twice as large within brands, as published', () => {
    const { within, rSquared } = elasticities(grouped(({ brand }) => brand))
    expect(within).toMatchObject(close(coefficient(reference.brandIntercepts, 'logPrice')))
    expect(within?.value).toBeCloseTo(reference.published.allBrandSlope, 3)
    expect(rSquared.within).toBeCloseTo(reference.brandIntercepts.rSquared, 9)
    expect(rSquared.groups).toBeCloseTo(reference.brandSlopes.rSquared, 9)
  })

  it('differ from brand to brand', () => {
    const { groups } = elasticities(grouped(({ brand }) => brand))
    const { brandSlopes } = reference
    const base = coefficient(brandSlopes, 'logPrice')
    expect(groups.map(({ group }) => group)).toEqual(['dominicks', 'minute.maid', 'tropicana'])
    expect(groups[0]?.elasticity).toMatchObject(close(base))
    for (const [at, name] of [
      [1, 'logPrice_minuteMaid'],
      [2, 'logPrice_tropicana'],
    ] as const)
      expect(groups[at]?.elasticity?.value).toBeCloseTo(base.est + coefficient(brandSlopes, name).est, 9)
  })

  it('are larger where advertised, brand by brand', () => {
    const { groups } = elasticities(grouped(({ brand, feat }) => `${brand} ${feat}`))
    const of = (group: string) => groups.find((each) => each.group === group)?.elasticity
    const { elasticities: expected, brandAndFeatureSlopes } = reference
    for (const [brand, name] of [
      ['dominicks', 'dominicks'],
      ['minute.maid', 'minuteMaid'],
      ['tropicana', 'tropicana'],
    ] as const) {
      expect(of(`${brand} plain`)?.value).toBeCloseTo(expected[name] as number, 9)
      expect(of(`${brand} advertised`)?.value).toBeCloseTo(expected[`${name}Featured`] as number, 9)
    }
    expect(of('dominicks plain')).toMatchObject(close(coefficient(brandAndFeatureSlopes, 'logPrice')))
  })
})

const sale = fc.record({
  price: fc.double({ min: 0.5, max: 500, noNaN: true }),
  quantity: fc.double({ min: 0.1, max: 1e4, noNaN: true }),
  group: fc.constantFrom('a', 'b', 'c'),
})
const varied = fc.array(sale, { minLength: 12, maxLength: 40 }).filter((all) => {
  const prices = all.map(({ price }) => Math.log(price))
  return Math.max(...prices) - Math.min(...prices) > 0.5
})
const figures = (all: readonly Sale[]) => {
  const { pooled, within, groups } = elasticities(all)
  return [pooled, within, ...groups.map(({ elasticity }) => elasticity)].flatMap((each) =>
    each ? [each.value, each.standardError, each.robustStandardError, each.low, each.high] : [],
  )
}
const expectAlike = (one: readonly number[], other: readonly number[]) => {
  expect(one.length).toBe(other.length)
  for (const [at, value] of one.entries()) expect(Math.abs(value - (other[at] as number))).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)))
}

describe('elasticities', () => {
  it('do not depend on the order of rows, nor on the currency, nor on the unit of what is sold', () => {
    fc.assert(
      fc.property(varied, fc.double({ min: 0.01, max: 100, noNaN: true }), fc.infiniteStream(fc.nat()), (all, factor, order) => {
        const expected = figures(all)
        const shuffled = all.map((each) => ({ each, at: order.next().value })).sort((a, b) => a.at - b.at)
        expectAlike(figures(shuffled.map(({ each }) => each)), expected)
        expectAlike(figures(all.map((each) => ({ ...each, price: each.price * factor }))), expected)
        expectAlike(figures(all.map((each) => ({ ...each, quantity: each.quantity * factor }))), expected)
      }),
    )
  })

  it('within groups do not depend on how much a group sells', () => {
    fc.assert(
      fc.property(varied, (all) => {
        const larger = all.map((each) => (each.group === 'b' ? { ...each, quantity: each.quantity * 1000 } : each))
        const [one, other] = [elasticities(all), elasticities(larger)]
        expectAlike([other.within?.value ?? 0, other.within?.standardError ?? 0], [one.within?.value ?? 0, one.within?.standardError ?? 0])
      }),
    )
  })

  it('are found exactly where demand has one', () => {
    const exact = [1, 2, 3, 5].flatMap((price) => [
      { price, quantity: 7 * price ** -2.5, group: 'small' },
      { price: price * 3, quantity: 9000 * (price * 3) ** -2.5, group: 'large' },
    ])
    const { within, groups, pooled } = elasticities(exact)
    expect(within?.value).toBeCloseTo(-2.5, 10)
    expect(groups.map(({ elasticity }) => elasticity?.value)).toEqual([expect.closeTo(-2.5, 10), expect.closeTo(-2.5, 10)])
    expect(pooled.value).toBeGreaterThan(0)
  })

  it('of a group whose price never moved are none', () => {
    const rows = [1, 2, 3].map((price) => ({ price, quantity: 10 / price, group: 'moved' }))
    const still = [1, 2].map((quantity) => ({ price: 5, quantity, group: 'still' }))
    const { groups, within } = elasticities([...rows, ...still])
    expect(groups).toMatchObject([{ group: 'moved' }, { group: 'still', observations: 2, elasticity: null }])
    expect(within?.value).toBeCloseTo(-1, 10)
  })

  it('refuse one price, too few sales, and what has no logarithm', () => {
    const at = (price: number, quantity = 1) => ({ price, quantity, group: null })
    const refused = (code: string, field?: string) => expect.objectContaining({ code, ...(field && { field }) })
    expect(() => elasticities([at(5, 1), at(5, 2), at(5, 3)])).toThrow(refused('insufficient_data'))
    expect(() => elasticities([at(5), at(6)])).toThrow(refused('insufficient_data'))
    expect(() => elasticities([at(5), at(6), at(7, 0)])).toThrow(refused('invalid_field', 'rows.2'))
  })
})

describe('constantElasticityPrice', () => {
  it('earns more than any other price', () => {
    expect(constantElasticityPrice(1, -3)).toBe(1.5)
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.double({ min: -9, max: -1.1, noNaN: true }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (cost, elasticity, factor) => {
          const best = constantElasticityPrice(cost, elasticity) as number
          const profit = (price: number) => (price - cost) * price ** elasticity
          expect(profit(best)).toBeGreaterThanOrEqual(profit(best * factor) - 1e-12 * Math.abs(profit(best)))
        },
      ),
    )
  })

  it('is none where a higher price always earns more, or a lower one', () => {
    expect([constantElasticityPrice(1, -1), constantElasticityPrice(1, 0.5), constantElasticityPrice(0, -3)]).toEqual([null, null, null])
  })
})

const example = readReference('price-test-example.json', 'two price points')

describe('two price points', () => {
  it.skipIf(example === null)('have the published revenue a visitor, its error and the arc elasticity', () => {
    const { arms, expected } = JSON.parse(example ?? '{}') as {
      arms: { price: number; visitors: number; conversions: number }[]
      expected: { conversionRate: number[]; revenuePerVisitor: number[]; seRevenuePerVisitor: number[]; arcElasticity: number }
    }
    const points = pricePoints(
      arms.map(({ price, visitors, conversions }) => ({ price, visitors, buyers: conversions, weight: 1, segment: null })),
    )
    for (const [at, { rate, revenuePerVisitor, standardError }] of points.entries()) {
      expect(rate).toBeCloseTo(expected.conversionRate[at] as number, 10)
      expect(revenuePerVisitor).toBeCloseTo(expected.revenuePerVisitor[at] as number, 10)
      expect(standardError).toBeCloseTo(expected.seRevenuePerVisitor[at] as number, 10)
    }
    expect(arcElasticity(points[0] as PricePoint, points[1] as PricePoint)).toBeCloseTo(expected.arcElasticity, 10)
  })

  it('have the same arc elasticity whichever stands first, and none without a buyer', () => {
    const point = fc.record({ price: fc.double({ min: 1, max: 99, noNaN: true }), rate: fc.double({ min: 0.01, max: 1, noNaN: true }) })
    fc.assert(
      fc.property(point, point, (one, other) => {
        fc.pre(one.price !== other.price)
        expect(arcElasticity(one, other)).toBeCloseTo(arcElasticity(other, one) as number, 6)
      }),
    )
    expect(arcElasticity({ price: 1, rate: 0 }, { price: 2, rate: 0 })).toBeNull()
  })

  it('have Wilson intervals, which stay inside 0 and 1 and have width at its ends', () => {
    // Newcombe (1998), Statistics in Medicine 17:857–872, table I, method 3.
    const intervals = [
      [81, 263],
      [15, 148],
      [0, 20],
      [1, 29],
    ].map(([buyers = 0, visitors = 0]) => {
      const [point] = pricePoints([{ price: 1, visitors, buyers, weight: 1, segment: null }])
      return [point?.low, point?.high]
    })
    const expected = [
      [0.2553, 0.3662],
      [0.0624, 0.1605],
      [0, 0.1611],
      [0.0061, 0.1718],
    ]
    expect(intervals).toEqual(expected.map(([low = 0, high = 0]) => [expect.closeTo(low, 4), expect.closeTo(high, 4)]))
  })
})
