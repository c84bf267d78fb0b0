import { incompleteBeta } from './incomplete-beta.ts'
import { normalCumulative } from './normal.ts'
import { normalQuantile } from './normal-quantile.ts'

export interface Counted {
  readonly n: number
  readonly successes: number
}

/** Why there is no comparison. */
export interface NoComparison {
  reason: string
}

export interface PooledComparison {
  effect: number
  standardError: number
  low: number
  high: number
  z: number
  pValue: number
}

/**
 * Difference of two shares, treatment less control, with the error both would have if they were one: the textbook's z test.
 * Its interval is a little wrong where the shares differ much; `compareVariants` has each side's own.
 *
 * Source: Fleiss, Levin, Paik (2003), Statistical methods for rates and proportions, section 4.1.
 *
 * @example compareShares({ n: 17293, successes: 3785 }, { n: 17260, successes: 3423 }) // => { effect: -0.02055, z: -4.70, … }
 */
export function compareShares(control: Counted, treatment: Counted, alpha = 0.05): PooledComparison | NoComparison {
  if (control.n < 1 || treatment.n < 1) return { reason: 'nobody on one side' }
  const share = (control.successes + treatment.successes) / (control.n + treatment.n)
  const standardError = Math.sqrt(share * (1 - share) * (1 / control.n + 1 / treatment.n))
  if (!(standardError > 0)) return { reason: 'nobody, or everybody, succeeded' }
  const effect = treatment.successes / treatment.n - control.successes / control.n
  const reach = normalQuantile(1 - alpha / 2) * standardError
  const z = effect / standardError
  return { effect, standardError, low: effect - reach, high: effect + reach, z, pValue: 2 * normalCumulative(-Math.abs(z)) }
}

/**
 * Chance of a split of pairs at least as one-sided as this, where either side of a pair is as likely the higher: exact,
 * two-sided. Pairs that tie are left out before. With none, 1.
 *
 * Source: Dixon and Mood (1946), Journal of the American Statistical Association 41:557–566.
 *
 * @example signTest(4, 23) // => 0.0026
 */
export function signTest(higher: number, pairs: number): number {
  const fewer = Math.min(higher, pairs - higher)
  if (pairs <= 0 || 2 * fewer === pairs) return 1
  return Math.min(1, 2 * incompleteBeta(0.5, pairs - fewer, fewer + 1))
}
