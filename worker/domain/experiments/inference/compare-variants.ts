import { TUNED_FOR } from '../../statistics/confidence-sequence.ts'
import { welchFreedom } from '../../statistics/welch.ts'
import { type Alternative, fixedInterval, type Interval, sequentialInterval } from './interval.ts'
import { type Joint, jointOf, pool, type Side, sideOf } from './joint.ts'
import type { MetricKind, MetricMoments, NoResult } from './metric-moments.ts'
import { checkPrior, type Posterior, type Prior, posteriorOf } from './posterior.ts'

export interface Estimate {
  value: number
  standardError: number
}

export interface VariantComparison extends Interval {
  /** Treatment less control, after adjustment; with `relative` a share of the control's absolute unadjusted mean. */
  effect: number
  standardError: number
  /** Degrees of freedom, by Welch and Satterthwaite. */
  freedom: number
  control: Estimate
  treatment: Estimate
  /** CUPED: how much of the covariate was taken off, and the share of the squared error that went with it, 0–1. Null: none. */
  theta: number | null
  varianceReduction: number | null
  posterior: Posterior
  /** As in `posterior`. */
  chanceToWin: number
  expectedLoss: { keepControl: number; shipTreatment: number }
}

export interface ComparisonOptions {
  /** Chance of an interval that misses, 0–1. Default 0.05. */
  alpha?: number
  /** fixed: looked at once. sequential: holds at every look. Default fixed. */
  method?: 'fixed' | 'sequential'
  /** Effect as a share of the control. Default false: in the units of the metric. */
  relative?: boolean
  /** Observations at which a sequential interval is to be narrowest. */
  tunedFor?: number
  alternative?: Alternative
  /** Whether a covariate is used where there is one. Default true. */
  cuped?: boolean
  /** Of the relative lift, whether the effect is told relative or not. */
  prior?: Prior | null
  /** Whether a positive effect is a gain, for the chance to win and the losses. Default true. */
  higherIsBetter?: boolean
}

/** Shares and amounts of customers: the kind says by what centred sums are divided. */
const divisorOf = (kind: MetricKind, n: number): number => (kind === 'proportion' ? n : n - 1)

/**
 * A metric of one variant with its standard error.
 *
 * @example estimateMetric('proportion', { n: 100, sum: 49, squares: 49n }) // => { value: 0.49, standardError: 0.05 }
 */
export const estimateMetric = (kind: MetricKind, moments: MetricMoments): Estimate | NoResult => estimateJoint(kind, jointOf(moments))

/** As `estimateMetric`, from joint moments that were made of anything. */
export function estimateJoint(kind: MetricKind, joint: Joint): Estimate | NoResult {
  const side = readSide(kind, joint, 'this variant')
  return 'reason' in side ? side : { value: side.value, standardError: Math.sqrt(side.variance / side.n) }
}

function readSide(kind: MetricKind, joint: Joint, whose: string): Side | NoResult {
  if (joint.n < 2) return { reason: `${whose} has fewer than two customers` }
  return sideOf(joint, divisorOf(kind, joint.n)) ?? { reason: `what ${whose} is divided by sums to zero` }
}

/**
 * Treatment against control from stored sums: Welch's interval or a confidence sequence, ratios and relative lift by the
 * delta method, adjusted by the metric before exposure (CUPED) where the moments have it, with θ pooled over both.
 * Degenerate sums give a reason instead of numbers.
 *
 * Sources: Deng, Xu, Kohavi, Walker (2013), Improving the sensitivity of online controlled experiments (CUPED), WSDM;
 * Deng, Knoblich, Lu (2018), Applying the delta method in metric analytics, KDD; conventions of GrowthBook's engine.
 *
 * @example compareVariants('proportion', { n: 28, sum: 14, squares: 14n }, { n: 30, sum: 16, squares: 16n }, { relative: true })
 *          // => { effect: 0.0667, low: -0.4777, high: 0.611, pValue: 0.807, … }
 */
export const compareVariants = (
  kind: MetricKind,
  control: MetricMoments,
  treatment: MetricMoments,
  options: ComparisonOptions = {},
): VariantComparison | NoResult => compareJoints(kind, jointOf(control), jointOf(treatment), options)

/** As `compareVariants`, from joint moments that were made of anything. */
export function compareJoints(
  kind: MetricKind,
  control: Joint,
  treatment: Joint,
  options: ComparisonOptions = {},
): VariantComparison | NoResult {
  const [a, b] = [readSide(kind, control, 'the control'), readSide(kind, treatment, 'the treatment')]
  if ('reason' in a) return a
  if ('reason' in b) return b
  const theta = options.cuped === false ? null : pooledTheta(kind, pool(control, treatment), [a, b])
  return compareSides(a, b, theta, options, kind === 'ratio')
}

/**
 * How much of the covariate to take off, as GrowthBook's engine has it: of a mean, the slope in both variants as if they
 * were one; of a ratio, that within them. Null without a covariate, or where it never varies.
 */
