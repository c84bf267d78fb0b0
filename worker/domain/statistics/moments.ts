/**
 * Sums from which mean and variance follow. Amounts are integers in minor units, so `squares` is exact whatever its size:
 * a hundred customers of $100,000 already reach 2^53 cents².
 */
export interface Moments {
  readonly n: number
  readonly sum: number
  readonly squares: bigint
}

export const NO_MOMENTS: Moments = { n: 0, sum: 0, squares: 0n }

/** Moments of integers. @example momentsOf([1, 2]) // => { n: 2, sum: 3, squares: 5n } */
export const momentsOf = (values: readonly number[]): Moments => values.reduce(addValue, NO_MOMENTS)

export const addValue = (moments: Moments, value: number): Moments =>
  addMoments(moments, { n: 1, sum: value, squares: BigInt(value) ** 2n })

export const addMoments = (a: Moments, b: Moments): Moments => ({ n: a.n + b.n, sum: a.sum + b.sum, squares: a.squares + b.squares })

/**
 * Σ(y − ȳ)², without the cancellation that Σy² − nȳ² has in floating point: n·Σy² − (Σy)² is a whole number.
 *
 * @example centredSquares(momentsOf([1, 3])) // => 2
 */
export function centredSquares({ n, sum, squares }: Moments): number {
  if (n === 0) return 0
  const whole = BigInt(sum)
  return Number(BigInt(n) * squares - whole * whole) / n
}

/** Null where nothing was counted. */
export const meanOf = ({ n, sum }: Moments): number | null => (n === 0 ? null : sum / n)

/** Unbiased (n − 1); null where fewer than two were counted. */
export const varianceOf = (moments: Moments): number | null => (moments.n < 2 ? null : centredSquares(moments) / (moments.n - 1))
