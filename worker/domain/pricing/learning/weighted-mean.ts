import { centredSquares } from '../../statistics/moments.ts'
import type { PeriodWeights } from './period-weights.ts'

/** What one arm earned a visitor, each person weighed by the period's weight over the arm's chance. */
export interface WeightedMean {
  readonly mean: number
  /** Of one person about the mean. */
  readonly variance: number
  /** How many equally weighed people would tell as much (Kish). */
  readonly effective: number
  readonly people: number
}

export function weightedMean(weights: PeriodWeights, arm: string): WeightedMean | null {
  const parts = [...weights].flatMap(([{ propensities, moments }, weight]) => {
    const own = moments.get(arm)
    return own && own.n > 0 ? [{ weight: weight / (propensities.get(arm) as number), moments: own }] : []
  })
  let people = 0
  let total = 0
  let squared = 0
  let sum = 0
  for (const { weight, moments } of parts) {
    people += moments.n
    total += weight * moments.n
    squared += weight ** 2 * moments.n
    sum += weight * moments.sum
  }
  if (people < 2) return null
  const mean = sum / total
  const effective = total ** 2 / squared
  const spread = parts.reduce(
    (spread, { weight, moments }) => spread + weight ** 2 * (centredSquares(moments) + moments.n * (moments.sum / moments.n - mean) ** 2),
    0,
  )
  return { mean, variance: (spread / squared) * (effective / (effective - 1)), effective, people }
}
