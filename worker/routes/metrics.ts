import { createRoute } from '@hono/zod-openapi'
import * as z from 'zod'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { IdempotencyHeader } from '../contract/admin.ts'
import { MetricInput, MetricItem, MetricRef, MetricsAnswer } from '../contract/metrics.ts'
import { addMetric, readMetrics } from '../db/metrics.ts'
import { DomainError } from '../domain/error.ts'
import { keyOf } from '../domain/experiments/definition.ts'
import { BUILT_IN_METRICS, type MetricDefinition, referenceOf } from '../domain/experiments/metric.ts'
import { findMetric, isSameMetric, metricAnswerOf, metricOf } from '../domain/experiments/metric-input.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { idempotent } from '../idempotency.ts'
import { checkRoom } from './definition-room.ts'

const tags = ['experiments']

/** Every customer's log has all of them. */
const MAXIMUM_METRICS = 200

const listMetrics = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Metrics: what experiments are judged by',
  security: needs('read'),
  middleware: [allow('read')] as const,
  responses: { 200: answers('The built-in metrics, then those of this deployment, every version', MetricsAnswer), ...refusals },
})

const getMetric = createRoute({
  method: 'get',
  path: '/{metric}',
  tags,
  summary: 'One metric: a version of it, or its newest',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: z.object({ metric: MetricRef }) },
  responses: { 200: answers('The metric', MetricItem), ...refusals },
})

const saveMetric = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Define a metric, or the next version of one',
  description:
    'A metric is never edited: another definition under its id is another version, counted apart, and whatever names the older one keeps it. The same definition again answers the version there is. Purchases count in the currency of the metric, or else of the experiment; where no money is summed, in any, unless the metric names one.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES), idempotent()] as const,
  request: { headers: IdempotencyHeader, body: jsonBody(MetricInput) },
  responses: { 200: answers('The metric, with the version it has', MetricItem), ...refusals },
})

const item = (metric: MetricDefinition) => ({ success: true as const, metric: metricAnswerOf(metric) })

export const metrics = router()
  .openapi(listMetrics, async (c) => {
    const custom = await readMetrics(c.env.DB)
    return c.json({ success: true as const, metrics: [...BUILT_IN_METRICS, ...custom].map(metricAnswerOf) }, 200)
  })
  .openapi(getMetric, async (c) => {
    const { metric: reference } = c.req.valid('param')
    const metric = findMetric(await readMetrics(c.env.DB), reference)
    if (!metric) throw new DomainError('not_found', `metric ${reference} does not exist`)
    return c.json(item(metric), 200)
  })
  .openapi(saveMetric, async (c) => {
    const input = c.req.valid('json')
    const id = input.id ?? keyOf(input.name).slice(0, 48)
    const known = await readMetrics(c.env.DB)
    const newest = known.find((one) => one.id === id)
    const metric = metricOf(input, id, (newest?.version ?? 0) + 1)
    if (newest && isSameMetric(newest, metric)) return c.json(item(newest), 200)
    if (known.length >= MAXIMUM_METRICS) throw new DomainError('conflict', `${MAXIMUM_METRICS} metrics are the most: name one there is`)
    await checkRoom(c.env.DB, metric)
    const now = Date.now()
    const line = {
      at: now,
      actor: actorOf(c),
      action: 'metric.saved',
      subject: referenceOf(metric),
      before: newest && metricAnswerOf(newest),
      after: metricAnswerOf(metric),
    }
    if (!(await addMetric(c.env.DB, metric, now, line)))
      throw new DomainError('conflict', 'somebody has saved a version of this metric meanwhile: read it again')
    await compileConfiguration(c.env, now)
    return c.json(item(metric), 200)
  })
