import { DomainError } from '../error.ts'
import { logBeta } from './log-gamma.ts'

const MAXIMUM_TERMS = 10_000
const PRECISION = 1e-15
/** Stands for zero in a denominator, as Lentz' method asks. */
const TINY = 1e-300

/**
 * Regularised incomplete beta function: chance that a beta variable of shapes `a` and `b` falls below `x`.
 *
 * Units: `x` 0–1, shapes positive; the answer 0–1. Absolute error about 1e-13.
 * Source: Press et al., Numerical Recipes, 3rd edition, section 6.4 (continued fraction by Lentz' method).
 *
 * @throws DomainError invalid_field  a shape that is not positive
 * @example incompleteBeta(0.5, 2, 3) // => 0.6875
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0)) throw new DomainError('invalid_field', 'incompleteBeta requires positive shapes', 'a')
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

function fraction(x: number, a: number, b: number): number {
  const sound = (value: number): number => (Math.abs(value) < TINY ? TINY : value)
  let c = 1
  let d = 1 / sound(1 - ((a + b) * x) / (a + 1))
  let product = d
  const extend = (numerator: number): number => {
    d = 1 / sound(1 + numerator * d)
    c = sound(1 + numerator / c)
    product *= d * c
    return d * c
  }
  for (let m = 1; m <= MAXIMUM_TERMS; m++) {
    extend((m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)))
    const change = extend((-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)))
    if (Math.abs(change - 1) < PRECISION) break
  }
  return product
}
