import { centredSquares } from '../../statistics/moments.ts'
import type { PeriodWeights } from './period-weights.ts'

/** What one arm earned a visitor, each person weighed by the weight of the period over the chance of the arm. */
export interface WeightedMean {
  /** Minor units. */
  readonly mean: number
  /** Of one person about the mean. */
  readonly variance: number
  readonly people: number
  /** How many equally weighed people would tell as much: (Σ weight)² ÷ Σ weight². Source: Kish (1965), Survey Sampling. */
  readonly effective: number
  /** How many purchases of one size would tell as much: (Σ outcome)² ÷ Σ outcome². */
  readonly purchases: number
}

/**
 * Self-normalised inverse-propensity mean of one arm, its variance from the squared residuals (sandwich). Null with
 * fewer than two people.
 *
 * Source: Hájek (1971), in Foundations of Statistical Inference, p. 236.
 */
export function weightedMean(weights: PeriodWeights, arm: string): WeightedMean | null {
  const cells = [...weights].flatMap(([{ propensities, moments }, weight]) => {
    const own = moments.get(arm)
    return own && own.n > 0 ? [{ weight: weight / (propensities.get(arm) as number), own }] : []
  })
  let [people, total, squaredWeights, sum, plainSum, plainSquares] = [0, 0, 0, 0, 0, 0]
  for (const { weight, own } of cells) {
    people += own.n
    total += weight * own.n
    squaredWeights += weight ** 2 * own.n
    sum += weight * own.sum
    plainSum += own.sum
    plainSquares += Number(own.squares)
  }
  if (people < 2) return null
  const mean = sum / total
  const effective = total ** 2 / squaredWeights
  let residuals = 0
  for (const { weight, own } of cells) residuals += weight ** 2 * (centredSquares(own) + own.n * (own.sum / own.n - mean) ** 2)
  return {
    mean,
    variance: (residuals / squaredWeights) * (people / (people - 1)),
    people,
    effective,
    purchases: plainSquares > 0 ? plainSum ** 2 / plainSquares : 0,
  }
}
