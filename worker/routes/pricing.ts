import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type * as z from 'zod'
import { allow, publicJson } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { Identifier, isIdentifier, MAXIMUM_BODY_BYTES } from '../contract/events.ts'
import { PriceQuery, PricesAnswer, PricesInput, PricingAnswer, ProductRef, VisitorAnswer } from '../contract/pricing.ts'
import { DomainError } from '../domain/error.ts'
import { fieldChecks } from '../field-checks.ts'
import { type AppEnv, answers, jsonBody, limitBody, needs, parse, refusals, router } from '../http.ts'
import { isTrusted } from '../person.ts'
import { isBot, mayMint } from '../visit.ts'
import { priceFor } from './price-answers.ts'

const tags = ['prices']

const getPrice = createRoute({
  method: 'get',
  path: '/{productId}',
  tags,
  summary: 'The price of a product for one visitor or customer, with a signed quote',
  security: needs('decide'),
  request: { params: ProductRef, query: PriceQuery },
  responses: { 200: answers('The price and why', PricingAnswer), ...refusals },
})

const getPrices = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Prices of up to 100 products for a listing; no exposure until one is viewed',
  security: needs('decide'),
  middleware: [allow('decide'), limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(PricesInput) },
  responses: { 200: answers('Prices of the products we know', PricesAnswer), ...refusals },
})

export const pricing = router()
pricing.openAPIRegistry.registerPath(getPrice)
// The one route that is asked at every page view: its few fields are parsed in place, which costs a tenth less in all.
pricing.get('/:productId', allow('decide'), async (c) => {
  const productId = c.req.param('productId')
  if (!isIdentifier(productId)) parse(Identifier, productId, 'productId')
  const query = queryOf(c)
  const behaviorFlags =
    query.behaviorFlags
      ?.split(',')
      .map((flag) => flag.trim())
      .filter(Boolean) ?? []
  const configuration = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
  const slice = await configuration.slice(productId)
  if (!slice) throw new DomainError('unknown_product', 'this product is not in the catalogue', 'productId')
  const { prices, visitorId } = await priceFor(c, configuration, [slice], { ...query, behaviorFlags }, false)
  return publicJson<PricingAnswer>(c, `{"success":true,"pricing":${prices[0]},"visitorId":${JSON.stringify(visitorId)}}`)
})
pricing.openapi(getPrices, async (c) => {
  const input = c.req.valid('json')
  const configuration = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
  const wanted = [...new Set(input.products)]
  const found = await Promise.all(wanted.map((id) => configuration.slice(id)))
  const slices = found.filter((slice) => slice !== null)
  const { prices, visitorId } = await priceFor(c, configuration, slices, { ...input, behaviorFlags: input.behaviorFlags ?? [] }, true)
  const rest = JSON.stringify({ unknown: wanted.filter((_, index) => !found[index]), visitorId })
  return publicJson<z.infer<typeof PricesAnswer>>(c, `{"success":true,"prices":[${prices.join()}],${rest.slice(1)}`)
})

const queryChecks = fieldChecks(PriceQuery.shape)

function queryOf(c: Context<AppEnv>): PriceQuery {
  const query = c.req.query()
  for (const name in query) if (queryChecks.get(name)?.(query[name]) === false) return parse(PriceQuery, query)
  return query as PriceQuery
}

const postVisitor = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Mint a visitorId; it costs nothing until it is first used',
  security: needs('decide'),
  middleware: [allow('decide')] as const,
  responses: { 200: answers('A new visitorId', VisitorAnswer), ...refusals },
})

export const visitors = router().openapi(postVisitor, (c) => {
  // Who refuses profiling is nobody: the SDK then stores and sends nothing.
  if (c.req.header('sec-gpc') === '1') return c.json({ success: true as const, visitorId: null }, 200)
  if (!isTrusted(c.var.caller) && isBot(c)) throw new DomainError('forbidden', 'obvious bots are in no analysis, and get no visitorId')
  if (!mayMint(c, Date.now())) throw new DomainError('too_many_requests', 'too many new visitors from one place')
  return c.json({ success: true as const, visitorId: c.env.CUSTOMERS.newUniqueId().toString() }, 200)
})
