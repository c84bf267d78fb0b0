import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ComparisonOptions,
  compareJoints,
  compareVariants,
  estimateMetric,
  type VariantComparison,
} from '../../../../worker/domain/experiments/inference/compare-variants.ts'
import { type Joint, jointOf, jointOfRows, jointOfSums, pool } from '../../../../worker/domain/experiments/inference/joint.ts'
import {
  addMetricMoments,
  type MetricKind,
  type MetricMoments,
  NO_METRIC_MOMENTS,
} from '../../../../worker/domain/experiments/inference/metric-moments.ts'
import { adjustBenjaminiHochberg, adjustHolm } from '../../../../worker/domain/experiments/inference/multiple-testing.ts'

/** A customer: metric, denominator, both of them before exposure. */
type Customer = readonly [y: number, d: number, x: number, e: number]
type Shape = 'plain' | 'covariate' | 'ratio' | 'ratioCovariate'

const dot = (rows: readonly Customer[], a: number, b: number): bigint =>
  rows.reduce((sum, row) => sum + BigInt(row[a] as number) * BigInt(row[b] as number), 0n)
const total = (rows: readonly Customer[], at: number): number => rows.reduce((sum, row) => sum + (row[at] as number), 0)

function momentsOf(rows: readonly Customer[], shape: Shape): MetricMoments {
  const ratio = shape.startsWith('ratio')
  return {
    n: rows.length,
    sum: total(rows, 0),
    squares: dot(rows, 0, 0),
    ...(ratio && { denominator: { sum: total(rows, 1), squares: dot(rows, 1, 1), cross: dot(rows, 0, 1) } }),
    ...(shape.toLowerCase().endsWith('covariate') && {
      covariate: {
        sum: total(rows, 2),
        squares: dot(rows, 2, 2),
        cross: dot(rows, 0, 2),
        ...(ratio && {
          ratio: {
            crossDenominator: dot(rows, 1, 2),
            sum: total(rows, 3),
            squares: dot(rows, 3, 3),
            crossNumerator: dot(rows, 0, 3),
            crossDenominatorAfter: dot(rows, 1, 3),
            cross: dot(rows, 2, 3),
          },
        }),
      },
    }),
  }
}

const amount = fc.oneof(fc.constant(0), fc.integer({ min: -1_000, max: 1_000_000 }), fc.constant(10_000_000))
const customer: fc.Arbitrary<Customer> = fc.tuple(amount, fc.integer({ min: 0, max: 5 }), amount, fc.integer({ min: 0, max: 5 }))
const people = fc.array(customer, { maxLength: 30 })
const shape = fc.constantFrom<Shape>('plain', 'covariate', 'ratio', 'ratioCovariate')
const kindOf = (of: Shape): MetricKind => (of.startsWith('ratio') ? 'ratio' : 'mean')
const settings: fc.Arbitrary<ComparisonOptions> = fc.record({
  alpha: fc.constantFrom(0.01, 0.05, 0.2),
  method: fc.constantFrom('fixed', 'sequential'),
  relative: fc.boolean(),
  cuped: fc.boolean(),
  prior: fc.constantFrom(null, { mean: 0, standardDeviation: 0.3 }),
})

const near = (actual: number, wanted: number) => expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(1e-12 + 1e-7 * Math.abs(wanted))

const figures = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(figures) : []

