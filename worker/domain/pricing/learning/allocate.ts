import { splitMinor } from '../../money.ts'

/** People are hashed to one of so many places, so weights that are whole numbers of them are drawn exactly. */
const PLACES = 10_000
/** Least share of an open arm: what is never tried cannot be learnt, and its propensity could not be divided by. */
export const LEAST_PLACES = 100

/**
 * Weights in proportion to the chance of each arm to be the best, none below 1 %, as multiples of 0.0001 that sum to 1.
 * That is Thompson sampling with its chances worked out instead of drawn: the same for everybody of a day.
 *
 * Source: Scott (2010), A modern Bayesian look at the multi-armed bandit, Applied Stochastic Models 26:639–658.
 *
 * @example allocate([0.7, 0.299, 0.001]) // => [0.6937, 0.2963, 0.01]
 */
export function allocate(chances: readonly number[]): number[] {
  const lifted = new Set<number>()
  for (;;) {
    const rest = chances.map((chance, at) => (lifted.has(at) ? 0 : chance))
    const places = splitMinor(PLACES - lifted.size * LEAST_PLACES, rest)
    const low = places.findIndex((count, at) => !lifted.has(at) && count < LEAST_PLACES)
    if (low < 0) return places.map((count, at) => (lifted.has(at) ? LEAST_PLACES : count) / PLACES)
    lifted.add(low)
  }
}
