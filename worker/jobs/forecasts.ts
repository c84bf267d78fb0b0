import { FORECAST_METRICS } from '../contract/lists.ts'
import { confirmForecast, readForecastCurrencies, readMonthSums, readUnscored, saveErrors, saveForecast } from '../db/forecasts.ts'
import { HISTORY_METRICS, historyOf } from '../domain/forecast/history.ts'
import { LONGEST_HORIZON } from '../domain/forecast/index.ts'
import { makeForecast } from '../domain/forecast/make.ts'
import { errorOf } from '../domain/forecast/score.ts'
import { addMonths, dayOf, monthOf } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { forecastId } from '../forecast-id.ts'

/** Forecasts that one run compares with what came; what is over waits for the next. */
const MAXIMUM_SCORED = 500

/**
 * Forecasts every metric in every currency from the months that are over, and compares earlier forecasts with the months
 * that have come since. Where the figures are the same as the last time, so is the forecast: it is confirmed.
 */
export async function makeForecasts(env: Env, slot: number): Promise<string> {
  const running = monthOf(dayOf(slot))
  const lastMonth = addMonths(running, -1)
  let made = 0
  let confirmed = 0
  let compared = 0
  for (const currency of await readForecastCurrencies(env.DB, HISTORY_METRICS)) {
    const sums = await readMonthSums(env.DB, HISTORY_METRICS, currency, `${running}-01`)
    for (const metric of FORECAST_METRICS) {
      const history = historyOf(metric, sums, lastMonth)
      if (history.length === 0) continue
      const open = await readUnscored(env.DB, metric, currency, lastMonth, MAXIMUM_SCORED)
      const errors = open.flatMap(({ id, points }) => {
        const error = errorOf(points, history)
        return error ? [{ id, error }] : []
      })
      await saveErrors(env.DB, errors)
      compared += errors.length

      const { id, inputsHash } = forecastId(metric, currency, history)
      if (await confirmForecast(env.DB, id, slot)) {
        confirmed++
        continue
      }
      const { model, ...forecast } = makeForecast(metric, history)
      if (model === null) continue
      await saveForecast(env.DB, { ...forecast, model, id, metric, currency, horizon: LONGEST_HORIZON, inputsHash, madeAt: slot, history })
      made++
    }
  }
  return `${made} forecasts made, ${confirmed} confirmed, ${compared} compared with what came`
}
