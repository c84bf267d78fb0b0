import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  demandBySegment,
  elasticityAt,
  type LogitDemand,
  logitDemand,
  profitAt,
  rateAt,
  rateWithin,
} from '../../../../worker/domain/pricing/demand-curve/logit-demand.ts'
import type { PriceCell } from '../../../../worker/domain/pricing/demand-curve/price-point.ts'
import { allowedPrices, bestPrice, suggestPrice } from '../../../../worker/domain/pricing/demand-curve/suggestion.ts'

/** People by price, all of whom count alike. */
const cells = (...of: [price: number, visitors: number, buyers: number][]): PriceCell[] =>
  of.map(([price, visitors, buyers]) => ({ price, visitors, buyers, weight: 1, segment: null }))
const fitted = (of: readonly PriceCell[]): LogitDemand => {
  const { demand, reason } = logitDemand(of)
  if (!demand) throw new Error(reason)
  return demand
}

const EXAMPLE = cells([1900, 8000, 280], [2400, 8000, 232])

/** Numbers of a seed, evenly in [0, 1). */
function evenly(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

describe('logitDemand', () => {
  it('passes through two prices, and has between them the odds ratio and Woolf’s error', () => {
    const demand = fitted(EXAMPLE)
    expect(rateAt(demand, 1900)).toBeCloseTo(0.035, 10)
    expect(rateAt(demand, 2400)).toBeCloseTo(0.029, 10)
    const step = Math.log(24 / 19)
    expect(demand.slope).toBeCloseTo(Math.log((232 * 7720) / (7768 * 280)) / step, 8)
    expect(Math.sqrt(demand.covariance.slope)).toBeCloseTo(Math.sqrt(1 / 280 + 1 / 7720 + 1 / 232 + 1 / 7768) / step, 8)
    // A rate at a tested price is as uncertain as its own people make it.
    const { low, high } = rateWithin(demand, 1900)
    const half = 1.959963984540054 * Math.sqrt(1 / 280 + 1 / 7720)
    const logit = Math.log(280 / 7720)
    expect([low, high]).toEqual([1 / (1 + Math.exp(half - logit)), 1 / (1 + Math.exp(-half - logit))].map((end) => expect.closeTo(end, 8)))
  })

  it('has the elasticity that its own curve has', () => {
    const demand = fitted(EXAMPLE)
    for (const price of [1500, 1900, 2100, 3000]) {
      const { value, low, high } = elasticityAt(demand, price)
      const nudge = 1e-5
      const numeric = (Math.log(rateAt(demand, price * (1 + nudge))) - Math.log(rateAt(demand, price * (1 - nudge)))) / (2 * nudge)
      expect(value).toBeCloseTo(numeric, 5)
      expect(low).toBeLessThan(value)
      expect(high).toBeGreaterThan(value)
    }
  })

  const seen = fc
    .array(
      fc.record({
        price: fc.integer({ min: 100, max: 90_000 }),
        visitors: fc.integer({ min: 100, max: 9000 }),
        share: fc.double({ min: 0.05, max: 0.6, noNaN: true }),
      }),
      { minLength: 2, maxLength: 6 },
    )
    .filter((of) => Math.max(...of.map(({ price }) => price)) > 1.05 * Math.min(...of.map(({ price }) => price)))
    .map((of) =>
      of.map(({ price, visitors, share }) => ({
        price,
        visitors,
        buyers: Math.max(10, Math.round(visitors * share)),
        weight: 1,
        segment: null,
      })),
    )

  it('does not depend on the order of prices, nor on the unit of money', () => {
    fc.assert(
      fc.property(seen, fc.constantFrom(0.01, 10, 1000), (of, factor) => {
        const demand = fitted(of)
        const reversed = fitted([...of].reverse())
        const scaled = fitted(of.map((cell) => ({ ...cell, price: cell.price * factor })))
        const at = (of[0] as PriceCell).price
        for (const [other, price] of [
          [reversed, at],
          [scaled, at * factor],
        ] as const) {
          const [one, two] = [elasticityAt(demand, at), elasticityAt(other, price)]
          for (const end of ['value', 'low', 'high'] as const) expect(two[end]).toBeCloseTo(one[end], 6)
          expect(rateAt(other, price)).toBeCloseTo(rateAt(demand, at), 8)
        }
      }),
    )
  })

  it('gives a reason and no number where there are too few people, buyers or prices', () => {
    const reasonOf = (...of: Parameters<typeof cells>) => logitDemand(cells(...of))
    expect(reasonOf([100, 99, 30], [200, 5000, 90])).toEqual({ demand: null, reason: expect.stringContaining('100 people') })
    expect(reasonOf([100, 5000, 8], [200, 5000, 9])).toEqual({ demand: null, reason: expect.stringContaining('Only 17') })
    expect(reasonOf([100, 500, 30])).toMatchObject({ demand: null })
    expect(reasonOf([0, 500, 400], [100, 500, 30])).toMatchObject({ demand: null })
    expect(reasonOf()).toMatchObject({ demand: null })
    expect(reasonOf([100, 500, 30], [200, 500, 0])).toEqual({ demand: null, reason: expect.stringContaining('nobody') })
  })

  it('leaves out a price that too few have seen', () => {
    expect(fitted([...EXAMPLE, ...cells([2900, 50, 0])])).toEqual(fitted(EXAMPLE))
  })

  it('takes no good day for a good price, where its people are weighed', () => {
    // On the second day twice as many buy, and nine in ten are shown the high price; demand has no slope on either.
    const day = (rate: number, low: number, high: number) => cells([1000, low, low * rate], [2000, high, high * rate])
    const pooled = [...day(0.1, 5000, 5000), ...day(0.2, 1000, 9000)]
    expect(fitted(pooled).slope).toBeGreaterThan(0.3)
    const weighed = pooled.map((cell, at) => ({ ...cell, weight: 1 / ([0.5, 0.5, 0.1, 0.9][at] as number) }))
    expect(fitted(weighed).slope).toBeCloseTo(0, 8)
  })
})

describe('demandBySegment', () => {
  it('fits each by itself, and says of one that is too small why it has no number', () => {
    const of = (segment: string, ...people: Parameters<typeof cells>) => cells(...people).map((cell) => ({ ...cell, segment }))
    const mobile = of('mobile', [1900, 8000, 280], [2400, 8000, 232])
    const tablet = of('tablet', [1900, 800, 80], [2400, 800, 90])
    const found = demandBySegment([...mobile, ...of('desktop', [1900, 60, 9], [2400, 60, 9]), ...EXAMPLE, ...tablet], 1900)
    expect(found).toEqual([
      { segment: 'desktop', visitors: 120, buyers: 18, elasticity: null, reason: expect.stringContaining('100 people') },
      { segment: 'mobile', visitors: 16_000, buyers: 512, elasticity: elasticityAt(fitted(EXAMPLE), 1900), reason: null },
      { segment: 'tablet', visitors: 1600, buyers: 170, elasticity: null, reason: expect.stringContaining('does not fall') },
    ])
  })
})

const falling = fc.record({
  level: fc.double({ min: -5, max: 1, noNaN: true }),
  slope: fc.double({ min: -12, max: -0.05, noNaN: true }),
  referencePrice: fc.double({ min: 500, max: 50_000, noNaN: true }),
  covariance: fc.constant({ level: 0.001, both: 0, slope: 0.01 }),
})

describe('a suggested price', () => {
  it('earns more than any other inside its bounds, and is never outside of them', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(falling, share, share, fc.array(share, { minLength: 20, maxLength: 20 }), (demand, cost, width, others) => {
        const bounds = { low: demand.referencePrice * (0.5 + 0.4 * cost), high: demand.referencePrice * (1 + width) }
        const unitCost = demand.referencePrice * cost * 0.8
        const { price, clamped } = bestPrice(demand, unitCost, bounds)
        expect(price).toBeGreaterThanOrEqual(bounds.low)
        expect(price).toBeLessThanOrEqual(bounds.high)
        expect(clamped).toBe(price === bounds.low || price === bounds.high)
        const best = profitAt(demand, price, unitCost).value
        for (const each of others) {
          const other = bounds.low + each * (bounds.high - bounds.low)
          expect(profitAt(demand, other, unitCost).value).toBeLessThanOrEqual(best + 1e-9 * Math.abs(best))
        }
      }),
    )
  })

  it('lies within the tested prices, beyond them by the step limit alone, and inside the guardrails', () => {
    expect(allowedPrices([449, 499, 549], 0, { low: 0, high: Number.POSITIVE_INFINITY })).toEqual({ low: 449, high: 549 })
    expect(allowedPrices([549, 400], 0.1, { low: 0, high: 600 })).toEqual({ low: 360, high: 600 })
    const steep = fitted(cells([1000, 5000, 1000], [2000, 5000, 900]))
    const { suggestion } = suggestPrice(steep, 0, 1000, allowedPrices([1000, 2000], 0.1, { low: 0, high: 9000 }))
    expect(suggestion).toMatchObject({ price: 2200, clamped: true })
  })

  it('has the gain that its curve has, and an interval by the delta method', () => {
    const demand = fitted(EXAMPLE)
    const { suggestion } = suggestPrice(demand, 400, 1900, { low: 1900, high: 2400 })
    if (!suggestion) throw new Error('no suggestion')
    expect(suggestion).toMatchObject({ price: 2400, clamped: true })
    expect(suggestion.gain.value).toBeCloseTo(2000 * 0.029 - 1500 * 0.035, 8)
    // The model passes through both, so their rates are independent and the error is that of their difference.
    const error = Math.sqrt((2000 ** 2 * 0.029 * 0.971) / 8000 + (1500 ** 2 * 0.035 * 0.965) / 8000)
    expect((suggestion.gain.high - suggestion.gain.low) / 2).toBeCloseTo(1.959963984540054 * error, 6)
  })

  it('is none where demand rises with the price, bounds contradict each other, or the present price was never tested', () => {
    const rising = fitted(cells([1000, 5000, 300], [2000, 5000, 400]))
    const bounds = { low: 1000, high: 2000 }
    expect(suggestPrice(rising, 0, 1000, bounds)).toEqual({ suggestion: null, reason: expect.stringContaining('does not fall') })
    const demand = fitted(EXAMPLE)
    expect(suggestPrice(demand, 0, 1900, { low: 2500, high: 2400 })).toMatchObject({ suggestion: null, reason: expect.any(String) })
    expect(suggestPrice(demand, 0, 2900, { low: 1900, high: 2400 })).toMatchObject({
      suggestion: null,
      reason: expect.stringContaining('present price'),
    })
  })

  it('stays the present one, without a gain, where an ending leads back to it', () => {
    const demand = fitted(EXAMPLE)
    const { suggestion } = suggestPrice(demand, 0, 1900, { low: 1900, high: 2400 }, () => 1900)
    expect(suggestion?.gain).toEqual({ value: 0, low: 0, high: 0 })
  })

  it('has intervals that hold the truth in about ninety-five of a hundred worlds', () => {
    const random = evenly(7)
    const truth: LogitDemand = { level: -2, slope: -2.2, referencePrice: 5000, covariance: { level: 0, both: 0, slope: 0 } }
    const worlds = 300
    const held = { elasticity: 0, gain: 0, rate: 0 }
    const holds = ({ low, high }: { low: number; high: number }, value: number) => (low <= value && value <= high ? 1 : 0)
    for (let world = 0; world < worlds; world++) {
      const drawn = [4500, 5000, 5500, 6500].map((price) => {
        const rate = rateAt(truth, price)
        let buyers = 0
        for (let visitor = 0; visitor < 1500; visitor++) if (random() < rate) buyers++
        return { price, visitors: 1500, buyers, weight: 1, segment: null }
      })
      const demand = fitted(drawn)
      held.elasticity += holds(elasticityAt(demand, 5000), elasticityAt(truth, 5000).value)
      held.rate += holds(rateWithin(demand, 6000), rateAt(truth, 6000))
      // Of a price fixed beforehand: the interval does not claim to know that it was chosen.
      const { suggestion } = suggestPrice(
        { ...demand, slope: Math.min(demand.slope, -0.01) },
        1000,
        5000,
        { low: 4500, high: 6500 },
        () => 6000,
      )
      held.gain += holds(
        suggestion?.gain as { low: number; high: number },
        profitAt(truth, 6000, 1000).value - profitAt(truth, 5000, 1000).value,
      )
    }
    for (const share of Object.values(held)) {
      expect(share / worlds).toBeGreaterThan(0.91)
      expect(share / worlds).toBeLessThan(0.985)
    }
  })
})
