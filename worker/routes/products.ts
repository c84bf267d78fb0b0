import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { Done, ItemRef, LedgerAnswer, LogQuery, PageQuery, ProductAnswer, ProductInput, ProductsAnswer } from '../contract/admin.ts'
import { readProduct, readProducts, removeProduct, saveProduct } from '../db/configuration.ts'
import { readLedger, readLedgerSince } from '../db/price-ledger.ts'
import { readLiveTest, readTest } from '../db/price-tests.ts'
import { DomainError } from '../domain/error.ts'
import { toMajor } from '../domain/money.ts'
import { historiesOf, priorPrices } from '../domain/pricing/lowest-price.ts'
import { REMEMBERED_DAYS } from '../domain/pricing/past.ts'
import type { ProductTerms } from '../domain/pricing/types.ts'
import { validateProduct } from '../domain/pricing/validate.ts'
import { DAY_MS } from '../domain/time.ts'
import { productOf, productTerms } from '../domain/wire.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'

const tags = ['configuration']
const unknown = (id: string) => new DomainError('not_found', `product ${id} does not exist`)

const listProducts = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Products in the order of their ids',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: PageQuery },
  responses: { 200: answers('A page of products', ProductsAnswer), ...refusals },
})

const getProduct = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'One product with its prices and bounds',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: ItemRef },
  responses: { 200: answers('The product', ProductAnswer), ...refusals },
})

const putProduct = createRoute({
  method: 'put',
  path: '/{id}',
  tags,
  summary: 'Create a product, or replace it whole',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ItemRef, body: jsonBody(ProductInput) },
  responses: { 200: answers('The product as saved', ProductAnswer), ...refusals },
})

const deleteProduct = createRoute({
  method: 'delete',
  path: '/{id}',
  tags,
  summary: 'Remove a product; its past prices stay in the price ledger',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ItemRef },
  responses: { 200: answers('Removed', Done), ...refusals },
})

const getPrices = createRoute({
  method: 'get',
  path: '/{id}/prices',
  tags,
  summary: 'Every list price of a product there ever was, and the lowest of the 30 days before the present one',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: ItemRef, query: LogQuery },
  responses: { 200: answers('The price ledger; of a removed product, too', LedgerAnswer), ...refusals },
})

/** A running test compares with the list price it began with, so that stays while it runs. */
async function refuseMovedControl(db: D1Database, before: ProductTerms, after: ProductTerms, now: number): Promise<void> {
  const testId = await readLiveTest(db, after.id, now)
  const currency = testId === null ? undefined : (await readTest(db, testId))?.test.currency
  if (currency !== undefined && before.prices[currency]?.listMinor !== after.prices[currency]?.listMinor)
    throw new DomainError('conflict', `the list price in ${currency} is the control of the price test ${testId}; stop it first`, 'prices')
}

export const products = router()
  .openapi(listProducts, async (c) => {
    const { after, limit } = c.req.valid('query')
    const found = await readProducts(c.env.DB, { after, limit: limit + 1 })
    const page = found.slice(0, limit)
    return c.json(
      { success: true as const, products: page.map(productOf), next: found.length > limit ? (page.at(-1)?.id ?? null) : null },
      200,
    )
  })
  .openapi(getProduct, async (c) => {
    const { id } = c.req.valid('param')
    const terms = await readProduct(c.env.DB, id)
    if (!terms) throw unknown(id)
    return c.json({ success: true as const, product: productOf(terms) }, 200)
  })
  .openapi(getPrices, async (c) => {
    const { id } = c.req.valid('param')
    const { before, limit } = c.req.valid('query')
    const now = Date.now()
    const [terms, found, recent] = await Promise.all([
      readProduct(c.env.DB, id),
      readLedger(c.env.DB, id, { before, limit: limit + 1 }),
      readLedgerSince(c.env.DB, id, now - REMEMBERED_DAYS * DAY_MS),
    ])
    if (!terms && recent.length === 0) throw unknown(id)
    const page = found.slice(0, limit)
    const histories = historiesOf(recent)
    return c.json(
      {
        success: true as const,
        prices: page.map(({ currency, country, amountMinor, effectiveAt, reason }) => ({
          currency,
          country: country || null,
          amount: toMajor(amountMinor, currency),
          effectiveAt,
          reason,
        })),
        lowest30Days: Object.entries(terms?.prices ?? {}).flatMap(([currency, book]) =>
          priorPrices(currency, book, histories, now).map(({ country, priorMinor }) => ({
            currency,
            country: country || null,
            amount: toMajor(priorMinor, currency),
          })),
        ),
        next: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      },
      200,
    )
  })
  .openapi(putProduct, async (c) => {
    const { id } = c.req.valid('param')
    const terms = productTerms({ id, ...c.req.valid('json') })
    validateProduct(terms)
    const before = await readProduct(c.env.DB, id)
    const product = productOf(terms)
    const now = Date.now()
    if (before) await refuseMovedControl(c.env.DB, before, terms, now)
    const line = { at: now, actor: actorOf(c), action: 'product.saved', subject: id, before: before && productOf(before), after: product }
    await saveProduct(c.env.DB, terms, now, line)
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, product }, 200)
  })
  .openapi(deleteProduct, async (c) => {
    const { id } = c.req.valid('param')
    const before = await readProduct(c.env.DB, id)
    if (!before) throw unknown(id)
    const now = Date.now()
    const testId = await readLiveTest(c.env.DB, id, now)
    if (testId) throw new DomainError('conflict', `stop the price test ${testId} first`)
    await removeProduct(c.env.DB, id, { at: now, actor: actorOf(c), action: 'product.removed', subject: id, before: productOf(before) })
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: `product ${id} is removed` }, 200)
  })
