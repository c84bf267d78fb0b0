import { env, evictDurableObject, listDurableObjectIds } from 'cloudflare:test'
import { sign } from 'hono/jwt'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { forgetConfiguration, readConfiguration } from '../../worker/config.ts'
import type { AcceptedEvent } from '../../worker/domain/customer/event.ts'
import { refold } from '../../worker/domain/customer/fold.ts'
import { digestOf, formatDigest } from '../../worker/domain/customer/rollup.ts'
import { NEW_YORK_NOTICE, PLAIN_NOTICES } from '../../worker/domain/pricing/disclosure.ts'
import { sendTo, withCustomers } from './fault.ts'
import { behaviour, send as sendEvents } from './objects.ts'
import { send, settle, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'

beforeAll(async () => {
  await setUpShop()
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
})

const price = (
  query: string,
  { product = 'pro_bundle', key = PK, headers = {} }: { product?: string; key?: string; headers?: Record<string, string> } = {},
) => send('GET', `/api/pricing/${product}?${query}`, { key, headers })
const prices = (body: Record<string, unknown>, key = PK) => send('POST', '/api/pricing', { key, body })
const objects = async () => (await listDurableObjectIds(env.CUSTOMERS)).length
/** Types of the log of whoever a visitorId leads to, in order. */
const eventsOf = async (visitorId: string): Promise<string[]> => {
  const { outcome } = (await env.CUSTOMERS.get(env.CUSTOMERS.idFromString(visitorId)).export()) as unknown as Exported
  return outcome.value.events.map(({ type }) => type)
}
interface Exported {
  outcome: { value: { events: { type: string }[] } }
}
/** People whom D1 counts as exposed to a test. */
const exposed = async (): Promise<number> => {
  await settle()
  return (await env.DB.prepare(`SELECT total(sum) AS n FROM rollups WHERE metric = 'test_exposed'`).first<number>('n')) ?? 0
}
const mint = async () => (await send('POST', '/api/visitors', { key: PK })).body.visitorId as string
const identitySecret = async () => (await readConfiguration(env, Date.now(), () => {})).secrets.identity
const tokenFor = async (sub: string) => sign({ sub, exp: Math.floor(Date.now() / 1000) + 600 }, await identitySecret(), 'HS256')

describe('a price', () => {
  it('may differ between visitors, and stays the same for each', async () => {
    const visits = await Promise.all(Array.from({ length: 24 }, () => price('visitorId=new&country=US')))
    expect(new Set(visits.map(({ body }) => body.pricing.optimizedPrice)).size).toBeGreaterThan(1)
    for (const { body } of visits) {
      const again = await price(`visitorId=${body.visitorId}&country=US`)
      expect(again.body).toEqual(body)
      expect([449, 499, 549]).toContain(body.pricing.optimizedPrice)
      expect(body.pricing).toMatchObject({ reason: 'test', listPrice: 499, fallback: false, priceClass: 'randomised' })
      expect(body.pricing.propensity).toBeCloseTo(1 / 3, 3)
    }
  })

  it('stays after the visitor has bought, and has come to be known', async () => {
    const first = await price('visitorId=new&country=US')
    const { visitorId, pricing } = first.body
    await send('POST', '/api/revenue/event', {
      key: SK,
      body: { event: 'purchase', visitorId, transactionId: 'ord_sticky', quote: pricing.quote },
    })
    await send('POST', '/api/identify', { key: SK, body: { visitorId, customerId: 'cus_sticky' } })
    for (const query of [`visitorId=${visitorId}`, `customerId=cus_sticky&token=${await tokenFor('cus_sticky')}`]) {
      const { body } = await price(`${query}&country=US`)
      expect(body.pricing).toMatchObject({ optimizedPrice: pricing.optimizedPrice, test: pricing.test })
    }
  })

  it('answers unknown products, currencies and flags with code and field', async () => {
    expect(await price('visitorId=new', { product: 'nothing' })).toMatchObject({
      status: 404,
      body: { code: 'unknown_product', field: 'productId' },
    })
    expect(await price('visitorId=new&currency=XXX')).toMatchObject({ status: 422, body: { code: 'unknown_currency', field: 'currency' } })
    expect(await price('visitorId=new&currency=JPY')).toMatchObject({ status: 422, body: { code: 'unknown_currency', field: 'currency' } })
    expect(await price('visitorId=new&currency=eur')).toMatchObject({ status: 200, body: { pricing: { currency: 'EUR', listPrice: 459 } } })
    for (const query of ['behaviorFlags=returning,is_pregnant', 'behaviorFlags=age_group', 'gender=f', 'maritalStatus=single']) {
      expect(await price(`visitorId=new&${query}`)).toMatchObject({ status: 422, body: { code: 'protected_attribute' } })
    }
    expect(await prices({ products: ['pro_bundle'], religion: 'none' })).toMatchObject({ status: 422, body: { field: 'religion' } })
    expect((await price('visitorId=new&country=US&utm_source=mail&behaviorFlags=price_sensitive')).status).toBe(200)
    expect((await price('visitorId=new&country=USA')).status).toBe(400)
  })
})

describe('a listing', () => {
  it('shows the price of the product page, and is no exposure before that', async () => {
    const listing = await prices({ products: ['pro_bundle', 'starter_bundle', 'nothing', 'pro_bundle'], visitorId: 'new', country: 'US' })
    const { visitorId } = listing.body
    const before = await exposed()
    expect(listing.body.prices.map(({ productId }: { productId: string }) => productId)).toEqual(['pro_bundle', 'starter_bundle'])
    expect(listing.body.unknown).toEqual(['nothing'])
    expect(await eventsOf(visitorId)).toEqual(['price_decided', 'price_decided'])
    await prices({ products: ['pro_bundle'], visitorId, country: 'US' })
    expect(await eventsOf(visitorId)).toHaveLength(2)

    const page = await price(`visitorId=${visitorId}&country=US`)
    expect(page.body.pricing).toEqual(listing.body.prices[0])
    await price(`visitorId=${visitorId}&country=US`)
    expect((await eventsOf(visitorId)).filter((type) => type === 'decision_viewed')).toHaveLength(1)
    expect(await exposed()).toBe(before + 1)
  })

  it('takes a hundred products, and no more', async () => {
    const products = Array.from({ length: 100 }, (_, index) => `p${index}`)
    expect(await prices({ products, visitorId: 'new' })).toMatchObject({ status: 200, body: { prices: [], unknown: products } })
    expect((await prices({ products: [...products, 'one_more'], visitorId: 'new' })).status).toBe(400)
    expect((await prices({ products: [], visitorId: 'new' })).status).toBe(400)
    expect(await prices({ visitorId: 'new' })).toMatchObject({ status: 400, body: { code: 'missing_field', field: 'products' } })
  })
})

describe('the list price, without an object,', () => {
  const unrecorded = { optimizedPrice: 499, listPrice: 499, personalized: false, quote: null, decisionId: null, fallback: false }

  it.each([
    ['who sends Global Privacy Control', 'visitorId=new&country=US', { 'sec-gpc': '1' }],
    ['who refuses consent', 'visitorId=new&country=US&consent=denied', {}],
    ['that says it is a bot', 'visitorId=new&country=US', { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1)' }],
    ['who is not named', 'country=US', {}],
    ['with an id of another deployment', `visitorId=${'a'.repeat(64)}&country=US`, {}],
    ['with an id that is none', 'visitorId=me&country=US', {}],
    ['who claims to be a customer', 'customerId=cus_claimed&country=US', {}],
  ])('is for a visitor %s', async (_who, query, headers) => {
    const before = await objects()
    const { status, body } = await price(query, { headers })
    expect(status).toBe(200)
    expect(body).toMatchObject({ visitorId: null, pricing: unrecorded })
    expect(await objects()).toBe(before)
  })

  it('is for none of 200 made-up visitors an object', async () => {
    const before = await objects()
    const bytes = crypto.getRandomValues(new Uint8Array(32 * 200))
    const ids = Array.from({ length: 200 }, (_, at) => Buffer.from(bytes.subarray(at * 32, at * 32 + 32)).toString('hex'))
    const answers = await Promise.all(ids.map((id) => price(`visitorId=${id}&country=US`)))
    for (const { body } of answers) expect(body.pricing).toMatchObject(unrecorded)
    expect(await objects()).toBe(before)
  })

  it('is not what a claimed customerId does to a new visitor: that stays a visitor', async () => {
    const { body } = await price('visitorId=new&customerId=cus_claimed&country=US')
    expect(body.visitorId).toMatch(/^[0-9a-f]{64}$/)
    expect(body.pricing.reason).toBe('test')
    expect((await send('GET', '/api/customers/cus_claimed/export')).status).toBe(404)
  })
})

describe('a customer', () => {
  const start = (customerId: string) => ({
    event: 'subscription_started',
    customerId,
    subscriptionId: `sub_${customerId}`,
    version: 1,
    productId: 'pro_monthly',
    amount: 49,
    currency: 'USD',
    interval: 'month',
    quantity: 1,
  })

  it('pays the price of the contract, once the shop has vouched for them, even when profiling is refused', async () => {
    await send('POST', '/api/revenue/event', { key: SK, body: start('cus_sub') })
    const token = await tokenFor('cus_sub')
    const contract = { optimizedPrice: 49, listPrice: 79, reason: 'contract' }
    for (const [query, key] of [
      [`token=${token}`, PK],
      [`customerId=cus_sub&token=${token}`, PK],
      ['customerId=cus_sub', SK],
      [`customerId=cus_sub&token=${token}&consent=denied`, PK],
    ] as const) {
      expect((await price(query, { product: 'pro_monthly', key })).body.pricing).toMatchObject(contract)
    }
    expect((await price('customerId=cus_sub', { product: 'pro_monthly' })).body.pricing).toMatchObject({ optimizedPrice: 79 })
    const { visitorId } = (await price('visitorId=new', { product: 'pro_monthly' })).body
    const token2 = await tokenFor('cus_sub')
    await send('POST', '/api/identify', { key: PK, body: { visitorId, token: token2 } })
    expect((await price(`visitorId=${visitorId}`, { product: 'pro_monthly' })).body.pricing).toMatchObject(contract)
  })

  it('is refused with a token that is forged, of somebody else, or too old', async () => {
    const secret = await identitySecret()
    const now = Math.floor(Date.now() / 1000)
    for (const [token, code] of [
      [await sign({ sub: 'cus_sub', exp: now + 60 }, 'another secret', 'HS256'), 'invalid_token'],
      [await sign({ sub: 'cus_other', exp: now + 60 }, secret, 'HS256'), 'invalid_token'],
      [await sign({ sub: 'cus_sub', exp: now - 1 }, secret, 'HS256'), 'token_expired'],
      [await sign({ sub: 'cus_sub' }, secret, 'HS256'), 'invalid_token'],
    ] as const) {
      expect(await price(`customerId=cus_sub&token=${token}`, { product: 'pro_monthly' })).toMatchObject({
        status: 401,
        body: { code, field: 'token' },
      })
    }
  })
})

describe('the law', () => {
  it('puts its words beside the price, the same beside every arm', async () => {
    const visits = await Promise.all(Array.from({ length: 8 }, () => price('visitorId=new&country=US')))
    for (const { body } of visits) expect(body.pricing).toMatchObject({ personalized: true, disclosure: PLAIN_NOTICES.randomised })
    const newYork = await price('visitorId=new&country=US&region=US-NY')
    expect(newYork.body.pricing.disclosure).toBe(NEW_YORK_NOTICE)
  })

  it('that we do not know allows one price for everybody', async () => {
    const visits = await Promise.all(Array.from({ length: 8 }, () => price('visitorId=new&country=DE')))
    expect(new Set(visits.map(({ body }) => body.pricing.optimizedPrice)).size).toBe(1)
    for (const { body } of visits) expect(body.pricing).toMatchObject({ personalized: false, priceClass: 'uniform' })
  })
})

describe('a decision', () => {
  it('that comes too late is voided: list price, flagged, and no exposure', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const slow = withCustomers(
      (_id, real) =>
        ({
          price: async (...args: Parameters<ReturnType<typeof real>['price']>) => {
            const answer = await real().price(...args)
            await new Promise((resolve) => setTimeout(resolve, 60))
            return answer
          },
          voidDecisions: (nonce: string, count: number, now: number) => real().voidDecisions(nonce, count, now),
        }) as unknown as ReturnType<typeof real>,
      { PRICE_BUDGET: '20', FIRST_PRICE_BUDGET: '20' },
    )
    const before = await exposed()
    const { body } = await sendTo(slow, 'GET', '/api/pricing/pro_bundle?visitorId=new&country=US', { key: PK })
    expect(body.pricing).toMatchObject({ optimizedPrice: 499, fallback: true, quote: null, decisionId: null })
    expect(await eventsOf(body.visitorId)).toEqual(['price_decided', 'decision_voided'])
    expect(await exposed()).toBe(before)
    const next = await price(`visitorId=${body.visitorId}&country=US`)
    expect(next.body.pricing).toMatchObject({ fallback: false, reason: 'test' })
    expect(await exposed()).toBe(before + 1)
  })

  it('is asked for without the texts of the configuration once the object is awake, and with them where it lacks one', async () => {
    const asked: (string | null)[] = []
    const listening = withCustomers(
      (_id, real) =>
        ({
          price: async (lines: string) => {
            const answer = await real().price(lines)
            asked.push(answer === null ? 'lacks one' : lines.split('\n').length > 2 ? 'with texts' : 'without')
            return answer
          },
        }) as unknown as ReturnType<typeof real>,
      {},
    )
    const ask = async (query: string) => (await sendTo(listening, 'GET', `/api/pricing/starter_bundle?${query}`, { key: PK })).body
    const { visitorId, pricing } = await ask('visitorId=new&country=US')
    expect(await ask(`visitorId=${visitorId}&country=US`)).toMatchObject({ pricing })
    expect(asked.splice(0)).toEqual(['with texts', 'without'])
    await send('PUT', '/api/price-rules/everywhere', { body: { kind: 'market', name: 'Everywhere', multiplier: 0.9 } })
    const fresh = await ask('visitorId=new&country=US')
    await ask(`visitorId=${fresh.visitorId}&country=US`)
    expect(fresh.pricing).toMatchObject({ reason: 'market', optimizedPrice: 179 })
    expect(asked.splice(0)).toEqual(['with texts', 'without'])
    await send('PUT', '/api/price-rules/everywhere', { body: { kind: 'market', name: 'Everywhere', multiplier: 0.8 } })
    expect((await ask(`visitorId=${fresh.visitorId}&country=US`)).pricing).toMatchObject({ reason: 'market', optimizedPrice: 159 })
    expect(asked.splice(0)).toEqual(['lacks one', 'with texts'])
    await send('DELETE', '/api/price-rules/everywhere')
    expect((await ask(`visitorId=${fresh.visitorId}&country=US`)).pricing).toMatchObject({ optimizedPrice: 159, fallback: false })
  })

  it('is folded again by an object that died before it wrote down what it had folded', async () => {
    const { visitorId } = (await price('visitorId=new&country=US')).body
    await price(`visitorId=${visitorId}&country=US`, { product: 'starter_bundle' })
    await price(`visitorId=${visitorId}&country=US&currency=EUR`)
    const object = env.CUSTOMERS.get(env.CUSTOMERS.idFromString(visitorId))
    const before = await object.digests(1)
    await evictDurableObject(object)
    expect(await object.digests(1)).toEqual(before)
    const { outcome } = (await object.export()) as unknown as { outcome: { value: { events: AcceptedEvent[] } } }
    expect(before.recomputed).toBe(formatDigest(digestOf(refold(outcome.value.events).effects.contributions)))
    expect(outcome.value.events.map(({ type }) => type)).toEqual(['price_decided', 'price_decided', 'price_decided'])
  })

  it('is the last one again for a page that changes what it says of itself with each look', async () => {
    const { visitorId } = (await price('visitorId=new&country=US')).body
    const ids = new Set<string>()
    for (let look = 0; look < 40; look++) {
      const { body } = await price(`visitorId=${visitorId}&country=US&behaviorFlags=flag_${look}`)
      expect(body.pricing.fallback).toBe(false)
      ids.add(body.pricing.decisionId)
    }
    expect(ids.size).toBeLessThanOrEqual(20)
  })

  it('that a flood keeps from being written down is not answered later as if it had been', async () => {
    const visitorId = await mint()
    const person = { id: env.CUSTOMERS.idFromString(visitorId), who: { kind: 'visitor' as const } }
    const now = Date.now()
    for (let sent = 0; sent < 10_000; sent += 2_500)
      await sendEvents(
        person,
        Array.from({ length: 2_500 }, () => behaviour('page_view', now, { origin: 'browser', verified: false })),
        now,
      )
    for (let look = 0; look < 2; look++) {
      const { body } = await price(`visitorId=${visitorId}&country=US`)
      expect(body.pricing).toMatchObject({ optimizedPrice: 499, fallback: true, quote: null, decisionId: null })
    }
  })

  it('that cannot be made while somebody is moving in is the list price, flagged', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const moving = withCustomers(
      () => ({ price: async () => ({ outcome: { ok: false, code: 'unavailable', message: 'moving in' } }) }) as never,
    )
    const { status, body } = await sendTo(moving, 'GET', `/api/pricing/pro_bundle?visitorId=${await mint()}&country=US`, { key: PK })
    expect(status).toBe(200)
    expect(body.pricing).toMatchObject({ optimizedPrice: 499, fallback: true })
  })

  it('of an isolate that begins while the database is down is the list price, flagged, and events are taken in', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    const visitorId = await mint()
    const prepare = () => {
      throw new Error('D1 DB is overloaded. Requests queued for too long.')
    }
    const down = { ...env, DB: { prepare, batch: prepare } as unknown as D1Database }
    forgetConfiguration()
    const { status, body } = await sendTo(down, 'GET', `/api/pricing/pro_bundle?visitorId=${visitorId}&country=US`, { key: PK })
    expect([status, body.pricing]).toMatchObject([200, { optimizedPrice: 499, fallback: true, quote: null }])
    const event = { id: 'while_down', event: 'page_view', visitorId }
    const taken = await sendTo(down, 'POST', '/api/events', { key: PK, body: { events: [event, { event: 'purchase' }] } })
    expect(taken).toMatchObject({ status: 200, body: { accepted: 1, rejected: 1 } })
    expect((await sendTo(down, 'GET', '/api/products', { key: SK })).status).toBe(503)
    forgetConfiguration()
    expect((await send('POST', '/api/events', { key: PK, body: event })).body.duplicate).toBe(1)
  })

  it('of the kill switch of an operator replays as it was', async () => {
    const off = { ...env, REVENUE_OPTIMIZATION_ENABLED: 'false' }
    forgetConfiguration()
    const { pricing } = (await sendTo(off, 'GET', '/api/pricing/pro_bundle?visitorId=new&country=US', { key: PK })).body
    forgetConfiguration()
    expect(pricing.reason).toBe('kill_switch')
    const { body } = await send('GET', `/api/decisions/${pricing.decisionId}?replay=1`, { key: SK })
    expect(body.replay).toEqual({ identical: true, differences: [] })
  })

  it('that is lost on its way back falls to the list price too', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const broken = withCustomers(() => {
      throw new Error('connection lost')
    })
    const { status, body } = await sendTo(broken, 'GET', `/api/pricing/pro_bundle?visitorId=${await mint()}&country=US`, { key: PK })
    expect(status).toBe(200)
    expect(body.pricing).toMatchObject({ optimizedPrice: 499, fallback: true })
  })

  it('explains itself, and can be made again from its record', async () => {
    const { pricing, visitorId } = (await price('visitorId=new&country=US')).body
    expect(pricing.explain.map(({ step }: { step: string }) => step)).toEqual(
      expect.arrayContaining(['list', 'contract', 'holdout', 'law', 'test', 'floor', 'ceiling', 'rounding', 'disclosure']),
    )
    await send('PUT', '/api/products/unrelated', { body: { name: 'Unrelated', prices: [{ currency: 'USD', amount: 1 }] } })
    const { body } = await send('GET', `/api/decisions/${pricing.decisionId}?visitorId=${visitorId}&replay=1`, { key: SK })
    expect(body.decision).toMatchObject({ id: pricing.decisionId, priceMinor: pricing.optimizedPrice * 100, reason: 'test' })
    expect(body.replay).toEqual({ identical: true, differences: [] })
    expect((await send('GET', `/api/decisions/${pricing.decisionId}?visitorId=${visitorId}`, { key: SK })).body.replay).toBeNull()
  })

  it('is told to nobody who asks for another visitor’s, in the words for one that never was', async () => {
    const [mine, yours] = await Promise.all([price('visitorId=new&country=US'), price('visitorId=new&country=US')])
    const id = mine.body.pricing.decisionId
    const answers = await Promise.all(
      [
        `/api/decisions/${id}?visitorId=${yours.body.visitorId}`,
        `/api/decisions/d_never?visitorId=${mine.body.visitorId}`,
        `/api/decisions/${id}?visitorId=${'b'.repeat(64)}`,
        `/api/decisions/${id}?customerId=cus_nobody`,
      ].map((path) => send('GET', path, { key: SK })),
    )
    for (const { status, body } of answers) {
      expect(status).toBe(404)
      expect(body).toEqual(answers[0]?.body)
    }
    expect((await send('GET', `/api/decisions/${id}`, { key: SK })).body.decision).toMatchObject({ id, context: { country: 'US' } })
    expect((await send('GET', `/api/decisions/d_${'A'.repeat(52)}`, { key: SK })).body).toEqual(answers[0]?.body)
    expect((await send('GET', `/api/decisions/${id}?visitorId=${mine.body.visitorId}`, { key: PK })).status).toBe(401)
  })
})

