import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chiSquareSurvival } from '../../../worker/domain/statistics/chi-square.ts'
import { incompleteBeta } from '../../../worker/domain/statistics/incomplete-beta.ts'
import { logBeta, logGamma } from '../../../worker/domain/statistics/log-gamma.ts'
import { normalCumulative, normalDensity } from '../../../worker/domain/statistics/normal.ts'
import { normalQuantile } from '../../../worker/domain/statistics/normal-quantile.ts'
import { studentCumulative } from '../../../worker/domain/statistics/student.ts'
import { studentQuantile } from '../../../worker/domain/statistics/student-quantile.ts'

const refused = expect.objectContaining({ code: 'invalid_field' })

// Expected values: SciPy 1.17 (special.gammaln, special.betainc, stats.norm.cdf, stats.t.cdf, stats.chi2.sf).

describe('logGamma', () => {
  it.each([
    [0.001, 6.907178885383853],
    [0.5, 0.5723649429247],
    [5, Math.log(24)],
    [171.3, 708.1149470389971],
    [1e6, 12815504.569147611],
  ])('agrees with SciPy at %d', (x, expected) => {
    expect(logGamma(x) / expected).toBeCloseTo(1, 12)
  })

  it('makes the beta function', () => {
    expect(logBeta(2, 3)).toBeCloseTo(Math.log(1 / 12), 13)
  })
})

describe('incompleteBeta', () => {
  it.each([
    [0.1, 0.5, 0.5, 0.20483276469913345],
    [0.05, 51, 951, 0.4653603583842784],
    [0.36, 5000, 9000, 0.7600216619185726],
    [1e-6, 2, 3, 5.999992000002998e-12],
  ])('agrees with SciPy at %d for shapes %d and %d', (x, a, b, expected) => {
    expect(incompleteBeta(x, a, b) / expected).toBeCloseTo(1, 9)
  })

  it('mirrors, and rises from 0 to 1', () => {
    const shape = fc.double({ min: 0.1, max: 500, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1024 }), shape, shape, (place, a, b) => {
        const x = place / 1024
        expect(incompleteBeta(x, a, b) + incompleteBeta(1 - x, b, a)).toBeCloseTo(1, 9)
        expect(incompleteBeta(x, a, b)).toBeLessThanOrEqual(incompleteBeta(Math.min(1, x + 0.01), a, b) + 1e-12)
      }),
    )
    expect(incompleteBeta(0, 2, 3)).toBe(0)
    expect(incompleteBeta(1, 2, 3)).toBe(1)
  })

  it('refuses shapes that are not positive', () => {
    expect(() => incompleteBeta(0.5, 0, 1)).toThrow(refused)
  })
})

describe('normalCumulative', () => {
  it.each([
    [-30, 4.906713927147908e-198],
    [-8, 6.22096057427174e-16],
    [-1.96, 0.024997895148220435],
    [0, 0.5],
    [1, 0.8413447460685429],
  ])('agrees with SciPy at %d', (z, expected) => {
    expect(normalCumulative(z) / expected).toBeCloseTo(1, 10)
  })

  it('undoes the quantile', () => {
    for (const p of [1e-9, 0.01, 0.3, 0.5, 0.9, 0.9999]) expect(normalCumulative(normalQuantile(p))).toBeCloseTo(p, 12)
  })

  it('has the density as its slope', () => {
    for (const z of [-3, -0.5, 0, 2]) {
      const slope = (normalCumulative(z + 1e-5) - normalCumulative(z - 1e-5)) / 2e-5
      expect(slope).toBeCloseTo(normalDensity(z), 8)
    }
  })
})

describe('studentCumulative', () => {
  it.each([
    [-2.5, 7.5, 0.019410129136812764],
    [1, 1, 0.75],
    [3, 200, 0.9984784764430471],
  ])('agrees with SciPy at %d with %d degrees of freedom', (t, freedom, expected) => {
    expect(studentCumulative(t, freedom)).toBeCloseTo(expected, 11)
  })

  it('undoes the quantile', () => {
    for (const freedom of [1, 2, 3.5, 30]) expect(studentCumulative(studentQuantile(0.975, freedom), freedom)).toBeCloseTo(0.975, 5)
  })

  it('refuses no freedom', () => {
    expect(() => studentCumulative(1, 0)).toThrow(refused)
  })
})

describe('chiSquareSurvival', () => {
  it.each([
    [676, 1, 4.95212663100671e-149],
    [5.5, 3, 0.1386386173824151],
    [0.1, 9, 0.9999999743696746],
    [0, 2, 1],
  ])('agrees with SciPy at %d with %d degrees of freedom', (x, freedom, expected) => {
    expect(chiSquareSurvival(x, freedom) / expected).toBeCloseTo(1, 11)
  })

  it('refuses no freedom', () => {
    expect(() => chiSquareSurvival(1, 0)).toThrow(refused)
  })
})
