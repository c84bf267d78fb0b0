import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { DemandAnswer } from '../../worker/contract/analysis.ts'
import { addDays, dayOf, startOfDay } from '../../worker/domain/time.ts'
import { send, settle, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
const PK = 'pk_demo_storefront'
const TODAY = dayOf(Date.now())

let testId: string

beforeAll(async () => {
  await setUpShop()
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
  testId = (await send('GET', '/api/price-tests', { key: SK })).body.tests[0].id
})

async function demand(product: string, query = '') {
  const { status, body } = await send('GET', `/api/products/${product}/demand${query}`, { key: SK })
  if (status !== 200) throw new Error(JSON.stringify(body))
  expect(DemandAnswer.parse(body)).toEqual(body)
  return DemandAnswer.parse(body).demand
}

/** Sums as the queue would write them, where making them one person at a time would take minutes. */
const sums = (rows: [metric: string, scope: string, dimension: string, value: string, day: string, sum: number][]) =>
  env.DB.prepare(
    `INSERT OR REPLACE INTO rollups (metric, scope, dimension, value, day, sum)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)`,
  )
    .bind(JSON.stringify(rows))
    .run()
const moments = (scope: string, day: string, arms: Record<string, [exposed: number, buyers: number]>, dimension = 'arm') =>
  sums(
    Object.entries(arms).flatMap(([arm, [exposed, buyers]]): Parameters<typeof sums>[0] => [
      ['test_exposed', scope, dimension, arm, day, exposed],
      ['test_buyers', scope, dimension, arm, day, buyers],
    ]),
  )

describe('the demand for a product', () => {
  it('is not known where nobody has seen a test and the list price never moved', async () => {
    expect(await demand('starter_bundle')).toEqual({
      productId: 'starter_bundle',
      currency: 'USD',
      source: null,
      testId: null,
      points: [],
      model: null,
      curve: [],
      elasticity: null,
      suggestion: null,
      segments: [],
      observational: null,
      reason: expect.stringContaining('No price test'),
    })
  })

  it('counts who was shown which price of a test, and who bought', async () => {
    const visits = await Promise.all(
      Array.from({ length: 24 }, () => send('GET', '/api/pricing/pro_bundle?visitorId=new&country=US', { key: PK })),
    )
    const [first] = visits
    const { visitorId, pricing } = first?.body ?? {}
    const sale = { event: 'purchase', transactionId: 'ord_1', visitorId, quote: pricing.quote }
    expect((await send('POST', '/api/revenue/event', { key: SK, body: sale })).status).toBe(200)
    await settle()
    const found = await demand('pro_bundle')
    expect(found).toMatchObject({ source: 'test', testId, model: null, suggestion: null, reason: expect.stringContaining('100 people') })
    expect(found.points.map(({ amount, visitors }) => [amount, visitors])).toEqual(
      [449, 499, 549].map((amount) => [amount, visits.filter(({ body }) => body.pricing.optimizedPrice === amount).length]),
    )
    expect(found.points.filter(({ buyers }) => buyers > 0)).toMatchObject([{ amount: pricing.optimizedPrice, buyers: 1 }])
  })

  it('of a test that says enough has a curve, an elasticity and a price inside the guardrails', async () => {
    await moments(`${testId}@1:${TODAY}`, TODAY, { control: [4000, 200], variant_1: [4000, 260], variant_2: [4000, 150] })
    const found = await demand('pro_bundle', `?testId=${testId}&currency=usd`)
    expect(found).toMatchObject({ source: 'test', model: 'logit', reason: null, suggestion: { amount: 449, clamped: true } })
    expect(found.points.map(({ buyers }) => buyers)).toEqual([260, 200, 150])
    expect(found.elasticity?.value).toBeLessThan(-2)
  })

  it('of a test that is read by device weighs by the chances of each device', async () => {
    const product = { name: 'Poster', prices: [{ currency: 'USD', amount: 40 }] }
    await send('PUT', '/api/products/poster', { body: product })
    const started = await send('POST', '/api/price-tests', {
      body: { productId: 'poster', testPrices: [40, 50], duration: 10, segments: 'device' },
    })
    const scope = `${started.body.testId}@1:${TODAY}`
    await moments(scope, TODAY, { 'mobile|control': [900, 90], 'mobile|variant_1': [900, 80] }, 'segment')
    await moments(scope, TODAY, { 'desktop|control': [600, 90], 'desktop|variant_1': [600, 85] }, 'segment')
    // All of them stand here once more, and must not be counted twice.
    await moments(scope, TODAY, { control: [1500, 180], variant_1: [1500, 165] })
    const { points, segments } = await demand('poster')
    expect(points.map(({ amount, visitors, buyers }) => [amount, visitors, buyers])).toEqual([
      [40, 1500, 180],
      [50, 1500, 165],
    ])
    expect(segments).toMatchObject([
      { segment: 'desktop', visitors: 1200, buyers: 175, elasticity: { value: expect.any(Number) } },
      { segment: 'mobile', visitors: 1800, buyers: 170, elasticity: { value: expect.any(Number) } },
    ])
  })

  it('has the slopes of the past apart, from days with one list price and without a test', async () => {
    const put = (amount: number) =>
      send('PUT', '/api/products/mug', { body: { name: 'Mug', prices: [{ currency: 'USD', amount, unitCost: 3 }] } })
    await put(12)
    await put(10)
    const days = Array.from({ length: 90 }, (_, at) => addDays(TODAY, at - 90))
    const priceOf = (at: number) => (at % 9 < 4 ? 1000 : 1200)
    await env.DB.prepare(`DELETE FROM price_ledger WHERE product_id = 'mug'`).run()
    await env.DB.prepare(
      `INSERT INTO price_ledger (product_id, currency, amount_minor, effective_at, reason)
       SELECT 'mug', 'USD', value ->> 0, value ->> 1, 'set' FROM json_each(?)`,
    )
      .bind(JSON.stringify(days.map((day, at) => [priceOf(at), startOfDay(day)])))
      .run()
    await sums(
      days.flatMap((day, at): Parameters<typeof sums>[0] => [
        ['product_views', '', 'product', 'mug', day, 500],
        ['orders', 'USD', 'product', 'mug', day, Math.round(60 * (priceOf(at) / 1000) ** -1.5)],
        ['orders', 'EUR', 'product', 'mug', day, 400],
      ]),
    )
    const found = await demand('mug')
    expect(found).toMatchObject({ source: 'history', model: 'log_log', elasticity: null, suggestion: null, testId: null })
    expect(found.observational?.pooled.value).toBeCloseTo(-1.5, 1)
    expect(found.observational?.within?.value).toBeCloseTo(-1.5, 1)
    expect(found.points.map(({ amount, visitors }) => [amount, visitors])).toEqual([
      [10, 20_000],
      [12, 25_000],
    ])
    expect(found.reason).toContain('price test')

    // A test that was to run for months, and was ended after ten days, hides these alone.
    const test = {
      currency: 'EUR',
      mode: 'randomised',
      startsAt: startOfDay(addDays(TODAY, -50)),
      endsAt: startOfDay(TODAY),
      endedAt: startOfDay(addDays(TODAY, -40)),
    }
    await env.DB.prepare(
      `INSERT INTO price_tests (id, product_id, currency, name, mode, status, version, body, starts_at, ends_at, created_at)
       VALUES ('pt_past', 'mug', 'EUR', 'Past', 'randomised', 'stopped', 1, ?, ?, ?, ?)`,
    )
      .bind(JSON.stringify(test), test.startsAt, test.endsAt, test.startsAt)
      .run()
    const { points } = await demand('mug')
    expect(points.reduce((views, { visitors }) => views + visitors, 0)).toBe(45_000 - 10 * 500)
  })

  it('is refused for what is not there', async () => {
    const ask = async (path: string, key = SK) => {
      const { status, body } = await send('GET', `/api/products/${path}`, { key })
      return [status, body.code, body.field]
    }
    expect(await ask('nothing/demand')).toEqual([404, 'not_found', undefined])
    expect(await ask('pro_bundle/demand?currency=CHF')).toEqual([422, 'unknown_currency', 'currency'])
    expect(await ask('pro_bundle/demand?currency=XXX')).toEqual([422, 'unknown_currency', 'currency'])
    expect(await ask('pro_bundle/demand?testId=pt_nothing')).toEqual([404, 'not_found', 'testId'])
    expect(await ask('starter_bundle/demand?testId=x%20y')).toEqual([400, 'invalid_id', 'testId'])
    expect((await ask('pro_bundle/demand', PK))[0]).toBe(401)
  })
})
