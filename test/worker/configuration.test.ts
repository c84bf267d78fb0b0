import { env as bindings } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readConfiguration } from '../../worker/config.ts'
import type { Env } from '../../worker/env.ts'
import { change, configurationApp, fromDashboard, type Json, send } from './configuration-app.ts'

const env = bindings as unknown as Env
const app = configurationApp()
const configuration = () => readConfiguration(env, Date.now(), () => {})
const text = (value: Json | undefined) => value as unknown as string
const proBundle = {
  name: 'Pro bundle',
  minimumMargin: 0.2,
  maximumStepPerDay: 0.5,
  prices: [
    { currency: 'USD', amount: 499, floor: 299, ceiling: 699, unitCost: 40 },
    { currency: 'JPY', amount: 74_000 },
  ],
}
const saveProduct = (id = 'pro_bundle', input: object = proBundle) => change(app, 'PUT', `/api/products/${id}`, input)
const startTest = (input: object) =>
  change(app, 'POST', '/api/price-tests', { productId: 'pro_bundle', testPrices: [449, 499, 549], duration: 14, ...input })

beforeEach(async () => {
  for (const test of await liveTests()) await change(app, 'POST', `/api/price-tests/${test}/stop`)
  await saveProduct()
})

async function liveTests(): Promise<string[]> {
  const { body } = await send(app, '/api/price-tests?limit=500')
  const tests = body.tests as unknown as { id: string; status: string }[]
  return tests.filter(({ status }) => status === 'running').map(({ id }) => id)
}

