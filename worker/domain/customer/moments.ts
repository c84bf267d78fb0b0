import type { MetricDefinition } from '../experiments/metric.ts'
import type { MetricTotals } from './facts.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions } from './rollup.ts'

/** Σy² leaves the safe integers at a hundred customers of $100,000; sums of smaller parts stay exact. */
const PARTS_BASE = 100_000_000n

/** A square or a product, cut up: high × 10¹⁶ + middle × 10⁸ + low. */
export interface Parts {
  high: number
  middle: number
  low: number
}

/** Parts of a × b, each of its sign, whose sums stay exact over 90 million customers. @example partsOf(12_345, 10) // => { high: 0, middle: 0, low: 123_450 } */
export function partsOf(a: number, b: number): Parts {
  const product = a * b
  // Most are small, and need no big integers.
  if (product > -100_000_000 && product < 100_000_000) return { high: 0, middle: 0, low: product + 0 }
  const exact = BigInt(a) * BigInt(b)
  const upper = exact / PARTS_BASE
  return { high: Number(upper / PARTS_BASE), middle: Number(upper % PARTS_BASE), low: Number(exact % PARTS_BASE) }
}

/** What sums of parts stand for. */
export const wholeOf = (high: bigint, middle: bigint, low: bigint): bigint => (high * PARTS_BASE + middle) * PARTS_BASE + low

/** What one person counts for in a metric: of a proportion 0 or 1, of the others at most the cap. */
export interface Values {
  after: number
  before: number
  denominator: number
}

export function valuesOf({ kind, cap }: Pick<MetricDefinition, 'kind' | 'cap'>, frozen: number | null, totals: MetricTotals): Values {
  const [after, before, denominator] = totals
  if (kind === 'proportion') return { after: after > 0 ? 1 : 0, before: before > 0 ? 1 : 0, denominator: 0 }
  const most = frozen ?? cap ?? Number.POSITIVE_INFINITY
  return { after: Math.min(after, most), before: Math.min(before, most), denominator }
}

type NameOf = (metric: string) => string

const SQUARES = [METRIC.rewardSquaresHigh, METRIC.rewardSquaresMiddle, METRIC.rewardSquaresLow] as const
const COVARIATE_SQUARES = [METRIC.covariateSquaresHigh, METRIC.covariateSquaresMiddle, METRIC.covariateSquaresLow] as const
const COVARIATE_CROSS = [METRIC.covariateCrossHigh, METRIC.covariateCrossMiddle, METRIC.covariateCrossLow] as const
const DENOMINATOR_SQUARES = [METRIC.denominatorSquaresHigh, METRIC.denominatorSquaresMiddle, METRIC.denominatorSquaresLow] as const
const DENOMINATOR_CROSS = [METRIC.denominatorCrossHigh, METRIC.denominatorCrossMiddle, METRIC.denominatorCrossLow] as const

function giveProduct(
  names: readonly [string, string, string],
  a: number,
  b: number,
  name: NameOf,
  contributions: Contributions,
  sign: 1 | -1,
) {
  if (a === 0 || b === 0) return
  const { high, middle, low } = partsOf(a, b)
  add(contributions, name(names[0]), sign * high)
  add(contributions, name(names[1]), sign * middle)
  add(contributions, name(names[2]), sign * low)
}

/** Adds or withdraws Σy, Σy² and, of a ratio, Σd, Σd², Σyd. Of a proportion Σy² is Σy, and is not kept. */
export function giveOutcome(
  { kind }: Pick<MetricDefinition, 'kind'>,
  values: Values,
  name: NameOf,
  contributions: Contributions,
  sign: 1 | -1,
) {
  const { after, denominator } = values
  add(contributions, name(METRIC.rewardSum), sign * after)
  if (kind !== 'proportion') giveProduct(SQUARES, after, after, name, contributions, sign)
  add(contributions, name(METRIC.denominatorSum), sign * denominator)
  giveProduct(DENOMINATOR_SQUARES, denominator, denominator, name, contributions, sign)
  giveProduct(DENOMINATOR_CROSS, after, denominator, name, contributions, sign)
}

/** Adds or withdraws Σx, Σx², Σxy. Of a proportion Σx² is Σx. */
export function giveCovariate(
  { kind }: Pick<MetricDefinition, 'kind'>,
  values: Values,
  name: NameOf,
  contributions: Contributions,
  sign: 1 | -1,
) {
  const { after, before } = values
  add(contributions, name(METRIC.covariateSum), sign * before)
  if (kind !== 'proportion') giveProduct(COVARIATE_SQUARES, before, before, name, contributions, sign)
  giveProduct(COVARIATE_CROSS, before, after, name, contributions, sign)
}
