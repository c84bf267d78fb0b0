import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochAt, weightToday, withClosed, withEpoch } from '../../../worker/domain/pricing/weight-epochs.ts'
import * as arbitrary from './arbitraries.ts'
import { HOUR, NOW, priceTest } from './fixtures.ts'

const TOMORROW = '2027-01-16'
const MIDNIGHT = NOW + 12 * HOUR
const even = { control: 1 / 3, variant_1: 1 / 3, variant_2: 1 / 3 }

describe('closing an arm', () => {
  it('gives its share to the others in proportion, from midnight on, in every segment', () => {
    const mobile = { control: 0.2, variant_1: 0.5, variant_2: 0.3 }
    const test = priceTest({ epochs: [{ day: '2027-01-08', weights: even, bySegment: { mobile } }] })
    const closed = withClosed(test, ['variant_1'], NOW)
    expect(closed.arms.map(({ closedAt }) => closedAt)).toEqual([undefined, NOW, undefined])
    expect(epochAt(closed, MIDNIGHT - 1).weights).toEqual(even)
    expect(epochAt(closed, MIDNIGHT)).toEqual({
      day: TOMORROW,
      weights: { control: 0.5, variant_1: 0, variant_2: 0.5 },
      bySegment: { mobile: { control: 0.4, variant_1: 0, variant_2: 0.6 } },
    })
    const [, arm] = closed.arms
    expect(arm && [weightToday(closed, arm, NOW - 1), weightToday(closed, arm, NOW)]).toEqual([1 / 3, 0])
  })

  it('changes the weights that were set for tomorrow already', () => {
    const test = withEpoch(priceTest(), { day: TOMORROW, weights: { control: 0.1, variant_1: 0.8, variant_2: 0.1 }, bySegment: {} })
    expect(test.epochs.map(({ day }) => day)).toEqual([TOMORROW])
    const { epochs } = withClosed(test, ['variant_1'], NOW)
    expect(epochs).toEqual([{ day: TOMORROW, weights: { control: 0.5, variant_1: 0, variant_2: 0.5 }, bySegment: {} }])
  })

  it('leaves the time of one that is closed, and sums to 1 whatever is left', () => {
    fc.assert(
      fc.property(arbitrary.priceTest, arbitrary.now, fc.integer({ min: 1, max: 4 }), (test, now, which) => {
        const key = test.arms[which % test.arms.length]?.key
        if (key === undefined || key === 'control') return
        const closed = withClosed(test, [key], now)
        expect(withClosed(closed, [key], now + 1).arms).toEqual(closed.arms)
        const { weights, bySegment } = epochAt(closed, now + 24 * HOUR)
        for (const own of [weights, ...Object.values(bySegment)]) {
          expect(Object.values(own).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9)
          for (const arm of closed.arms) if (arm.closedAt !== undefined) expect(own[arm.key]).toBe(0)
        }
      }),
    )
  })
})
