import { DomainError } from '../error.ts'

/** Fills `into` with the residuals at `x`; false where there are none, as outside the domain of the model. */
export type Residuals = (x: Float64Array, into: Float64Array) => boolean

export interface Fit {
  x: Float64Array
  /** Sum of the squared residuals at `x`. */
  sum: number
}

interface Options {
  iterations?: number
  /** Relative gain below which the search ends. */
  tolerance?: number
  /** Bounds of each parameter; without them it is free. */
  low?: ArrayLike<number>
  high?: ArrayLike<number>
}

/** Step of the forward differences, relative to the parameter. */
const DIFFERENCE = 1e-6
const HEAVIEST_DAMPING = 1e10

/**
 * Parameters that make the sum of squared residuals least, near a start: Levenberg–Marquardt with Marquardt's scaling
 * and a Jacobian by differences. One that would leave its bounds is held there until it wants back. Finds the nearest valley, so start from several places where there may be more.
 * Cost: about (parameters + 1) evaluations and parameters² × count multiplications an iteration.
 *
 * Source: Marquardt (1963), SIAM Journal on Applied Mathematics 11:431–441.
 *
 * @param count how many residuals there are
 * @throws DomainError insufficient_data  fewer residuals than parameters
 * @throws DomainError invalid_field      no residuals at the start
 * @example leastSquares(([a], into) => { into.set([a - 3, a - 5]); return true }, [0], 2).x // => [4]
 */
export function leastSquares(residuals: Residuals, start: ArrayLike<number>, count: number, options: Options = {}): Fit {
  const { iterations = 60, tolerance = 1e-9, low = [], high = [] } = options
  const size = start.length
  if (count < size) throw new DomainError('insufficient_data', 'leastSquares requires at least as many residuals as parameters')
  let x = Float64Array.from(start)
  let now = new Float64Array(count)
  let next = new Float64Array(count)
  if (!residuals(x, now)) throw new DomainError('invalid_field', 'leastSquares requires a start at which there are residuals', 'start')
  let sum = dot(now, now)
  let damping = 1e-3
  const columns = Array.from({ length: size }, () => new Float64Array(count))
  const normal = new Float64Array(size * size)
  const gradient = new Float64Array(size)
  const damped = new Float64Array(size * size)
  const step = new Float64Array(size)

  for (let iteration = 0; iteration < iterations && sum > 0; iteration++) {
    if (!differentiate(residuals, x, now, columns, high)) break
    for (const [row, column] of columns.entries()) {
      gradient[row] = dot(column, now)
      for (let other = row; other < size; other++) {
        const product = dot(column, columns[other] as Float64Array)
        normal[row * size + other] = product
        normal[other * size + row] = product
      }
    }
    for (let at = 0; at < size; at++) {
      const uphill = gradient[at] as number
      const held =
        (uphill > 0 && (x[at] as number) <= (low[at] ?? Number.NEGATIVE_INFINITY)) ||
        (uphill < 0 && (x[at] as number) >= (high[at] ?? Number.POSITIVE_INFINITY))
      if (!held) continue
      gradient[at] = 0
      for (let other = 0; other < size; other++) normal[at * size + other] = normal[other * size + at] = other === at ? 1 : 0
    }
    const before = sum
    for (; damping < HEAVIEST_DAMPING; damping *= 10) {
      damped.set(normal)
      for (let at = 0; at < size; at++) damped[at * size + at] = (normal[at * size + at] as number) * (1 + damping) + Number.EPSILON
      if (!solve(damped, gradient, step)) continue
      const tried = x.map((value, at) =>
        Math.min(high[at] ?? Number.POSITIVE_INFINITY, Math.max(low[at] ?? Number.NEGATIVE_INFINITY, value - (step[at] as number))),
      )
      if (!residuals(tried, next)) continue
      const sumThere = dot(next, next)
      if (!(sumThere < sum)) continue
      x = tried
      sum = sumThere
      ;[now, next] = [next, now]
      damping = Math.max(damping / 10, 1e-12)
      break
    }
    if (!(before - sum > tolerance * before)) break
  }
  return { x, sum }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number)
  return sum
}

/** Columns of the Jacobian by forward differences, or backward ones at the edge of the domain. */
function differentiate(
  residuals: Residuals,
  x: Float64Array,
  now: Float64Array,
  columns: readonly Float64Array[],
  high: ArrayLike<number>,
): boolean {
  for (const [at, column] of columns.entries()) {
    const kept = x[at] as number
    let width = DIFFERENCE * Math.max(0.01, Math.abs(kept))
    if (kept + width > (high[at] ?? Number.POSITIVE_INFINITY)) width = -width
    x[at] = kept + width
    if (!residuals(x, column)) {
      width = -width
      x[at] = kept + width
      if (!residuals(x, column)) {
        x[at] = kept
        return false
      }
    }
    x[at] = kept
    for (let row = 0; row < column.length; row++) column[row] = ((column[row] as number) - (now[row] as number)) / width
  }
  return true
}

/** Solves a symmetric positive definite system by Cholesky, in place; false where it is not positive definite. */
function solve(matrix: Float64Array, right: Float64Array, into: Float64Array): boolean {
  const size = right.length
  const cell = (row: number, column: number): number => matrix[row * size + column] as number
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = cell(row, column)
      for (let at = 0; at < column; at++) rest -= cell(row, at) * cell(column, at)
      if (column < row) matrix[row * size + column] = rest / cell(column, column)
      else if (rest > 0) matrix[row * size + row] = Math.sqrt(rest)
      else return false
    }
  }
  for (let row = 0; row < size; row++) {
    let rest = right[row] as number
    for (let at = 0; at < row; at++) rest -= cell(row, at) * (into[at] as number)
    into[row] = rest / cell(row, row)
  }
  for (let row = size - 1; row >= 0; row--) {
    let rest = into[row] as number
    for (let at = row + 1; at < size; at++) rest -= cell(at, row) * (into[at] as number)
    into[row] = rest / cell(row, row)
  }
  return true
}
