import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { IdempotencyHeader, ItemRef, PageQuery } from '../contract/admin.ts'
import { PriceTestInput, PriceTestItem, PriceTestStarted, PriceTestsAnswer, ShipInput } from '../contract/price-tests.ts'
import type { AuditLine } from '../db/audit.ts'
import { readProduct, readSettings } from '../db/configuration.ts'
import {
  addTest,
  readAnalyses,
  readLiveTest,
  readTest,
  readTestSums,
  readTests,
  replaceTest,
  replaceTestAndPrice,
} from '../db/price-tests.ts'
import { randomText } from '../digest.ts'
import { DEFAULT_PRICING } from '../domain/configuration.ts'
import { DomainError } from '../domain/error.ts'
import { parseCurrency } from '../domain/money.ts'
import { figuresOf } from '../domain/pricing/test-figures.ts'
import { ended, type PriceMove, rollBack, type StoredTest, ship } from '../domain/pricing/test-life.ts'
import { resultsOf } from '../domain/pricing/test-results.ts'
import { validatePriceTest } from '../domain/pricing/validate.ts'
import { priceTest, priceTestOf } from '../domain/wire.ts'
import { variables } from '../env.ts'
import { type AppEnv, answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { idempotent } from '../idempotency.ts'

const tags = ['price tests']
const changed = { 200: answers('The test as it is now', PriceTestStarted), ...refusals }

const startTest = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Start a price test',
  description:
    'Three fields are enough. With `"allocation": "thompson"` the weights follow what is learnt, once a UTC day; every re-weighing is in the audit log with its numbers.',
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
  summary: 'One price test, with what it says',
  description:
    'Estimates weigh people by how likely each was to see the price they saw, so a bandit’s shifting weights flatter no price; a switchback compares its time windows. Margin counts what a purchase brought, less the unit cost of each unit of the tested product that was not refunded whole. An arm that was closed for harm stays in, with its people up to then.',
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
  responses: changed,
})

const shipArm = createRoute({
  method: 'post',
  path: '/{id}/ship',
  tags,
  summary: 'Make an arm’s price the list price, and end the test',
  description:
    'The price ledger says which test it came from. An arm that was closed for harm is not shipped, nor one outside the product’s bounds of today.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ItemRef, body: jsonBody(ShipInput) },
  responses: changed,
})

const rollTestBack = createRoute({
  method: 'post',
  path: '/{id}/rollback',
  tags,
  summary: 'End a price test, and take back what it has shipped',
  description: 'The list price from before comes back, with a line in the price ledger, unless somebody has changed the list price since.',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ItemRef },
  responses: changed,
})

async function found(c: Context<AppEnv>, id: string): Promise<StoredTest> {
  const stored = await readTest(c.env.DB, id)
  if (!stored) throw new DomainError('not_found', `price test ${id} does not exist`)
  return stored
}

const ATTEMPTS = 4

/** What a test becomes, with the list price where that moves; null where it has become that already. */
type Change = { after: StoredTest; move: PriceMove | null } | null

/** Changes a test as it stands. Of two at once the second looks at what the first has made of it. */
async function change(
  c: Context<AppEnv>,
  id: string,
  now: number,
  of: (stored: StoredTest) => Change | Promise<Change>,
): Promise<StoredTest> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await found(c, id)
    const change = await of(before)
    if (!change) return before
    const { after, move } = change
    const other = move && (await readLiveTest(c.env.DB, before.test.productId, now))
    if (other && other !== id) throw new DomainError('test_already_running', `${other} compares with the present list price; stop it first`)
    const line: AuditLine = {
      at: now,
      actor: actorOf(c),
      action: `price_test.${after.status}`,
      subject: id,
      before: priceTestOf(before, now),
      after: priceTestOf(after, now),
    }
    const isSaved = move
      ? await replaceTestAndPrice(c.env.DB, before, after, move, now, line)
      : await replaceTest(c.env.DB, before, after, [line])
    if (!isSaved) continue
    await compileConfiguration(c.env, now)
    return after
  }
  throw new DomainError('conflict', 'the test or the list price is being changed by somebody else: read it again')
}

