import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { invert, regressWithin } from '../../../worker/domain/statistics/least-squares.ts'
import { logistic, logisticRegression } from '../../../worker/domain/statistics/logistic.ts'
import { poissonRegression } from '../../../worker/domain/statistics/poisson.ts'
import type { Fitted, Observation, Unfitted } from '../../../worker/domain/statistics/scoring.ts'

const fitted = (fit: Fitted | Unfitted): Fitted => {
  if (!fit.converged) throw new Error(fit.reason)
  return fit
}

/** Equal but for rounding, relative to their size. */
const expectNear = (value: number | undefined, other: number | undefined) =>
  expect(Math.abs((value as number) - (other as number))).toBeLessThan(1e-6 * Math.max(1, Math.abs(other as number)))

describe('invert', () => {
  it('gives what multiplies to one, and nothing of a singular matrix', () => {
    const cell = fc.double({ min: -3, max: 3, noNaN: true })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 16, maxLength: 16 }), (cells) => {
        // A Aᵗ + 1 is positive definite.
        const matrix = Float64Array.from({ length: 16 }, (_, at) => {
          const [row, column] = [Math.floor(at / 4), at % 4]
          const product = [0, 1, 2, 3].reduce((sum, k) => sum + (cells[row * 4 + k] as number) * (cells[column * 4 + k] as number), 0)
          return product + (row === column ? 1 : 0)
        })
        const inverse = invert(matrix, 4) as Float64Array
        for (let row = 0; row < 4; row++)
          for (let column = 0; column < 4; column++) {
            const product = [0, 1, 2, 3].reduce((sum, k) => sum + (matrix[row * 4 + k] as number) * (inverse[k * 4 + column] as number), 0)
            expect(product).toBeCloseTo(row === column ? 1 : 0, 8)
          }
      }),
    )
    expect(invert(Float64Array.of(1, 2, 2, 4), 2)).toBeNull()
  })
})

describe('regressWithin', () => {
  it('agrees with the certified values of NIST for Norris', () => {
    // NIST Statistical Reference Datasets, linear regression, Norris: y = B0 + B1 x.
    const x = [
      0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777, 558.2, 0.4, 0.6, 775.5, 666.9, 338, 447.5, 11.6, 556, 228.1, 995.8,
      887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999, 779, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
    ]
    const y = [
      0.1, 338.8, 118.1, 888, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9, 10.8, 557.7, 228.3, 998,
      888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
    ]
    const { slopes, freedom, rSquared } = regressWithin(x, y, new Uint8Array(x.length), [0])
    expect(slopes[0]?.value).toBeCloseTo(1.00211681802045, 12)
    expect(slopes[0]?.standardError).toBeCloseTo(0.429796848199937e-3, 14)
    expect([freedom, rSquared]).toEqual([34, expect.closeTo(0.999993745883712, 12)])
  })

  it('has no slope where x does not move inside its strata, and refuses more parameters than observations', () => {
    expect(regressWithin([1, 1, 2, 2], [1, 2, 3, 5], [0, 0, 1, 1], [0, 0]).slopes).toEqual([null])
    expect(() => regressWithin([1, 2], [1, 2], [0, 0], [0])).toThrow(expect.objectContaining({ code: 'insufficient_data' }))
  })
})

