import { invert } from './least-squares.ts'

/** What was counted under one set of regressors. */
export interface Observation {
  /** Regressors, 1 for the intercept among them. */
  x: readonly number[]
  /** How often it happened. */
  count: number
  /** How often it could have, or for how long it was looked at. */
  exposure: number
  /** What it counts for, default 1; such as an inverse propensity. */
  weight?: number
}

/** A distribution with its canonical link: the mean of one unit of exposure as a function of the linear predictor. */
export interface Family {
  mean(predictor: number): number
  /** Variance of one unit of exposure with this mean. */
  variance(mean: number): number
  /** What does not depend on the parameters is left out. */
  logLikelihood(count: number, exposure: number, predictor: number): number
  /** Sum of the squared residuals that make up the observation. */
  squares(count: number, exposure: number, mean: number): number
}

export interface Fitted {
  converged: true
  coefficients: Float64Array
  /** Inverse of the information, row by row: right where the family is and no weight was given. */
  covariance: Float64Array
  /** Sandwich: right whatever the variance, and under weights. */
  robustCovariance: Float64Array
  logLikelihood: number
}

/**
 * Why there are no coefficients. `separated`: they would be infinite, as where nobody bought at one price. `collinear`: one
 * regressor says no more than the others together.
 */
export interface Unfitted {
  converged: false
  reason: 'separated' | 'collinear' | 'not_converged'
}

const ITERATIONS = 100
const HALVINGS = 30
/** Square of what is left of the way, in standard errors, at which one last step leads to the top as nearly as numbers tell. */
const TOLERANCE = 1e-10
/** The same where no step raises the likelihood any more: what is left drowns in the rounding of a large sum. */
const NEARLY = 1e-6
/** Most by which a step may change a linear predictor: far from the top its quadratic leads astray. */
const LONGEST_STEP = 3
/** Variance of one unit below which its mean has left for the edge. */
const EDGE = 1e-9

/**
 * Coefficients that make the log-likelihood greatest, by Newton's steps, which for a canonical link are those of Fisher's
 * scoring and of iteratively re-weighted least squares; halved where they lead downhill. Says so where there are none.
 *
 * Source: McCullagh & Nelder (1989), Generalized Linear Models, ch. 2; White (1982), Econometrica 50:1–25 (sandwich).
 *
 * @param clusters for each observation the number of the group within which residuals may hang together; without them none do
 */
export function fitByScoring(observations: readonly Observation[], family: Family, clusters?: readonly number[]): Fitted | Unfitted {
  const size = observations[0]?.x.length ?? 0
  let coefficients = new Float64Array(size)
  let current = likelihoodOf(observations, family, coefficients)
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const { gradient, information, isAtEdge } = differentiate(observations, family, coefficients)
    const covariance = invert(information, size)
    if (!covariance) return { converged: false, reason: isAtEdge ? 'separated' : 'collinear' }
    const step = multiply(covariance, gradient)
    const left = dot(gradient, step)
    const next = left <= TOLERANCE ? null : climb(observations, family, coefficients, step, current)
    if (!next) {
      if (left > NEARLY) break
      if (isAtEdge) return { converged: false, reason: 'separated' }
      const last = coefficients.map((value, at) => value + (step[at] as number))
      return summarise(observations, family, last, clusters)
    }
    coefficients = next.coefficients
    current = next.logLikelihood
  }
  return { converged: false, reason: 'not_converged' }
}

function summarise(
  observations: readonly Observation[],
  family: Family,
  coefficients: Float64Array,
  clusters: readonly number[] | undefined,
): Fitted | Unfitted {
  const covariance = invert(differentiate(observations, family, coefficients).information, coefficients.length)
  if (!covariance) return { converged: false, reason: 'collinear' }
  const robustCovariance = sandwich(observations, family, coefficients, covariance, clusters)
  return { converged: true, coefficients, covariance, robustCovariance, logLikelihood: likelihoodOf(observations, family, coefficients) }
}

function climb(observations: readonly Observation[], family: Family, from: Float64Array, step: Float64Array, current: number) {
  const longest = observations.reduce((most, { x }) => Math.max(most, Math.abs(dot(x, step))), 0)
  for (let halving = 0, share = Math.min(1, LONGEST_STEP / longest); halving < HALVINGS; halving++, share /= 2) {
    const coefficients = from.map((value, at) => value + share * (step[at] as number))
    const logLikelihood = likelihoodOf(observations, family, coefficients)
    if (logLikelihood > current) return { coefficients, logLikelihood }
  }
  return null
}

function likelihoodOf(observations: readonly Observation[], family: Family, coefficients: Float64Array): number {
  let sum = 0
  for (const { x, count, exposure, weight = 1 } of observations) sum += weight * family.logLikelihood(count, exposure, dot(x, coefficients))
  return sum
}

function differentiate(observations: readonly Observation[], family: Family, coefficients: Float64Array) {
  const size = coefficients.length
  const gradient = new Float64Array(size)
  const information = new Float64Array(size * size)
  let isAtEdge = false
  for (const { x, count, exposure, weight = 1 } of observations) {
    if (!(weight * exposure > 0)) continue
    const mean = family.mean(dot(x, coefficients))
    const variance = family.variance(mean)
    // Only what always or never happened pulls to the edge; a bad model may take a rare count there, and still has a top.
    isAtEdge ||= !(variance > EDGE) && (count === 0 || count === exposure)
    addOuter(information, x, weight * exposure * variance)
    for (let row = 0; row < size; row++) gradient[row] = (gradient[row] as number) + weight * (count - exposure * mean) * (x[row] as number)
  }
  return { gradient, information, isAtEdge }
}

function sandwich(
  observations: readonly Observation[],
  family: Family,
  coefficients: Float64Array,
  bread: Float64Array,
  clusters: readonly number[] | undefined,
): Float64Array {
  const size = coefficients.length
  const meat = new Float64Array(size * size)
  const scores = new Map<number, Float64Array>()
  for (const [at, { x, count, exposure, weight = 1 }] of observations.entries()) {
    const mean = family.mean(dot(x, coefficients))
    if (!clusters) {
      addOuter(meat, x, weight * weight * family.squares(count, exposure, mean))
      continue
    }
    const cluster = clusters[at] as number
    const score = scores.get(cluster) ?? new Float64Array(size)
    scores.set(cluster, score)
    for (let row = 0; row < size; row++) score[row] = (score[row] as number) + weight * (count - exposure * mean) * (x[row] as number)
  }
  // With few clusters the sum of their squares falls short; the factor is the usual one.
  const factor = scores.size > 1 ? scores.size / (scores.size - 1) : 1
  for (const score of scores.values()) addOuter(meat, score, factor)
  const half = new Float64Array(size * size)
  for (let column = 0; column < size; column++) {
    const product = multiply(
      bread,
      Float64Array.from({ length: size }, (_, row) => meat[row * size + column] as number),
    )
    for (let row = 0; row < size; row++) half[row * size + column] = product[row] as number
  }
  const whole = new Float64Array(size * size)
  for (let row = 0; row < size; row++) whole.set(multiply(bread, half.subarray(row * size, (row + 1) * size)), row * size)
  return whole
}

function addOuter(into: Float64Array, x: ArrayLike<number>, factor: number): void {
  const size = x.length
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      into[row * size + column] = (into[row * size + column] as number) + factor * (x[row] as number) * (x[column] as number)
}

function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length
  return vector.map((_, row) => dot(matrix.subarray(row * size, (row + 1) * size), vector))
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number)
  return sum
}
