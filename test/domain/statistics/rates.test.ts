import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newcombeInterval, ratesPValue } from '../../../worker/domain/statistics/rates.ts'

const rate = (successes: number, people: number) => ({ successes, people })
const rates = fc
  .integer({ min: 1, max: 400 })
  .chain((people) => fc.integer({ min: 0, max: people }).map((successes) => rate(successes, people)))

describe('the difference of two rates', () => {
  // Newcombe (1998), Statistics in Medicine 17:873–890, table II, method 10.
  it.each([
    [rate(56, 70), rate(48, 80), 0.0524, 0.3339],
    [rate(9, 10), rate(3, 10), 0.1705, 0.809],
    [rate(6, 7), rate(2, 7), 0.0582, 0.8062],
    [rate(5, 56), rate(0, 29), -0.0381, 0.1926],
    [rate(0, 10), rate(0, 20), -0.1611, 0.2775],
    [rate(0, 10), rate(0, 10), -0.2775, 0.2775],
    [rate(10, 10), rate(0, 20), 0.6791, 1],
    [rate(10, 10), rate(0, 10), 0.6075, 1],
  ])('has the published interval: %o less %o', (first, second, low, high) => {
    const interval = newcombeInterval(first, second)
    expect(interval.low).toBeCloseTo(low, 4)
    expect(interval.high).toBeCloseTo(high, 4)
  })

  it('mirrors when the two change places, and lies in its interval', () => {
    fc.assert(
      fc.property(rates, rates, (first, second) => {
        const [there, back] = [newcombeInterval(first, second), newcombeInterval(second, first)]
        expect(there.low).toBeLessThanOrEqual(there.value)
        expect(there.high).toBeGreaterThanOrEqual(there.value)
        expect(back.low).toBeCloseTo(-there.high, 12)
        expect(ratesPValue(first, second)).toBeCloseTo(ratesPValue(second, first), 9)
      }),
    )
  })

  it('refuses a side without people', () => {
    expect(() => newcombeInterval(rate(0, 0), rate(1, 10))).toThrow('requires people')
    expect(() => ratesPValue(rate(1, 10), rate(0, 0))).toThrow('requires people')
  })
})

describe('the chance of such a difference', () => {
  it('is that of the score test: the square of its z, 2.6457 for 56/70 and 48/80', () => {
    // z² = 0.2² / (0.69333 × 0.30667 × (1/70 + 1/80)) = 7.0234; χ² with one degree of freedom.
    expect(ratesPValue(rate(56, 70), rate(48, 80))).toBeCloseTo(0.00804, 4)
  })

  it('is Fisher’s exact one where few are expected: the lady who tastes tea', () => {
    // Fisher (1935): three of four cups right, both tails: 34 of 70.
    expect(ratesPValue(rate(3, 4), rate(1, 4))).toBeCloseTo(34 / 70, 9)
    expect(ratesPValue(rate(4, 4), rate(0, 4))).toBeCloseTo(2 / 70, 9)
  })

  it('is one where everybody succeeds, or nobody, and never leaves 0 to 1', () => {
    expect(ratesPValue(rate(0, 40), rate(0, 50))).toBe(1)
    expect(ratesPValue(rate(40, 40), rate(50, 50))).toBe(1)
    fc.assert(
      fc.property(rates, rates, (first, second) => {
        const p = ratesPValue(first, second)
        expect(p >= 0 && p <= 1).toBe(true)
      }),
    )
  })
})
