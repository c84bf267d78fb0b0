import { scoreInterval } from '../../statistics/rates.ts'

/** People who were shown a price, and those of them who bought. Prices are in whatever unit the caller counts in. */
export interface PriceCell {
  price: number
  visitors: number
  buyers: number
  /**
   * What each of them counts for, 1 where all count alike. Where shares of prices changed from day to day, people of a price
   * that was rare on their day count for more, so that each price speaks for the same days.
   */
  weight: number
  /** What they have in common, such as their kind of device; null where they are not told apart. */
  segment: string | null
}

export interface PricePoint {
  price: number
  visitors: number
  buyers: number
  /** Share of visitors who buy, 0–1, weighed. */
  rate: number
  /** 95 % interval (Wilson). */
  low: number
  high: number
  /** Price × rate. */
  revenuePerVisitor: number
  standardError: number
  /** How many equally weighed visitors would say as much. */
  effectiveVisitors: number
}

/** What was seen at each price, lowest first; a price that nobody was shown is left out. */
export function pricePoints(cells: readonly PriceCell[]): PricePoint[] {
  const points = [...Map.groupBy(cells, ({ price }) => price)].map(([price, of]) => {
    const sum = (figure: (cell: PriceCell) => number) => of.reduce((total, cell) => total + figure(cell), 0)
    const visitors = sum((cell) => cell.visitors)
    const weighed = sum((cell) => cell.weight * cell.visitors)
    const effectiveVisitors = weighed > 0 ? weighed ** 2 / sum((cell) => cell.weight ** 2 * cell.visitors) : 0
    const rate = weighed > 0 ? sum((cell) => cell.weight * cell.buyers) / weighed : 0
    return {
      price,
      visitors,
      buyers: sum((cell) => cell.buyers),
      rate,
      ...scoreInterval(rate, effectiveVisitors),
      revenuePerVisitor: price * rate,
      standardError: price * Math.sqrt((rate * (1 - rate)) / effectiveVisitors),
      effectiveVisitors,
    }
  })
  return points.filter(({ visitors }) => visitors > 0).sort((a, b) => a.price - b.price)
}

/**
 * Elasticity between two prices, by the midpoints of both: the same whichever stands first. Null where nobody bought at
 * either.
 *
 * @example arcElasticity({ price: 19, rate: 0.035 }, { price: 24, rate: 0.029 }) // => -0.80625
 */
export function arcElasticity(one: Pick<PricePoint, 'price' | 'rate'>, other: Pick<PricePoint, 'price' | 'rate'>): number | null {
  if (one.rate + other.rate === 0 || one.price === other.price) return null
  const change = (from: number, to: number) => (to - from) / ((to + from) / 2)
  return change(one.rate, other.rate) / change(one.price, other.price)
}