describe('/api/products', () => {
  it('saves decimal prices as minor units of their currency, in force at once', async () => {
    const { slice } = await configuration()
    expect((await slice('pro_bundle'))?.product.prices).toEqual({
      USD: { listMinor: 49_900, floorMinor: 29_900, ceilingMinor: 69_900, unitCostMinor: 4_000 },
      JPY: { listMinor: 74_000, floorMinor: null, ceilingMinor: null, unitCostMinor: null },
    })
    const { body } = await send(app, '/api/products/pro_bundle')
    expect(body.product).toMatchObject({
      id: 'pro_bundle',
      interval: null,
      prices: expect.arrayContaining([{ currency: 'JPY', amount: 74_000 }]),
    })
  })

  it('replaces a product whole and writes each moved list price to the ledger once', async () => {
    await saveProduct('ledgered', proBundle)
    await saveProduct('ledgered', proBundle)
    await saveProduct('ledgered', { ...proBundle, prices: [{ currency: 'USD', amount: 459 }] })
    const { results } = await env.DB.prepare(
      "SELECT currency, amount_minor FROM price_ledger WHERE product_id = 'ledgered' ORDER BY id",
    ).all()
    expect(results).toEqual([
      { currency: 'USD', amount_minor: 49_900 },
      { currency: 'JPY', amount_minor: 74_000 },
      { currency: 'USD', amount_minor: 45_900 },
    ])
    expect((await send(app, '/api/products/ledgered')).body.product?.prices).toEqual([{ currency: 'USD', amount: 459 }])
  })

  it('pages in the order of ids', async () => {
    for (const id of ['page-a', 'page-b', 'page-c']) await saveProduct(id)
    const first = await send(app, '/api/products?after=page-&limit=2')
    expect(first.body).toMatchObject({ products: [{ id: 'page-a' }, { id: 'page-b' }], next: 'page-b' })
    const second = await send(app, '/api/products?after=page-b&limit=2')
    expect(text(second.body.products?.[0]?.id)).toBe('page-c')
  })

  it('removes a product, but not while a test runs on it', async () => {
    await saveProduct('leaving')
    const { body } = await startTest({ productId: 'leaving' })
    expect(await change(app, 'DELETE', '/api/products/leaving')).toMatchObject({ status: 409, body: { code: 'conflict' } })
    await change(app, 'POST', `/api/price-tests/${text(body.testId)}/stop`)
    expect(await change(app, 'DELETE', '/api/products/leaving')).toMatchObject({ status: 200 })
    expect(await (await configuration()).slice('leaving')).toBeNull()
    expect(await send(app, '/api/products/leaving')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  it.each([
    ['a floor above the ceiling', { prices: [{ currency: 'USD', amount: 499, floor: 600, ceiling: 500 }] }, 'floor_above_ceiling', 422],
    ['a list price above the ceiling', { prices: [{ currency: 'USD', amount: 499, ceiling: 400 }] }, 'price_out_of_bounds', 422],
    [
      'two prices in one currency',
      {
        prices: [
          { currency: 'USD', amount: 1 },
          { currency: 'usd', amount: 2 },
        ],
      },
      'duplicate_key',
      422,
    ],
    ['a currency that is none', { prices: [{ currency: 'XXX', amount: 1 }] }, 'unknown_currency', 422],
    ['a fraction of a yen', { prices: [{ currency: 'JPY', amount: 0.5 }] }, 'amount_too_precise', 422],
    ['a price as text', { prices: [{ currency: 'USD', amount: '499' }] }, 'invalid_amount', 422],
    ['no prices', { prices: [] }, 'invalid_field', 400],
    ['no name', { name: undefined }, 'missing_field', 400],
  ])('refuses %s with code and field, and changes nothing', async (_, changes, code, status) => {
    const { root } = await configuration()
    const answer = await saveProduct('refused', { ...proBundle, ...changes })
    expect(answer).toMatchObject({ status, body: { success: false, code, field: expect.any(String) } })
    expect((await configuration()).root.version).toBe(root.version)
  })

  it.each(['..%2Fetc', 'a%20b', '%00', 'x'.repeat(129)])('refuses the id %s', async (id) => {
    expect(await saveProduct(id)).toMatchObject({ status: 400, body: { code: 'invalid_id', field: 'id' } })
  })
})

describe('a body', () => {
  const put = (body: string, type = 'application/json') =>
    send(app, '/api/products/body', { method: 'PUT', headers: { ...fromDashboard, 'content-type': type }, body })
  it.each([
    ['empty', '', 'application/json', 400],
    ['truncated', '{"name":', 'application/json', 400],
    ['of another type', JSON.stringify(proBundle), 'text/plain', 415],
    ['of 33 levels', '['.repeat(33) + ']'.repeat(33), 'application/json', 400],
    ['of a million levels', '['.repeat(60_000), 'application/json', 400],
    ['too large', JSON.stringify({ ...proBundle, name: 'x'.repeat(70_000) }), 'application/json', 413],
  ])('that is %s is refused', async (_, body, type, status) => {
    expect((await put(body, type)).status).toBe(status)
  })
  it('with a __proto__ key pollutes nothing', async () => {
    await put(`{"__proto__":{"polluted":true},${JSON.stringify(proBundle).slice(1)}`)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('/api/price-rules', () => {
  const saveRule = (changes: object) =>
    change(app, 'PUT', '/api/price-rules/rule-1', { kind: 'segment', name: 'Loyal', multiplier: 0.9, ...changes })

  it('saves a rule, in force at once, and removes it', async () => {
    expect(await saveRule({ productIds: ['pro_bundle'], startsAt: '2026-01-01T00:00:00+01:00' })).toMatchObject({ status: 200 })
    expect((await (await configuration()).slice('pro_bundle'))?.rules).toMatchObject([
      { id: 'rule-1', startsAt: Date.UTC(2025, 11, 31, 23) },
    ])
    expect((await send(app, '/api/price-rules')).body.rules).toMatchObject([{ id: 'rule-1', startsAt: '2025-12-31T23:00:00.000Z' }])
    expect((await change(app, 'DELETE', '/api/price-rules/rule-1')).status).toBe(200)
    expect((await (await configuration()).slice('pro_bundle'))?.rules).toEqual([])
    expect((await change(app, 'DELETE', '/api/price-rules/rule-1')).status).toBe(404)
  })

  it.each([
    ['an end before its start', { startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }, 'end_before_start'],
    ['a protected attribute', { condition: { behaviorFlags: { $in: ['religion'] } } }, 'protected_attribute'],
    ['a condition nobody knows', { condition: { shoeSize: 40 } }, 'invalid_field'],
  ])('refuses %s', async (_, changes, code) => {
    expect((await saveRule(changes)).body).toMatchObject({ success: false, code })
  })
})

describe('/api/price-tests', () => {
  it('starts with three fields, the list price first as the control', async () => {
    const { status, body } = await startTest({})
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, testId: expect.stringMatching(/^pt_/), message: expect.any(String) })
    expect(body.test).toMatchObject({ currency: 'USD', status: 'running', mode: 'randomised', eligibility: 'new' })
    expect(body.test?.arms).toMatchObject([{ key: 'control', amount: 499 }, { amount: 449 }, { amount: 549 }])
    expect(body.test).toMatchObject({ endsAt: Number(body.test?.startsAt) + 14 * 86_400_000 })
    expect((await (await configuration()).slice('pro_bundle'))?.test?.id).toBe(body.testId)
    expect((await send(app, `/api/price-tests/${text(body.testId)}`)).body.test).toEqual(body.test)
  })

  it.each([
    ['weights that do not sum to 1', { weights: [0.5, 0.5, 0.5] }, 'weights_do_not_sum'],
    ['too few weights', { weights: [0.5, 0.5] }, 'weights_do_not_sum'],
    ['a negative weight', { weights: [-0.5, 0.5, 1] }, 'negative_weight'],
    ['no control', { testPrices: [449, 549] }, 'no_control'],
    ['a price above the ceiling', { testPrices: [499, 700] }, 'price_out_of_bounds'],
    ['a price below the floor', { testPrices: [499, 298.99] }, 'price_out_of_bounds'],
    ['an end before its start', { startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }, 'end_before_start'],
    ['a repeated price', { testPrices: [449, 499, 449] }, 'duplicate_key'],
    ['a currency the product has no price in', { currency: 'EUR' }, 'unknown_currency'],
  ])('refuses %s', async (_, input, code) => {
    expect(await startTest(input)).toMatchObject({ status: 422, body: { code, field: expect.any(String) } })
    expect(await liveTests()).toEqual([])
  })

  it('refuses a product nobody knows', async () => {
    expect(await startTest({ productId: 'nobody' })).toMatchObject({ status: 404, body: { code: 'unknown_product', field: 'productId' } })
  })

  it('lets one of five started at once run, and another after that has stopped', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => startTest({})))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422, 422])
    expect(answers.find(({ status }) => status === 422)?.body).toMatchObject({ code: 'test_already_running' })
    const started =
      "SELECT count(*) AS n FROM audit_log WHERE action = 'price_test.started' AND subject NOT IN (SELECT id FROM price_tests)"
    expect(await env.DB.prepare(started).first('n')).toBe(0)
    const [id = ''] = await liveTests()
    expect((await change(app, 'POST', `/api/price-tests/${id}/stop`)).body.test).toMatchObject({ status: 'stopped' })
    await change(app, 'POST', `/api/price-tests/${id}/stop`)
    const stopped = "SELECT count(*) AS n FROM audit_log WHERE action = 'price_test.stopped' AND subject = ?"
    expect(await env.DB.prepare(stopped).bind(id).first('n')).toBe(1)
    expect((await (await configuration()).slice('pro_bundle'))?.test).toBeNull()
    expect((await startTest({})).status).toBe(200)
  })
})

