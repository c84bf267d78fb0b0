import { DomainError } from '../error.ts'
import { incompleteBeta } from './incomplete-beta.ts'
import { logBeta } from './log-gamma.ts'
import { normalCumulative, normalDensity } from './normal.ts'

/** What is believed of an unknown figure. */
export interface Belief {
  readonly mean: number
  readonly deviation: number
  /** Where its density is positive. */
  readonly support: readonly [low: number, high: number]
  density(x: number): number
  cumulative(x: number): number
}

export interface Standing {
  /** Chance that this one is the highest of all, 0–1; together they make 1. */
  chanceToBeBest: number
  /** How much is given up, in expectation, by choosing this one: E[highest − this]. */
  expectedLoss: number
}

export function normalBelief(mean: number, deviation: number): Belief {
  if (!(deviation > 0 && Number.isFinite(mean)))
    throw new DomainError('invalid_field', 'normalBelief requires a positive deviation', 'deviation')
  return {
    mean,
    deviation,
    support: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    density: (x) => normalDensity((x - mean) / deviation) / deviation,
    cumulative: (x) => normalCumulative((x - mean) / deviation),
  }
}

/** A share of beta shapes times a price: revenue a visitor, where `price` is in minor units. */
export function betaBelief(alpha: number, beta: number, price = 1): Belief {
  if (!(alpha > 0 && beta > 0 && price > 0))
    throw new DomainError('invalid_field', 'betaBelief requires positive shapes and price', 'alpha')
  const total = alpha + beta
  const constant = logBeta(alpha, beta) + Math.log(price)
  return {
    mean: (price * alpha) / total,
    deviation: (price / total) * Math.sqrt((alpha * beta) / (total + 1)),
    support: [0, price],
    density: (x) =>
      x <= 0 || x >= price ? 0 : Math.exp((alpha - 1) * Math.log(x / price) + (beta - 1) * Math.log1p(-x / price) - constant),
    cumulative: (x) => incompleteBeta(x / price, alpha, beta),
  }
}

/** Nodes and weights of the Gauss–Legendre rule of eight points on [−1, 1]; the other four mirror these. */
const GAUSS_LEGENDRE = [
  [0.1834346424956498, 0.362683783378362],
  [0.525532409916329, 0.3137066458778873],
  [0.7966664774136267, 0.2223810344533745],
  [0.9602898564975363, 0.1012285362903763],
] as const
/** In standard deviations from the mean: between neighbours a density is smooth, beyond the last there is nothing. */
const STEPS = [-8, -5, -3, -1.5, 0, 1.5, 3, 5, 8]

/**
 * How each of several independent beliefs stands among all: its chance to be the highest, and the loss expected from
 * choosing it. Deterministic: ∫ density of one × Π chances that the others lie below, piecewise between the bends of
 * every belief, so that a very certain one among vague ones is not stepped over. Error below 1e-6.
 *
 * Source: Russo (2020), Simple Bayesian algorithms for best-arm identification, Operations Research 68:1625–1647.
 *
 * @throws DomainError invalid_field  nothing to compare
 * @example compareBeliefs([normalBelief(1, 0.5), normalBelief(2, 0.5), normalBelief(3, 0.5)]).map((one) => one.chanceToBeBest)
 *          // => [0.0013, 0.0783, 0.9203]
 */
export function compareBeliefs(beliefs: readonly Belief[]): Standing[] {
  if (beliefs.length === 0) throw new DomainError('invalid_field', 'compareBeliefs requires a belief', 'beliefs')
  const bends = [...new Set(beliefs.flatMap(bendsOf))].sort((a, b) => a - b)
  const chances = beliefs.map(() => 0)
  let highest = 0
  for (let at = 1; at < bends.length; at++) {
    const half = ((bends[at] as number) - (bends[at - 1] as number)) / 2
    const middle = (bends[at - 1] as number) + half
    for (const [node, weight] of GAUSS_LEGENDRE) {
      for (const x of [middle - half * node, middle + half * node]) {
        const below = beliefs.map((belief) => belief.cumulative(x))
        beliefs.forEach((belief, index) => {
          const others = below.reduce((product, chance, other) => (other === index ? product : product * chance), 1)
          if (others === 0) return
          const mass = half * weight * belief.density(x) * others
          chances[index] = (chances[index] as number) + mass
          highest += mass * x
        })
      }
    }
  }
  const total = chances.reduce((sum, chance) => sum + chance, 0)
  return beliefs.map(({ mean }, index) => ({
    chanceToBeBest: (chances[index] as number) / total,
    expectedLoss: Math.max(0, highest / total - mean),
  }))
}

const bendsOf = ({ mean, deviation, support: [low, high] }: Belief): number[] =>
  STEPS.map((step) => Math.min(high, Math.max(low, mean + step * deviation)))
