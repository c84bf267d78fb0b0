import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Demand } from '../../../../worker/contract/analysis.ts'
import type { PricedDay } from '../../../../worker/domain/pricing/demand-curve/history.ts'
import { type DemandQuestion, productDemand } from '../../../../worker/domain/pricing/demand-curve/product-demand.ts'
import { type ArmCount, testEvidence } from '../../../../worker/domain/pricing/demand-curve/test-evidence.ts'
import { lowestForMargin } from '../../../../worker/domain/pricing/guardrails.ts'
import { endingsOf, roundPrice } from '../../../../worker/domain/pricing/rounding.ts'
import { addDays, dayOf } from '../../../../worker/domain/time.ts'
import { book, NOW, priceTest, slice } from '../fixtures.ts'

const TODAY = dayOf(NOW)
const counts = (of: Record<string, [exposed: number, buyers: number]>, more: Partial<ArmCount> = {}): ArmCount[] =>
  Object.entries(of).map(([arm, [exposed, buyers]]) => ({ day: TODAY, epoch: TODAY, segment: null, arm, exposed, buyers, ...more }))
const question = (over: Partial<DemandQuestion> = {}): DemandQuestion => ({
  product: slice().product,
  currency: 'USD',
  evidence: [],
  days: [],
  end: (amountMinor) => amountMinor,
  ...over,
})
/** Ninety days of two prices in turn, whose orders follow the price by an elasticity of −2. */
const history: PricedDay[] = Array.from({ length: 90 }, (_, at) => {
  const price = at % 9 < 4 ? 45_000 : 55_000
  return { day: addDays('2026-01-05', at), price, views: 400, orders: Math.round(20 * (price / 50_000) ** -2) }
})
const ENOUGH = counts({ control: [4000, 200], variant_1: [4000, 260], variant_2: [4000, 150] })

