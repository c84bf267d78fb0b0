import { describe, expect, it } from 'vitest'
import type { ComparisonOptions } from '../../../../worker/domain/experiments/inference/compare-variants.ts'
import { compareJoints, type VariantComparison } from '../../../../worker/domain/experiments/inference/compare-variants.ts'
import { groupSequentialBoundaries } from '../../../../worker/domain/experiments/inference/group-sequential.ts'
import { jointOfSums } from '../../../../worker/domain/experiments/inference/joint.ts'
import type { MetricKind } from '../../../../worker/domain/experiments/inference/metric-moments.ts'
import { sampleSize } from '../../../../worker/domain/experiments/inference/sample-size.ts'
import { normalQuantile } from '../../../../worker/domain/statistics/normal-quantile.ts'
import { type Random, seededRandom } from '../../../../worker/domain/statistics/seeded-random.ts'
import { readReference } from '../../../support/reference.ts'

/** Sums of an arm that fills up customer by customer. */
interface Arm {
  n: number
  sum: number
  squares: number
}
const empty = (): Arm => ({ n: 0, sum: 0, squares: 0 })
const jointOf = ({ n, sum, squares }: Arm) => jointOfSums({ n, sums: [sum], of: () => squares })
const compare = (kind: MetricKind, a: Arm, b: Arm, options: ComparisonOptions): VariantComparison | null => {
  const found = compareJoints(kind, jointOf(a), jointOf(b), options)
  return 'reason' in found ? null : found
}
function fill(arm: Arm, n: number, draw: () => number): void {
  for (let at = 0; at < n; at++) {
    const value = draw()
    arm.n++
    arm.sum += value
    arm.squares += value * value
  }
}

/** Revenue a visitor: most bring nothing, some a lot. */
const revenue =
  (random: Random, buyers: number, lift = 1) =>
  () =>
    random() < buyers ? lift * Math.exp(4 + normalQuantile(random() * (1 - 2e-16) + 1e-16)) : 0
const meanRevenue = (buyers: number, lift = 1) => lift * buyers * Math.exp(4.5)
const shares = (random: Random, rate: number) => () => (random() < rate ? 1 : 0)

const TESTS = 1000

describe('by simulation', () => {
  it('errs in no more than 6.5 % of a thousand tests of nothing', () => {
    const random = seededRandom(61)
    let positives = 0
    for (let test = 0; test < TESTS; test++) {
      const [a, b] = [empty(), empty()]
      for (const arm of [a, b]) fill(arm, 1000, revenue(random, 0.1))
      const found = compare('mean', a, b, { relative: test % 2 === 0 })
      if (found && found.pValue < 0.05) positives++
    }
    expect(positives / TESTS).toBeLessThanOrEqual(0.065)
    expect(positives / TESTS).toBeGreaterThan(0.02)
  })

  it('covers the truth of skewed revenue in 93 to 97 % of its intervals', () => {
    const random = seededRandom(62)
    const truth = meanRevenue(0.06, 1.2) - meanRevenue(0.05)
    let [absolute, relative] = [0, 0]
    for (let test = 0; test < TESTS; test++) {
      const [a, b] = [empty(), empty()]
      fill(a, 2000, revenue(random, 0.05))
      fill(b, 3000, revenue(random, 0.06, 1.2))
      const difference = compare('mean', a, b, {})
      const lift = compare('mean', a, b, { relative: true })
      if (difference && difference.low <= truth && truth <= difference.high) absolute++
      const ratio = truth / meanRevenue(0.05)
      if (lift && lift.low <= ratio && ratio <= lift.high) relative++
    }
    for (const covered of [absolute, relative]) {
      expect(covered / TESTS).toBeGreaterThanOrEqual(0.93)
      expect(covered / TESTS).toBeLessThanOrEqual(0.97)
    }
  })

  // The design: the people that find a lift of a tenth on 10 % with power .8 at one look, looked at 25 times on the way.
  const RATE = 0.1
  const LIFT = 0.1
  const LOOKS = 25
  const planned = sampleSize({ metric: { kind: 'proportion', baseline: RATE }, relative: true }, LIFT) as { total: number }
  const perLook = Math.ceil(planned.total / 2 / LOOKS)

  /** Share of tests that stop at one of the looks. */
  function stopped(
    seed: number,
    rate: number,
    stops: (found: VariantComparison, look: number) => boolean,
    options: ComparisonOptions,
  ): number {
    const random = seededRandom(seed)
    let count = 0
    for (let test = 0; test < TESTS; test++) {
      const [a, b] = [empty(), empty()]
      for (let look = 0; look < LOOKS; look++) {
        fill(a, perLook, shares(random, RATE))
        fill(b, perLook, shares(random, rate))
        const found = compare('proportion', a, b, options)
        if (found && stops(found, look)) {
          count++
          break
        }
      }
    }
    return count / TESTS
  }

  const sequential: ComparisonOptions = { method: 'sequential', tunedFor: planned.total, relative: true }
  const misses = ({ low, high }: VariantComparison) => low > 0 || high < 0

  it('errs in no more than 5 % of a thousand tests of nothing that are looked at 25 times, and finds an effect in 45 % or more', () => {
    expect(stopped(63, RATE, misses, sequential)).toBeLessThanOrEqual(0.05)
    expect(stopped(64, RATE * (1 + LIFT), misses, sequential)).toBeGreaterThanOrEqual(0.45)
    // What was not made for looking finds far too much.
    expect(stopped(63, RATE, ({ pValue }) => pValue < 0.05, { relative: true })).toBeGreaterThan(0.2)
    expect(stopped(63, RATE, ({ pValue }) => pValue < 0.05, sequential)).toBe(stopped(63, RATE, misses, sequential))
  })

  it('keeps alpha and nearly all of the power where the looks were planned', () => {
    const looks = groupSequentialBoundaries({ fractions: Array.from({ length: LOOKS }, (_, at) => (at + 1) / LOOKS) })
    const beyond = ({ effect, standardError }: VariantComparison, look: number) =>
      Math.abs(effect / standardError) > (looks[look]?.z as number)
    expect(stopped(65, RATE, beyond, {})).toBeLessThanOrEqual(0.065)
    expect(stopped(66, RATE * (1 + LIFT), beyond, {})).toBeGreaterThanOrEqual(0.74)
  })

  const text = readReference('sequential-boundaries.json', 'what peeking costs')
  it.skipIf(text === null)('finds too much by peeking, as much as was published', () => {
    const { table, tolerance } = (JSON.parse(text as string) as { peekingInflation: { table: Record<string, number>; tolerance: number } })
      .peekingInflation
    const random = seededRandom(67)
    const tests = 50_000
    const counts = Object.entries(table).map(([looks, wanted]) => ({ looks: Number(looks), wanted, found: 0 }))
    for (let test = 0; test < tests; test++) {
      let [sum, first] = [0, Number.POSITIVE_INFINITY]
      for (let look = 1; look <= 20 && look < first; look++) {
        sum += normalQuantile(random() * (1 - 2e-16) + 1e-16)
        if (Math.abs(sum) > 1.959964 * Math.sqrt(look)) first = look
      }
      for (const count of counts) if (first <= count.looks) count.found++
    }
    for (const { wanted, found } of counts) expect(Math.abs(found / tests - wanted)).toBeLessThan(tolerance)
  })
})
