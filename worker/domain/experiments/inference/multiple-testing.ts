/** Several p values at once, nulls (metrics without a result) left where they are and not counted. */
type PValues = readonly (number | null)[]

function adjust(pValues: PValues, of: (sorted: readonly number[]) => number[]): (number | null)[] {
  const places = pValues.flatMap((p, at) => (p === null ? [] : [{ p, at }])).sort((a, b) => a.p - b.p)
  const adjusted: (number | null)[] = pValues.map(() => null)
  const values = of(places.map(({ p }) => p))
  for (const [rank, { at }] of places.entries()) adjusted[at] = Math.min(1, values[rank] as number)
  return adjusted
}

/**
 * p values such that the chance of any false discovery stays below the level they are held against: for goals.
 *
 * Source: Holm (1979), Scandinavian Journal of Statistics 6:65–70.
 *
 * @example adjustHolm([0.01, 0.04, null, 0.03]) // => [0.03, 0.06, null, 0.06]
 */
export const adjustHolm = (pValues: PValues): (number | null)[] =>
  adjust(pValues, (sorted) => {
    let highest = 0
    return sorted.map((p, rank) => {
      highest = Math.max(highest, (sorted.length - rank) * p)
      return highest
    })
  })

/**
 * p values such that the expected share of false discoveries stays below the level they are held against: for
 * secondary metrics and segments.
 *
 * Source: Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57:289–300.
 *
 * @example adjustBenjaminiHochberg([0.01, 0.04, null, 0.03]) // => [0.03, 0.04, null, 0.04]
 */
export const adjustBenjaminiHochberg = (pValues: PValues): (number | null)[] =>
  adjust(pValues, (sorted) => {
    let lowest = 1
    return sorted
      .map((p, rank) => ({ p, rank }))
      .reverse()
      .map(({ p, rank }) => {
        lowest = Math.min(lowest, (sorted.length / (rank + 1)) * p)
        return lowest
      })
      .reverse()
  })
