import { type ForecastModel, intervals, requireHistory, rootMeanSquare } from './model.ts'

const terms = { id: 'naive', name: 'Same as last month', minPoints: 1, positiveOnly: false }

/** Fewest changes from month to month that tell how large one is. */
const LEAST_CHANGES = 2

/**
 * Every month to come is like the last one; the spread grows with the square root of time, as that of a random walk.
 * From one or two months nobody can tell how large a change is: it is then taken to be as large as the amount itself,
 * which is honest about how little is known.
 *
 * Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 5.2 and 5.5.
 */
export const naive: ForecastModel = {
  ...terms,
  fit(history, horizon) {
    requireHistory(terms, history)
    const last = history.at(-1) as number
    const changes = history.slice(1).map((amount, at) => amount - (history[at] as number))
    const measured = changes.length >= LEAST_CHANGES
    const deviation = measured ? rootMeanSquare(changes) : Math.abs(last)
    const around = intervals(measured ? changes.length : null)
    return Array.from({ length: horizon }, (_, ahead) => around(last, deviation * Math.sqrt(ahead + 1)))
  },
}