describe('/api/settings', () => {
  it('throws the kill switch, and changes no other setting with it', async () => {
    await change(app, 'PATCH', '/api/settings', { holdoutShare: 0.1 })
    const { body } = await change(app, 'PATCH', '/api/settings', { optimizationEnabled: false })
    expect(body.settings).toMatchObject({
      optimizationEnabled: false,
      holdoutShare: 0.1,
      defaultCurrency: 'USD',
      quoteLifetimeSeconds: 900,
      decisionSampleShare: 0.1,
    })
    expect((await configuration()).root.pricing).toMatchObject({ optimizationEnabled: false, holdoutShare: 0.1, quoteLifetimeMs: 900_000 })
    await change(app, 'PATCH', '/api/settings', { optimizationEnabled: true })
    expect((await send(app, '/api/settings')).body.settings).toMatchObject({ optimizationEnabled: true })
  })

  it.each([
    [{ holdoutShare: 1.5 }],
    [{ quoteLifetimeSeconds: 901 }],
    [{ defaultCurrency: 'BTC' }],
    [{ law: { Mars: {} } }],
    [{ unheardOf: 1 }],
  ])('refuses %j', async (patch) => {
    expect((await change(app, 'PATCH', '/api/settings', patch)).status).toBeGreaterThanOrEqual(400)
  })

  it('shows a new identity secret once, puts it in force, and logs that but not the secret', async () => {
    const { body } = await change(app, 'POST', '/api/settings/identity-secret')
    const secret = text(body.secret)
    expect((await configuration()).secrets.identity).toBe(secret)
    expect(JSON.stringify((await send(app, '/api/settings')).body)).not.toContain(secret)
    const { entries } = (await send(app, '/api/audit')).body
    expect(JSON.stringify(entries)).not.toContain(secret)
    expect(text(entries?.[0]?.action)).toBe('identity_secret.rotated')
  })
})

