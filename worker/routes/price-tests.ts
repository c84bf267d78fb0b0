import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { IdempotencyHeader, ItemRef, PageQuery } from '../contract/admin.ts'
import { PriceTestInput, PriceTestItem, type PriceTestResults, PriceTestStarted, PriceTestsAnswer } from '../contract/price-tests.ts'
import { addTest, readProduct, readSettings, readTest, readTests, type StoredTest, stopTest } from '../db/configuration.ts'
import { readCounts } from '../db/experiments.ts'
import { randomText } from '../digest.ts'
import { DEFAULT_PRICING } from '../domain/configuration.ts'
import { DomainError } from '../domain/error.ts'
import { parseCurrency, toMajor } from '../domain/money.ts'
import { validatePriceTest } from '../domain/pricing/validate.ts'
import { priceTest, priceTestOf } from '../domain/wire.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { idempotent } from '../idempotency.ts'

const tags = ['price tests']
const unknown = (id: string) => new DomainError('not_found', `price test ${id} does not exist`)
const answerOf = ({ test, name, status }: StoredTest) => priceTestOf(test, name, status)

const startTest = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Start a price test',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES), idempotent()] as const,
  request: { headers: IdempotencyHeader, body: jsonBody(PriceTestInput) },
  responses: { 200: answers('The test that has started', PriceTestStarted), ...refusals },
})

const listTests = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Price tests in the order of their ids',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: PageQuery },
  responses: { 200: answers('A page of price tests', PriceTestsAnswer), ...refusals },
})

const getTest = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'One price test, with what each of its prices earned',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: ItemRef },
  responses: { 200: answers('The test', PriceTestItem), ...refusals },
})

const endTest = createRoute({
  method: 'post',
  path: '/{id}/stop',
  tags,
  summary: 'Stop a price test; everybody sees the list price again',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ItemRef },
  responses: { 200: answers('The stopped test', PriceTestStarted), ...refusals },
})

async function resultsOf(db: D1Database, { test }: StoredTest): Promise<PriceTestResults> {
  const counts = await readCounts(db, { key: test.id, version: test.version })
  const { currency } = test
  const none = { count: 0, of: 0, rate: null }
  const arms = test.arms.map(({ key, amountMinor, weight, closedAt = null }) => {
    const { exposed, buyers, netMinor } = counts.of(key)
    return {
      key,
      amount: toMajor(amountMinor, currency),
      weight,
      closedAt,
      exposed,
      matured: 0,
      buyers,
      netRevenue: toMajor(netMinor, currency),
      perVisitor: null,
      lift: null,
      chanceToBeBest: null,
      expectedLoss: null,
      refunds: none,
      disputes: none,
      paymentFailures: none,
    }
  })
  return {
    currency,
    arms,
    excluded: counts.excluded,
    method: 'weighted',
    blocks: null,
    sampleRatio: null,
    daysLeft: 0,
    segments: [],
    verdict: 'keep_running',
    arm: null,
    sentence: '',
    reasons: [],
    history: [],
  }
}

export const priceTests = router()
  .openapi(startTest, async (c) => {
    const input = c.req.valid('json')
    const [product, settings] = await Promise.all([readProduct(c.env.DB, input.productId), readSettings(c.env.DB)])
    if (!product) throw new DomainError('unknown_product', `product ${input.productId} does not exist`, 'productId')
    const currency = parseCurrency(input.currency ?? String(settings.defaultCurrency ?? DEFAULT_PRICING.defaultCurrency))
    const now = Date.now()
    const test = priceTest(input, product, currency, `pt_${randomText(9)}`, now)
    validatePriceTest(test, product)
    const name = input.name ?? `Price of ${product.name}`
    const answer = priceTestOf(test, name, 'running')
    const line = { at: now, actor: actorOf(c), action: 'price_test.started', subject: test.id, after: answer }
    if (!(await addTest(c.env.DB, { test, name, status: 'running' }, now, line))) {
      throw new DomainError('test_already_running', `${product.id} has a live price test; stop it first`, 'productId')
    }
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, testId: test.id, message: `${name}: ${test.arms.length} prices`, test: answer }, 200)
  })
  .openapi(listTests, async (c) => {
    const { after, limit } = c.req.valid('query')
    const found = await readTests(c.env.DB, { after, limit: limit + 1 })
    const page = found.slice(0, limit)
    const next = found.length > limit ? (page.at(-1)?.test.id ?? null) : null
    return c.json({ success: true as const, tests: page.map(answerOf), next }, 200)
  })
  .openapi(getTest, async (c) => {
    const { id } = c.req.valid('param')
    const found = await readTest(c.env.DB, id)
    if (!found) throw unknown(id)
    return c.json({ success: true as const, test: answerOf(found), results: await resultsOf(c.env.DB, found) }, 200)
  })
  .openapi(endTest, async (c) => {
    const { id } = c.req.valid('param')
    const found = await readTest(c.env.DB, id)
    if (!found) throw unknown(id)
    const now = Date.now()
    const after = answerOf({ ...found, status: 'stopped' })
    const line = { at: now, actor: actorOf(c), action: 'price_test.stopped', subject: id, before: answerOf(found), after }
    if (await stopTest(c.env.DB, id, line)) await compileConfiguration(c.env, now)
    return c.json({ success: true as const, testId: id, message: `${found.name} is stopped`, test: after }, 200)
  })
