import { type Family, type Fitted, fitByScoring, type Observation, type Unfitted } from './scoring.ts'

/** 1 ÷ (1 + e^−x) without overflow. */
export const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))

/** log(1 + eˣ) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

const BINOMIAL: Family = {
  mean: logistic,
  variance: (mean) => mean * (1 - mean),
  logLikelihood: (count, exposure, predictor) => count * predictor - exposure * softplus(predictor),
  squares: (count, exposure, mean) => count * (1 - mean) ** 2 + (exposure - count) * mean ** 2,
}

/**
 * Logistic regression of whether something happened, on binned data: `count` of `exposure` people with the same regressors,
 * each counting for `weight`.
 *
 * Units: coefficients are log odds a unit of their regressor. Says why where there are none; see `Unfitted`.
 * Source: as `fitByScoring`; Albert & Anderson (1984), Biometrika 71:1–10 (separation).
 *
 * @example logisticRegression([{ x: [1, 0], count: 1, exposure: 4 }, { x: [1, 1], count: 2, exposure: 4 }])
 *          // => coefficients −1.0986 (log 1/3) and 1.0986
 */
export const logisticRegression = (observations: readonly Observation[]): Fitted | Unfitted => fitByScoring(observations, BINOMIAL)