describe('logisticRegression', () => {
  it('of a two by two table is its log odds ratio, with the error that Woolf gave it', () => {
    const people = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }))
    fc.assert(
      fc.property(people, people, ([a, b], [c, d]) => {
        const fit = fitted(
          logisticRegression([
            { x: [1, 0], count: a, exposure: a + b },
            { x: [1, 1], count: c, exposure: c + d },
          ]),
        )
        expectNear(fit.coefficients[1], Math.log((c * b) / (d * a)))
        expect(Math.sqrt(fit.covariance[3] as number)).toBeCloseTo(Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d), 6)
        // The model holds in every cell, so both covariances are the same.
        expectNear(fit.robustCovariance[3], fit.covariance[3] as number)
      }),
    )
  })

  it('agrees with the published fit of the O-rings', () => {
    // Challenger, 23 launches: temperature in °F and whether an O-ring was distressed. Dalal, Fowlkes & Hoadley (1989),
    // Journal of the American Statistical Association 84:945–957: 15.043 − 0.2322 t; errors 7.379 and 0.1082 by R 4.2 glm.
    const temperatures = [66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58]
    const distressed = [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1]
    const fit = fitted(logisticRegression(temperatures.map((t, at) => ({ x: [1, t], count: distressed[at] as number, exposure: 1 }))))
    expect([...fit.coefficients]).toEqual([expect.closeTo(15.0429, 4), expect.closeTo(-0.232163, 6)])
    expect(Math.sqrt(fit.covariance[0] as number)).toBeCloseTo(7.37862, 4)
    expect(Math.sqrt(fit.covariance[3] as number)).toBeCloseTo(0.108236, 5)
    expect(fit.logLikelihood).toBeCloseTo(-10.1576, 4)
  })

  const cell = fc.record({
    x: fc.double({ min: -2, max: 2, noNaN: true }),
    count: fc.integer({ min: 1, max: 9 }),
    rest: fc.integer({ min: 1, max: 9 }),
  })
  const observationsOf = (cells: { x: number; count: number; rest: number }[]): Observation[] =>
    cells.map(({ x, count, rest }) => ({ x: [1, x], count, exposure: count + rest }))

  it('makes of a weight what as many people would make, and of bins what their people would', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 3, maxLength: 6 }), (cells) => {
        fc.pre(Math.max(...cells.map(({ x }) => x)) - Math.min(...cells.map(({ x }) => x)) > 0.1)
        const binned = observationsOf(cells)
        const weighed = fitted(logisticRegression(binned.map((each) => ({ ...each, weight: 3 }))))
        const multiplied = fitted(
          logisticRegression(binned.map(({ x, count, exposure }) => ({ x, count: 3 * count, exposure: 3 * exposure }))),
        )
        const single = (x: readonly number[], count: number) => ({ x, count, exposure: 1 })
        const people = binned.flatMap(({ x, count, exposure }) =>
          Array.from({ length: exposure }, (_, at) => single(x, at < count ? 1 : 0)),
        )
        const unbinned = fitted(logisticRegression(people))
        const plain = fitted(logisticRegression(binned))
        for (const at of [0, 1]) {
          expectNear(weighed.coefficients[at], multiplied.coefficients[at] as number)
          expectNear(unbinned.coefficients[at], plain.coefficients[at] as number)
        }
        for (const at of [0, 1, 3]) expectNear(unbinned.robustCovariance[at], plain.robustCovariance[at] as number)
        // Counting everybody thrice by a weight makes nothing more certain.
        expectNear(weighed.robustCovariance[3], plain.robustCovariance[3] as number)
      }),
      { numRuns: 50 },
    )
  })

  it('says that coefficients would be infinite, or that regressors say the same, and gives no number', () => {
    const separated = [
      { x: [1, 0], count: 0, exposure: 50 },
      { x: [1, 1], count: 7, exposure: 50 },
    ]
    expect(logisticRegression(separated)).toEqual({ converged: false, reason: 'separated' })
    const collinear = [
      { x: [1, 2], count: 3, exposure: 50 },
      { x: [1, 2], count: 7, exposure: 50 },
    ]
    expect(logisticRegression(collinear)).toEqual({ converged: false, reason: 'collinear' })
  })

  it('finds what drew its data', () => {
    const x = Array.from({ length: 21 }, (_, at) => at / 10 - 1)
    const exact = x.map((each) => ({ x: [1, each], count: 1000 * logistic(-2 + 1.5 * each), exposure: 1000 }))
    expect([...fitted(logisticRegression(exact)).coefficients]).toEqual([expect.closeTo(-2, 8), expect.closeTo(1.5, 8)])
  })
})

describe('poissonRegression', () => {
  it('of two periods is the log of their ratio of rates, with its error', () => {
    const fit = fitted(
      poissonRegression([
        { x: [1, 0], count: 12, exposure: 100 },
        { x: [1, 1], count: 30, exposure: 80 },
      ]),
    )
    expect(fit.coefficients[1]).toBeCloseTo(Math.log(30 / 80 / (12 / 100)), 10)
    expect(fit.covariance[3]).toBeCloseTo(1 / 12 + 1 / 30, 10)
  })

  it('finds an elasticity through days without a sale', () => {
    const days = Array.from({ length: 40 }, (_, at) => ({ price: 10 + (at % 4), views: 50 + (at % 7) }))
    const exact = days.map(({ price, views }) => ({ x: [1, Math.log(price)], count: views * 0.9 * price ** -1.7, exposure: views }))
    expect(fitted(poissonRegression(exact)).coefficients[1]).toBeCloseTo(-1.7, 8)
    const rounded = exact.map((each) => ({ ...each, count: Math.round(each.count) }))
    expect(fitted(poissonRegression([...rounded, { x: [1, Math.log(14)], count: 0, exposure: 60 }])).converged).toBe(true)
  })

  it('is less certain where residuals hang together', () => {
    const days = Array.from({ length: 60 }, (_, at) => {
      const week = Math.floor(at / 6)
      return { x: [1, week % 2], count: 20 + (week % 3) * 6, exposure: 100, week }
    })
    const alone = fitted(poissonRegression(days))
    const together = fitted(
      poissonRegression(
        days,
        days.map(({ week }) => week),
      ),
    )
    expect([...together.coefficients]).toEqual([...alone.coefficients])
    expect(together.robustCovariance[3]).toBeGreaterThan(3 * (alone.robustCovariance[3] as number))
  })
})
