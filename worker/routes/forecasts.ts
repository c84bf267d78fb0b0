import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type * as z from 'zod'
import { allow } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { ForecastAnswer, ForecastQuery } from '../contract/forecasts.ts'
import type { ForecastMetric } from '../contract/lists.ts'
import { readForecast, readForecastCurrencies, readMonthSums } from '../db/forecasts.ts'
import { historyOf, sourcesOf } from '../domain/forecast/history.ts'
import { makeForecast } from '../domain/forecast/make.ts'
import { forecastOf } from '../domain/forecast/wire.ts'
import { parseCurrency } from '../domain/money.ts'
import { addMonths, dayOf, monthOf } from '../domain/time.ts'
import { forecastId } from '../forecast-id.ts'
import { type AppEnv, answers, needs, refusals, router } from '../http.ts'

const forecastRoute = <P extends string>(path: P, summary: string) =>
  createRoute({
    method: 'get',
    path,
    tags: ['forecasts'],
    summary,
    description:
      'From the months that are over, with the model that erred least when it was made to look ahead from months of the past. The forecast of the day is stored; where the figures have changed since, it is made for the answer.',
    security: needs('read'),
    middleware: [allow('read')] as const,
    request: { query: ForecastQuery },
    responses: { 200: answers('History, forecast with its ranges, and what the model would have been worth', ForecastAnswer), ...refusals },
  })

const getMrr = forecastRoute('/mrr', 'Recurring revenue at the end of each month to come')
const getRevenue = forecastRoute('/revenue', 'Revenue less refunds and disputes in each month to come')

/** What the figures of this moment say. A stored forecast was made from the very same ones, or it is not of that name. */
async function readOrMake(c: Context<AppEnv>, metric: ForecastMetric, query: z.infer<typeof ForecastQuery>): Promise<ForecastAnswer> {
  const now = Date.now()
  const { root } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const currency = query.currency === undefined ? root.pricing.defaultCurrency : parseCurrency(query.currency)
  const running = monthOf(dayOf(now))
  const [sums, currencies] = await Promise.all([
    readMonthSums(c.env.DB, sourcesOf(metric), currency, `${running}-01`),
    readForecastCurrencies(c.env.DB, sourcesOf(metric)),
  ])
  const history = historyOf(metric, sums, addMonths(running, -1))
  const { id, inputsHash } = forecastId(metric, currency, history)
  const kept = history.length > 0 ? await readForecast(c.env.DB, id) : null
  const made = kept ?? { ...makeForecast(metric, history), madeAt: now }
  return {
    success: true,
    forecast: forecastOf({ ...made, metric, currency, inputsHash, history, stored: kept !== null }, query.horizon),
    currencies,
  }
}

export const forecasts = router()
  .openapi(getMrr, async (c) => c.json(await readOrMake(c, 'mrr', c.req.valid('query')), 200))
  .openapi(getRevenue, async (c) => c.json(await readOrMake(c, 'revenue', c.req.valid('query')), 200))
