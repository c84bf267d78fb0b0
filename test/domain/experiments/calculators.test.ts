import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompareArm, CompareInput } from '../../../worker/contract/experiment-analysis.ts'
import type { SampleSizeInput } from '../../../worker/contract/experiment-planning.ts'
import { compareArms } from '../../../worker/domain/experiments/calculators/compare-arms.ts'
import { planSample } from '../../../worker/domain/experiments/calculators/sample-size.ts'
import { readLooks } from '../../../worker/domain/experiments/calculators/sequential.ts'

const figure = fc.oneof(fc.constantFrom(0, 1e-300, 1e15, -1e15, 1), fc.double({ min: -1e6, max: 1e6, noNaN: true }))
const squares = figure.map(Math.abs)
const cross = fc.record({ sum: figure, squares, cross: figure })
const ratio = fc.record({
  crossDenominator: figure,
  sum: figure,
  squares,
  crossNumerator: figure,
  crossDenominatorAfter: figure,
  cross: figure,
})
const n = fc.constantFrom(0, 1, 2, 3, 1000, 1e12)

/** Sums nobody could have counted, too. */
const sums: fc.Arbitrary<CompareArm> = fc.record(
  {
    n,
    sum: figure,
    squares: fc.oneof(squares, fc.constant(1e30)),
    denominator: cross,
    covariate: fc.record({ sum: figure, squares, cross: figure, ratio }),
  },
  { requiredKeys: ['n', 'sum', 'squares'] },
)
const counts: fc.Arbitrary<CompareArm> = fc
  .tuple(n, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([people, share]) => ({ n: people, conversions: Math.floor(people * share) }))
const values: fc.Arbitrary<CompareArm> = fc.array(fc.tuple(figure, figure, figure), { minLength: 1, maxLength: 8 }).map((rows) => ({
  values: rows.map(([y]) => y),
  before: rows.map(([, x]) => x),
}))
const quantiles: fc.Arbitrary<CompareArm> = fc.record({
  n,
  quantile: fc.constantFrom({ value: 1, low: 0, high: 2 }, { value: 0, low: -1e-300, high: 1e-300 }),
})
const arms = fc.oneof(...[sums, counts, values, quantiles].map((arm) => fc.array(arm, { minLength: 2, maxLength: 4 })))

const input: fc.Arbitrary<CompareInput> = fc.record({
  arms,
  method: fc.constantFrom('fixed', 'sequential', 'bayesian'),
  relative: fc.boolean(),
  alpha: fc.constantFrom(1e-9, 0.05, 0.49),
  tunedFor: fc.constantFrom(1, 5000, 1e12),
  alternative: fc.constantFrom('two_sided', 'greater', 'less'),
  cuped: fc.boolean(),
  prior: fc.constantFrom(null, { mean: 0, standardDeviation: 1e-9 }, { mean: -100, standardDeviation: 100 }),
  higherIsBetter: fc.boolean(),
  correction: fc.constantFrom('holm', 'benjamini_hochberg', 'none'),
})

const figures = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(figures) : []

describe('compareArms', () => {
  it('tells a number or why there is none, whatever the sums', () => {
    fc.assert(
      fc.property(input, (asked) => {
        const answer = compareArms(asked)
        expect(figures(answer).filter((one) => !Number.isFinite(one))).toEqual([])
        for (const { effect, reason } of answer.comparisons) expect(effect === null).toBe(reason !== null)
        for (const { value, reason } of answer.arms) expect(value === null).toBe(reason !== null)
      }),
      { numRuns: 1000, seed: 6 },
    )
  })
})

