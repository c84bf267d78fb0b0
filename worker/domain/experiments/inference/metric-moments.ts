/**
 * Sums of one variant for one metric, a customer each. Exact: amounts are integers in minor units, squares and cross
 * sums whole numbers of any size, so that rollups add up to the same figures in any order.
 */
export interface MetricMoments {
  readonly n: number
  /** Σy and Σy². */
  readonly sum: number
  readonly squares: bigint
  /** Of a ratio metric, what it is divided by: Σd, Σd², Σyd. */
  readonly denominator?: CrossSums
  /** The same metric before exposure: Σx, Σx², Σxy. */
  readonly covariate?: Covariate
}

export interface CrossSums {
  readonly sum: number
  readonly squares: bigint
  readonly cross: bigint
}

export interface Covariate extends CrossSums {
  /** Of a ratio metric, what the covariate is divided by, and the sums that only a ratio needs. */
  readonly ratio?: {
    /** Σxd. */
    readonly crossDenominator: bigint
    /** Σe, Σe², Σye, Σde and Σxe of the denominator before exposure. */
    readonly sum: number
    readonly squares: bigint
    readonly crossNumerator: bigint
    readonly crossDenominatorAfter: bigint
    readonly cross: bigint
  }
}

/** proportion: a share of customers. mean: an amount or a count a customer. ratio: a sum over a sum, as revenue an order. */
export type MetricKind = 'proportion' | 'mean' | 'ratio'

export const NO_METRIC_MOMENTS: MetricMoments = { n: 0, sum: 0, squares: 0n }

/**
 * Sums of both together. A part that only one has, as a covariate some of whose customers were not seen before, is left
 * out, unless the other has nobody.
 */
export function addMetricMoments(a: MetricMoments, b: MetricMoments): MetricMoments {
  if (a.n === 0) return b
  if (b.n === 0) return a
  const { denominator, covariate } = a
  return {
    n: a.n + b.n,
    sum: a.sum + b.sum,
    squares: a.squares + b.squares,
    ...(denominator && b.denominator && { denominator: addCross(denominator, b.denominator) }),
    ...(covariate && b.covariate && { covariate: addCovariates(covariate, b.covariate) }),
  }
}

const addCross = (a: CrossSums, b: CrossSums): CrossSums => ({
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
  cross: a.cross + b.cross,
})

function addCovariates(a: Covariate, b: Covariate): Covariate {
  if (!a.ratio || !b.ratio) return addCross(a, b)
  return {
    ...addCross(a, b),
    ratio: {
      ...addCross(a.ratio, b.ratio),
      crossDenominator: a.ratio.crossDenominator + b.ratio.crossDenominator,
      crossNumerator: a.ratio.crossNumerator + b.ratio.crossNumerator,
      crossDenominatorAfter: a.ratio.crossDenominatorAfter + b.ratio.crossDenominatorAfter,
    },
  }
}

/** Why there is no figure. */
export interface NoResult {
  reason: string
}
