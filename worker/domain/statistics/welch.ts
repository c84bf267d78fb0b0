import { studentCumulative } from './student.ts'
import { studentQuantile } from './student-quantile.ts'

/** A mean and the variance of one observation about it. */
export interface Sample {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

export interface Comparison {
  effect: number
  standardError: number
  freedom: number
  low: number
  high: number
  /** Two-sided: chance of an effect at least this large where there is none. */
  pValue: number
}

/** Why there is no comparison. */
export interface NoComparison {
  reason: string
}

/**
 * Degrees of freedom of a difference whose sides have errors of their own.
 *
 * Source: Welch (1947) and Satterthwaite (1946), Biometrics Bulletin 2:110–114.
 */
export function welchFreedom(sides: readonly { squaredError: number; n: number }[]): number {
  const total = sides.reduce((sum, { squaredError }) => sum + squaredError, 0)
  return total ** 2 / sides.reduce((sum, { squaredError, n }) => sum + squaredError ** 2 / (n - 1), 0)
}

/**
 * Difference of two means whose variances may differ, treatment less control, looked at once.
 *
 * Units: those of the means, or with `relative` a share of the control's absolute mean, its error by the delta method.
 * Source: Welch (1947), Biometrika 34:28–35; conventions of GrowthBook's statistics engine.
 * Fewer than two observations, no variance at all or a control mean of zero give a reason instead of a number.
 *
 * @example compareMeans({ n: 100, mean: 2.7, variance: 1 }, { n: 120, mean: 2.5, variance: 1 })
 *          // => { effect: -0.2, standardError: 0.1354, low: -0.4669, high: 0.0669, … }
 */
export function compareMeans(
  control: Sample,
  treatment: Sample,
  { relative = false, alpha = 0.05 }: { relative?: boolean; alpha?: number } = {},
): Comparison | NoComparison {
  if (control.n < 2 || treatment.n < 2) return { reason: 'fewer than two observations on one side' }
  if (control.variance + treatment.variance === 0) return { reason: 'no variance at all' }
  if (relative && control.mean === 0) return { reason: 'the mean of the control is zero' }
  const scale = relative ? Math.abs(control.mean) : 1
  const slope = relative ? treatment.mean / control.mean : 1
  const effect = (treatment.mean - control.mean) / scale
  const standardError = Math.sqrt(treatment.variance / treatment.n + (slope ** 2 * control.variance) / control.n) / scale
  const freedom = welchFreedom([control, treatment].map(({ variance, n }) => ({ squaredError: variance / n, n })))
  const reach = studentQuantile(1 - alpha / 2, freedom) * standardError
  const pValue = 2 * studentCumulative(-Math.abs(effect / standardError), freedom)
  return { effect, standardError, freedom, low: effect - reach, high: effect + reach, pValue }
}
