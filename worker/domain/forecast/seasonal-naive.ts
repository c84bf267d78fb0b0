import { type ForecastModel, intervals, requireHistory, rootMeanSquare, SEASON } from './model.ts'

const terms = { id: 'seasonal_naive', name: 'Same as the year before', minPoints: SEASON, positiveOnly: false }

/** Fewest changes from year to year that tell how large one is; below, changes from month to month stand in for them. */
const LEAST_CHANGES = 3

/**
 * Every month to come is like the same month of the last year. It is the benchmark: a model that does worse in the
 * backtest is not shown. The spread grows with the square root of the years that lie between.
 *
 * Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 5.2 and 5.5.
 */
export const seasonalNaive: ForecastModel = {
  ...terms,
  fit(history, horizon) {
    requireHistory(terms, history)
    const lag = history.length >= SEASON + LEAST_CHANGES ? SEASON : 1
    const changes = history.slice(lag).map((amount, at) => amount - (history[at] as number))
    const deviation = rootMeanSquare(changes)
    const around = intervals(changes.length)
    return Array.from({ length: horizon }, (_, ahead) =>
      around(history[history.length - SEASON + (ahead % SEASON)] as number, deviation * Math.sqrt(Math.floor(ahead / SEASON) + 1)),
    )
  },
}
