/** Coefficients of Lanczos' series for g = 7. Source: Godfrey (2001), A note on the computation of the convergent Lanczos series. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const

/**
 * Natural logarithm of the gamma function, for positive `x`. Relative error about 1e-14.
 *
 * @example logGamma(5) // => Math.log(24) = 3.1780538303479458
 */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  const base = shifted + 7.5
  const series = LANCZOS.reduce((sum, coefficient, at) => (at === 0 ? coefficient : sum + coefficient / (shifted + at)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(series)
}

/** Natural logarithm of the beta function. @example logBeta(2, 3) // => Math.log(1 / 12) */
export const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b)
