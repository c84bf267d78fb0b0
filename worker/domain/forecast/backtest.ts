import type { ForecastLevel } from '../../contract/lists.ts'
import { type ForecastModel, type Interval, LEVELS, SEASON } from './model.ts'

/** How far ahead a model is tried. */
const TRIED_MONTHS = 12
/** From how many months of the past it is tried, at most: each is a fit of every model. */
const MAXIMUM_ORIGINS = 8
/** Fewest such months: one where little history is needed, more where a season has to be learnt, which chance feigns easily. */
const FEWEST_ORIGINS = 1
const FEWEST_ORIGINS_OF_SEASONS = 6

/** How a model did on months it had not seen. */
export interface Trial {
  id: string
  name: string
  /**
   * Mean absolute error in units of the mean absolute change from year to year (from month to month where there is no
   * second year): below 1, better than repeating the last year would have been. Null for a series that never changed.
   */
  mase: number | null
  /** Mean absolute error as a share of the mean of forecast and outcome, 0–2. */
  smape: number
  /** Shares of outcomes inside the bands, 0–1. */
  coverage: { level: ForecastLevel; share: number }[]
}

export interface Backtest {
  /** Months of the past from which the models were made to look ahead. */
  origins: number
  /** Forecasts of one month that were compared with what came. */
  comparisons: number
  /** In the order of the list of models. */
  trials: Trial[]
}

/** Models that can be fitted to a history and tried on its end. */
export const candidatesFor = (history: readonly number[], models: readonly ForecastModel[]): ForecastModel[] =>
  models.filter(
    ({ minPoints, positiveOnly }) =>
      history.length - minPoints >= (minPoints > SEASON ? FEWEST_ORIGINS_OF_SEASONS : FEWEST_ORIGINS) &&
      !(positiveOnly && history.some((amount) => amount <= 0)),
  )

/**
 * Makes every model look ahead from months of the last year, as if the rest had not happened, and compares with what came.
 * All are tried from the same months, so that their errors can be compared.
 *
 * Source: Tashman (2000), International Journal of Forecasting 16:437–450; MASE: Hyndman & Koehler (2006), the same 22:679–688.
 *
 * @param models what `candidatesFor` leaves; at least one
 */
export function backtest(history: readonly number[], models: readonly ForecastModel[]): Backtest {
  const origins = originsOf(history.length, Math.max(...models.map(({ minPoints }) => minPoints)))
  const scale = scaleOf(history)
  let comparisons = 0
  const trials = models.map((model) => {
    const pairs = origins.flatMap((origin) => {
      const outcomes = history.slice(origin, origin + TRIED_MONTHS)
      return model.fit(history.slice(0, origin), outcomes.length).map((interval, at) => ({ interval, outcome: outcomes[at] as number }))
    })
    comparisons = pairs.length
    const error = meanOf(pairs, ({ interval, outcome }) => Math.abs(interval.point - outcome))
    return {
      id: model.id,
      name: model.name,
      mase: scale === null ? null : error / scale,
      smape: meanOf(pairs, ({ interval, outcome }) => symmetricError(interval.point, outcome)),
      coverage: LEVELS.map((level) => ({
        level,
        share: meanOf(pairs, ({ interval, outcome }) => (holds(interval, level, outcome) ? 1 : 0)),
      })),
    }
  })
  return { origins: origins.length, comparisons, trials }
}

/** Lengths of the histories to look ahead from: up to eight, spread over the last year, the last month among them. */
function originsOf(length: number, shortest: number): number[] {
  const first = Math.max(shortest, length - TRIED_MONTHS)
  const last = length - 1
  const count = Math.min(MAXIMUM_ORIGINS, last - first + 1)
  return Array.from({ length: count }, (_, at) => (count === 1 ? last : Math.round(first + (at * (last - first)) / (count - 1))))
}

/** The mean absolute change from year to year, or from month to month where there is no second year; null where nothing changed. */
export function scaleOf(history: readonly number[]): number | null {
  const lag = history.length > SEASON ? SEASON : 1
  const changes = history.slice(lag).map((amount, at) => Math.abs(amount - (history[at] as number)))
  const mean = changes.length === 0 ? 0 : meanOf(changes, (change) => change)
  return mean > 0 ? mean : null
}

/** Distance of two amounts as a share of their mean size, 0–2; nothing between nothing and nothing. */
export const symmetricError = (a: number, b: number): number => (a === b ? 0 : (2 * Math.abs(a - b)) / (Math.abs(a) + Math.abs(b)))

export const holds = ({ bands }: Interval, level: ForecastLevel, outcome: number): boolean =>
  bands.some((band) => band.level === level && band.low <= outcome && outcome <= band.high)

export const meanOf = <T>(items: readonly T[], read: (item: T) => number): number =>
  items.reduce((sum, item) => sum + read(item), 0) / items.length
