import type { Cell } from './cells.ts'
import { periodWeights } from './period-weights.ts'
import { weightedMean } from './weighted-mean.ts'

/** What an arm makes a visitor, in minor units, and how well that is known. */
export interface Figure {
  readonly value: number
  /** Positive. */
  readonly standardError: number
  /** Equally weighed observations that would tell as much. */
  readonly effective: number
  readonly purchases: number
}

/** Purchases that the variance common to all arms weighs in each arm's own; and fewest an arm must have for a verdict. */
export const LEAST_PURCHASES = 25

/**
 * The figure of each arm over the same periods; null for one that fewer than two people saw, and for all while nothing varies,
 * as when nobody has bought.
 *
 * Purchases are rare, so the variance of an arm that happened to sell little comes out small and its bad luck would seem
 * certain. Each variance is therefore drawn towards that of all arms, the more the fewer purchases are behind it.
 */
export function figuresOf(cells: readonly Cell[], arms: readonly string[]): (Figure | null)[] {
  const weights = periodWeights(cells, arms)
  const means = arms.map((arm) => weightedMean(weights, arm))
  const known = means.filter((mean) => mean !== null)
  const people = known.reduce((sum, mean) => sum + mean.people, 0)
  const common = known.reduce((sum, { variance, people }) => sum + variance * people, 0) / people
  return means.map((mean) => {
    if (mean === null || !(common > 0)) return null
    const { purchases, effective } = mean
    const variance = (mean.variance * purchases + common * LEAST_PURCHASES) / (purchases + LEAST_PURCHASES)
    return { value: mean.mean, standardError: Math.sqrt(variance / effective), effective, purchases }
  })
}

/** All of them, or null where one is missing. */
export const allKnown = (figures: readonly (Figure | null)[]): readonly Figure[] | null =>
  figures.every((figure) => figure !== null) ? figures : null
