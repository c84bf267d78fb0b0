import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate } from '../../../../worker/domain/pricing/learning/allocate.ts'
import { poolSegments } from '../../../../worker/domain/pricing/learning/pool-segments.ts'
import { weighArms } from '../../../../worker/domain/pricing/learning/weigh-arms.ts'
import { alike, armDay, dayAfter, FIRST_DAY, learningTest } from './figures.ts'

const test = learningTest()
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

describe('weighArms', () => {
  it('waits until each open arm has its sample with the conversion window over, and says how far it is', () => {
    const days = alike(12, { control: [50, 5], variant_1: [9, 1] })
    const weighing = weighArms(test, days, dayAfter(12))
    expect(weighing).toMatchObject({ day: dayAfter(13), moved: false, weights: { control: 0.5, variant_1: 0.5 } })
    expect(weighing.reason).toBe('Too early: variant_1 has 90 of the 100 customers it needs whose conversion window is over')
  })

  it('waits for a whole week, however many people have come', () => {
    const days = alike(8, { control: [5000, 250], variant_1: [5000, 400] })
    expect(weighArms(test, days, dayAfter(8))).toMatchObject({ moved: false, reason: expect.stringContaining('every weekday') })
    expect(weighArms(test, days, dayAfter(9)).moved).toBe(true)
  })

  it('moves by the chance to be best, and tells every number', () => {
    const weighing = weighArms(test, alike(14, { control: [200, 10], variant_1: [200, 14] }), dayAfter(14))
    expect(weighing.maturedThrough).toBe(dayAfter(11))
    const [control, variant] = weighing.arms
    expect(control).toMatchObject({ matured: 2400, before: 0.5 })
    expect(control?.estimate).toBeCloseTo(500, 9)
    expect(variant?.estimate).toBeCloseTo(700, 9)
    expect((control?.chanceToBeBest ?? 0) + (variant?.chanceToBeBest ?? 0)).toBeCloseTo(1, 12)
    expect(weighing.weights.variant_1).toBe(variant?.after)
    expect(variant?.after).toBeGreaterThan(0.95)
  })

  it('leaves at least 1 % to each open arm', () => {
    const { weights } = weighArms(test, alike(14, { control: [500, 5], variant_1: [500, 50] }), dayAfter(14))
    expect(weights).toEqual({ control: 0.01, variant_1: 0.99 })
  })

  it('hears nothing of what has not matured', () => {
    const matured = alike(10, { control: [100, 5], variant_1: [100, 8] })
    const count = fc.integer({ min: 0, max: 400 })
    fc.assert(
      fc.property(fc.array(fc.tuple(count, count), { maxLength: 3 }), (late) => {
        const immature = late.flatMap(([exposed, buyers], at) => [
          armDay(10 + at, 'control', exposed + buyers + 1, buyers),
          armDay(10 + at, 'variant_1', exposed + buyers + 1, exposed),
        ])
        expect(weighArms(test, [...matured, ...immature], dayAfter(12))).toEqual(weighArms(test, matured, dayAfter(12)))
      }),
    )
  })

  it('is not taken in by an arm that was shown on good days', () => {
    // Both sell to 20 % at weekends and to 2 % else; the variant was shown mostly at weekends.
    const weekend = { day: FIRST_DAY, weights: { control: 0.5, variant_1: 0.5 }, bySegment: {} }
    const epochs = [weekend]
    const days = Array.from({ length: 28 }, (_, at) => {
      const isWeekend = at % 7 >= 5
      const epoch = dayAfter(at)
      epochs.push({ day: epoch, weights: { control: isWeekend ? 0.2 : 0.8, variant_1: isWeekend ? 0.8 : 0.2 }, bySegment: {} })
      const [most, least] = isWeekend ? [160, 40] : [16, 4]
      return isWeekend
        ? [armDay(at, 'control', 200, least, { epoch }), armDay(at, 'variant_1', 800, most, { epoch })]
        : [armDay(at, 'control', 800, most, { epoch }), armDay(at, 'variant_1', 200, least, { epoch })]
    }).flat()
    const { arms } = weighArms({ ...test, epochs }, days, dayAfter(31))
    expect(arms[0]?.estimate).toBeCloseTo(arms[1]?.estimate as number, 6)
    expect(arms[0]?.chanceToBeBest).toBeCloseTo(0.5, 6)
  })

  it('gives a closed arm nothing at once, even before it may learn', () => {
    const arms = [...test.arms, { key: 'variant_2', amountMinor: 14_000, weight: 0 }]
    const weights = { control: 0.5, variant_1: 0.3, variant_2: 0.2 }
    const three = { ...test, arms, epochs: [{ day: FIRST_DAY, weights, bySegment: { mobile: weights } }] }
    const closed = { ...three, arms: arms.map((arm) => (arm.key === 'variant_2' ? { ...arm, closedAt: test.startsAt + 5 } : arm)) }
    const { moved, weights: after, bySegment } = weighArms(closed, [], dayAfter(1))
    expect(moved).toBe(false)
    expect(after).toEqual({ control: 0.625, variant_1: expect.closeTo(0.375, 12), variant_2: 0 })
    expect(bySegment).toEqual({ mobile: after })
  })

  it('leaves fixed weights, switchbacks and a single open arm alone', () => {
    const days = alike(14, { control: [500, 5], variant_1: [500, 50] })
    const closed = test.arms.map((arm, at) => (at === 1 ? { ...arm, closedAt: test.startsAt } : arm))
    for (const over of [{ allocation: 'fixed' as const }, { mode: 'switchback' as const }, { arms: closed }]) {
      expect(weighArms({ ...test, ...over }, days, dayAfter(14)).moved).toBe(false)
    }
  })

  it('says so where nobody has bought', () => {
    const weighing = weighArms(test, alike(14, { control: [500, 0], variant_1: [500, 0] }), dayAfter(14))
    expect(weighing).toMatchObject({ moved: false, reason: 'Nobody has bought yet' })
  })

  describe('by segment', () => {
    const bySegment = (segment: string, control: readonly [number, number], variant: readonly [number, number]) =>
      alike(14, { control, variant_1: variant }).map((row) => ({ ...row, segment }))
    const contextual = { ...test, segments: 'device' as const }

    it('learns opposite answers where segments differ', () => {
      const days = [...bySegment('mobile', [300, 30], [300, 12]), ...bySegment('desktop', [300, 12], [300, 30])]
      const { bySegment: weights } = weighArms(contextual, days, dayAfter(14))
      expect(weights.mobile?.control).toBeGreaterThan(0.95)
      expect(weights.desktop?.variant_1).toBeGreaterThan(0.95)
    })

    it('lends a small segment what the large ones know, as long as it does not speak against it', () => {
      const large = [...bySegment('desktop', [2000, 100], [2000, 140]), ...bySegment('tablet', [2000, 60], [2000, 84])]
      const small = bySegment('mobile', [10, 1], [10, 1])
      const { bySegment: weights } = weighArms(contextual, [...large, ...small], dayAfter(14))
      expect(weights.mobile?.variant_1).toBeGreaterThan(0.9)
    })

    it('gives a segment below the sample the overall weights', () => {
      const days = [
        ...bySegment('desktop', [300, 12], [300, 30]),
        ...bySegment('tablet', [300, 12], [300, 30]),
        ...bySegment('mobile', [5, 1], [5, 0]),
      ]
      expect(Object.keys(weighArms(contextual, days, dayAfter(14)).bySegment).sort()).toEqual(['desktop', 'tablet'])
    })
  })
})

