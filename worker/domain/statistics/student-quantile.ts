import { DomainError } from '../error.ts'
import { normalQuantile } from './normal-quantile.ts'

/**
 * Value below which a variable of Student's distribution falls with probability `p`: wider than the normal one, as a
 * standard deviation that was itself estimated from few observations demands.
 *
 * Units: estimated standard deviations. Exact for 1 and 2 degrees of freedom, else within 1e-6 relative.
 * Source: Hill (1970), Communications of the ACM 13:619–620, algorithm 396.
 *
 * @param freedom degrees of freedom: observations less parameters
 * @throws DomainError invalid_field  a probability outside (0, 1), or less than one degree of freedom
 * @example studentQuantile(0.975, 10) // => 2.228139
 */
export function studentQuantile(p: number, freedom: number): number {
  if (!(p > 0 && p < 1)) throw new DomainError('invalid_field', 'studentQuantile requires a probability between 0 and 1', 'p')
  if (!(freedom >= 1)) throw new DomainError('invalid_field', 'studentQuantile requires at least one degree of freedom', 'freedom')
  if (p === 0.5) return 0
  const sign = p > 0.5 ? 1 : -1
  const tails = 2 * Math.min(p, 1 - p)
  if (freedom === 1) return sign / Math.tan((tails * Math.PI) / 2)
  if (freedom === 2) return sign * Math.sqrt(2 / (tails * (2 - tails)) - 2)
  return sign * Math.sqrt(freedom * expansion(tails, freedom))
}

/** Hill's expansion of t²/n: by the tail where it is far out, else about the normal quantile. */
function expansion(tails: number, n: number): number {
  const a = 1 / (n - 0.5)
  const b = 48 / (a * a)
  let c = (((20700 * a) / b - 98) * a - 16) * a + 96.36
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n
  const y = (d * tails) ** (2 / n)
  if (y <= 0.05 + a) {
    const far = (1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1
    return (far * (n + 1)) / (n + 2) + 1 / y
  }
  const x = normalQuantile(tails / 2)
  const square = x * x
  if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6)
  c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
  const near = (((((0.4 * square + 6.3) * square + 36) * square + 94.5) / c - square - 3) / b + 1) * x
  return Math.expm1(a * near * near)
}
