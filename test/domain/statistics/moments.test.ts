import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addMoments, centredSquares, meanOf, momentsOf, NO_MOMENTS, varianceOf } from '../../../worker/domain/statistics/moments.ts'

describe('moments', () => {
  it('give mean and variance', () => {
    const moments = momentsOf([2, 4, 4, 4, 5, 5, 7, 9])
    expect(meanOf(moments)).toBe(5)
    expect(varianceOf(moments)).toBeCloseTo(32 / 7, 12)
  })

  it('do not cancel where Σy² is far beyond 2^53', () => {
    const far = 10_000_000_000
    expect(varianceOf(momentsOf([far + 1, far + 2, far + 3]))).toBe(1)
  })

  it('of two groups are those of all', () => {
    const values = fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 20 })
    fc.assert(
      fc.property(values, values, (one, other) => {
        expect(addMoments(momentsOf(one), momentsOf(other))).toEqual(momentsOf([...one, ...other]))
      }),
    )
  })

  it('have a variance that no shift changes', () => {
    const values = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(values, fc.integer({ min: -1e9, max: 1e9 }), (some, shift) => {
        expect(varianceOf(momentsOf(some.map((value) => value + shift)))).toBeCloseTo(varianceOf(momentsOf(some)) as number, 3)
      }),
    )
  })

  it('say nothing of nothing', () => {
    expect(meanOf(NO_MOMENTS)).toBeNull()
    expect(varianceOf(momentsOf([3]))).toBeNull()
    expect(centredSquares(NO_MOMENTS)).toBe(0)
  })
})
