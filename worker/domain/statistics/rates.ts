import { chiSquareSurvival } from './chi-square.ts'
import { logGamma } from './log-gamma.ts'
import { normalQuantile } from './normal-quantile.ts'

const Z_95 = normalQuantile(0.975)

/** People, and those of them with whom something happened. */
export interface Rate {
  successes: number
  people: number
}

export interface RateDifference {
  value: number
  low: number
  high: number
}

/**
 * Difference of two rates, the first minus the second, with its interval: Newcombe's hybrid score interval, which has a width
 * even where nobody or everybody succeeds.
 *
 * Units: rates 0–1, so that 0.2 is twenty percentage points.
 * Source: Newcombe (1998), Statistics in Medicine 17:873–890, method 10.
 *
 * @throws RangeError  one of them has no people
 * @example newcombeInterval({ successes: 56, people: 70 }, { successes: 48, people: 80 }) // => { value: 0.2, low: 0.0524, high: 0.3339 }
 */
export function newcombeInterval(first: Rate, second: Rate, level = 0.95): RateDifference {
  const z = normalQuantile((1 + level) / 2)
  if (!(first.people > 0) || !(second.people > 0)) throw new RangeError('newcombeInterval requires people on both sides')
  const [a, b] = [boundsOf(first, z), boundsOf(second, z)]
  const value = a.rate - b.rate
  return {
    value,
    low: value - Math.hypot(a.rate - a.low, b.high - b.rate),
    high: value + Math.hypot(a.high - a.rate, b.rate - b.low),
  }
}

const boundsOf = ({ successes, people }: Rate, z: number) => ({ rate: successes / people, ...scoreInterval(successes / people, people, z) })

/**
 * Interval of a rate that stays between 0 and 1 and has a width where nobody, or everybody, succeeds.
 *
 * Source: Wilson (1927), Journal of the American Statistical Association 22:209–212.
 *
 * @param people may be a fraction, where some count for more than others
 * @param z      standard errors to either side: 1.96 for 95 %
 * @example scoreInterval(0.8, 70, 1.96) // => { low: 0.6918, high: 0.8769 }
 */
export function scoreInterval(rate: number, people: number, z = Z_95): { low: number; high: number } {
  const spread = z * Math.sqrt((rate * (1 - rate)) / people + (z * z) / (4 * people * people))
  const centre = rate + (z * z) / (2 * people)
  const scale = 1 + (z * z) / people
  return { low: rate === 0 ? 0 : Math.max(0, (centre - spread) / scale), high: rate === 1 ? 1 : Math.min(1, (centre + spread) / scale) }
}

/** Below this many expected in any cell the χ² of the score test is no longer what it says. Source: Cochran (1954), Biometrics 10:417–451. */
const LEAST_EXPECTED = 5

/**
 * Two-sided p value that two rates are one: the score test, or Fisher's exact one where few are expected in a cell.
 *
 * @returns 0–1; 1 where everybody succeeds, or nobody
 * @throws RangeError  one of them has no people
 */
export function ratesPValue(first: Rate, second: Rate): number {
  const people = first.people + second.people
  if (!(first.people > 0) || !(second.people > 0)) throw new RangeError('ratesPValue requires people on both sides')
  const successes = first.successes + second.successes
  if (successes === 0 || successes === people) return 1
  const pooled = successes / people
  const leastExpected = Math.min(first.people, second.people) * Math.min(pooled, 1 - pooled)
  if (leastExpected < LEAST_EXPECTED) return fisher(first, second)
  const difference = first.successes / first.people - second.successes / second.people
  const variance = pooled * (1 - pooled) * (1 / first.people + 1 / second.people)
  return chiSquareSurvival((difference * difference) / variance, 1)
}

/** Sum of the chances of all tables no likelier than this one. Tables as likely as it are so to within rounding. */
function fisher(first: Rate, second: Rate): number {
  const successes = first.successes + second.successes
  const people = first.people + second.people
  const choose = (of: number, some: number) => logGamma(of + 1) - logGamma(some + 1) - logGamma(of - some + 1)
  const chance = (k: number) => Math.exp(choose(first.people, k) + choose(second.people, successes - k) - choose(people, successes))
  const observed = chance(first.successes) * (1 + 1e-7)
  let total = 0
  for (let k = Math.max(0, successes - second.people); k <= Math.min(first.people, successes); k++) {
    const each = chance(k)
    if (each <= observed) total += each
  }
  return Math.min(1, total)
}