describe('allocate', () => {
  it('makes multiples of 0.0001 that sum to 1, none below 1 %, larger for better chances', () => {
    const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 10 }).filter((some) => sumOf(some) > 0)
    fc.assert(
      fc.property(chances, (some) => {
        const weights = allocate(some.map((chance) => chance / sumOf(some)))
        expect(sumOf(weights)).toBeCloseTo(1, 12)
        for (const [at, weight] of weights.entries()) {
          expect(weight).toBeGreaterThanOrEqual(0.01)
          expect(weight * 10_000).toBeCloseTo(Math.round(weight * 10_000), 6)
          for (const [other, one] of weights.entries())
            if ((some[at] as number) > (some[other] as number)) expect(weight).toBeGreaterThanOrEqual(one - 1e-9)
        }
      }),
    )
  })
})

describe('poolSegments', () => {
  it('pools fully where segments do not differ, whatever their levels', () => {
    const pooled = poolSegments([
      [
        { value: 10, variance: 4 },
        { value: 12, variance: 4 },
      ],
      [
        { value: 100, variance: 1 },
        { value: 102, variance: 1 },
      ],
    ])
    for (const [control, variant] of pooled) expect((variant?.value ?? 0) - (control?.value ?? 0)).toBeCloseTo(2, 9)
    // Two differences of variances 8 and 2 together: 1.6, shared by two arms.
    expect((pooled[0]?.[0]?.variance ?? 0) + (pooled[0]?.[1]?.variance ?? 0)).toBeCloseTo(1.6, 9)
  })

  it('keeps what is certain, and draws what is not towards the others', () => {
    const [, certain, vague] = poolSegments([
      [
        { value: 0, variance: 0.01 },
        { value: 4, variance: 0.01 },
      ],
      [
        { value: 0, variance: 0.01 },
        { value: -4, variance: 0.01 },
      ],
      [
        { value: 0, variance: 400 },
        { value: 40, variance: 400 },
      ],
    ])
    const differenceOf = (row: typeof certain) => (row?.[1]?.value ?? 0) - (row?.[0]?.value ?? 0)
    expect(differenceOf(certain)).toBeCloseTo(-4, 1)
    expect(Math.abs(differenceOf(vague))).toBeLessThan(8)
  })
})
