import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refold } from '../../../worker/domain/customer/fold.ts'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'
import { parseRollupKey } from '../../../worker/domain/customer/rollup.ts'
import { weightsOn } from '../../../worker/domain/pricing/learning/propensity.ts'
import { weighArms } from '../../../worker/domain/pricing/learning/weigh-arms.ts'
import { drawForPerson } from '../../../worker/domain/pricing/price-test.ts'
import { figuresOf, type TestSum } from '../../../worker/domain/pricing/test-figures.ts'
import type { PriceTest } from '../../../worker/domain/pricing/types.ts'
import { withEpoch } from '../../../worker/domain/pricing/weight-epochs.ts'
import { startOfDay } from '../../../worker/domain/time.ts'
import { DAY, DAY_MS, decided, HOUR, NOON, payment, purchase, reversal, testDecision } from '../customer/log.ts'
import { context, facts, priceTest } from './fixtures.ts'
import { dayAfter, FIRST_DAY, learningTest } from './learning/figures.ts'

const test = (over: Partial<PriceTest> = {}): PriceTest =>
  priceTest({
    arms: [
      { key: 'a', amountMinor: 49_900, weight: 0.5 },
      { key: 'b', amountMinor: 44_900, weight: 0.5 },
    ],
    ...over,
  })

/** The sums that D1 holds of these people. */
function sumsOf(people: Parameters<typeof refold>[0][]): TestSum[] {
  const sums = new Map<string, number>()
  for (const events of people) for (const [key, value] of refold(events).effects.contributions) sums.set(key, (sums.get(key) ?? 0) + value)
  return [...sums].map(([key, sum]) => ({ ...parseRollupKey(key), sum })).filter(({ metric }) => /^(test|block)_/.test(metric))
}

