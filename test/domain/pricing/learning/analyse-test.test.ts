import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { analyseTest } from '../../../../worker/domain/pricing/learning/analyse-test.ts'
import { sequenceMultiplier } from '../../../../worker/domain/statistics/confidence-sequence.ts'
import { DAY_MS } from '../../../../worker/domain/time.ts'
import { alike, armDay, dayAfter, learningTest } from './figures.ts'

const test = learningTest({ allocation: 'fixed' })
/** The first morning on which every conversion window is over. */
const AFTER_ALL = dayAfter(31)

describe('analyseTest', () => {
  it('gives the plain figures of a test whose weights never moved', () => {
    const { arms } = analyseTest(test, alike(28, { control: [500, 25], variant_1: [500, 30] }), AFTER_ALL)
    const [control, variant] = arms
    expect(control).toMatchObject({ exposed: 14_000, matured: 14_000, lift: null })
    // 5 % and 6 % of 100.00, whose errors are √(p(1 − p) ÷ n).
    expect(control?.perVisitor?.value).toBeCloseTo(500, 9)
    expect(variant?.perVisitor?.value).toBeCloseTo(600, 9)
    expect(control?.perVisitor?.standardError).toBeCloseTo(10_000 * Math.sqrt((0.05 * 0.95) / 14_000), 0)
    expect(variant?.lift?.value).toBeCloseTo(0.2, 9)
    const error = Math.sqrt(0.95 / 0.05 / 14_000 + 0.94 / 0.06 / 14_000)
    expect(variant?.lift?.low).toBeCloseTo(1.2 * Math.exp(-sequenceMultiplier(28_000, 0.05) * error) - 1, 2)
    expect((control?.chanceToBeBest ?? 0) + (variant?.chanceToBeBest ?? 0)).toBeCloseTo(1, 12)
    expect(control?.expectedLoss).toBeGreaterThan(variant?.expectedLoss ?? Number.NaN)
  })

  it('gives them for few people too, where most days bring nobody', () => {
    // Mondays bring somebody every week, of the Saturdays one in four: whoever came on it counts no more than the others.
    const mondays = [0, 7, 14, 21].flatMap((at) => [armDay(at, 'control', 10, 1), armDay(at, 'variant_1', 10, 1)])
    const saturday = [armDay(5, 'control', 10, 0), armDay(5, 'variant_1', 10, 8)]
    const { arms } = analyseTest(test, [...mondays, ...saturday, armDay(27, 'control', 1, 0)], AFTER_ALL)
    expect(arms[0]?.perVisitor?.value).toBeCloseTo((4 * 10_000) / 51, 9)
    expect(arms[1]?.perVisitor?.value).toBeCloseTo((12 * 10_000) / 50, 9)
  })

  it('ships a price that is surely better, before the end too, and says by how much', () => {
    const analysis = analyseTest(test, alike(14, { control: [1000, 50], variant_1: [1000, 80] }), dayAfter(17))
    expect(analysis).toMatchObject({ verdict: 'ship', arm: 'variant_1', daysLeft: 11, daysToVerdict: null })
    expect(analysis.sentence).toMatch(
      /^Ship 120\.00 USD \(variant_1\): it makes \+60\.0 % a visitor against the list price, and at least \+\d/,
    )
  })

  it('goes back to the list price where every other is surely worse', () => {
    const analysis = analyseTest(test, alike(14, { control: [1000, 80], variant_1: [1000, 50] }), dayAfter(17))
    expect(analysis).toMatchObject({ verdict: 'roll_back', arm: 'variant_1' })
    expect(analysis.sentence).toContain('variant_1 surely makes less a visitor')
  })

  it('goes on while nothing is sure, with the days that takes, and ends inconclusive', () => {
    const days = alike(28, { control: [300, 15], variant_1: [300, 17] })
    const running = analyseTest(test, days.slice(0, 28), dayAfter(17))
    expect(running).toMatchObject({ verdict: 'keep_running', arm: null, daysLeft: 11 })
    expect(running.daysToVerdict).toBeGreaterThan(11)
    expect(running.sentence).toContain(`about ${running.daysToVerdict} days more; it ends in 11 days`)
    expect(analyseTest(test, days, dayAfter(29))).toMatchObject({
      verdict: 'keep_running',
      sentence: expect.stringContaining('may still buy'),
    })
    expect(analyseTest(test, days, AFTER_ALL)).toMatchObject({ verdict: 'inconclusive', arm: null })
  })

  it('names an arm that is likely the best and not sure', () => {
    const { verdict, sentence } = analyseTest(test, alike(28, { control: [300, 15], variant_1: [300, 17] }), AFTER_ALL)
    expect(verdict).toBe('inconclusive')
    expect(sentence).toMatch(/though variant_1 has a chance of 9\d\.\d % to be the best\. The list price stays$/)
  })

  it('says nothing before sample, week and purchases, and when that will be', () => {
    const early = analyseTest(test, alike(6, { control: [5000, 250], variant_1: [5000, 500] }), dayAfter(6))
    expect(early).toMatchObject({ verdict: 'keep_running', reasons: [expect.stringContaining('every weekday')], daysToVerdict: 3 })
    const few = analyseTest(test, alike(12, { control: [200, 1], variant_1: [200, 5] }), dayAfter(15))
    expect(few).toMatchObject({ verdict: 'keep_running', reasons: [expect.stringContaining('too few purchases')] })
  })

  it('calls nothing best where people are not split as they should be', () => {
    const analysis = analyseTest(test, alike(28, { control: [1000, 50], variant_1: [800, 80] }), AFTER_ALL)
    expect(analysis).toMatchObject({ verdict: 'invalid', arm: null, sampleRatio: { mismatch: true, expected: [25_200, 25_200] } })
    expect(analysis.sentence).toContain('not split between the prices as they should be')
    expect(analysis.arms.map(({ chanceToBeBest, expectedLoss }) => [chanceToBeBest, expectedLoss])).toEqual([
      [null, null],
      [null, null],
    ])
  })

  it('expects of each epoch and segment its own split', () => {
    const epochs = [
      ...test.epochs,
      { day: dayAfter(14), weights: { control: 0.1, variant_1: 0.9 }, bySegment: { mobile: { control: 0.8, variant_1: 0.2 } } },
    ]
    const later = (segment: string, control: number, variant: number) =>
      Array.from({ length: 14 }, (_, at) => [
        armDay(14 + at, 'control', control, 5, { epoch: dayAfter(14), segment }),
        armDay(14 + at, 'variant_1', variant, 5, { epoch: dayAfter(14), segment }),
      ]).flat()
    const first = alike(14, { control: [100, 5], variant_1: [100, 5] }).map((row) => ({ ...row, segment: 'mobile' }))
    const moved = { ...test, epochs, segments: 'device' as const }
    expect(
      analyseTest(moved, [...first, ...later('mobile', 160, 40), ...later('desktop', 20, 180)], AFTER_ALL).sampleRatio?.pValue,
    ).toBeCloseTo(1, 9)
    expect(analyseTest(moved, [...first, ...later('mobile', 40, 160)], AFTER_ALL).sampleRatio?.mismatch).toBe(true)
  })

  it('does not take the raw mean of an arm that lost its people on good days', () => {
    // Both sell to 4 % in the first fortnight and to 12 % in the second, when the control is shown to one in ten.
    const epochs = [...test.epochs, { day: dayAfter(14), weights: { control: 0.1, variant_1: 0.9 }, bySegment: {} }]
    const days = [
      ...alike(14, { control: [500, 20], variant_1: [500, 20] }),
      ...Array.from({ length: 14 }, (_, at) => [
        armDay(14 + at, 'control', 100, 12, { epoch: dayAfter(14) }),
        armDay(14 + at, 'variant_1', 900, 108, { epoch: dayAfter(14) }),
      ]).flat(),
    ]
    const { arms, verdict } = analyseTest({ ...test, epochs }, days, AFTER_ALL)
    expect(arms[1]?.lift?.value).toBeCloseTo(0, 9)
    expect(verdict).toBe('inconclusive')
  })

  it('compares a closed arm over the days it was open, and leaves it out of the race', () => {
    const closed = test.arms.map((arm, at) => (at === 1 ? { ...arm, closedAt: test.startsAt + 14 * DAY_MS + 5 } : arm))
    const arms = [...closed, { key: 'variant_2', amountMinor: 9_000, weight: 0 }]
    const third = { control: 0.4, variant_1: 0.2, variant_2: 0.4 }
    const epochs = [
      { day: dayAfter(0), weights: third, bySegment: {} },
      { day: dayAfter(15), weights: { control: 0.5, variant_1: 0, variant_2: 0.5 }, bySegment: {} },
    ]
    const days = [
      ...alike(14, { control: [400, 20], variant_1: [200, 5], variant_2: [400, 24] }),
      // The day it was closed on: it was shown for some hours, which spoils nothing.
      ...[armDay(14, 'control', 400, 20), armDay(14, 'variant_1', 10, 5), armDay(14, 'variant_2', 400, 24)],
      ...Array.from({ length: 13 }, (_, at) => [
        armDay(15 + at, 'control', 500, 100, { epoch: dayAfter(15) }),
        armDay(15 + at, 'variant_2', 500, 110, { epoch: dayAfter(15) }),
      ]).flat(),
    ]
    const analysis = analyseTest({ ...test, arms, epochs }, days, AFTER_ALL)
    expect(analysis.sampleRatio?.mismatch).toBe(false)
    expect(analysis.arms[1]?.lift?.value).toBeCloseTo(-0.5, 6)
    expect(analysis.arms[1]?.chanceToBeBest).toBeNull()
    expect((analysis.arms[0]?.chanceToBeBest ?? 0) + (analysis.arms[2]?.chanceToBeBest ?? 0)).toBeCloseTo(1, 12)
  })

  it('reads segments apart, partially pooled', () => {
    const rows = (segment: string, control: [number, number], variant: [number, number]) =>
      alike(28, { control, variant_1: variant }).map((row) => ({ ...row, segment }))
    const days = [...rows('desktop', [200, 10], [200, 12]), ...rows('mobile', [100, 2], [100, 3])]
    const { segments } = analyseTest({ ...test, segments: 'device' }, days, AFTER_ALL)
    expect(segments.map(({ segment }) => segment)).toEqual(['desktop', 'mobile'])
    expect(segments[1]?.arms[0]).toMatchObject({ key: 'control', exposed: 2800, matured: 2800 })
    const lift = (at: number) => (segments[at]?.arms[1]?.perVisitor?.value ?? 0) - (segments[at]?.arms[0]?.perVisitor?.value ?? 0)
    expect(lift(0)).toBeCloseTo(lift(1), 6)
    expect(segments[1]?.arms[0]?.perVisitor?.value).toBeLessThan(300)
  })

  it('explains what it cannot say, and never says NaN', () => {
    const count = fc.integer({ min: 0, max: 300 })
    const day = fc.tuple(
      fc.integer({ min: 0, max: 27 }),
      fc.constantFrom('control', 'variant_1'),
      count,
      count,
      fc.constantFrom(-500, 0, 10_000),
    )
    fc.assert(
      fc.property(fc.array(day, { maxLength: 30 }), fc.integer({ min: 0, max: 40 }), (some, today) => {
        const rows = some.map(([at, arm, more, buyers, priceMinor]) => armDay(at, arm, more + buyers, buyers, { priceMinor }))
        const analysis = analyseTest(test, rows, dayAfter(today))
        expect(JSON.stringify(analysis)).not.toMatch(/NaN|Infinity/)
        for (const { perVisitor, lift } of analysis.arms)
          for (const one of [perVisitor, lift]) if (one) expect(Object.values(one).every(Number.isFinite)).toBe(true)
        expect(analysis.sentence).not.toMatch(/NaN|Infinity|undefined/)
        expect(analysis.reasons.length).toBeGreaterThan(0)
      }),
    )
    expect(analyseTest(test, [], AFTER_ALL)).toMatchObject({ verdict: 'inconclusive', sampleRatio: { pValue: 1 } })
  })
})