const changedTo = (stored: StoredTest, message: string, now: number) => ({
  success: true as const,
  testId: stored.test.id,
  message,
  test: priceTestOf(stored, now),
})

export const priceTests = router()
  .openapi(startTest, async (c) => {
    const input = c.req.valid('json')
    const [product, settings] = await Promise.all([readProduct(c.env.DB, input.productId), readSettings(c.env.DB)])
    if (!product) throw new DomainError('unknown_product', `product ${input.productId} does not exist`, 'productId')
    const currency = parseCurrency(input.currency ?? String(settings.defaultCurrency ?? DEFAULT_PRICING.defaultCurrency))
    const now = Date.now()
    if (input.id !== undefined && variables(c.env).environment !== 'development')
      throw new DomainError('development_only', 'a test gets its id from us', 'id')
    const test = priceTest(input, product, currency, input.id ?? `pt_${randomText(9)}`, now)
    validatePriceTest(test, product)
    if (test.endsAt <= now && input.id === undefined)
      throw new DomainError('end_before_start', 'the test would be over before it begins', 'endsAt')
    const stored: StoredTest = { test, name: input.name ?? `Price of ${product.name}`, status: 'running' }
    const line = { at: now, actor: actorOf(c), action: 'price_test.started', subject: test.id, after: priceTestOf(stored, now) }
    if (!(await addTest(c.env.DB, stored, now, line))) {
      throw new DomainError('test_already_running', `${product.id} has a live price test; stop it first`, 'productId')
    }
    await compileConfiguration(c.env, now)
    return c.json(changedTo(stored, `${stored.name}: ${test.arms.length} prices`, now), 200)
  })
  .openapi(listTests, async (c) => {
    const { after, limit } = c.req.valid('query')
    const all = await readTests(c.env.DB, { after, limit: limit + 1 })
    const page = all.slice(0, limit)
    const next = all.length > limit ? (page.at(-1)?.test.id ?? null) : null
    const now = Date.now()
    return c.json({ success: true as const, tests: page.map((stored) => priceTestOf(stored, now)), next }, 200)
  })
  .openapi(getTest, async (c) => {
    const stored = await found(c, c.req.valid('param').id)
    const [sums, history] = await Promise.all([readTestSums(c.env.DB, stored.test), readAnalyses(c.env.DB, stored.test)])
    const now = Date.now()
    const results = resultsOf(stored, figuresOf(stored.test, sums), history, now)
    return c.json({ success: true as const, test: priceTestOf(stored, now), results }, 200)
  })
  .openapi(endTest, async (c) => {
    const now = Date.now()
    const stored = await change(c, c.req.valid('param').id, now, (before) =>
      before.status === 'running' ? { after: ended(before, 'stopped', now), move: null } : null,
    )
    return c.json(changedTo(stored, `${stored.name} is ${stored.status === 'stopped' ? 'stopped' : 'over'}`, now), 200)
  })
  .openapi(shipArm, async (c) => {
    const { arm } = c.req.valid('json')
    const now = Date.now()
    const stored = await change(c, c.req.valid('param').id, now, async (before) =>
      ship(before, await readProduct(c.env.DB, before.test.productId), arm, now),
    )
    return c.json(changedTo(stored, `The price of ${arm} is the list price of ${stored.test.productId}`, now), 200)
  })
  .openapi(rollTestBack, async (c) => {
    const now = Date.now()
    const stored = await change(c, c.req.valid('param').id, now, async (before) =>
      rollBack(before, await readProduct(c.env.DB, before.test.productId), now),
    )
    return c.json(changedTo(stored, `${stored.name} is rolled back`, now), 200)
  })
