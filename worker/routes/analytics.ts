import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { AnalyticsAnswer, AnalyticsQuery, FunnelAnswer, FunnelQuery } from '../contract/analytics.ts'
import { readExtent, readFunnel, readReportedPurchases } from '../db/analytics.ts'
import { type Period, periodOf } from '../domain/analytics/period.ts'
import { DEFAULT_FUNNEL, funnelScope } from '../domain/customer/behaviour.ts'
import { dayOf } from '../domain/time.ts'
import { answers, needs, refusals, router } from '../http.ts'
import { answerAnalytics } from './analytics-answer.ts'

const getAnalytics = createRoute({
  method: 'get',
  path: '/',
  tags: ['analytics'],
  summary: 'Figures of a period beside the one before, the bridge of recurring revenue, series, months, breakdowns and cohorts',
  description:
    'Every figure carries its definition, its formula and the numbers it was made of. Amounts are of one currency; with `convert=true` the others are converted at read, at the rates of the settings. A period ends with `to` and is counted in UTC days by booked day; retention (`nrr`, `grr`) is told over the whole calendar months inside it, and each row of `months` over its own. A quotient of nothing is null, with its reason.',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: AnalyticsQuery },
  responses: { 200: answers('The overview', AnalyticsAnswer), ...refusals },
})

export const analytics = router().openapi(getAnalytics, async (c) => c.json(await answerAnalytics(c, c.req.valid('query')), 200))

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
