import { DomainError } from '../error.ts'

const HALVINGS = 200

/**
 * Where a function that rises crosses zero, by halving: slow and certain. Between `low` and `high`, or beyond `high` if it
 * is still below zero there: the bound is doubled until it is not.
 *
 * @param rise      a function that never falls
 * @param tolerance width, as a share of the answer, at which the search ends; default: as narrow as numbers are
 * @throws DomainError invalid_field  still below zero at 1e300
 * @example rootOf((x) => x * x - 2, 0, 1) // => 1.4142135623730951
 */
export function rootOf(rise: (x: number) => number, low: number, high: number, tolerance = 0): number {
  let [least, most] = [low, high]
  while (rise(most) < 0) {
    if (most > 1e300) throw new DomainError('invalid_field', 'rootOf requires a function that crosses zero', 'rise')
    least = most
    most = most > 0 ? most * 2 : 1
  }
  for (let at = 0; at < HALVINGS; at++) {
    const middle = (least + most) / 2
    if (middle <= least || middle >= most || most - least < Math.abs(middle) * tolerance) break
    if (rise(middle) < 0) least = middle
    else most = middle
  }
  return (least + most) / 2
}
