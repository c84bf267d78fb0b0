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

/**
 * Inverse of a symmetric positive definite matrix, row by row; null where it is singular to working precision, as where one
 * column says no more than the others together.
 *
 * @example invert(Float64Array.of(4, 2, 2, 3), 2) // => [0.375, -0.25, -0.25, 0.5]
 */
export function invert(matrix: Float64Array, size: number): Float64Array | null {
  const root = new Float64Array(size * size)
  const cell = (row: number, column: number): number => root[row * size + column] as number
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row * size + column] as number
      for (let at = 0; at < column; at++) rest -= cell(row, at) * cell(column, at)
      if (column < row) root[row * size + column] = rest / cell(column, column)
      else if (rest > SINGULAR * (matrix[row * size + row] as number)) root[row * size + row] = Math.sqrt(rest)
      else return null
    }
  }
  const inverse = new Float64Array(size * size)
  for (let unit = 0; unit < size; unit++) {
    const column = new Float64Array(size)
    for (let row = 0; row < size; row++) {
      let rest = row === unit ? 1 : 0
      for (let at = 0; at < row; at++) rest -= cell(row, at) * (column[at] as number)
      column[row] = rest / cell(row, row)
    }
    for (let row = size - 1; row >= 0; row--) {
      let rest = column[row] as number
      for (let at = row + 1; at < size; at++) rest -= cell(at, row) * (column[at] as number)
      column[row] = rest / cell(row, row)
    }
    for (let row = 0; row < size; row++) inverse[row * size + unit] = column[row] as number
  }
  return inverse
}

/** What is left of a column once the others are taken out, relative to it, below which it says nothing of its own. */
const SINGULAR = 1e-11

export interface Slope {
  value: number
  /** Where every residual varies alike. */
  standardError: number
  /** Whatever each of them varies by (HC1). */
  robustStandardError: number
}

export interface Slopes {
  /** By class; null where x does not vary inside its strata. */
  slopes: (Slope | null)[]
  /** Observations less parameters. */
  freedom: number
  /** Share of the variance of y that the whole model explains, 0–1. */
  rSquared: number
}

/**
 * Ordinary least squares of y on x with an intercept a stratum and a slope a class of strata: one stratum is the plain
 * regression, many strata of one class compare within strata alone (fixed effects), and each stratum its own class is the
 * regression with all interactions. Strata are taken out by their means, so thousands cost no more than one: O(n).
 *
 * Source: Frisch & Waugh (1933), Econometrica 1:387–401; MacKinnon & White (1985), Journal of Econometrics 29:305–325 (HC1).
 *
 * @param strata number of each observation's stratum, from 0 on
 * @param classes number of each stratum's class, from 0 on
 * @throws DomainError insufficient_data  no more observations than parameters
 * @example regressWithin([1, 2, 3, 4], [1, 3, 4, 8], [0, 0, 0, 0], [0]).slopes[0]?.value // => 2.2
 */
export function regressWithin(x: ArrayLike<number>, y: ArrayLike<number>, strata: ArrayLike<number>, classes: ArrayLike<number>): Slopes {
  const count = x.length
  const sums = Array.from({ length: classes.length }, () => ({ n: 0, x: 0, y: 0 }))
  let total = 0
  for (let at = 0; at < count; at++) {
    const sum = sums[strata[at] as number] as (typeof sums)[number]
    sum.n++
    sum.x += x[at] as number
    sum.y += y[at] as number
    total += y[at] as number
  }
  const centredX = new Float64Array(count)
  const centredY = new Float64Array(count)
  const moments = Array.from({ length: Math.max(0, ...Array.from(classes)) + 1 }, () => ({ n: 0, xx: 0, xy: 0, meat: 0 }))
  const momentOf = (at: number) => moments[classes[strata[at] as number] as number] as (typeof moments)[number]
  let totalSquares = 0
  for (let at = 0; at < count; at++) {
    const sum = sums[strata[at] as number] as (typeof sums)[number]
    const ownX = (x[at] as number) - sum.x / sum.n
    const ownY = (y[at] as number) - sum.y / sum.n
    centredX[at] = ownX
    centredY[at] = ownY
    const moment = momentOf(at)
    moment.n++
    moment.xx += ownX * ownX
    moment.xy += ownX * ownY
    totalSquares += ((y[at] as number) - total / count) ** 2
  }
  const values = moments.map(({ n, xx, xy }) => (xx > n * CONSTANT ? xy / xx : null))
  const parameters = sums.filter(({ n }) => n > 0).length + values.filter((value) => value !== null).length
  const freedom = count - parameters
  if (freedom < 1) throw new DomainError('insufficient_data', 'regressWithin requires more observations than parameters')
  let squares = 0
  for (let at = 0; at < count; at++) {
    const ownX = centredX[at] as number
    const residual = (centredY[at] as number) - (values[classes[strata[at] as number] as number] ?? 0) * ownX
    squares += residual * residual
    momentOf(at).meat += ownX * ownX * residual * residual
  }
  return {
    slopes: values.map((value, at) => {
      if (value === null) return null
      const { xx, meat } = moments[at] as (typeof moments)[number]
      return {
        value,
        standardError: Math.sqrt(squares / freedom / xx),
        robustStandardError: Math.sqrt((meat * count) / freedom) / xx,
      }
    }),
    freedom,
    rSquared: totalSquares > 0 ? 1 - squares / totalSquares : 0,
  }
}

/** Variance of x below which it does not vary: the rounding errors of a mean. */
const CONSTANT = 1e-16
