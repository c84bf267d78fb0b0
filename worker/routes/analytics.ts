import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { AnalyticsAnswer, AnalyticsQuery } from '../contract/analytics.ts'
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
