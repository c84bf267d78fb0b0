import { DomainError } from '../error.ts'
import { incompleteBeta } from './incomplete-beta.ts'

/**
 * Chance that a variable of Student's distribution falls below `t`.
 *
 * Units: `t` in estimated standard deviations. Absolute error about 1e-12.
 * Source: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.1 with 26.5.27.
 *
 * @param freedom degrees of freedom, not necessarily whole
 * @throws DomainError invalid_field  no freedom
 * @example studentCumulative(2.228138851986274, 10) // => 0.975
 */
export function studentCumulative(t: number, freedom: number): number {
  if (!(freedom > 0)) throw new DomainError('invalid_field', 'studentCumulative requires positive degrees of freedom', 'freedom')
  const tail = incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
  return t > 0 ? 1 - tail : tail
}
