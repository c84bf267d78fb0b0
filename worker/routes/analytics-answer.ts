import type { Context } from 'hono'
import type * as z from 'zod'
import { readConfiguration } from '../config.ts'
import type { AnalyticsAnswer, AnalyticsQuery } from '../contract/analytics.ts'
import { readExtent, readOverview } from '../db/analytics.ts'
import { readSettings } from '../db/configuration.ts'
import { conversionOf, exchangeInto, withoutExchange } from '../domain/analytics/exchange.ts'
import { summaryOf } from '../domain/analytics/forecasts.ts'
import { MOST_AGES } from '../domain/analytics/lifetime.ts'
import { earliestMonth } from '../domain/analytics/months.ts'
import { cutsOf, overview } from '../domain/analytics/overview.ts'
import { isCovered, periodBefore, periodOf } from '../domain/analytics/period.ts'
import { retentionMonths } from '../domain/analytics/retention.ts'
import { DomainError } from '../domain/error.ts'
import { DEFAULT_PLAN } from '../domain/funnel/plan.ts'
import { parseCurrency } from '../domain/money.ts'
import { dayOf } from '../domain/time.ts'
import type { AppEnv } from '../http.ts'

/** What `/api/analytics` answers, and what exports of its tables are read from. */
export async function answerAnalytics(c: Context<AppEnv>, query: z.infer<typeof AnalyticsQuery>): Promise<AnalyticsAnswer> {
  const now = Date.now()
  const today = dayOf(now)
  const { root } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const unit = root.pricing.defaultCurrency
  const currency = query.currency === undefined ? unit : parseCurrency(query.currency)
  const isConverted = query.convert === 'true'
  const rates = isConverted ? (((await readSettings(c.env.DB)).exchangeRates ?? {}) as Record<string, string>) : {}
  const exchange = isConverted ? exchangeInto(currency, unit, rates) : withoutExchange(currency)
  if (isConverted && currency !== unit && !exchange.takes.includes(unit))
    throw new DomainError('invalid_field', `the settings have no rate for ${currency}`, 'currency')
  const begun = query.timeframe === 'all' ? (await readExtent(c.env.DB)).firstDay : null
  const period = periodOf(query.timeframe, query.to ?? today, begun)
  const before = periodBefore(period)
  const withCohorts = query.includeCohorts === 'true'
  const rows = await readOverview(c.env.DB, {
    scopes: exchange.takes,
    period,
    previous: before,
    firstMonth: earliestMonth(period.to),
    cuts: cutsOf(period, before, today),
    since: [period, before].map((span) => retentionMonths(span, today).from),
    funnel: { scope: DEFAULT_PLAN.reference, first: 'landing', last: 'purchase' },
    cohorts: withCohorts ? 'all' : { ages: MOST_AGES },
    forecasts: query.includeForecasts === 'true' ? currency : null,
  })
  const previous = { ...before, complete: isCovered(before, rows.firstDay) }
  const present = [...new Set([...rows.currencies.map((row) => row.currency), ...rows.recurring])]
  return {
    success: true,
    period,
    previousPeriod: previous,
    currency,
    currencies: [...rows.currencies],
    rates: isConverted ? conversionOf(exchange, present, currency, unit, rates) : null,
    ...overview({ rows, exchange, currency, period, previous, today, withCohorts }),
    forecasts: query.includeForecasts === 'true' ? rows.forecasts.map(summaryOf) : null,
  }
}