describe('planSample and readLooks', () => {
  const size = fc.constantFrom(1e-12, 1e-3, 0.05, 0.5, 0.999, 1, 30, 1e12)
  const looks: fc.Arbitrary<number | number[]> = fc.oneof(
    fc.integer({ min: 1, max: 8 }),
    fc.constantFrom<number[][]>([0.1, 0.5], [0.001, 0.002, 1]),
  )
  const spending = fc.constantFrom('obrien_fleming' as const, 'pocock' as const)
  const sides = fc.constantFrom(1 as const, 2 as const)
  const alpha = fc.constantFrom(1e-9, 0.05, 0.49)
  const question: fc.Arbitrary<SampleSizeInput> = fc
    .record({
      metric: fc.constantFrom('proportion', 'mean'),
      baseline: fc.oneof(size, fc.constantFrom(0, -5)),
      standardDeviation: size,
      mde: fc.option(fc.oneof(size, fc.constantFrom(0, -0.01)), { nil: undefined }),
      relative: fc.boolean(),
      total: fc.option(fc.constantFrom(0, 4, 5000, 1e12), { nil: undefined }),
      power: fc.constantFrom(0.01, 0.8, 0.999),
      decrease: fc.boolean(),
      alpha,
      sides,
      arms: fc.integer({ min: 2, max: 4 }),
      method: fc.constantFrom('fixed', 'sequential', 'group_sequential'),
      tunedFor: fc.constantFrom(1, 5000, 1e12),
      looks,
      spending,
      formula: fc.constantFrom(undefined, 'unpooled', 'pooled_null', 'baseline_variance', 'interval', 't'),
      correction: fc.constantFrom('none', 'bonferroni'),
      peoplePerDay: fc.constantFrom(undefined, 0.5, 1000),
    })
    .filter(({ mde, total }) => mde !== undefined || total !== undefined) as fc.Arbitrary<SampleSizeInput>

  /** The answer, or null where the question is refused with a field. */
  const unless = <T>(calculate: () => T): T | null => {
    try {
      return calculate()
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_field', field: expect.any(String) })
      return null
    }
  }

  it('plan in numbers, or say why not', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const plan = unless(() => planSample(asked))
        if (!plan) return
        expect(figures(plan).filter((one) => !Number.isFinite(one))).toEqual([])
        expect([plan.total, plan.mde, plan.power].includes(null)).toBe(plan.reason !== null)
        if (plan.perArm) expect(Math.min(...plan.perArm)).toBeGreaterThanOrEqual(2)
      }),
      { numRuns: 600, seed: 6 },
    )
  })

  it('read looks in numbers', () => {
    const path = fc.array(fc.record({ difference: figure, varianceSum: size, nPerArm: size }), { minLength: 1, maxLength: 4 })
    const look = fc.record({
      effect: figure,
      standardError: size,
      n: fc.constantFrom(2, 1e12),
      tunedFor: fc.constantFrom(1, 1e12),
      alternative: fc.constantFrom('two_sided' as const, 'greater' as const, 'less' as const),
    })
    const share = fc.constantFrom(
      { successes: 0, trials: 1, tunedFor: 1 },
      { successes: 1, trials: 1e12, tunedFor: 1 },
      { successes: 5e11, trials: 1e12, tunedFor: 1e12 },
      { successes: 7, trials: 7, tunedFor: 1e12 },
    )
    const bound = fc.record({
      mixture: fc.constantFrom('normal' as const, 'gamma_exponential' as const, 'stitched' as const),
      variance: fc.constantFrom(1e-3, 1, 1e6),
      tunedFor: fc.constantFrom(1e-3, 10, 1e6),
      scale: fc.constantFrom(1e-3, 2, 1e3),
    })
    const running = fc.record({
      standardError: fc.constantFrom(1e-8, 1, 1e9),
      n: fc.constantFrom(2, 1000, 1e12),
      mde: fc.constantFrom(-1e9, 1e-9, 1),
      power: fc.constantFrom(0.5, 0.99),
      method: fc.constantFrom('fixed' as const, 'sequential' as const),
      tunedFor: fc.constantFrom(1, 1e12),
      peoplePerDay: fc.constantFrom(0.5, 100),
    })
    fc.assert(
      fc.property(
        fc.record({ alpha, path, look, share, looks, spending, sides, bound, running, mixingVariance: size, classic: fc.constant(false) }),
        (asked) => {
          const read = unless(() => readLooks(asked))
          expect(figures(read).filter((one) => !Number.isFinite(one))).toEqual([])
          if (read?.share) {
            const { low, value, high } = read.share
            expect([0 <= (low as number), (low as number) <= value, value <= (high as number), (high as number) <= 1]).toEqual([
              true,
              true,
              true,
              true,
            ])
          }
        },
      ),
      { numRuns: 300, seed: 6 },
    )
  })
})
