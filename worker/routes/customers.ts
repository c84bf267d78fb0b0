import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import * as z from 'zod'
import { actorOf, allow } from '../auth.ts'
import { readConfiguration, readRootVersion } from '../config.ts'
import { ChainAnswer, ChainQuery } from '../contract/chain.ts'
import { CustomersAnswer, CustomersQuery } from '../contract/customers.ts'
import { Identifier } from '../contract/events.ts'
import {
  CustomerRef,
  DecisionAnswer,
  DecisionQuery,
  DecisionSampleAnswer,
  DecisionSampleQuery,
  ErasureAnswer,
  ExportAnswer,
  type SampledDecision,
} from '../contract/operations.ts'
import { readCustomers, type StoredCustomer } from '../db/customers.ts'
import { readSample } from '../db/decisions.ts'
import { eraseIdentifier } from '../db/erasure.ts'
import { DomainError, unwrap } from '../domain/error.ts'
import { toMajor } from '../domain/money.ts'
import { replay } from '../domain/pricing/replay.ts'
import { shownOf } from '../domain/pricing/shown.ts'
import type { PriceDecision, PricingSettings } from '../domain/pricing/types.ts'
import { type AppEnv, answers, needs, refusals, router } from '../http.ts'
import { ask, customerPerson, decisionMaker, type Person, personOf, remote, tombstoneOf, visitorObjectId } from '../person.ts'

const tags = ['customers']

const listCustomers = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Identified customers, seen last first, or by the beginning of their id',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: CustomersQuery },
  responses: { 200: answers('A page of customers', CustomersAnswer), ...refusals },
})

const getChain = createRoute({
  method: 'get',
  path: '/{id}/chain',
  tags,
  summary: 'Decision, exposure, quote, purchase, refund: the chain of one customer, newest first',
  description:
    'Each link begins with a price decision, or with a purchase that none led to, and ends with what is left of the money. Read from the customer’s own record, so it is never behind.',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: CustomerRef, query: ChainQuery },
  responses: { 200: answers('A page of the chain, with the sums of all of it', ChainAnswer), ...refusals },
})

const getVisitorChain = createRoute({
  method: 'get',
  path: '/{id}/chain',
  tags,
  summary: 'The same chain of a visitor; of one who has said who they are, that of the customer',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: CustomerRef, query: ChainQuery },
  responses: { 200: answers('A page of the chain, with the sums of all of it', ChainAnswer), ...refusals },
})

const exportCustomer = createRoute({
  method: 'get',
  path: '/{id}/export',
  tags,
  summary: 'Everything kept of a customer',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: CustomerRef },
  responses: { 200: answers('Identity and log', ExportAnswer), ...refusals },
})

const eraseCustomer = createRoute({
  method: 'delete',
  path: '/{id}',
  tags,
  summary: 'Forget a customer; sums stay without the name, and nothing can be sent under this id again',
  description: 'Copies in point-in-time recovery persist for up to 30 days.',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: CustomerRef },
  responses: { 200: answers('Erased', ErasureAnswer), ...refusals },
})

/** @throws DomainError not_found  nobody we know, or somebody who has been erased */
async function chainFor(c: Context<AppEnv>, person: Person | null, query: ChainQuery) {
  const chain = person && unwrap(await ask(c.env, person, (stub, who) => stub.chain(who, { ...query, now: Date.now() })))
  if (!chain) throw new DomainError('not_found', 'nobody is known by this id')
  return { success: true as const, ...chain }
}

const shownCustomer = ({ id, money, ...row }: StoredCustomer) => ({
  customerId: id,
  ...row,
  money: Object.entries(money).map(([currency, { grossMinor, netMinor, mrrMinor }]) => ({
    currency,
    gross: toMajor(grossMinor, currency),
    net: toMajor(netMinor, currency),
    mrr: toMajor(mrrMinor, currency),
  })),
})