describe('productDemand', () => {
  it('of a test has its points, a curve through them, an elasticity and a price inside what was tested', () => {
    const demand = productDemand(question({ evidence: [{ test: priceTest(), counts: ENOUGH }] }))
    expect(Demand.parse(demand)).toEqual(demand)
    expect(demand).toMatchObject({ source: 'test', testId: 'test_1', model: 'logit', observational: null, reason: null })
    expect(demand.points.map(({ amount, visitors, buyers, rate }) => [amount, visitors, buyers, rate])).toEqual([
      [449, 4000, 260, 0.065],
      [499, 4000, 200, 0.05],
      [549, 4000, 150, 0.0375],
    ])
    expect(demand.curve.at(0)?.amount).toBe(449)
    expect(demand.curve.at(-1)?.amount).toBe(549)
    for (const { low, rate, high } of demand.curve) expect(low < rate && rate < high).toBe(true)
    expect(demand.elasticity?.value).toBeLessThan(-2)
    // 449 × 6.5 % less the cost of 40 beats the others, and a lower price would earn more still.
    expect(demand.suggestion).toMatchObject({ amount: 449, clamped: true })
    expect(demand.suggestion?.gain).toBeGreaterThan(0)
    expect(demand.suggestion?.gainLow).toBeLessThan(demand.suggestion?.gain as number)
  })

  it('goes beyond the tested prices by the step limit alone, and stays inside the guardrails', () => {
    const suggested = (over: Partial<ReturnType<typeof slice>['product']>) =>
      productDemand(question({ product: { ...slice().product, ...over }, evidence: [{ test: priceTest(), counts: ENOUGH }] })).suggestion
    expect(suggested({ maximumStepPerDay: 0.05 })?.amount).toBe(426.55)
    expect(suggested({ maximumStepPerDay: 0.05, prices: { USD: book({ floorMinor: 44_000 }) } })?.amount).toBe(440)
    // 90 % margin on a cost of 46 allows 460 and more.
    expect(suggested({ minimumMargin: 0.9, prices: { USD: book({ unitCostMinor: 4_600 }) } })?.amount).toBe(460)
  })

  it('ends its price as asked, inside the same bounds', () => {
    const asked: unknown[] = []
    const end = (amountMinor: number, bounds: { lowMinor: number; highMinor: number }) => {
      asked.push([amountMinor, bounds])
      return 1
    }
    const demand = productDemand(question({ evidence: [{ test: priceTest(), counts: ENOUGH }], end }))
    expect([asked, demand.suggestion?.amount]).toEqual([[[44_900, { lowMinor: 44_900, highMinor: 54_900 }]], 449])
  })

  it('never suggests what a guardrail forbids, or what lies further from the tested prices than a step', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const rate = fc.integer({ min: 5, max: 900 })
    let suggested = 0
    fc.assert(
      fc.property(
        fc.record({ list: fc.integer({ min: 200, max: 90_000 }), other: share, third: share, floor: share, ceiling: share, cost: share }),
        fc.option(fc.double({ min: 0, max: 0.9, noNaN: true }), { nil: null }),
        fc.option(share, { nil: null }),
        fc.tuple(rate, rate, rate),
        (of, minimumMargin, maximumStepPerDay, buyers) => {
          const listMinor = of.list
          const unitCostMinor = Math.floor(listMinor * of.cost * (1 - (minimumMargin ?? 0)))
          const terms = book({
            listMinor,
            floorMinor: Math.floor(listMinor * of.floor),
            ceilingMinor: Math.ceil(listMinor * (1 + of.ceiling)),
            unitCostMinor,
          })
          const amounts = [listMinor, Math.ceil(listMinor * (0.5 + 0.49 * of.other)), Math.ceil(listMinor * (1.01 + of.third))]
          const [control, variant1, variant2] = priceTest().arms.map((arm, at) => ({ ...arm, amountMinor: amounts[at] as number }))
          const test = priceTest({ arms: [control, variant1, variant2] as ReturnType<typeof priceTest>['arms'] })
          const product = { ...slice().product, minimumMargin, maximumStepPerDay, prices: { USD: terms } }
          const arms = Object.fromEntries(test.arms.map(({ key }, at) => [key, [1000, buyers[at] as number] as [number, number]]))
          const { suggestion } = productDemand(
            question({
              product,
              evidence: [{ test, counts: counts(arms) }],
              end: (amountMinor, bounds) => roundPrice(amountMinor, endingsOf('USD', listMinor), bounds),
            }),
          )
          if (!suggestion) return
          suggested++
          const minor = Math.round(suggestion.amount * 100)
          const step = maximumStepPerDay ?? 0
          expect(minor).toBeGreaterThanOrEqual(Math.max(terms.floorMinor ?? 0, lowestForMargin(terms, minimumMargin)))
          expect(minor).toBeLessThanOrEqual(terms.ceilingMinor ?? 0)
          expect(minor).toBeGreaterThanOrEqual(Math.min(...amounts) * (1 - step) - 1e-6)
          expect(minor).toBeLessThanOrEqual(Math.max(...amounts) * (1 + step) + 1e-6)
          expect(suggestion.gainLow).toBeLessThanOrEqual(suggestion.gain)
        },
      ),
      { numRuns: 500 },
    )
    expect(suggested).toBeGreaterThan(100)
  })

  it('takes the newest test that says enough', () => {
    const young = { test: priceTest({ id: 'young' }), counts: counts({ control: [90, 9], variant_1: [80, 9], variant_2: [70, 9] }) }
    const old = { test: priceTest({ id: 'old' }), counts: ENOUGH }
    expect(productDemand(question({ evidence: [young, old] })).testId).toBe('old')
    const alone = productDemand(question({ evidence: [young] }))
    expect(alone).toMatchObject({ source: 'test', testId: 'young', model: null, curve: [], elasticity: null, suggestion: null })
    expect([alone.points.length, alone.reason]).toEqual([3, expect.stringContaining('100 people')])
  })

  it('gives no number where demand rises with the price, or nobody bought at one', () => {
    const of = (arms: Parameters<typeof counts>[0]) => productDemand(question({ evidence: [{ test: priceTest(), counts: counts(arms) }] }))
    for (const [arms, word] of [
      [{ control: [4000, 200], variant_1: [4000, 150], variant_2: [4000, 260] }, 'does not fall'],
      [{ control: [4000, 60], variant_2: [4000, 0] }, 'nobody'],
    ] as [Parameters<typeof counts>[0], string][]) {
      const demand = of(arms)
      expect(demand).toMatchObject({ source: 'test', model: null, curve: [], elasticity: null, suggestion: null })
      expect(demand.reason).toContain(word)
      expect(demand.points.length).toBeGreaterThan(1)
    }
  })

  it('tells no gain against a list price that was never tested, and still what the curve says', () => {
    const moved = { ...slice().product, prices: { USD: book({ listMinor: 59_900 }) } }
    const demand = productDemand(question({ product: moved, evidence: [{ test: priceTest(), counts: ENOUGH }] }))
    expect(demand).toMatchObject({ suggestion: null, model: 'logit', reason: expect.stringContaining('present price') })
    expect(demand.elasticity?.value).toBeLessThan(0)
  })

  it('from the past alone shows what was seen, says that nobody drew it by lot, and suggests nothing', () => {
    const demand = productDemand(question({ days: history }))
    expect(demand).toMatchObject({ source: 'history', testId: null, model: 'log_log', elasticity: null, suggestion: null })
    expect(demand.observational?.pooled.value).toBeCloseTo(-2, 0)
    expect(demand.observational?.within?.value).toBeCloseTo(-2, 0)
    expect([demand.points.map(({ amount }) => amount), demand.curve.length]).toEqual([[450, 550], 41])
    expect(demand.reason).toContain('price test')
    expect(Demand.parse(demand)).toEqual(demand)
  })

  it('keeps the past beside a test, and out of it', () => {
    const evidence = [{ test: priceTest(), counts: ENOUGH }]
    const [alone, beside] = [productDemand(question({ evidence })), productDemand(question({ evidence, days: history }))]
    expect(beside.observational?.within?.value).toBeCloseTo(-2, 0)
    expect({ ...beside, observational: null }).toEqual(alone)
  })

  it('sees no orders in the renewals of a subscription', () => {
    expect(productDemand(question({ product: { ...slice().product, interval: 'month' }, days: history }))).toMatchObject({
      source: null,
      observational: null,
      reason: expect.any(String),
    })
  })

  it('is the same in another currency, but for its amounts', () => {
    const yen = { ...slice().product, prices: { JPY: book() } }
    const inDollars = productDemand(question({ evidence: [{ test: priceTest(), counts: ENOUGH }] }))
    const inYen = productDemand(
      question({ product: yen, currency: 'JPY', evidence: [{ test: priceTest({ currency: 'JPY' }), counts: ENOUGH }] }),
    )
    expect(inYen.elasticity).toEqual(inDollars.elasticity)
    expect(inYen.suggestion?.amount).toBe(44_900)
    expect(inYen.suggestion?.gain).toBeCloseTo((inDollars.suggestion?.gain as number) * 100, 8)
  })
})

