import type { ForecastLevel } from '../../contract/lists.ts'
import { DomainError } from '../error.ts'
import { normalQuantile } from '../statistics/normal-quantile.ts'
import { studentQuantile } from '../statistics/student-quantile.ts'

/** Months after which a pattern comes again. */
export const SEASON = 12

/** Chances, in per cent, that an amount lies in its range: the bands of the fan, narrow to wide. */
export const LEVELS: readonly ForecastLevel[] = [50, 80, 95]

/** Range in which an amount lies with a chance of `level` per cent. */
export interface Band {
  level: ForecastLevel
  low: number
  high: number
}

/** What is expected of one month ahead. */
export interface Interval {
  point: number
  /** One for each of `LEVELS`, each inside the next. */
  bands: Band[]
}

/**
 * A way to continue a monthly series. Members differ in what they take a series to be made of; which of them is believed
 * is for the backtest to say.
 */
export interface ForecastModel {
  id: string
  /** As people say it. */
  name: string
  /** Fewest months from which it can be fitted. */
  minPoints: number
  /** It takes logarithms or quotients, so zero and less are nothing to it. */
  positiveOnly: boolean
  /**
   * @param history amounts month by month, oldest first, in any unit
   * @param horizon how many months ahead
   * @returns one entry a month ahead, in the unit of the history
   * @throws DomainError insufficient_data  fewer than `minPoints` months, or one that is no number
   * @throws DomainError invalid_amount     an amount of zero or less, where `positiveOnly`
   */
  fit(history: readonly number[], horizon: number): Interval[]
}

/** Refuses what a model cannot be fitted to. */
export function requireHistory({ id, minPoints, positiveOnly }: Omit<ForecastModel, 'fit' | 'name'>, history: readonly number[]): void {
  if (history.length < minPoints || !history.every(Number.isFinite))
    throw new DomainError('insufficient_data', `${id} requires at least ${minPoints} months of numbers`)
  if (positiveOnly && !history.every((amount) => amount > 0)) throw new DomainError('invalid_amount', `${id} requires amounts above zero`)
}

/**
 * Makes intervals from points and standard deviations. How wide they are in deviations is Student's where the deviation
 * was estimated, with what is left of the observations as degrees of freedom: a short history makes wide bands.
 */
export function intervals(freedom: number | null): (point: number, deviation: number) => Interval {
  const widths = LEVELS.map((level) => {
    const p = 0.5 + level / 200
    return { level, deviations: freedom === null ? normalQuantile(p) : studentQuantile(p, freedom) }
  })
  return (point, deviation) => ({
    point,
    bands: widths.map(({ level, deviations }) => ({ level, low: point - deviations * deviation, high: point + deviations * deviation })),
  })
}

/** Square root of the mean of squares, over `count` of them where some were used up by parameters. */
export const rootMeanSquare = (values: readonly number[], count = values.length): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / count)
