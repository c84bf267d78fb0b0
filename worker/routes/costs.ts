import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { Done, IdempotencyHeader } from '../contract/admin.ts'
import { CostAnswer, CostInput, CostRecorded, CostRef, CostsAnswer, CostsQuery, MAXIMUM_COST_DAYS } from '../contract/costs.ts'
import { addCost, readCost, readCosts, removeCost, replaceCost } from '../db/costs.ts'
import { randomText } from '../digest.ts'
import { costOf, parseCost } from '../domain/analytics/costs.ts'
import { DomainError } from '../domain/error.ts'
import { parseCurrency } from '../domain/money.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { idempotent } from '../idempotency.ts'

const tags = ['analytics']

const listCosts = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'What was spent to win customers',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: CostsQuery },
  responses: { 200: answers('A page of costs', CostsAnswer), ...refusals },
})

const recordCost = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Record a cost of winning customers, from which CAC, payback and LTV/CAC are told',
  description: 'The amount is spread evenly over its days, so a cost that crosses the edge of a period counts by the days inside.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES), idempotent()] as const,
  request: { headers: IdempotencyHeader, body: jsonBody(CostInput) },
  responses: { 201: answers('The cost as recorded', CostRecorded), ...refusals },
})

const putCost = createRoute({
  method: 'put',
  path: '/{id}',
  tags,
  summary: 'Replace a recorded cost whole',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: CostRef, body: jsonBody(CostInput) },
  responses: { 200: answers('The cost as it is now', CostAnswer), ...refusals },
})

const deleteCost = createRoute({
  method: 'delete',
  path: '/{id}',
  tags,
  summary: 'Remove a recorded cost',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: CostRef },
  responses: { 200: answers('Removed', Done), ...refusals },
})

const missing = (id: string) => new DomainError('not_found', `cost ${id} does not exist`)

/** Sorts by the time at which it was made. */
const newId = (now: number): string => `cost_${now.toString(36).padStart(9, '0')}${randomText(6)}`

export const costs = router()
  .openapi(listCosts, async (c) => {
    const { currency, limit, ...rest } = c.req.valid('query')
    const code = currency === undefined ? undefined : parseCurrency(currency)
    const found = await readCosts(c.env.DB, { ...rest, currency: code, limit: limit + 1 })
    const page = found.slice(0, limit)
    return c.json({ success: true as const, costs: page.map(costOf), next: found.length > limit ? (page.at(-1)?.id ?? null) : null }, 200)
  })
  .openapi(recordCost, async (c) => {
    const now = Date.now()
    const cost = { ...parseCost(c.req.valid('json'), MAXIMUM_COST_DAYS), id: newId(now), createdAt: now, updatedAt: now }
    const after = costOf(cost)
    await addCost(c.env.DB, cost, { at: now, actor: actorOf(c), action: 'cost.recorded', subject: cost.id, after })
    return c.json({ success: true as const, id: cost.id, cost: after }, 201)
  })
  .openapi(putCost, async (c) => {
    const { id } = c.req.valid('param')
    const told = parseCost(c.req.valid('json'), MAXIMUM_COST_DAYS)
    const before = await readCost(c.env.DB, id)
    if (!before) throw missing(id)
    const now = Math.max(Date.now(), before.createdAt)
    const cost = { ...before, ...told, updatedAt: now }
    const line = { at: now, actor: actorOf(c), action: 'cost.changed', subject: id, before: costOf(before), after: costOf(cost) }
    await replaceCost(c.env.DB, cost, line)
    return c.json({ success: true as const, cost: costOf(cost) }, 200)
  })
  .openapi(deleteCost, async (c) => {
    const { id } = c.req.valid('param')
    const before = await readCost(c.env.DB, id)
    if (!before) throw missing(id)
    await removeCost(c.env.DB, id, { at: Date.now(), actor: actorOf(c), action: 'cost.removed', subject: id, before: costOf(before) })
    return c.json({ success: true as const, message: `cost ${id} is removed` }, 200)
  })
