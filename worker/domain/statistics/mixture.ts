import { DomainError } from '../error.ts'
import { chiSquareSurvival } from './chi-square.ts'
import { logBeta, logGamma } from './log-gamma.ts'
import { rootOf } from './root.ts'

/**
 * Bounds that a sum of centred observations stays below at every time at once, with chance 1 − α, by its variance so far.
 *
 * Source: Howard, Ramdas, McAuliffe, Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence sequences,
 * Annals of Statistics 49:1055–1080; names as in gostevehoward/confseq.
 */
export interface Mixture {
  /** Logarithm of the evidence against "none" that a sum `s` of variance `v` gives. Rises with `s`. */
  evidence(s: number, v: number): number
}

/** Precision of the mixture at which its bound is tightest when the variance is `v`. @example bestPrecision(100, 0.05) // => 12.60056 */
export function bestPrecision(v: number, alpha: number): number {
  if (!(v > 0 && alpha > 0 && alpha < 1))
    throw new DomainError('invalid_field', 'bestPrecision requires a positive variance and an alpha between 0 and 1', 'v')
  const evidence = -2 * Math.log(alpha)
  return v / (evidence + Math.log1p(evidence))
}

/** For sums of light tails, in either direction. */
export const normalMixture = (precision: number): Mixture => ({
  evidence: (s, v) => Math.log(precision / (v + precision)) / 2 + (s * s) / (2 * (v + precision)),
})

/**
 * For sums whose observations have exponential tails of scale `c`, upwards.
 *
 * @param precision as `bestPrecision(v, 2 * alpha)`, as it bounds one side
 */
export function gammaExponentialMixture(precision: number, c: number): Mixture {
  const shape = precision / c ** 2
  const constant = shape * Math.log(shape) - logGamma(shape) - Math.log(lowerGamma(shape, shape))
  return {
    evidence: (s, v) => {
      const grown = (v + precision) / c ** 2
      const at = (c * s + v) / c ** 2
      return constant + logGamma(grown) + Math.log(lowerGamma(grown, at + shape)) - grown * Math.log(at + shape) + at
    },
  }
}

/** Regularised lower incomplete gamma function. */
const lowerGamma = (shape: number, x: number): number => 1 - chiSquareSurvival(2 * x, 2 * shape)

/** The bound of a mixture: the sum at which its evidence reaches 1 ÷ α. @example mixtureBound(normalMixture(12.60056), 100, 0.05) // => 30.35209 */
export const mixtureBound = (mixture: Mixture, v: number, alpha: number): number =>
  rootOf((s) => mixture.evidence(s, v) + Math.log(alpha), 0, Math.sqrt(v))

/** ζ(1.4), of the series by which stitching shares alpha among its epochs. */
const ZETA = 3.1055472779775806
const EXPONENT = 1.4
/** Each epoch is twice as long as the one before. */
const EPOCH = 2

/**
 * A bound in closed form, by stitching bounds of epochs together: looser than a mixture, at the rate of the iterated logarithm.
 *
 * @param least variance from which on it is meant to be tight
 * @param c     scale of the observations' tails; 0 where they are light
 * @example stitchedBound(100, 0.05, 10, 3) // => 64.48755
 */
export function stitchedBound(v: number, alpha: number, least: number, c = 0): number {
  const far = Math.max(v, least)
  const ell = EXPONENT * Math.log(Math.log((EPOCH * far) / least)) + Math.log(ZETA / Math.log(EPOCH) ** EXPONENT) - Math.log(alpha)
  const spread = (EPOCH ** 0.25 + EPOCH ** -0.25) / Math.SQRT2
  const tail = ((Math.sqrt(EPOCH) + 1) / 2) * c * ell
  return Math.sqrt(spread ** 2 * far * ell + tail ** 2) + tail
}

/**
 * Interval of a share that holds at every look, by a beta-binomial mixture in both directions: exact, whatever the share.
 *
 * @param tunedFor trials at which it is to be narrowest
 * @throws DomainError invalid_field  more successes than trials, or no trials
 * @example shareSequence(700, 1000, { alpha: 0.05, tunedFor: 100 }) // => { low: 0.651629, high: 0.745949 }
 */
export function shareSequence(
  successes: number,
  trials: number,
  { alpha = 0.05, tunedFor }: { alpha?: number; tunedFor: number },
): { low: number; high: number } {
  if (!(trials > 0 && successes >= 0 && successes <= trials))
    throw new DomainError('invalid_field', 'shareSequence requires trials, and no more successes than those', 'successes')
  const threshold = -Math.log(alpha)
  const share = successes / trials
  const against = (p: number): number => betaBinomialEvidence((share - p) * trials, p * (1 - p) * trials, p, tunedFor) - threshold
  // Evidence grows on the way from the share seen to the ends, where it is without bound unless the share is there.
  const low = share === 0 ? 0 : share - rootOf((gap) => against(share - gap), 0, share * (1 - EDGE))
  const high = share === 1 ? 1 : share + rootOf((gap) => against(share + gap), 0, (1 - share) * (1 - EDGE))
  return { low, high }
}

/** How near to an end of [0, 1] a share is tried. */
const EDGE = 1e-12
/** Alpha for which the width is tuned, whatever the interval's own. */
const TUNED_ALPHA = 0.05
/** Precision below which the mixture would sit on the ends. */
const LEAST_PRECISION = 1e-3

function betaBinomialEvidence(s: number, v: number, p: number, tunedFor: number): number {
  const q = 1 - p
  const r = Math.max(bestPrecision(tunedFor * p * q, TUNED_ALPHA) - p * q, LEAST_PRECISION * p * q)
  return (
    (-(v + q * s) / q) * Math.log(p) -
    ((v - p * s) / p) * Math.log(q) +
    logBeta((r + v - p * s) / p, (r + v + q * s) / q) -
    logBeta(r / p, r / q)
  )
}