function pooledTheta(kind: MetricKind, both: Joint, sides: readonly Side[]): number | null {
  if (!both.covariate) return null
  const spreads = kind === 'ratio' ? sides : [sideOf(both, divisorOf(kind, both.n))]
  const sum = (of: 'variance' | 'covariance') => spreads.reduce((total, side) => total + (side?.before?.[of] ?? 0), 0)
  return sum('variance') > 0 ? sum('covariance') / sum('variance') : null
}

/**
 * Of two sides whose values and errors are known.
 *
 * @param exactSlope of a relative lift that was adjusted: whether the error follows the adjusted lift, or, as the engine
 *                   has it for means, the plain one; both agree where the variants were alike before exposure
 */
export function compareSides(
  a: Side,
  b: Side,
  theta: number | null,
  options: ComparisonOptions,
  exactSlope = false,
): VariantComparison | NoResult {
  const { alpha = 0.05, method = 'fixed', relative = false, tunedFor = TUNED_FOR } = options
  const { alternative = 'two_sided', prior = null, higherIsBetter = true } = options
  if (a.variance + b.variance === 0) return { reason: 'nothing varies: every customer brought the same' }
  if (relative && a.value === 0) return { reason: 'the control is zero, so nothing can be a share of it' }
  if (relative && (a.variance === 0 || b.variance === 0))
    return { reason: 'one variant does not vary at all, so a relative lift has no error to tell; compare absolute values' }
  const scale = relative ? Math.abs(a.value) : 1
  const taken = theta ?? 0
  const apart = b.value - a.value - taken * ((b.before?.value ?? 0) - (a.before?.value ?? 0))
  const slope = relative ? (exactSlope ? a.value + apart : b.value) / a.value : 1
  const squaredErrorOf = (share: number) => (leftOver(b, share, 1) / b.n + leftOver(a, share, slope) / a.n) / scale ** 2
  const squaredError = squaredErrorOf(taken)
  if (!(squaredError > 0)) return { reason: 'the covariate explains everything, so no error is left to tell' }
  const effect = apart / scale
  const standardError = Math.sqrt(squaredError)
  const freedom = freedomOf([a, b], taken)
  checkPrior(prior)
  const believed = scaled(prior, relative ? 1 : Math.abs(a.value))
  if (![squaredError, freedom, effect / standardError].every(Number.isFinite)) return OUT_OF_RANGE
  const interval =
    method === 'sequential'
      ? sequentialInterval(effect, standardError, a.n + b.n, { alpha, tunedFor, alternative })
      : fixedInterval(effect, standardError, freedom, { alpha, alternative })
  const posterior = posteriorOf(effect, standardError, { prior: believed, alpha, higherIsBetter })
  const varianceReduction = theta === null ? null : 1 - squaredError / squaredErrorOf(0)
  if (
    ![taken, varianceReduction ?? 0, ...Object.values(posterior.expectedLoss), posterior.low, posterior.chanceToWin].every(Number.isFinite)
  )
    return OUT_OF_RANGE
  return {
    effect,
    standardError,
    freedom,
    ...interval,
    control: { value: a.value, standardError: Math.sqrt(a.variance / a.n) },
    treatment: { value: b.value, standardError: Math.sqrt(b.variance / b.n) },
    theta,
    varianceReduction,
    posterior,
    chanceToWin: posterior.chanceToWin,
    expectedLoss: posterior.expectedLoss,
  }
}

/** Squares of squares leave the range of numbers long before sums do. */
const OUT_OF_RANGE: NoResult = { reason: 'the sums are too large or too small to be calculated with; take other units' }

/** Of the adjusted sides; never below one, which rounding would make of two customers a side. */
function freedomOf(sides: readonly Side[], theta: number): number {
  const errors = (taken: number) => sides.map((side) => ({ squaredError: leftOver(side, taken, 1) / side.n, n: side.n }))
  const adjusted = errors(theta)
  return Math.max(1, welchFreedom(adjusted.some(({ squaredError }) => squaredError > 0) ? adjusted : errors(0)))
}

/** Share of a variance that is rounding where a covariate explains all of it. */
const ROUNDING = 1e-12

/** Variance of slope × value less θ × what it was before. */
function leftOver({ variance, before }: Side, theta: number, slope: number): number {
  const whole = slope ** 2 * variance
  if (!before) return whole
  const left = whole + theta ** 2 * before.variance - 2 * theta * slope * before.covariance
  return left > whole * ROUNDING ? left : 0
}

/** A prior of the relative lift in the units of the effect. A control of zero, or next to it, leaves none. */
const scaled = (prior: Prior | null, scale: number): Prior | null =>
  prior && (prior.standardDeviation * scale) ** 2 > 0
    ? { mean: prior.mean * scale, standardDeviation: prior.standardDeviation * scale }
    : null
