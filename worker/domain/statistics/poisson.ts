import { type Family, type Fitted, fitByScoring, type Observation, type Unfitted } from './scoring.ts'

const POISSON: Family = {
  mean: Math.exp,
  variance: (mean) => mean,
  logLikelihood: (count, exposure, predictor) => count * predictor - exposure * Math.exp(predictor),
  squares: (count, exposure, mean) => (count - exposure * mean) ** 2,
}

/**
 * Poisson regression of counts, with a log link: how often something happens a unit of exposure, as a product of what each
 * regressor does. Consistent whatever the counts' distribution is, zeros among them, where the logarithm of a day without
 * a sale is none; then the robust covariance holds, within and across `clusters`.
 *
 * Units: a coefficient of a log regressor is an elasticity.
 * Source: Santos Silva & Tenreyro (2006), Review of Economics and Statistics 88:641–658.
 *
 * @example poissonRegression([{ x: [1], count: 3, exposure: 10 }]) // => coefficient −1.204 (log 0.3)
 */
export const poissonRegression = (observations: readonly Observation[], clusters?: readonly number[]): Fitted | Unfitted =>
  fitByScoring(observations, POISSON, clusters)
