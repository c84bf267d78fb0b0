import { DomainError } from '../error.ts'
import { logGamma } from './log-gamma.ts'

const MAXIMUM_TERMS = 10_000
const PRECISION = 1e-16

/**
 * Chance that a χ² variable exceeds `x`; relative error about 1e-12, also where it is as small as 1e-149.
 *
 * Source: Press et al., Numerical Recipes, 3rd edition, section 6.2 (upper incomplete gamma function).
 *
 * @param freedom degrees of freedom
 * @throws DomainError invalid_field  no freedom
 * @example chiSquareSurvival(3.841458820694124, 1) // => 0.05
 */
export function chiSquareSurvival(x: number, freedom: number): number {
  if (!(freedom > 0)) throw new DomainError('invalid_field', 'chiSquareSurvival requires positive degrees of freedom', 'freedom')
  if (x <= 0) return 1
  const shape = freedom / 2
  const at = x / 2
  return at < shape + 1 ? 1 - lowerSeries(shape, at) : upperFraction(shape, at)
}

const front = (shape: number, x: number): number => Math.exp(shape * Math.log(x) - x - logGamma(shape))

function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape
  let sum = term
  for (let n = 1; n <= MAXIMUM_TERMS && term > sum * PRECISION; n++) {
    term *= x / (shape + n)
    sum += term
  }
  return sum * front(shape, x)
}

/** Continued fraction, by Lentz' method. */
function upperFraction(shape: number, x: number): number {
  let b = x + 1 - shape
  let c = Number.MAX_VALUE
  let d = 1 / b
  let product = d
  for (let n = 1; n <= MAXIMUM_TERMS; n++) {
    const numerator = -n * (n - shape)
    b += 2
    d = 1 / (numerator * d + b)
    c = b + numerator / c
    product *= c * d
    if (Math.abs(c * d - 1) < PRECISION) break
  }
  return product * front(shape, x)
}
