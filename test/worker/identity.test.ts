import { env } from 'cloudflare:test'
import { sign } from 'hono/jwt'
import { beforeAll, describe, expect, it } from 'vitest'
import { readConfiguration } from '../../worker/config.ts'
import { type Answer, send, settle, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'

beforeAll(async () => {
  await setUpShop()
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
})

const secondsFromNow = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
async function tokenFor(sub: string, exp = secondsFromNow(600)): Promise<string> {
  const { secrets } = await readConfiguration(env, Date.now(), () => {})
  return sign({ sub, exp }, secrets.identity, 'HS256')
}
const visit = async (visitorId = 'new') =>
  (await send('GET', `/api/pricing/pro_bundle?visitorId=${visitorId}&country=US`, { key: PK })).body
const identify = (body: Record<string, unknown>, key = PK) => send('POST', '/api/identify', { key, body })
const become = async (visitorId: string, customerId: string) => identify({ visitorId, token: await tokenFor(customerId) })
const track = (event: string, fields: Record<string, unknown>, key = PK) => send('POST', '/api/events', { key, body: { event, ...fields } })
const logOf = async (customerId: string): Promise<{ type: string; id: string }[]> =>
  (await send('GET', `/api/customers/${encodeURIComponent(customerId)}/export`)).body.events

describe('identify', () => {
  it('needs the word of the shop: a token of its server, for this customer, still valid', async () => {
    const { visitorId } = await visit()
    const now = secondsFromNow(0)
    for (const [body, status, code] of [
      [{ visitorId, customerId: 'cus_a' }, 401, 'invalid_token'],
      [{ visitorId, customerId: 'cus_a', token: 'not.a.token' }, 401, 'invalid_token'],
      [{ visitorId, token: await sign({ sub: 'cus_a', exp: now + 60 }, 'guessed', 'HS256') }, 401, 'invalid_token'],
      [{ visitorId, customerId: 'cus_a', token: await tokenFor('cus_b') }, 401, 'invalid_token'],
      [{ visitorId, token: await tokenFor('cus_a', now - 1) }, 401, 'token_expired'],
      [{ visitorId, token: await tokenFor('cus_a', now + 40 * 86_400) }, 401, 'invalid_token'],
      [{ visitorId, token: await tokenFor('anonymous') }, 401, 'invalid_token'],
      [{ visitorId: 'c'.repeat(64), token: await tokenFor('cus_a') }, 400, 'invalid_id'],
      [{ token: await tokenFor('cus_a') }, 400, 'missing_field'],
      [{ visitorId, customerId: 'cus_a', userId: 'cus_b', token: await tokenFor('cus_a') }, 400, 'invalid_id'],
    ] as const) {
      const answer = await identify(body)
      expect([answer.status, answer.body.code]).toEqual([status, code])
    }
    expect((await send('GET', '/api/customers/cus_a/export')).status).toBe(404)
    expect((await identify({ visitorId }, SK)).body).toMatchObject({ code: 'missing_field', field: 'customerId' })
  })

  it('brings the visit along, keeps the price, and may be repeated', async () => {
    const { visitorId, pricing } = await visit()
    await track('page_view', { visitorId, id: 'before' })
    const first = await become(visitorId, 'cus_one')
    expect(first.body).toMatchObject({ success: true, visitorId, customerId: 'cus_one', subject: visitorId, merged: true })
    expect((await become(visitorId, 'cus_one')).body).toEqual(first.body)
    await track('page_view', { visitorId, id: 'after' })
    const ids = (await logOf('cus_one')).map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['before', 'after', expect.stringContaining(pricing.decisionId)]))
    const again = await visit(visitorId)
    expect(again.pricing).toMatchObject({ optimizedPrice: pricing.optimizedPrice, test: pricing.test })
  })

  it('of a second customer on the same browser gives that one a visitorId of their own', async () => {
    const { visitorId } = await visit()
    await track('page_view', { visitorId, id: 'of_the_first' })
    await become(visitorId, 'cus_first')
    const second = await become(visitorId, 'cus_second')
    expect(second.body).toMatchObject({ success: true, customerId: 'cus_second', merged: false })
    expect(second.body.visitorId).not.toBe(visitorId)
    expect(second.body.subject).not.toBe(visitorId)
    await track('page_view', { visitorId: second.body.visitorId, id: 'of_the_second' })
    expect((await logOf('cus_first')).map(({ id }) => id)).toContain('of_the_first')
    const log = (await logOf('cus_second')).map(({ id }) => id)
    expect(log).toContain('of_the_second')
    expect(log).not.toContain('of_the_first')
    expect(JSON.stringify(second.body)).not.toContain('cus_first')
  })

  it('in a second browser keeps the first subject and the first price', async () => {
    const [home, work] = await Promise.all([visit(), visit()])
    const first = await become(home.visitorId, 'cus_two_browsers')
    const second = await become(work.visitorId, 'cus_two_browsers')
    expect([first.body.subject, second.body.subject]).toEqual([home.visitorId, home.visitorId])
    const [there, here] = await Promise.all([visit(home.visitorId), visit(work.visitorId)])
    expect(here.pricing.optimizedPrice).toBe(there.pricing.optimizedPrice)
    expect(there.pricing.optimizedPrice).toBe(home.pricing.optimizedPrice)
  })

  it('at the same time as two customers leaves each visit with one of them', async () => {
    const { visitorId } = await visit()
    await track('page_view', { visitorId, id: 'contested' })
    const tokens = await Promise.all(['cus_race_1', 'cus_race_2'].map((id) => tokenFor(id)))
    const answers = await Promise.all(tokens.map((token) => identify({ visitorId, token })))
    expect(answers.filter(({ body }) => body.merged)).toHaveLength(1)
    const logs = await Promise.all(['cus_race_1', 'cus_race_2'].map(async (id) => (await logOf(id)) ?? []))
    expect(logs.flat().filter(({ id }) => id === 'contested')).toHaveLength(1)
  })

  it('of a customer’s object by its id is refused in the words for a visitor that never was', async () => {
    await track('page_view', { customerId: 'cus_hidden' }, SK)
    const object = env.CUSTOMERS.idFromName('customer:cus_hidden').toString()
    const asked = await track('page_view', { visitorId: object, id: 'forged' })
    expect(asked.body.results[0]).toMatchObject({ status: 'rejected' })
    expect((await visit(object)).pricing).toMatchObject({ reason: 'list', quote: null })
    expect((await logOf('cus_hidden')).map(({ id }) => id)).not.toContain('forged')
    expect((await become(object, 'cus_thief')).body).toMatchObject({ success: false, field: 'visitorId' })
  })
})

