import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { ItemRef } from '../contract/admin.ts'
import { DemandAnswer, DemandQuery } from '../contract/analysis.ts'
import { readProduct } from '../db/configuration.ts'
import { readDemandRows } from '../db/product-demand.ts'
import { DomainError } from '../domain/error.ts'
import { parseCurrency } from '../domain/money.ts'
import { pricedDays } from '../domain/pricing/demand-curve/history.ts'
import { productDemand } from '../domain/pricing/demand-curve/product-demand.ts'
import { endingsOf, roundPrice } from '../domain/pricing/rounding.ts'
import { addDays, dayOf } from '../domain/time.ts'
import { answers, needs, refusals, router } from '../http.ts'

/** Days of the past that are looked at: older ones tell of another market. */
const HISTORY_DAYS = 730

const getDemand = createRoute({
  method: 'get',
  path: '/{id}/demand',
  tags: ['configuration'],
  summary: 'Demand of a product by price, and the price that would earn most',
  description:
    'From the newest price test that says enough: people drawn by lot, a logit curve, elasticity and a suggested price with the interval of its gain. Beside it, and never mixed with it, what the past shows: elasticity of orders a view with the list price, pooled, and within weekday and month. From that alone no price is suggested.',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: ItemRef, query: DemandQuery },
  responses: { 200: answers('What is known of the demand', DemandAnswer), ...refusals },
})

export const productDemands = router().openapi(getDemand, async (c) => {
  const { id } = c.req.valid('param')
  const query = c.req.valid('query')
  const now = Date.now()
  const [product, { root }] = await Promise.all([
    readProduct(c.env.DB, id),
    readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise)),
  ])
  if (!product) throw new DomainError('not_found', `product ${id} does not exist`)
  const currency = query.currency === undefined ? root.pricing.defaultCurrency : parseCurrency(query.currency)
  const book = Object.hasOwn(product.prices, currency) ? product.prices[currency] : undefined
  if (!book) throw new DomainError('unknown_currency', `${id} has no price in ${currency}`, 'currency')
  const yesterday = addDays(dayOf(now), -1)
  const { evidence, tests, days, ledger } = await readDemandRows(c.env.DB, {
    productId: id,
    currency,
    from: addDays(yesterday, -HISTORY_DAYS),
    to: yesterday,
  })
  const asked = query.testId === undefined ? evidence : evidence.filter(({ test }) => test.id === query.testId)
  if (query.testId !== undefined && asked.length === 0)
    throw new DomainError('not_found', `${id} has no price test ${query.testId} by lot in ${currency}, or not among its newest`, 'testId')
  const demand = productDemand({
    product,
    currency,
    evidence: asked,
    days: pricedDays(days, ledger, tests),
    end: (amountMinor, bounds) => roundPrice(amountMinor, endingsOf(currency, book.listMinor, product.rounding), bounds),
  })
  return c.json({ success: true as const, demand }, 200)
})
