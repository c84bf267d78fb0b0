import { env } from 'cloudflare:test'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readConfiguration } from '../../worker/config.ts'
import { RULE_ATTRIBUTES } from '../../worker/contract/lists.ts'
import { deleteExpired } from '../../worker/db/retention.ts'
import { DAY_MS } from '../../worker/domain/time.ts'
import { runSchedule } from '../../worker/jobs/schedule.ts'
import { send, settle, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const allowed = { uniform: 'allow', randomised: 'allow', personal: 'allow' } as const

beforeAll(async () => {
  await setUpShop({ test: false })
  await send('PATCH', '/api/settings', {
    body: {
      holdoutShare: 0,
      decisionSampleShare: 1,
      law: { GB: allowed, US: { ...allowed, personal: 'off' } },
      exchangeRates: { EUR: '1.08' },
    },
  })
})

beforeEach(async () => {
  for (const { id } of (await send('GET', '/api/price-rules')).body.rules) await send('DELETE', `/api/price-rules/${id}`)
})

const base = { kind: 'market', name: 'A rule', multiplier: 0.9 }
const bounds = { sensitivity: 1, minimum: 0.8, maximum: 1.2 }
const saveRule = (rule: object, id = 'rule') => send('PUT', `/api/price-rules/${id}`, { body: { ...base, ...rule } })
const preview = (rule: object) => send('POST', '/api/price-rules/preview', { body: { ...base, ...rule } })
const price = async (query = 'country=GB', product = 'pro_bundle') =>
  (await send('GET', `/api/pricing/${product}?visitorId=new&${query}`, { key: PK })).body.pricing
/** Leaves no sampled decision, also of those that are still on their way. */
const forgetDecisions = async () => {
  await settle()
  await env.DB.prepare('DELETE FROM price_decisions').run()
}
const lineOf = (pricing: { explain: { step: string }[] }, kind: string) => pricing.explain.find(({ step }) => step === kind)

describe('a price rule', () => {
  it('is saved whole, in force at once, with its class in law, and leaves a line of history', async () => {
    const condition = { country: { $in: ['GB', 'DE'] }, $or: [{ hour: { $gte: 0 } }, { device: 'mobile' }] }
    const saved = await saveRule({ condition, productIds: ['pro_bundle'], startsAt: '2026-01-01T00:00:00+01:00' })
    const rule = {
      id: 'rule',
      ...base,
      condition,
      productIds: ['pro_bundle'],
      priority: 0,
      sensitivity: null,
      minimum: null,
      maximum: null,
      reference: null,
      startsAt: '2025-12-31T23:00:00.000Z',
      endsAt: null,
      lawClass: 'uniform',
    }
    expect(saved).toMatchObject({ status: 200, body: { rule, preview: { decisions: expect.any(Number) } } })
    expect((await send('GET', '/api/price-rules')).body.rules).toEqual([rule])
    // 499 × 0.9 = 449.10, and list prices of this product end in whole units
    expect(await price()).toMatchObject({ optimizedPrice: 449, reason: 'market', priceClass: 'uniform' })
    expect(await price('country=FR')).toMatchObject({ optimizedPrice: 499, reason: 'list' })
    expect(await price('country=GB', 'starter_bundle')).toMatchObject({ optimizedPrice: 199, reason: 'list' })
    await saveRule({ condition: {}, multiplier: 0.8 })
    expect(await price('country=FR')).toMatchObject({ optimizedPrice: 399 })
    await send('DELETE', '/api/price-rules/rule')
    expect(await price()).toMatchObject({ optimizedPrice: 499, reason: 'list' })
    const { results } = await env.DB.prepare(`SELECT body FROM price_rule_history WHERE rule_id = 'rule' ORDER BY id`).all<{
      body: string
    }>()
    expect(results.map(({ body }) => (body ? JSON.parse(body).multiplier : body)).slice(-3)).toEqual([0.9, 0.8, ''])
  })

  it('on the person is personal: for a segment only, and off where the law says so', async () => {
    const rule = { kind: 'segment', condition: { behaviorFlags: { $in: ['price_sensitive'] }, newVisitor: true } }
    expect((await saveRule(rule)).body.rule).toMatchObject({ lawClass: 'personal' })
    expect(await price('country=GB&behaviorFlags=price_sensitive')).toMatchObject({
      optimizedPrice: 449,
      priceClass: 'personal',
      personalized: true,
    })
    expect(await price('country=GB&behaviorFlags=loyal')).toMatchObject({ optimizedPrice: 499 })
    const off = await price('country=US&behaviorFlags=price_sensitive')
    expect(off).toMatchObject({ optimizedPrice: 499, personalized: false })
    expect(lineOf(off, 'segment')).toMatchObject({ outcome: 'skipped', detail: 'Personal prices are off in US' })
  })

  it.each<[string, object, string, string]>([
    [
      'an attribute nobody knows',
      { condition: { $or: [{ country: 'DE' }, { shoeSize: 42 }] } },
      'invalid_field',
      'condition.$or.1.shoeSize',
    ],
    [
      'a protected attribute',
      { kind: 'segment', condition: { maritalStatus: 'single' } },
      'protected_attribute',
      'condition.maritalStatus',
    ],
    [
      'a flag for one',
      { kind: 'segment', condition: { behaviorFlags: { $all: ['is_pregnant'] } } },
      'protected_attribute',
      'condition.behaviorFlags.$all.0',
    ],
    ['a person in a uniform rule', { condition: { orders: { $gt: 3 } } }, 'invalid_field', 'condition.orders'],
    ['a product nobody knows', { productIds: ['pro_bundle', 'nothing'] }, 'unknown_product', 'productIds.1'],
    ['an end before its start', { startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }, 'end_before_start', 'endsAt'],
    ['no sensitivity', { kind: 'demand', minimum: 0.9, maximum: 1.1 }, 'missing_field', 'sensitivity'],
    ['a stock of no size', { kind: 'inventory', ...bounds }, 'missing_field', 'reference'],
    ['a rate of no currency', { kind: 'exchange_rate', ...bounds, reference: 1 }, 'missing_field', 'condition.currency'],
    // floor 299 and ceiling 699 of a list price of 499
    [
      'a price below every floor',
      { productIds: ['pro_bundle'], multiplier: 0.5, condition: { currency: 'USD' } },
      'price_out_of_bounds',
      'multiplier',
    ],
    [
      'a price above every ceiling',
      { productIds: ['pro_bundle'], multiplier: 1.5, condition: { currency: 'USD' } },
      'price_out_of_bounds',
      'multiplier',
    ],
    [
      'a largest factor no product takes',
      { kind: 'demand', productIds: ['pro_bundle'], ...bounds, maximum: 1.5, condition: { currency: 'USD' } },
      'price_out_of_bounds',
      'maximum',
    ],
    [
      'a smallest factor no product takes',
      { kind: 'demand', productIds: ['pro_bundle'], ...bounds, minimum: 0.5, condition: { currency: 'USD' } },
      'price_out_of_bounds',
      'minimum',
    ],
  ])('is refused with %s, and not even previewed', async (_, rule, code, field) => {
    expect(await saveRule(rule)).toMatchObject({ status: 422, body: { success: false, code, field } })
    expect(await preview(rule)).toMatchObject({ status: 422, body: { code, field } })
    expect((await send('GET', '/api/price-rules')).body.rules).toEqual([])
  })

  it('may ask for more than one product takes, where another can serve it', async () => {
    // starter_bundle has no floor, and the euro price of pro_bundle none either
    expect((await saveRule({ multiplier: 0.5, productIds: ['pro_bundle', 'starter_bundle'] })).status).toBe(200)
    expect(await price()).toMatchObject({ optimizedPrice: 299 })
    expect(await price('country=GB', 'starter_bundle')).toMatchObject({ optimizedPrice: 99 })
    expect((await saveRule({ multiplier: 0.5 })).status).toBe(200)
  })

  it('is for those who may: a page may not even look', async () => {
    expect((await send('GET', '/api/price-rules', { key: PK })).status).toBe(401)
    expect((await send('POST', '/api/price-rules/preview', { key: PK, body: base })).status).toBe(401)
    expect((await send('PUT', '/api/market-signals', { key: PK, body: { signals: [] } })).status).toBe(401)
  })
})

describe('the description of the API', () => {
  it('has examples that run as they stand', async () => {
    const { schemas } = (await send('GET', '/openapi.json')).body.components
    expect(await send('PUT', '/api/price-rules/germany', { body: schemas.PriceRuleInput.example })).toMatchObject({ status: 200 })
    expect(await send('POST', '/api/price-rules/preview', { body: schemas.PriceRulePreviewInput.example })).toMatchObject({ status: 200 })
    expect(await send('PUT', '/api/market-signals', { body: schemas.MarketSignalsInput.example })).toMatchObject({ status: 200 })
    for (const attribute of RULE_ATTRIBUTES) expect(schemas.PriceRuleCondition.description).toContain(`\`${attribute}\``)
  })
})

describe('a preview', () => {
  it('makes the last decisions again, with the rule and without', async () => {
    await forgetDecisions()
    for (const query of ['country=GB', 'country=GB&currency=EUR', 'country=FR', 'country=US']) await price(query)
    await price('country=GB', 'starter_bundle')
    await settle()
    const { body } = await preview({ condition: { country: { $in: ['GB', 'US'] } }, multiplier: 0.9, productIds: ['pro_bundle'] })
    expect(body.preview).toMatchObject({ decisions: 4, changed: 3, raised: 0, lowered: 3, clamped: 0, forbidden: 0 })
    expect(body.preview.products).toEqual([
      // (449 + 499 + 449) ÷ 3; the euro price is 459 × 0.9 = 413.10
      { productId: 'pro_bundle', currency: 'USD', decisions: 3, changed: 2, averageBefore: 499, averageAfter: 465.67 },
      { productId: 'pro_bundle', currency: 'EUR', decisions: 1, changed: 1, averageBefore: 459, averageAfter: 413 },
    ])
    expect(body.preview.examples).toHaveLength(3)
    expect(body.preview.examples).toContainEqual({
      decisionId: expect.any(String),
      productId: 'pro_bundle',
      currency: 'EUR',
      country: 'GB',
      before: 459,
      after: 413,
      why: expect.stringContaining('"A rule"'),
    })
    // Nothing came of it
    expect((await send('GET', '/api/price-rules')).body.rules).toEqual([])
    expect(await price()).toMatchObject({ optimizedPrice: 499 })
  })

  it('counts what the guardrails hold back and what the law forbids', async () => {
    await forgetDecisions()
    for (const country of ['GB', 'US']) await price(`country=${country}&behaviorFlags=loyal`)
    await price('country=GB&currency=EUR')
    await settle()
    const dear = await preview({ multiplier: 1.5, productIds: ['pro_bundle'] })
    expect(dear.body.preview).toMatchObject({ decisions: 3, changed: 3, raised: 3, clamped: 2 })
    const personal = await preview({ kind: 'segment', condition: { behaviorFlags: { $in: ['loyal'] } } })
    expect(personal.body.preview).toMatchObject({ decisions: 3, changed: 1, forbidden: 1 })
  })

  it('of a rule that stands compares with none, counts one that is to come as in force, and knows rules beside it', async () => {
    await forgetDecisions()
    await price()
    await settle()
    const saved = await saveRule({ multiplier: 0.9, priority: 1 })
    expect(saved.body.preview).toMatchObject({ decisions: 1, changed: 1 })
    expect((await preview({ id: 'rule', multiplier: 0.9, priority: 1 })).body.preview).toMatchObject({ changed: 1, lowered: 1 })
    expect((await preview({ id: 'other', multiplier: 1.1 })).body.preview).toMatchObject({ changed: 0 })
    expect((await preview({ id: 'other', multiplier: 1.1, priority: 2 })).body.preview).toMatchObject({ changed: 1, raised: 1 })
    expect((await preview({ id: 'rule', startsAt: '2099-01-01T00:00:00Z' })).body.preview).toMatchObject({ changed: 1 })
  })

  it('keeps the arm of a price test, and knows neither whose decision it was nor what D1 is not to know', async () => {
    await forgetDecisions()
    const started = await send('POST', '/api/price-tests', { body: { productId: 'pro_bundle', testPrices: [449, 499], duration: 1 } })
    const tested = await Promise.all(Array.from({ length: 6 }, () => price('country=GB')))
    await settle()
    expect(new Set(tested.map(({ reason }) => reason))).toEqual(new Set(['test']))
    const { body } = await preview({ multiplier: 0.8 })
    expect(body.preview).toMatchObject({ decisions: 6, changed: 0 })
    const mean = tested.reduce((sum, { optimizedPrice }) => sum + optimizedPrice, 0) / 6
    expect(body.preview.products[0].averageBefore).toBeCloseTo(mean, 2)
    const { results } = await env.DB.prepare('SELECT inputs FROM price_decisions').all<{ inputs: string }>()
    for (const { inputs } of results) {
      expect(JSON.parse(inputs)).toMatchObject({
        facts: { arms: { [started.body.testId]: { arm: expect.any(String) } } },
        context: { country: 'GB' },
      })
      expect(inputs).not.toMatch(/subject|subscriptionId/)
    }
    await send('POST', `/api/price-tests/${started.body.testId}/stop`)
    expect((await preview({ multiplier: 0.8 })).body.preview).toMatchObject({ decisions: 6, changed: 6 })
  })

  it('leaves out rows of before, and products that are sold no more', async () => {
    await forgetDecisions()
    await send('PUT', '/api/products/leaving', { body: { name: 'Leaving', prices: [{ currency: 'USD', amount: 10 }] } })
    await price('country=GB', 'leaving')
    await price()
    await price()
    await settle()
    await send('DELETE', '/api/products/leaving')
    await env.DB.prepare(
      `UPDATE price_decisions SET inputs = NULL WHERE id = (SELECT MIN(id) FROM price_decisions WHERE product_id = 'pro_bundle')`,
    ).run()
    expect((await preview({})).body.preview).toMatchObject({ decisions: 1, changed: 1 })
  })
})

describe('/api/market-signals', () => {
  const tell = (...signals: object[]) => send('PUT', '/api/market-signals', { body: { signals } })
  const sliceOf = async (id: string) => (await readConfiguration(env, Date.now(), () => {}, 0)).slice(id)
  const list = async () => (await send('GET', '/api/market-signals')).body.signals
  beforeEach(async () => {
    for (const { productId, signal } of await list()) await tell({ productId, signal, value: null })
  })

  it('keeps the newest of each, moves prices where a rule follows, and leaves other slices as they are', async () => {
    const before = await sliceOf('starter_bundle')
    expect(
      await tell({ productId: 'pro_bundle', signal: 'inventory', value: 80 }, { productId: null, signal: 'competitor', value: 1.1 }),
    ).toMatchObject({
      status: 200,
      body: {
        signals: [
          { productId: null, signal: 'competitor', value: 1.1 },
          { productId: 'pro_bundle', signal: 'inventory', value: 80 },
        ],
      },
    })
    expect((await sliceOf('pro_bundle'))?.signals).toBeUndefined()
    await saveRule({ kind: 'inventory', ...bounds, reference: 100, productIds: ['pro_bundle'] })
    expect((await sliceOf('pro_bundle'))?.signals).toEqual({ inventory: { value: 80, at: expect.any(Number) } })
    expect((await sliceOf('starter_bundle'))?.hash).toBe(before?.hash)
    // 499 × (1 + (1 − 0.8)) = 598.80
    expect(await price()).toMatchObject({ optimizedPrice: 599, reason: 'inventory' })
    await tell({ productId: 'pro_bundle', signal: 'inventory', value: 90, updatedAt: Date.now() - DAY_MS })
    expect(await price()).toMatchObject({ optimizedPrice: 599 })
    await tell({ productId: 'pro_bundle', signal: 'inventory', value: 110 })
    expect(await price()).toMatchObject({ optimizedPrice: 449 })
    await tell({ productId: 'pro_bundle', signal: 'inventory', value: null })
    const gone = await price()
    expect(gone).toMatchObject({ optimizedPrice: 499 })
    expect(lineOf(gone, 'inventory')).toMatchObject({ outcome: 'skipped', detail: expect.stringContaining('nobody has told of the stock') })
    expect(await list()).toEqual([{ productId: null, signal: 'competitor', value: 1.1, updatedAt: expect.any(Number) }])
  })

  it('tell of competitors for every product, and of one for itself', async () => {
    await saveRule({ kind: 'competitor', ...bounds })
    await tell({ productId: null, signal: 'competitor', value: 1.1 }, { productId: 'starter_bundle', signal: 'competitor', value: 0.9 })
    expect(await price()).toMatchObject({ optimizedPrice: 549, reason: 'competitor' })
    expect(await price('country=GB', 'starter_bundle')).toMatchObject({ optimizedPrice: 179, reason: 'competitor' })
  })

  it('move nothing any more once they are seven days old', async () => {
    await saveRule({ kind: 'competitor', ...bounds })
    await tell({ productId: null, signal: 'competitor', value: 1.1, updatedAt: Date.now() - 7 * DAY_MS - 1 })
    const stale = await price()
    expect(stale).toMatchObject({ optimizedPrice: 499, reason: 'list' })
    expect(lineOf(stale, 'competitor')).toMatchObject({ outcome: 'skipped', detail: expect.stringContaining('older than seven days') })
  })

  it('are in the audit log, page by page, and refused where they make no sense', async () => {
    await tell(
      { productId: 'pro_bundle', signal: 'inventory', value: 5 },
      { productId: 'pro_bundle', signal: 'competitor', value: 1 },
      { productId: 'starter_bundle', signal: 'inventory', value: 7 },
    )
    expect((await send('GET', '/api/audit?limit=1')).body.entries[0]).toMatchObject({
      action: 'market_signals.saved',
      after: [{ value: 5 }, { value: 1 }, { value: 7 }],
    })
    const first = (await send('GET', '/api/market-signals?limit=2')).body
    expect(first.signals).toHaveLength(2)
    expect((await send('GET', `/api/market-signals?limit=2&after=${first.next}`)).body).toMatchObject({
      signals: [{ productId: 'starter_bundle' }],
      next: null,
    })
    const inventory = { productId: 'pro_bundle', signal: 'inventory', value: 1 }
    for (const [signals, status, code, field] of [
      [[inventory, { ...inventory, productId: 'nothing' }], 422, 'unknown_product', 'signals.1.productId'],
      [[inventory, inventory], 422, 'duplicate_key', 'signals.1'],
      [[{ ...inventory, signal: 'competitor', value: 0 }], 422, 'invalid_field', 'signals.0.value'],
      [[{ ...inventory, updatedAt: Date.now() + 60_000 }], 422, 'time_in_future', 'signals.0.updatedAt'],
      [[{ ...inventory, value: -1 }], 422, 'invalid_amount', 'signals.0.value'],
      [[{ ...inventory, signal: 'weather' }], 400, 'invalid_field', 'signals.0.signal'],
      [[], 400, 'invalid_field', 'signals'],
      [Array.from({ length: 1001 }, () => inventory), 400, 'invalid_field', 'signals'],
    ] as const)
      expect(await send('PUT', '/api/market-signals', { body: { signals } })).toMatchObject({ status, body: { code, field } })
  })

  it('of exchange rates are those of the settings', async () => {
    const before = await sliceOf('starter_bundle')
    await saveRule({ kind: 'exchange_rate', ...bounds, reference: 1.188, condition: { currency: 'EUR' } })
    expect((await sliceOf('starter_bundle'))?.exchangeRates).toBeUndefined()
    expect((await sliceOf('starter_bundle'))?.product).toEqual(before?.product)
    // 459 × (1.188 ÷ 1.08) = 504.90
    expect(await price('country=GB&currency=EUR')).toMatchObject({ optimizedPrice: 505, reason: 'exchange_rate' })
    expect(await price('country=GB&currency=USD')).toMatchObject({ optimizedPrice: 499, reason: 'list' })
    await send('PATCH', '/api/settings', { body: { exchangeRates: { EUR: '1.188' } } })
    expect(await price('country=GB&currency=EUR')).toMatchObject({ optimizedPrice: 459, reason: 'list' })
  })
})

describe('demand', () => {
  it('moves the price of what a rule follows, hour by hour, and of nothing else', async () => {
    const views = `INSERT INTO rollups (metric, scope, dimension, value, day, sum)
      SELECT 'product_views', '', 'product', ?1, value ->> 0, value ->> 1 FROM json_each(?2) WHERE true ON CONFLICT DO UPDATE SET sum = excluded.sum`
    const slot = Math.floor(Date.now() / 3_600_000) * 3_600_000 + 7 * 60_000
    const day = (back: number) => new Date(slot - back * DAY_MS).toISOString().slice(0, 10)
    const days = JSON.stringify([[day(1), 144], ...[8, 15, 22, 29].map((back) => [day(back), 100])])
    for (const product of ['pro_bundle', 'starter_bundle']) await env.DB.prepare(views).bind(product, days).run()
    await saveRule({ kind: 'demand', sensitivity: 1, minimum: 0.8, maximum: 1.3, productIds: ['pro_bundle'] })
    await runSchedule('demand_index', slot, env)
    // √1.44 = 1.2
    expect(await price()).toMatchObject({ optimizedPrice: 599, reason: 'demand' })
    expect(await price('country=GB', 'starter_bundle')).toMatchObject({ optimizedPrice: 199, reason: 'list' })
    const { results } = await env.DB.prepare('SELECT product_id FROM demand_index').all()
    expect(results).toEqual([{ product_id: 'pro_bundle' }])
    const hours = () => env.DB.prepare('SELECT product_id, hour FROM product_hours').all()
    expect((await hours()).results).toEqual([{ product_id: 'pro_bundle', hour: Math.floor(slot / 3_600_000) }])
    // Back to usual, it lets go by a third an hour
    await env.DB.prepare(views)
      .bind('pro_bundle', JSON.stringify([[day(1), 100]]))
      .run()
    await runSchedule('demand_index', slot + 3_600_000, env)
    const index = await env.DB.prepare('SELECT index_thousandths FROM demand_index').first<number>('index_thousandths')
    expect(index).toBe(Math.round(1200 ** (2 / 3) * 1000 ** (1 / 3)))
    expect((await hours()).results).toHaveLength(2)
    await deleteExpired(env.DB, slot + 35 * DAY_MS)
    expect((await hours()).results).toHaveLength(2)
    await deleteExpired(env.DB, slot + 37 * DAY_MS)
    expect((await hours()).results).toEqual([])
  })
})