describe('testEvidence', () => {
  it('lets everybody count alike while the weights stay', () => {
    const test = priceTest({ epochs: [{ day: TODAY, weights: { control: 0.5, variant_1: 0.3, variant_2: 0.2 }, bySegment: {} }] })
    for (const { weight } of testEvidence(test, ENOUGH)) expect(weight).toBeCloseTo(1, 12)
  })

  it('weighs people by the chance they were drawn with, by day and segment, and keeps their number', () => {
    const [first, second] = [addDays(TODAY, -2), addDays(TODAY, -1)]
    const test = priceTest({
      epochs: [
        { day: first, weights: { control: 0.5, variant_1: 0.5 }, bySegment: {} },
        { day: second, weights: { control: 0.1, variant_1: 0.9 }, bySegment: { mobile: { control: 0.25, variant_1: 0.75 } } },
      ],
    })
    const cells = testEvidence(test, [
      ...counts({ control: [500, 50], variant_1: [500, 50] }, { day: first, epoch: first }),
      ...counts({ control: [100, 20], variant_1: [900, 180] }, { day: second, epoch: second, segment: 'desktop' }),
      ...counts({ control: [250, 50], variant_1: [750, 150] }, { day: second, epoch: second, segment: 'mobile' }),
    ])
    const of = (price: number) => cells.filter((cell) => cell.price === price)
    const [control, variant] = [of(49_900), of(44_900)]
    expect(control.map(({ weight }) => weight / (control[0]?.weight as number))).toEqual([1, expect.closeTo(5, 10), expect.closeTo(2, 10)])
    for (const arm of [control, variant]) {
      const people = arm.reduce((sum, { visitors }) => sum + visitors, 0)
      expect(arm.reduce((sum, { visitors, weight }) => sum + visitors * weight, 0)).toBeCloseTo(people, 8)
      // Both arms then speak for one day in three at 10 % and two in three at 20 %.
      expect(arm.reduce((sum, { buyers, weight }) => sum + buyers * weight, 0) / people).toBeCloseTo(0.5 / 3, 8)
    }
  })

  it('lets an arm that was closed early end the comparison, unless too few had seen it', () => {
    const days = [-3, -2, -1].map((at) => addDays(TODAY, at))
    const closedAt = Date.parse(`${days[2]}T10:00:00Z`)
    const [control, first, second] = priceTest().arms
    const test = priceTest({ arms: [control, first, { ...second, closedAt }] as ReturnType<typeof priceTest>['arms'] })
    const daily = (variant: number) =>
      days.flatMap((day) => counts({ control: [300, 30], variant_1: [300, 30], variant_2: [variant, 1] }, { day, epoch: day }))
    const visitorsOf = (price: number, of: ArmCount[]) =>
      testEvidence(test, of).reduce((sum, cell) => sum + (cell.price === price ? cell.visitors : 0), 0)
    expect([visitorsOf(49_900, daily(300)), visitorsOf(54_900, daily(300))]).toEqual([600, 600])
    expect(visitorsOf(49_900, daily(10))).toBe(900)
  })
})
