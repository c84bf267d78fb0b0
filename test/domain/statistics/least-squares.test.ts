import { describe, expect, it } from 'vitest'
import { leastSquares } from '../../../worker/domain/statistics/least-squares.ts'

describe('leastSquares', () => {
  it('finds the bottom of the Rosenbrock valley', () => {
    const valley = ([x = 0, y = 0]: Float64Array, into: Float64Array) => {
      into.set([10 * (y - x * x), 1 - x])
      return true
    }
    const { x, sum } = leastSquares(valley, [-1.2, 1], 2)
    expect(x[0]).toBeCloseTo(1, 6)
    expect(x[1]).toBeCloseTo(1, 6)
    expect(sum).toBeLessThan(1e-12)
  })

  it('agrees with the certified values of NIST for Misra1a', () => {
    // NIST Statistical Reference Datasets, nonlinear regression, Misra1a: y = b1 (1 − exp(−b2 x)).
    const x = [77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760]
    const y = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78]
    const misra = ([b1 = 0, b2 = 0]: Float64Array, into: Float64Array) => {
      for (const [at, each] of x.entries()) into[at] = (y[at] as number) - b1 * (1 - Math.exp(-b2 * each))
      return true
    }
    const fit = leastSquares(misra, [250, 0.0005], x.length, { tolerance: 1e-14 })
    expect((fit.x[0] as number) / 238.94212918).toBeCloseTo(1, 5)
    expect((fit.x[1] as number) / 5.5015643181e-4).toBeCloseTo(1, 5)
    expect(fit.sum).toBeCloseTo(0.12455138894, 8)
  })

  it('stays inside the domain of a model that ends', () => {
    const root = ([x = 0]: Float64Array, into: Float64Array) => {
      into[0] = Math.sqrt(x) + 0.1
      return x >= 0
    }
    const { x } = leastSquares(root, [4], 1)
    expect(x[0]).toBeGreaterThanOrEqual(0)
    expect(x[0]).toBeLessThan(0.01)
  })

  it('refuses fewer residuals than parameters, and a start without any', () => {
    expect(() => leastSquares(() => true, [1, 2], 1)).toThrow(expect.objectContaining({ code: 'insufficient_data' }))
    expect(() => leastSquares(() => false, [1], 1)).toThrow(expect.objectContaining({ code: 'invalid_field' }))
  })
})
