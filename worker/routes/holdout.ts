import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { HoldoutAnswer, HoldoutQuery } from '../contract/holdout.ts'
import { readExperimentSums } from '../db/experiment-sums.ts'
import { holdoutOf } from '../domain/customer/holdout.ts'
import { experimentSumsOf } from '../domain/experiments/experiment-sums.ts'
import { BUILT_IN_METRICS, type MetricDefinition, referenceOf } from '../domain/experiments/metric.ts'
import { holdoutResults } from '../domain/experiments/results/holdout.ts'
import { parseCurrency } from '../domain/money.ts'
import { answers, needs, refusals, router } from '../http.ts'

/** By which the holdout is judged: what its exposures carry. */
const METRIC = BUILT_IN_METRICS.find(({ id }) => id === 'net_revenue_90d') as MetricDefinition

const getHoldout = createRoute({
  method: 'get',
  path: '/',
  tags: ['experiments'],
  summary: 'What all levers together do to net revenue',
  description:
    'Customers who may be touched by prices, offers and interventions against those of the universal holdout, from the first price decision that was served to each. In one currency: amounts are never added across. Another share in the settings begins another comparison.',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: HoldoutQuery },
  responses: { 200: answers('The effect of all levers', HoldoutAnswer), ...refusals },
})

export const holdout = router().openapi(getHoldout, async (c) => {
  const now = Date.now()
  const { root } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const asked = c.req.valid('query').currency
  const currency = asked === undefined ? root.pricing.defaultCurrency : parseCurrency(asked)
  const share = root.pricing.holdoutShare
  const named = holdoutOf(share, currency)
  const rows = named ? await readExperimentSums(c.env.DB, named, { withSegments: false }) : []
  const evidence = experimentSumsOf(rows, [METRIC])
  const terms = { share, currency, metric: METRIC, reference: referenceOf(METRIC) }
  return c.json(holdoutResults(terms, evidence, now), 200)
})