export const customers = router()
  .openapi(listCustomers, async (c) => {
    const { search, after, limit } = c.req.valid('query')
    const { rows, next } = await readCustomers(c.env.DB, { search, after, limit })
    return c.json({ success: true as const, customers: rows.map(shownCustomer), next }, 200)
  })
  .openapi(getChain, async (c) => {
    const { id } = c.req.valid('param')
    return c.json(await chainFor(c, customerPerson(c.env, id), c.req.valid('query')), 200)
  })
  .openapi(exportCustomer, async (c) => {
    const { id } = c.req.valid('param')
    const { identity, events } = unwrap(await ask(c.env, customerPerson(c.env, id), (stub) => stub.export()))
    if (!identity || identity.erased) throw new DomainError('not_found', 'no such customer')
    // What everybody is counted by is of nobody.
    const own = events.filter(({ body }) => body.kind !== 'definition').map((event) => ({ ...event }))
    return c.json({ success: true as const, customerId: id, subject: identity.subject, events: own }, 200)
  })
  .openapi(eraseCustomer, async (c) => {
    const { id } = c.req.valid('param')
    const now = Date.now()
    const { secrets } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
    const tombstone = tombstoneOf(secrets, id)
    const { visitors } = unwrap(await ask(c.env, customerPerson(c.env, id), (stub) => stub.erase(now)))
    // Whoever cannot be reached now is told by the customer's own alarm.
    const told = visitors.map((visitor) => remote(c.env, c.env.CUSTOMERS.idFromString(visitor)).eraseForward(now))
    for (const each of await Promise.allSettled(told)) if (each.status === 'rejected') console.warn('erasure', each.reason)
    await eraseIdentifier(c.env.DB, { customerId: id, visitorIds: visitors, tombstone }, actorOf(c), now)
    return c.json({ success: true as const, message: 'Erased. Copies in point-in-time recovery persist for up to 30 days' }, 200)
  })

export const visitorChain = router().openapi(getVisitorChain, async (c) => {
  const id = visitorObjectId(c.env, c.req.valid('param').id)
  return c.json(await chainFor(c, id && { id, who: { kind: 'visitor' } }, c.req.valid('query')), 200)
})

const getDecision = createRoute({
  method: 'get',
  path: '/{id}',
  tags: ['prices'],
  summary: 'Why this price: the record of a decision, and on request the same decision made again',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: z.object({ id: Identifier }), query: DecisionQuery },
  responses: { 200: answers('The record', DecisionAnswer), ...refusals },
})

const getSample = createRoute({
  method: 'get',
  path: '/',
  tags: ['prices'],
  summary: 'Sampled decisions that a test or a rule could have moved, newest first',
  description:
    'Of how many a row is kept says the setting `decisionSampleShare`; rows stay for 90 days. `propensity` is what off-policy evaluation needs.',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: DecisionSampleQuery },
  responses: { 200: answers('The sample', DecisionSampleAnswer), ...refusals },
})

function shownSample({
  price,
  listPrice,
  testId,
  testVersion,
  arm,
  ...row
}: Awaited<ReturnType<typeof readSample>>[number]): SampledDecision {
  const test = testId === null ? null : { id: testId, version: testVersion ?? 0, variant: arm ?? '' }
  return { ...row, price: toMajor(price, row.currency), listPrice: toMajor(listPrice, row.currency), test }
}

/** The operator's variable may have switched optimisation off, which no stored configuration tells: the record does. */
const switchedAs = ({ reason }: PriceDecision, settings: PricingSettings): PricingSettings =>
  reason === 'kill_switch' ? { ...settings, optimizationEnabled: false } : settings

export const decisions = router()
  .openapi(getSample, async (c) => {
    const rows = await readSample(c.env.DB, c.req.valid('query'))
    return c.json({ success: true as const, decisions: rows.map(shownSample) }, 200)
  })
  .openapi(getDecision, async (c) => {
    const { id } = c.req.valid('param')
    const query = c.req.valid('query')
    const isNamed = query.visitorId !== undefined || query.customerId !== undefined
    const configuration = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
    const found = isNamed ? await personOf(c.env, c.var.caller, configuration, query, Date.now()) : decisionMaker(c.env, id)
    const outcome = found && (await ask(c.env, found, (stub, who) => stub.decision(who, id)))
    const event = outcome?.ok ? outcome.value : null
    if (event?.body.kind !== 'decision') throw new DomainError('not_found', 'no such decision')
    const { decision, configVersion } = event.body
    const stored = query.replay === '1' ? await readRootVersion(c.env, configVersion) : null
    const slice = await stored?.slice(decision.productId)
    const again = stored && slice ? replay(decision, slice, switchedAs(decision, stored.root.pricing)) : null
    return c.json(
      {
        success: true as const,
        decision: { ...decision },
        explain: shownOf(decision, configVersion).explain,
        configVersion,
        replay: again && { identical: again.identical, differences: again.differences },
      },
      200,
    )
  })
