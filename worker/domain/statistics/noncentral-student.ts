import { DomainError } from '../error.ts'
import { logGamma } from './log-gamma.ts'
import { normalCumulative } from './normal.ts'

/** From here on the estimated deviation is as good as known. */
const PLENTY = 100_000
const STEPS = 400
/** Standard deviations of the estimated deviation that are integrated over. */
const FAR = 10

/**
 * Chance that a variable of Student's noncentral distribution exceeds `t`: the power of a t test. By Simpson's rule over
 * the estimated deviation; absolute error about 1e-9.
 *
 * Source: Johnson, Kotz, Balakrishnan (1995), Continuous univariate distributions 2, chapter 31.
 *
 * @param shift  noncentrality: the effect over its standard error
 * @throws DomainError invalid_field  less than one degree of freedom
 * @example noncentralStudentSurvival(2.0244, 38, 3.1623) // => 0.8690
 */
export function noncentralStudentSurvival(t: number, freedom: number, shift: number): number {
  if (!(freedom >= 1))
    throw new DomainError('invalid_field', 'noncentralStudentSurvival requires at least one degree of freedom', 'freedom')
  if (freedom > PLENTY) return normalCumulative(shift - t)
  const half = freedom / 2
  const constant = Math.LN2 + half * Math.log(half) - logGamma(half)
  const reach = FAR / Math.sqrt(2 * freedom)
  const low = Math.max(0, 1 - reach)
  const step = (1 + reach - low) / STEPS
  let chance = 0
  for (let at = 0; at <= STEPS; at++) {
    const s = low + at * step
    const density = s === 0 ? (freedom === 1 ? Math.exp(constant) : 0) : Math.exp(constant + (freedom - 1) * Math.log(s) - half * s * s)
    chance += (at === 0 || at === STEPS ? 1 : at % 2 === 1 ? 4 : 2) * density * normalCumulative(shift - t * s)
  }
  return Math.min(1, (chance * step) / 3)
}
