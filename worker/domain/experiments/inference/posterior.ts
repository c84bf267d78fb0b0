import { DomainError } from '../../error.ts'
import { normalCumulative, normalDensity } from '../../statistics/normal.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'

/** What was believed of the effect before the test; null: nothing, every effect alike. */
export interface Prior {
  readonly mean: number
  readonly standardDeviation: number
}

export interface Posterior {
  effect: number
  standardError: number
  /** Interval that holds the effect with chance 1 − α. */
  low: number
  high: number
  /** Chance that the treatment is better, 0–1. */
  chanceToWin: number
  /** What is given up in expectation by either choice, in units of the effect. */
  expectedLoss: { keepControl: number; shipTreatment: number }
}

/**
 * Belief about an effect that was estimated with a normal error, under a normal prior.
 *
 * Source: conjugate normal model with known variance, as GrowthBook's engine; Stucchio (2015), Bayesian A/B testing at VWO.
 *
 * @param higherIsBetter whether a positive effect is a gain
 * @throws DomainError invalid_field  a prior without a positive deviation
 * @example posteriorOf(0.1, 0.05).chanceToWin // => 0.9772
 */
export function posteriorOf(
  effect: number,
  standardError: number,
  { prior = null, alpha = 0.05, higherIsBetter = true }: { prior?: Prior | null; alpha?: number; higherIsBetter?: boolean } = {},
): Posterior {
  checkPrior(prior)
  const seen = 1 / standardError ** 2
  const believed = prior ? 1 / prior.standardDeviation ** 2 : 0
  const mean = (effect * seen + (prior?.mean ?? 0) * believed) / (seen + believed)
  const deviation = 1 / Math.sqrt(seen + believed)
  const reach = normalQuantile(1 - alpha / 2) * deviation
  const gain = higherIsBetter ? mean : -mean
  return {
    effect: mean,
    standardError: deviation,
    low: mean - reach,
    high: mean + reach,
    chanceToWin: normalCumulative(gain / deviation),
    expectedLoss: { keepControl: expectedGain(gain, deviation), shipTreatment: expectedGain(-gain, deviation) },
  }
}

export function checkPrior(prior: Prior | null): void {
  if (prior && !(prior.standardDeviation > 0))
    throw new DomainError('invalid_field', 'a prior requires a positive standard deviation', 'prior.standardDeviation')
}

/** E[max(0, δ)] of a normal δ. @example expectedGain(0.1, 0.05) // => 0.1004245351308 */
export const expectedGain = (mean: number, deviation: number): number =>
  Math.max(0, mean * normalCumulative(mean / deviation) + deviation * normalDensity(mean / deviation))
