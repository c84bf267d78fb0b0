import type { ForecastLevel } from '../../contract/lists.ts'
import { holds, meanOf, symmetricError } from './backtest.ts'
import type { MonthAmount } from './history.ts'
import { type Interval, LEVELS } from './model.ts'

/** A forecast of one month, in minor units. */
export interface MonthForecast extends Interval {
  month: string
}

/** How far a forecast was off, over the months of it that have come. */
export interface ForecastError {
  /** Last month that has come. */
  through: string
  months: number
  /** Mean absolute error in minor units. */
  meanAbsoluteMinor: number
  /** As a share of the mean of forecast and outcome, 0–2. */
  smape: number
  /** Shares of outcomes inside the bands, 0–1. */
  coverage: { level: ForecastLevel; share: number }[]
}

/** Compares a forecast with what came. Null while none of its months is over. */
export function errorOf(points: readonly MonthForecast[], history: readonly MonthAmount[]): ForecastError | null {
  const outcomes = new Map(history.map(({ month, amountMinor }) => [month, amountMinor]))
  const pairs = points.flatMap((point) => {
    const outcome = outcomes.get(point.month)
    return outcome === undefined ? [] : [{ point, outcome }]
  })
  const last = pairs.at(-1)
  if (!last) return null
  return {
    through: last.point.month,
    months: pairs.length,
    meanAbsoluteMinor: Math.round(meanOf(pairs, ({ point, outcome }) => Math.abs(point.point - outcome))),
    smape: meanOf(pairs, ({ point, outcome }) => symmetricError(point.point, outcome)),
    coverage: LEVELS.map((level) => ({ level, share: meanOf(pairs, ({ point, outcome }) => (holds(point, level, outcome) ? 1 : 0)) })),
  }
}