describe('a browser', () => {
  it('speaks for a customer with a token, and for a visitor without one', async () => {
    const token = await tokenFor('cus_spoken')
    const told = await send('POST', '/api/events', {
      key: PK,
      body: { token, events: [{ event: 'page_view', customerId: 'cus_spoken', id: 'told' }] },
    })
    expect(told.body).toMatchObject({ accepted: 1 })
    const claimed = await track('page_view', { customerId: 'cus_spoken', id: 'claimed' })
    expect(claimed.body.results[0]).toMatchObject({ status: 'rejected', code: 'invalid_token', field: 'token' })
    const { visitorId } = await visit()
    await track('page_view', { customerId: 'cus_spoken', visitorId, id: 'as_visitor' })
    expect((await logOf('cus_spoken')).map(({ id }) => id)).toEqual(['told'])
    const wrong = await send('POST', '/api/events', { key: PK, body: { token, events: [{ event: 'page_view', customerId: 'cus_first' }] } })
    expect(wrong.body.results[0]).toMatchObject({ code: 'invalid_token' })
  })
})

describe('erasure', () => {
  const rowsWith = async (text: string): Promise<string[]> => {
    const tables = await env.DB.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`).all<{
      name: string
    }>()
    const found: string[] = []
    for (const { name } of tables.results) {
      const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
      if (JSON.stringify(results).includes(text)) found.push(name)
    }
    return found
  }

  it('leaves no table with the id, the sums as they were, and no way back', async () => {
    const customerId = 'cus_to_forget'
    const { visitorId } = await visit()
    await become(visitorId, customerId)
    const order = { event: 'purchase', customerId, transactionId: 'ord_forget', amount: 42, currency: 'USD', id: 'p_forget' }
    await send('POST', '/api/revenue/event', { key: SK, body: order })
    await send('POST', '/api/revenue/event', { key: SK, body: { ...order, id: 'bad', amount: -1 } })
    await settle()
    expect(await rowsWith(customerId)).toEqual(expect.arrayContaining(['customers', 'revenue_events', 'rejected_events']))
    const gross = async () => (await send('GET', '/api/analytics?timeframe=7d')).body.figures.grossRevenue.value
    const before = await gross()

    const erased = await send('DELETE', `/api/customers/${customerId}`)
    expect(erased.body).toMatchObject({ success: true })
    await settle()
    expect(await rowsWith(customerId)).toEqual([])
    expect(await gross()).toBe(before)
    expect((await send('POST', '/api/reconcile')).body).toMatchObject({ differing: [], table: { equal: true } })

    const again = await send('POST', '/api/revenue/event', { key: SK, body: order })
    expect([again.status, again.body.code]).toEqual([410, 'erased'])
    const visitorAgain = await track('page_view', { visitorId })
    expect(visitorAgain.body.results[0]).toMatchObject({ status: 'rejected', code: 'erased' })
    await send('POST', '/api/revenue/event', { key: SK, body: { ...order, amount: -1 } })
    expect((await send('GET', `/api/customers/${customerId}/export`)).status).toBe(404)
    expect((await visit(visitorId)).pricing).toMatchObject({ reason: 'list', quote: null, decisionId: null })
    const fresh = await visit()
    expect((await become(fresh.visitorId, customerId)).body).toMatchObject({ code: 'erased' })
    expect((await send('DELETE', `/api/customers/${customerId}`)).status).toBe(200)
    await settle()
    expect(await rowsWith(customerId)).toEqual([])
    expect(await gross()).toBe(before)
  })
})

describe('an id that somebody guesses', () => {
  it('is answered alike whether it belongs to another or to nobody', async () => {
    await track('page_view', { customerId: 'cus_known' }, SK)
    await send('DELETE', '/api/customers/cus_gone')
    const texts: Promise<Answer>[] = ['cus_unknown', 'cus_gone', encodeURIComponent("' OR 1=1 --"), '%25'.repeat(60)].map((id) =>
      send('GET', `/api/customers/${id}/export`),
    )
    const [first, ...others] = await Promise.all(texts)
    expect(first?.status).toBe(404)
    for (const { status, body } of others) expect([status, body]).toEqual([404, first?.body])
    for (const path of ['/api/customers/cus_known/export', '/api/decisions/d_1?customerId=cus_known']) {
      const [known, unknown] = await Promise.all([
        send('GET', path, { key: PK }),
        send('GET', path.replace('known', 'unknown'), { key: PK }),
      ])
      expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
    }
  })
})