describe('the figures of a test', () => {
  it('are what people did, by day, epoch and arm', () => {
    const people = [
      [decided(testDecision('d1', 'a', {})), purchase({}, NOON + 1), reversal({}, NOON + HOUR)],
      [decided(testDecision('d2', 'a', {})), payment('failed', NOON + 1)],
      [decided(testDecision('d3', 'b', { epoch: '2027-03-10' }), NOON + DAY_MS), purchase({ amountMinor: 300 }, NOON + DAY_MS + 1)],
      [decided(testDecision('d4', 'a', {})), decided(testDecision('d5', 'b', {}), NOON + 1)],
    ]
    const figures = figuresOf(test(), sumsOf(people))
    expect(figures.days).toEqual([
      { day: DAY, epoch: '2027-03-01', arm: 'a', segment: null, exposed: 2, sum: 6_000, squares: 36_000_000n },
      { day: '2027-03-11', epoch: '2027-03-10', arm: 'b', segment: null, exposed: 1, sum: 300, squares: 90_000n },
    ])
    expect(figures.safety).toContainEqual({ arm: 'a', day: DAY, buyers: 1, refunded: 1, disputed: 0, payers: 2, failed: 1 })
    expect(Object.fromEntries(figures.arms)).toEqual({
      a: { exposed: 2, buyers: 1, revenueMinor: 6_000 },
      b: { exposed: 1, buyers: 1, revenueMinor: 300 },
    })
    expect(figures.excluded).toBe(1)
  })

  it('are learnt from by segment where the test is read by one, revenue beside margin', () => {
    const at = (segment: string) => decided(testDecision('d', 'a', { segment, unitCostMinor: 1_000 }))
    const sums = sumsOf([[at('mobile'), purchase({}, NOON + 1)], [at('desktop')]])
    const figures = figuresOf(test({ segments: 'device', metric: 'margin' }), sums)
    expect(figures.days.map(({ segment, exposed, sum }) => [segment, exposed, sum])).toEqual([
      ['desktop', 1, 0],
      ['mobile', 1, 9_000],
    ])
    expect(figures.arms.get('a')).toEqual({ exposed: 2, buyers: 1, revenueMinor: 10_000 })
    expect(figures.segments.get('mobile')?.get('a')).toEqual({ exposed: 1, buyers: 1, revenueMinor: 10_000 })
  })

  it('read small segments together where there are more than fifty', () => {
    const people = Array.from({ length: 60 }, (_, n) => [
      decided(testDecision('d', 'a', { segment: `C${String(n % 55).padStart(2, '0')}` })),
    ])
    const figures = figuresOf(test({ segments: 'country' }), sumsOf(people))
    expect(figures.segments.size).toBe(50)
    expect(figures.segments.get('other')?.get('a')?.exposed).toBe(6)
    expect(figures.days.reduce((sum, { exposed }) => sum + exposed, 0)).toBe(60)
  })

  it('keep the chance that everybody was drawn with, however many segments there are', () => {
    const countries = Array.from({ length: 60 }, (_, n) => `C${String(n).padStart(2, '0')}`)
    const beginning = learningTest({ segments: 'country' })
    // The first 40 are large; of the small ones together more people come than of any large one.
    const size = (at: number) => (at < 40 ? 60 - at : 19)
    const sums = (test: PriceTest, day: string): TestSum[] =>
      [...countries, 'other'].flatMap((segment, at) =>
        test.arms.flatMap(({ key }, arm) => {
          const name = { scope: `${test.id}@1:${FIRST_DAY}`, dimension: 'segment', value: `${segment}|${key}`, day }
          const exposed = size(at) * 10
          const bought = exposed / 10 + (at % 2 === arm ? 5 : 0)
          return [
            { ...name, metric: METRIC.exposed, sum: exposed },
            { ...name, metric: METRIC.rewardSum, sum: bought * 100 },
            { ...name, metric: METRIC.rewardSquaresLow, sum: bought * 10_000 },
          ]
        }),
      )
    const days = Array.from({ length: 14 }, (_, at) => dayAfter(at))
    const figures = figuresOf(
      beginning,
      days.flatMap((day) => sums(beginning, day)),
    )
    const weighing = weighArms(beginning, figures.days, dayAfter(20))
    const epoch = { day: dayAfter(21), weights: weighing.weights, bySegment: weighing.bySegment }
    expect(Object.keys(epoch.bySegment)).toHaveLength(49)
    const learnt = withEpoch(beginning, epoch)

    // Afterwards the small ones grow: which are read together changes, how each was drawn does not.
    const grown = [...countries].reverse().map((segment, at): TestSum => {
      const name = { scope: `${learnt.id}@1:${epoch.day}`, dimension: 'segment', value: `${segment}|control`, day: epoch.day }
      return { ...name, metric: METRIC.exposed, sum: at < 40 ? 1_000 - at : 1 }
    })
    const read = figuresOf(learnt, grown).days
    const chances = new Map(read.map((row) => [row.segment, weightsOn(learnt, row.epoch, row.segment).control]))
    const at = startOfDay(epoch.day)
    for (const country of countries) {
      const drawn = drawForPerson(learnt, facts({ subject: country, firstSeenAt: null }), context({ country }), at)
      expect('weights' in drawn && drawn.weights.control, country).toBe(chances.get(country) ?? chances.get('other'))
    }
  })

  it('of a switchback are blocks, whole though its visitors came on two days', () => {
    const windowMs = 6 * HOUR
    const window = Math.floor(NOON / windowMs) + 1
    const midnight = NOON + 12 * HOUR
    const block = { window, place: 'US', endsAt: (window + 1) * windowMs }
    const inBlock = (at: number) => decided(testDecision('d', 'b', { mode: 'switchback', block, unitCostMinor: 1_000 }), at)
    const sums = sumsOf([[inBlock(midnight - 1), purchase({}, midnight - 1)], [inBlock(midnight - 2)], [inBlock(midnight)]])
    const figures = figuresOf(test({ mode: 'switchback', metric: 'margin', windowMs }), sums)
    expect(figures.blocks).toEqual([{ window, place: 'US', arm: 'b', day: DAY, visitors: 3, sum: 9_000 }])
    expect(figures.arms.get('b')).toEqual({ exposed: 3, buyers: 1, revenueMinor: 10_000 })
  })

  it('keep the sum of squares exact beyond 2^53', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_000_000_000_000 }), { minLength: 1, maxLength: 20 }), (amounts) => {
        const people = amounts.map((amountMinor) => [decided(testDecision('d', 'a', {})), purchase({ amountMinor }, NOON + 1)])
        const [day] = figuresOf(test(), sumsOf(people)).days
        expect(day?.squares).toBe(amounts.reduce((sum, amount) => sum + BigInt(amount) ** 2n, 0n))
      }),
    )
  })
})
