/**
 * Degrees of freedom of a difference whose sides have errors of their own.
 *
 * Source: Welch (1947) and Satterthwaite (1946), Biometrics Bulletin 2:110–114.
 */
export function welchFreedom(sides: readonly { squaredError: number; n: number }[]): number {
  const total = sides.reduce((sum, { squaredError }) => sum + squaredError, 0)
  return total ** 2 / sides.reduce((sum, { squaredError, n }) => sum + squaredError ** 2 / (n - 1), 0)
}
