import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { AnalyticsAnswer, AnalyticsQuery, FunnelAnswer, FunnelQuery } from '../contract/analytics.ts'
import { readEntries, readExtent, readFunnel, readOverview, readReportedPurchases, type Sum, topOf } from '../db/analytics.ts'
import { cohortTable } from '../domain/analytics/cohorts.ts'
import { overview } from '../domain/analytics/overview.ts'
import { isCovered, type Period, periodBefore, periodOf } from '../domain/analytics/period.ts'
import { ordersPerView } from '../domain/analytics/products.ts'
import { DEFAULT_FUNNEL, funnelScope } from '../domain/customer/behaviour.ts'
import { METRIC } from '../domain/customer/metrics.ts'
import { parseCurrency, toMajor } from '../domain/money.ts'
import { dayOf, monthOf } from '../domain/time.ts'
import { answers, needs, refusals, router } from '../http.ts'

const getAnalytics = createRoute({
  method: 'get',
  path: '/',
  tags: ['analytics'],
  summary: 'Figures of a period beside the one before, series, breakdowns and cohorts',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: AnalyticsQuery },
  responses: { 200: answers('The overview', AnalyticsAnswer), ...refusals },
})

export const analytics = router().openapi(getAnalytics, async (c) => {
  const query = c.req.valid('query')
  const { root } = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
  const currency = query.currency === undefined ? root.pricing.defaultCurrency : parseCurrency(query.currency)
  const begun = query.timeframe === 'all' ? (await readExtent(c.env.DB)).firstDay : null
  const period = periodOf(query.timeframe, query.to ?? dayOf(Date.now()), begun)
  const before = periodBefore(period)
  const [rows, entries] = await Promise.all([
    readOverview(c.env.DB, currency, before.from, period.from, period.to, query.includeCohorts === 'true'),
    readEntries(c.env.DB, funnelScope, [DEFAULT_FUNNEL.steps[0], 'purchase'], before.from, period.to),
  ])
  const { firstDay } = rows
  const previous = { ...before, complete: isCovered(before, firstDay) }
  const breakdown = (metric: string, dimension: string) =>
    rows.breakdown.filter((row) => row.metric === metric && row.dimension === dimension)
  const sumsOf = (metric: string, dimension: string) => new Map(breakdown(metric, dimension).map(({ value, sum }) => [value, sum]))
  const [gross, orders, views, ordersByCountry] = [
    sumsOf(METRIC.gross, 'product'),
    sumsOf(METRIC.orders, 'product'),
    sumsOf(METRIC.productViews, 'product'),
    sumsOf(METRIC.orders, 'country'),
  ]
  const allOrders = new Map(rows.ordersByProduct.map((row) => [row.productId, row.orders]))
  const catalogue = new Map(rows.products.map((product) => [product.id, product]))
  // What was only viewed stands below what sold.
  const viewed = breakdown(METRIC.productViews, 'product').map((row) => ({ ...row, sum: gross.get(row.value) ?? 0 }))
  const soldUnseen = breakdown(METRIC.gross, 'product').filter(({ value }) => !views.has(value))
  const lastMonth = rows.cohorts.reduce((last: string, { day }: Sum) => (day > last ? day : last), monthOf(period.to))
  return c.json(
    {
      success: true as const,
      period,
      previousPeriod: previous,
      currency,
      currencies: rows.currencies,
      ...overview({ sums: rows.days, opening: rows.opening, entries, period, previous, firstDay, currency }),
      products: topOf([...viewed, ...soldUnseen]).map(({ value, sum }) => ({
        productId: value,
        name: catalogue.get(value)?.name ?? null,
        gross: toMajor(sum, currency),
        orders: orders.get(value) ?? 0,
        views: views.get(value) ?? 0,
        ordersPerView: ordersPerView(catalogue.get(value), allOrders.get(value) ?? 0, views.get(value) ?? 0),
      })),
      countries: topOf(breakdown(METRIC.gross, 'country')).map(({ value, sum }) => ({
        country: value,
        gross: toMajor(sum, currency),
        orders: ordersByCountry.get(value) ?? 0,
      })),
      cohorts:
        query.includeCohorts === 'true'
          ? cohortTable(rows.cohorts, currency, lastMonth < monthOf(period.to) ? lastMonth : monthOf(period.to))
          : null,
    },
    200,
  )
})

const getFunnel = createRoute({
  method: 'get',
  path: '/',
  tags: ['analytics'],
  summary: 'The funnel by day of entry, with both denominators',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: FunnelQuery },
  responses: { 200: answers('Steps in order', FunnelAnswer), ...refusals },
})

const LABELS: Record<(typeof DEFAULT_FUNNEL.steps)[number], string> = {
  landing: 'Landing',
  product_view: 'Product view',
  cart: 'Cart',
  checkout: 'Checkout',
  payment: 'Payment',
  purchase: 'Verified purchase',
}

export const funnel = router().openapi(getFunnel, async (c) => {
  const { timeframe, to } = c.req.valid('query')
  const { firstDay } = timeframe === 'all' ? await readExtent(c.env.DB) : { firstDay: null }
  const period: Period = periodOf(timeframe, to ?? dayOf(Date.now()), firstDay)
  const [reached, reportedPurchases] = await Promise.all([
    readFunnel(c.env.DB, funnelScope, period.from, period.to),
    readReportedPurchases(c.env.DB, period.from, period.to),
  ])
  const counts = DEFAULT_FUNNEL.steps.map((step) => reached.get(step) ?? 0)
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole)
  const steps = DEFAULT_FUNNEL.steps.map((step, at) => ({
    step,
    label: LABELS[step],
    entered: counts[at] as number,
    ofPrevious: at === 0 ? null : share(counts[at] as number, counts[at - 1] as number),
    ofFirst: share(counts[at] as number, counts[0] as number),
    droppedOff: (counts[at] as number) - (counts[at + 1] ?? (counts[at] as number)),
  }))
  const { id, version, name } = DEFAULT_FUNNEL
  return c.json({ success: true as const, funnel: { id, version, name }, period, reportedPurchases, steps }, 200)
})
