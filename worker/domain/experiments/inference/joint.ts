import type { MetricMoments } from './metric-moments.ts'

/** Places of the components. */
const COMPONENTS = 4
const CONSTANT = 1

/**
 * Means and centred sums of products of four figures of a customer: the metric, what it is divided by, the covariate and
 * what that is divided by. Where nothing divides, the divisor is the constant 1; where there is no covariate, it is the
 * constant 0. So a mean is a ratio, and everything is told of ratios.
 */
export interface Joint {
  readonly n: number
  readonly means: readonly number[]
  /** Σ(a − ā)(b − b̄). */
  readonly products: readonly (readonly number[])[]
  readonly covariate: boolean
}

/** The same as sums of floating-point numbers. `of` a, b: Σab. */
export interface JointSums {
  n: number
  sums: readonly [number: number, denominator?: number | null, covariate?: number | null, covariateDenominator?: number | null]
  of(a: number, b: number): number
}

const square = (of: (a: number, b: number) => number): number[][] =>
  Array.from({ length: COMPONENTS }, (_, a) => Array.from({ length: COMPONENTS }, (_, b) => of(Math.min(a, b), Math.max(a, b))))

/** Of exact sums: n·Σab − Σa·Σb is a whole number, so that nothing cancels. */
export function jointOf({ n, sum, squares, denominator, covariate }: MetricMoments): Joint {
  const ratio = covariate?.ratio
  const sums = [sum, denominator?.sum, covariate?.sum, ratio?.sum]
  const known = new Map<string, bigint | undefined>([
    ['0,0', squares],
    ['0,1', denominator?.cross],
    ['1,1', denominator?.squares],
    ['0,2', covariate?.cross],
    ['2,2', covariate?.squares],
    ['1,2', ratio?.crossDenominator],
    ['0,3', ratio?.crossNumerator],
    ['1,3', ratio?.crossDenominatorAfter],
    ['2,3', ratio?.cross],
    ['3,3', ratio?.squares],
  ])
  const whole = sums.map((one) => BigInt(one ?? 0))
  return {
    n,
    means: meansOf(n, sums),
    products: square((a, b) => {
      const product = known.get(`${a},${b}`)
      if (n === 0 || product === undefined) return 0
      return Number(BigInt(n) * product - (whole[a] as bigint) * (whole[b] as bigint)) / n
    }),
    // A ratio's covariate is only of use with its own divisor.
    covariate: covariate !== undefined && (denominator === undefined || ratio !== undefined),
  }
}

/** Share of Σy² below which what remains of a centred sum is rounding: floating-point sums keep some sixteen digits. */
const ROUNDING = 1e-12

/** Of sums in floating point. A spread that drowns in the rounding of its sums is told as none. */
export function jointOfSums({ n, sums, of }: JointSums): Joint {
  return {
    n,
    means: meansOf(n, sums),
    products: square((a, b) => {
      if (n === 0 || !isGiven(sums[a]) || !isGiven(sums[b])) return 0
      const product = of(a, b)
      const centred = product - ((sums[a] as number) * (sums[b] as number)) / n
      return a === b && Math.abs(centred) < product * ROUNDING ? 0 : centred
    }),
    covariate: isGiven(sums[2]) && isGiven(sums[1]) === isGiven(sums[3]),
  }
}

/** Of customers one by one, each a row of its four figures (or fewer): by Welford's recurrence, which never cancels. */
export function jointOfRows(rows: readonly (readonly number[])[], covariate: boolean): Joint {
  const means = meansOf(0, [])
  const products = square(() => 0)
  for (const [at, row] of rows.entries()) {
    const before = means.map((mean, a) => (row[a] ?? defaultOf(a)) - mean)
    for (let a = 0; a < COMPONENTS; a++) means[a] = (means[a] as number) + (before[a] as number) / (at + 1)
    for (let a = 0; a < COMPONENTS; a++)
      for (let b = 0; b < COMPONENTS; b++) {
        const line = products[a] as number[]
        line[b] = (line[b] as number) + ((before[a] as number) * (before[b] as number) * at) / (at + 1)
      }
  }
  return { n: rows.length, means, products, covariate }
}

const isGiven = (sum: number | null | undefined): boolean => sum !== undefined && sum !== null
const defaultOf = (component: number): number => (component % 2 === 1 ? CONSTANT : 0)
const meansOf = (n: number, sums: readonly (number | null | undefined)[]): number[] =>
  Array.from({ length: COMPONENTS }, (_, at) => (isGiven(sums[at]) && n > 0 ? (sums[at] as number) / n : defaultOf(at)))

/** Both together. Source: Chan, Golub, LeVeque (1983), The American Statistician 37:242–247. */
export function pool(a: Joint, b: Joint): Joint {
  const n = a.n + b.n
  if (n === 0) return a
  const apart = a.means.map((mean, at) => (b.means[at] as number) - mean)
  return {
    n,
    means: a.means.map((mean, at) => mean + ((apart[at] as number) * b.n) / n),
    products: square((i, j) => product(a, i, j) + product(b, i, j) + ((apart[i] as number) * (apart[j] as number) * a.n * b.n) / n),
    covariate: a.covariate && b.covariate,
  }
}

const product = ({ products }: Joint, a: number, b: number): number => (products[a] as readonly number[])[b] as number

/** A ratio and what one customer adds to its error: its squared standard error is `variance` ÷ n. */
export interface Side {
  n: number
  value: number
  variance: number
  /** The same before exposure, and the covariance of what one customer adds to both. */
  before: { value: number; variance: number; covariance: number } | null
}

/**
 * A joint as a ratio, by the delta method: a customer adds (y − R·d) ÷ d̄.
 *
 * @param divisor of the centred sums: n − 1 makes variances unbiased, n makes that of a share p(1 − p)
 * @returns null where the divisor of the ratio sums to zero, or next to it
 */
export function sideOf(joint: Joint, divisor: number): Side | null {
  const after = linear(joint, 0)
  if (!after) return null
  const before = joint.covariate ? linear(joint, 2) : null
  const spread = (a: readonly number[], b: readonly number[]): number => {
    let [sum, size] = [0, 0]
    for (const [i, left] of a.entries())
      for (const [j, right] of b.entries()) {
        const term = left * right * product(joint, i, j)
        sum += term
        size += Math.abs(term)
      }
    // What a ratio leaves where both its parts move as one is rounding.
    return Math.abs(sum) > size * ROUNDING ? sum / divisor : 0
  }
  return {
    n: joint.n,
    value: after.value,
    variance: Math.max(0, spread(after.slopes, after.slopes)),
    before: before && {
      value: before.value,
      variance: Math.max(0, spread(before.slopes, before.slopes)),
      covariance: spread(after.slopes, before.slopes),
    },
  }
}

/** The ratio of the components from `at` on, and its slopes by all of them. */
function linear({ means }: Joint, at: number): { value: number; slopes: number[] } | null {
  const over = means[at + 1] as number
  const value = (means[at] as number) / over
  if (over === 0 || !Number.isFinite(value / over)) return null
  const slopes = means.map(() => 0)
  slopes[at] = 1 / over
  slopes[at + 1] = -value / over
  return { value, slopes }
}
