import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partsOf, valuesOf, wholeOf } from '../../../worker/domain/customer/moments.ts'

const amount = fc.oneof(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: -1e15, max: 1e15 }))

describe('the parts of a product', () => {
  it('are small whole numbers of its sign, and make it up again to the digit, alone and summed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount), { maxLength: 20 }), (pairs) => {
        const sums = { high: 0n, middle: 0n, low: 0n }
        for (const [a, b] of pairs) {
          const { high, middle, low } = partsOf(a, b)
          for (const part of [middle, low]) expect(Math.abs(part)).toBeLessThan(100_000_000)
          for (const part of [high, middle, low]) {
            expect(Number.isSafeInteger(part) && !Object.is(part, -0)).toBe(true)
            expect(part === 0 || Math.sign(part) === Math.sign(a) * Math.sign(b)).toBe(true)
          }
          sums.high += BigInt(high)
          sums.middle += BigInt(middle)
          sums.low += BigInt(low)
        }
        expect(wholeOf(sums.high, sums.middle, sums.low)).toBe(pairs.reduce((sum, [a, b]) => sum + BigInt(a) * BigInt(b), 0n))
      }),
    )
  })
})

describe('what one person counts for', () => {
  it('is 0 or 1 in a share, and at most the cap elsewhere: the experiment’s, or else the metric’s own', () => {
    expect(valuesOf({ kind: 'proportion', cap: null }, null, [3, 0, 0])).toEqual({ after: 1, before: 0, denominator: 0 })
    expect(valuesOf({ kind: 'mean', cap: 100 }, null, [300, 200, 0])).toEqual({ after: 100, before: 100, denominator: 0 })
    expect(valuesOf({ kind: 'mean', cap: 100 }, 250, [300, 200, 0])).toEqual({ after: 250, before: 200, denominator: 0 })
    expect(valuesOf({ kind: 'ratio', cap: null }, 250, [300, 0, 900])).toEqual({ after: 250, before: 0, denominator: 900 })
  })
})