describe('the switches', () => {
  it('off, everybody sees the list price, and again the same test price after that', async () => {
    const visits = await Promise.all(Array.from({ length: 6 }, () => price('visitorId=new&country=US')))
    await send('PATCH', '/api/settings', { body: { optimizationEnabled: false } })
    for (const { body } of visits) {
      const { pricing } = (await price(`visitorId=${body.visitorId}&country=US`)).body
      expect(pricing).toMatchObject({ optimizedPrice: 499, reason: 'kill_switch', personalized: false })
    }
    await send('PATCH', '/api/settings', { body: { optimizationEnabled: true } })
    for (const { body } of visits) {
      const { pricing } = (await price(`visitorId=${body.visitorId}&country=US`)).body
      expect(pricing.test).toEqual(body.pricing.test)
    }
  })

  it('of the holdout leave its people at the list price, and add only new ones when it grows', async () => {
    await send('PATCH', '/api/settings', { body: { holdoutShare: 0.5 } })
    const visits = await Promise.all(Array.from({ length: 24 }, () => price('visitorId=new&country=US')))
    const held = visits.filter(({ body }) => body.pricing.reason === 'holdout')
    expect(held.length).toBeGreaterThan(0)
    expect(held.length).toBeLessThan(24)
    for (const { body } of held) expect(body.pricing).toMatchObject({ optimizedPrice: 499, test: null })
    await send('PATCH', '/api/settings', { body: { holdoutShare: 1 } })
    for (const { body } of visits) expect((await price(`visitorId=${body.visitorId}&country=US`)).body.pricing.reason).toBe('holdout')
    await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
  })
})
