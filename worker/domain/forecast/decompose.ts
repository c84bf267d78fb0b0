import { SEASON } from './model.ts'

/**
 * Moving average over a year, centred on each month; NaN within half a year of both ends.
 *
 * Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3.3.
 */
export function centredYear(values: readonly number[]): number[] {
  const half = SEASON / 2
  return values.map((_, at) => {
    if (at < half || at + half >= values.length) return Number.NaN
    const inner = values.slice(at - half + 1, at + half).reduce((sum, value) => sum + value, 0)
    return (inner + ((values[at - half] as number) + (values[at + half] as number)) / 2) / SEASON
  })
}

/**
 * What each month of the year adds to the moving average, or what multiple of it it is; the first entry belongs to the
 * first month of the series. Additive ones sum to 0, multiplicative ones have a mean of 1. Needs two years.
 */
export function seasonOf(values: readonly number[], season: 'additive' | 'multiplicative'): number[] {
  const trend = centredYear(values)
  const sums = new Array<number>(SEASON).fill(0)
  const counts = new Array<number>(SEASON).fill(0)
  for (const [at, mean] of trend.entries()) {
    if (Number.isNaN(mean)) continue
    const value = values[at] as number
    sums[at % SEASON] = (sums[at % SEASON] as number) + (season === 'additive' ? value - mean : value / mean)
    counts[at % SEASON] = (counts[at % SEASON] as number) + 1
  }
  const raw = sums.map((sum, month) => sum / (counts[month] as number))
  const centre = raw.reduce((sum, value) => sum + value, 0) / SEASON
  return raw.map((value) => (season === 'additive' ? value - centre : value / centre))
}

/** Straight line through values at 1, 2, 3 … by least squares. */
export function lineThrough(values: readonly number[]): { intercept: number; slope: number } {
  const middle = (values.length + 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let covariance = 0
  let spread = 0
  for (const [at, value] of values.entries()) {
    covariance += (at + 1 - middle) * (value - mean)
    spread += (at + 1 - middle) ** 2
  }
  const slope = spread === 0 ? 0 : covariance / spread
  return { intercept: mean - slope * middle, slope }
}
