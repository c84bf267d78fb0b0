/** Coefficients of Hart's rational approximation, highest power first. */
const NUMERATOR = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376,
] as const
const DENOMINATOR = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948,
  440.413735824752,
] as const
const ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI)

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (const coefficient of coefficients) sum = sum * x + coefficient
  return sum
}

/** Density of the standard normal distribution. @example normalDensity(0) // => 0.3989422804014327 */
export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / ROOT_OF_TWO_PI

/** From here on the continued fraction of the tail converges faster than the rational approximation. */
const FAR = 7
const FRACTIONS = 20

/** Chance beyond a distance far out, over the density there. */
function farTail(distance: number): number {
  let fraction = distance
  for (let at = FRACTIONS; at >= 1; at--) fraction = distance + at / fraction
  return 1 / (fraction * ROOT_OF_TWO_PI)
}

/**
 * Chance that a standard normal variable falls below `z`; relative error about 1e-13, also far out in the lower tail.
 *
 * Source: West (2005), Better approximations to cumulative normal functions, Wilmott 9:70–76 (after Hart 1968).
 *
 * @example normalCumulative(1.959963984540054) // => 0.975
 */
export function normalCumulative(z: number): number {
  const distance = Math.abs(z)
  const bell = Math.exp((-distance * distance) / 2)
  const tail = bell * (distance < FAR ? polynomial(NUMERATOR, distance) / polynomial(DENOMINATOR, distance) : farTail(distance))
  return z > 0 ? 1 - tail : tail
}