describe('a comparison', () => {
  it('is numbers all through, or a reason', () => {
    fc.assert(
      fc.property(people, people, shape, settings, (a, b, of, options) => {
        const found = compareVariants(kindOf(of), momentsOf(a, of), momentsOf(b, of), options)
        if ('reason' in found) return void expect(found.reason).toMatch(/\w+ \w+/)
        expect(figures(found).every(Number.isFinite)).toBe(true)
        expect(found.low).toBeLessThan(found.high)
        expect(found.pValue).toBeGreaterThanOrEqual(0)
        expect(found.pValue).toBeLessThanOrEqual(1)
        return void expect(found.chanceToWin * (1 - found.chanceToWin)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 400, seed: 6 },
    )
  })

  it('is the negative of itself where the variants are swapped', () => {
    fc.assert(
      fc.property(people, people, shape, settings, (a, b, of, settings) => {
        const options = { ...settings, relative: false, prior: null }
        const there = compareVariants(kindOf(of), momentsOf(a, of), momentsOf(b, of), options)
        const back = compareVariants(kindOf(of), momentsOf(b, of), momentsOf(a, of), options)
        if ('reason' in there || 'reason' in back) return void expect('reason' in there).toBe('reason' in back)
        near(there.effect, -back.effect)
        near(there.standardError, back.standardError)
        near(there.pValue, back.pValue)
        near(there.chanceToWin, 1 - back.chanceToWin)
        return void near(there.low + back.high, 0)
      }),
      { numRuns: 300, seed: 6 },
    )
  })

  it('scales with money, and its relative lift does not', () => {
    const scale = (rows: readonly Customer[], by: number) => rows.map(([y, d, x, e]): Customer => [y * by, d, x * by, e])
    fc.assert(
      fc.property(people, people, shape, settings, fc.integer({ min: 2, max: 1000 }), (a, b, of, settings, by) => {
        const options = { ...settings, prior: null }
        const small = compareVariants(kindOf(of), momentsOf(a, of), momentsOf(b, of), options)
        const large = compareVariants(kindOf(of), momentsOf(scale(a, by), of), momentsOf(scale(b, by), of), options)
        if ('reason' in small || 'reason' in large) return void expect(large).toEqual(small)
        const factor = options.relative ? 1 : by
        near(large.effect, small.effect * factor)
        near(large.standardError, small.standardError * factor)
        return void near(large.pValue, small.pValue)
      }),
      { numRuns: 300, seed: 6 },
    )
  })

  it('has a p value below alpha just where its interval leaves zero out', () => {
    fc.assert(
      fc.property(people, people, shape, settings, fc.constantFrom('two_sided', 'greater', 'less'), (a, b, of, settings, alternative) => {
        const options: ComparisonOptions = { alpha: 0.05, ...settings, alternative }
        const found = compareVariants(kindOf(of), momentsOf(a, of), momentsOf(b, of), options)
        if ('reason' in found) return
        const { low, high, pValue } = found
        // On the edge itself both are rounded.
        if (Math.abs(pValue / (options.alpha as number) - 1) > 1e-5) expect(low > 0 || high < 0).toBe(pValue < (options.alpha as number))
      }),
      { numRuns: 500, seed: 6 },
    )
  })

  it('gives its reasons where sums tell nothing', () => {
    const some: MetricMoments = { n: 100, sum: 50, squares: 50n }
    const none: MetricMoments = { n: 100, sum: 0, squares: 0n }
    const reasonOf = (a: MetricMoments, b: MetricMoments, options?: ComparisonOptions) => compareVariants('proportion', a, b, options)
    expect(reasonOf({ ...some, n: 1 }, some)).toEqual({ reason: 'the control has fewer than two customers' })
    expect(reasonOf(some, NO_METRIC_MOMENTS)).toEqual({ reason: 'the treatment has fewer than two customers' })
    expect(reasonOf(none, none)).toEqual({ reason: expect.stringContaining('nothing varies') })
    expect(reasonOf(none, some, { relative: true })).toEqual({ reason: expect.stringContaining('the control is zero') })
    expect(reasonOf(some, none, { relative: true })).toEqual({ reason: expect.stringContaining('compare absolute values') })
    expect(reasonOf(some, none)).toMatchObject({ effect: -0.5 })
    const empty = { ...some, denominator: { sum: 0, squares: 0n, cross: 0n } }
    expect(compareVariants('ratio', some, empty)).toEqual({ reason: expect.stringContaining('sums to zero') })
    expect(estimateMetric('mean', { n: 1, sum: 1, squares: 1n })).toHaveProperty('reason')
    const exact = { ...some, covariate: { sum: 50, squares: 50n, cross: 50n } }
    expect(compareVariants('mean', exact, exact)).toEqual({ reason: expect.stringContaining('covariate explains everything') })
  })

  it('refuses a prior that is certain', () => {
    const some: MetricMoments = { n: 100, sum: 50, squares: 50n }
    expect(() => compareVariants('mean', some, some, { prior: { mean: 0, standardDeviation: 0 } })).toThrow(
      expect.objectContaining({ code: 'invalid_field', field: 'prior.standardDeviation' }),
    )
  })

  it('believes a prior the more the less was seen', () => {
    const of = (n: number, sum: number): MetricMoments => ({ n, sum, squares: BigInt(sum) })
    const options = { relative: true, prior: { mean: 0, standardDeviation: 0.05 } }
    const few = compareVariants('proportion', of(100, 50), of(100, 60), options) as VariantComparison
    const many = compareVariants('proportion', of(100_000, 50_000), of(100_000, 60_000), options) as VariantComparison
    expect(few.posterior.effect).toBeLessThan(0.03)
    expect(many.posterior.effect).toBeGreaterThan(0.19)
    expect(many.expectedLoss.shipTreatment).toBeLessThan(1e-12)
    const worse = compareVariants('proportion', of(100, 50), of(100, 60), { ...options, higherIsBetter: false }) as VariantComparison
    expect(worse.chanceToWin).toBeCloseTo(1 - few.chanceToWin, 12)
  })
})

describe('moments', () => {
  const same = (a: Joint, b: Joint) => {
    expect(a.n).toBe(b.n)
    for (const [at, mean] of a.means.entries()) near(mean, b.means[at] as number)
    for (const [i, line] of a.products.entries())
      for (const [j, product] of line.entries())
        expect(Math.abs(product - (b.products[i]?.[j] as number))).toBeLessThan(1e-3 + Math.abs(product) * 1e-8)
  }
  const rowsOf = (rows: readonly Customer[], of: Shape): number[][] =>
    rows.map(([y, d, x, e]) => (of === 'plain' ? [y] : of === 'covariate' ? [y, 1, x] : of === 'ratio' ? [y, d] : [y, d, x, e]))

  it('say the same as the customers they are sums of, and add up', () => {
    fc.assert(
      fc.property(people, people, shape, (a, b, of) => {
        same(jointOf(momentsOf(a, of)), jointOfRows(rowsOf(a, of), of.toLowerCase().endsWith('covariate')))
        const both = jointOf(momentsOf([...a, ...b], of))
        same(jointOf(addMetricMoments(momentsOf(a, of), momentsOf(b, of))), both)
        same(pool(jointOf(momentsOf(a, of)), jointOf(momentsOf(b, of))), both)
      }),
      { numRuns: 200, seed: 6 },
    )
  })

  it('keep a spread of one cent on amounts of a hundred million dollars', () => {
    const large = 10_000_000_000
    const moments = momentsOf(
      [
        [large, 1, 0, 1],
        [large + 1, 1, 0, 1],
        [large + 2, 1, 0, 1],
      ],
      'plain',
    )
    expect(estimateMetric('mean', moments)).toEqual({ value: large + 1, standardError: Math.sqrt(1 / 3) })
    // Floating-point sums cannot, and say so instead of telling noise.
    const sums = jointOfSums({ n: 3, sums: [3 * large + 3], of: () => Number(moments.squares) })
    expect(compareJoints('mean', sums, sums)).toHaveProperty('reason')
  })
})

describe('p values of many', () => {
  it('are adjusted as by hand, around what has no result', () => {
    expect(adjustHolm([0.01, 0.04, null, 0.03])).toEqual([0.03, 0.06, null, 0.06])
    expect(adjustBenjaminiHochberg([0.01, 0.04, null, 0.03])).toEqual([0.03, 0.04, null, 0.04])
    expect(adjustHolm([])).toEqual([])
  })

  it('never fall below their own, nor change their order, and Holm is the stricter', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (p) => {
        const [holm, bh] = [adjustHolm(p) as number[], adjustBenjaminiHochberg(p) as number[]]
        for (const [at, own] of p.entries()) {
          expect(bh[at]).toBeGreaterThanOrEqual(own)
          expect((holm[at] as number) * (1 + 1e-12)).toBeGreaterThanOrEqual(bh[at] as number)
          expect(holm[at]).toBeLessThanOrEqual(1)
          for (const [other, theirs] of p.entries()) if (theirs < own) expect(bh[other]).toBeLessThanOrEqual(bh[at] as number)
        }
      }),
      { seed: 6 },
    )
  })
})