describe('/api/audit', () => {
  it('says who changed what, with what stood before and after, newest first and in pages', async () => {
    await saveProduct('audited', { ...proBundle, name: 'Before' })
    await saveProduct('audited', { ...proBundle, name: 'After' })
    const { body } = await send(app, '/api/audit?limit=1')
    expect(body.entries).toMatchObject([
      {
        actor: 'demo',
        action: 'product.saved',
        subject: 'audited',
        before: { name: 'Before' },
        after: { name: 'After', prices: expect.any(Array) },
      },
    ])
    const next = await send(app, `/api/audit?limit=1&before=${text(body.next)}`)
    expect(next.body.entries).toMatchObject([{ subject: 'audited', before: null, after: { name: 'Before' } }])
  })

  it('can only grow: D1 itself refuses to change or drop an entry', async () => {
    await expect(env.DB.prepare("UPDATE audit_log SET actor = 'nobody'").run()).rejects.toThrow(/append-only/)
    await expect(env.DB.prepare('DELETE FROM audit_log').run()).rejects.toThrow(/kept for a year/)
    await expect(env.DB.prepare('UPDATE price_ledger SET amount_minor = 1').run()).rejects.toThrow(/append-only/)
  })

  it('keeps the entry of a change whose compile fails, which then answers 503 and comes into force with the next', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    // Fails the statement that writes the root, and no other.
    const database = new Proxy(env.DB, {
      get(target, name) {
        if (name !== 'prepare') return (target[name as keyof D1Database] as () => unknown).bind(target)
        return (sql: string) => target.prepare(/insert.*config_roots/i.test(sql) ? 'INSERT INTO nowhere VALUES (?, ?, ?)' : sql)
      },
    })
    const sent = { method: 'PUT', headers: fromDashboard, json: { ...proBundle, name: 'Late' }, bindings: { DB: database } }
    const answer = await send(app, '/api/products/late', sent)
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(JSON.stringify(answer.body)).not.toMatch(/nowhere|SQL/i)
    vi.restoreAllMocks()
    expect((await send(app, '/api/audit?limit=1')).body.entries).toMatchObject([{ subject: 'late', after: { name: 'Late' } }])
    expect(await (await configuration()).slice('late')).toBeNull()
    await saveProduct()
    expect((await (await configuration()).slice('late'))?.product.name).toBe('Late')
  })
})
