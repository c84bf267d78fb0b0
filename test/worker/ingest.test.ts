import { env } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { EventResult } from '../../worker/contract/events.ts'
import type { Env } from '../../worker/env.ts'
import { sendTo, withCustomers } from './fault.ts'
import { eventsOf } from './objects.ts'
import { ORIGIN, send, settle, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'
const HOUR_MS = 3_600_000

beforeAll(() => setUpShop({ test: false }))

const revenue = async (body: unknown, key = SK) => send('POST', '/api/revenue/event', { key, body })
const ingest = async (body: unknown, key = SK, headers = {}) => send('POST', '/api/events', { key, body, headers })
const newestRejected = async () => (await send('GET', '/api/rejected')).body.rejected
const gross = async () => {
  await settle()
  return (await send('GET', '/api/analytics?timeframe=7d')).body.figures.grossRevenue.value
}

/** A purchase as JSON text, so that a row may hold what no JavaScript value can: 1e400, −0, a key twice. */
function purchase(fields: Record<string, string>): string {
  const whole = { event: '"purchase"', customerId: '"cus_bad"', amount: '10', currency: '"USD"', ...fields }
  return `{${Object.entries(whole)
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `"${name}":${text}`)
    .join(',')}}`
}
const text = (value: string) => JSON.stringify(value)
const bidi = '\u202e'

/** Number in the catalogue of bad inputs, what is wrong, the fields that make it so, and the code and field that say so. */
const BAD: [row: number, what: string, fields: Record<string, string>, code: string, field: string][] = [
  [1, 'NaN as text', { amount: '"NaN"' }, 'invalid_amount', 'amount'],
  [2, 'Infinity as text', { amount: '"Infinity"' }, 'invalid_amount', 'amount'],
  [3, '1e308', { amount: '1e308' }, 'invalid_amount', 'amount'],
  [4, '1e400', { amount: '1e400' }, 'invalid_amount', 'amount'],
  [5, 'a negative amount', { amount: '-1' }, 'invalid_amount', 'amount'],
  [7, 'a tenth of a cent', { amount: '4.999' }, 'amount_too_precise', 'amount'],
  [8, 'a number as text', { amount: '"499"' }, 'invalid_amount', 'amount'],
  [9, 'true', { amount: 'true' }, 'invalid_amount', 'amount'],
  [10, 'null', { amount: 'null' }, 'invalid_amount', 'amount'],
  [11, 'an array', { amount: '[]' }, 'invalid_amount', 'amount'],
  [12, '2^53', { amount: '9007199254740992' }, 'invalid_amount', 'amount'],
  [13, '2^53 + 1', { amount: '9007199254740993' }, 'invalid_amount', 'amount'],
  [14, 'no amount', { amount: '' }, 'missing_field', 'amount'],
  [17, 'the currency of nobody', { currency: '"XXX"' }, 'unknown_currency', 'currency'],
  [18, 'a coin that is no currency', { currency: '"BTC"' }, 'unknown_currency', 'currency'],
  [19, 'half a yen', { amount: '10.5', currency: '"JPY"' }, 'amount_too_precise', 'amount'],
  [20, 'a dinar with four decimals', { amount: '1.2345', currency: '"KWD"' }, 'amount_too_precise', 'amount'],
  [21, 'a currency the product is not sold in', { productId: '"starter_bundle"', currency: '"EUR"' }, 'currency_mismatch', 'currency'],
  [22, 'GA4’s value without its currency', { amount: '', value: '10', currency: '' }, 'missing_currency', 'currency'],
  [23, 'an unknown product', { productId: '"nothing"' }, 'unknown_product', 'productId'],
  [24, 'quantity 0', { quantity: '0' }, 'invalid_quantity', 'quantity'],
  [25, 'quantity 1e9', { quantity: '1e9' }, 'invalid_quantity', 'quantity'],
  [29, 'a discount above the price', { discount: '11' }, 'discount_above_price', 'discount'],
  [30, 'an empty id', { customerId: '""' }, 'invalid_id', 'customerId'],
  [31, 'an id of 257 bytes', { customerId: text(`${'é'.repeat(128)}x`) }, 'invalid_id', 'customerId'],
  [32, 'half a surrogate pair', { customerId: '"a\\ud800b"' }, 'invalid_id', 'customerId'],
  [33, 'a NUL', { customerId: '"a\\u0000b"' }, 'invalid_id', 'customerId'],
  [34, 'null as text', { customerId: '"null"' }, 'reserved_id', 'customerId'],
  [34, 'undefined as text', { id: '"undefined"' }, 'reserved_id', 'id'],
  [34, 'Anonymous', { customerId: '"Anonymous"' }, 'reserved_id', 'customerId'],
  [36, 'a direction override', { customerId: text(`a${bidi}b`) }, 'invalid_id', 'customerId'],
  [37, 'outer spaces', { customerId: '" cus_1 "' }, 'invalid_id', 'customerId'],
  [38, 'a path', { customerId: '"../../etc"' }, 'invalid_id', 'customerId'],
  [39, 'an array as id', { customerId: '["a"]' }, 'invalid_id', 'customerId'],
  [40, 'a number as id', { id: '7' }, 'invalid_id', 'id'],
  [42, 'a time without a zone', { timestamp: '"2026-11-01T10:00:00"' }, 'invalid_time', 'timestamp'],
  [43, 'the time 0', { timestamp: '0' }, 'invalid_time', 'timestamp'],
  [44, 'a time before 1970', { timestamp: '-1' }, 'invalid_time', 'timestamp'],
  [45, 'seconds for milliseconds', { timestamp: String(Math.floor(Date.now() / 1000)) }, 'invalid_time', 'timestamp'],
  [46, 'a time two hours ahead', { timestamp: String(Date.now() + 2 * HOUR_MS) }, 'time_in_future', 'timestamp'],
  [47, 'the year 275761', { timestamp: '8640000000000001' }, 'invalid_time', 'timestamp'],
  [48, 'a leap second', { timestamp: '"2026-06-30T23:59:60Z"' }, 'invalid_time', 'timestamp'],
  [48, 'a day that does not exist', { timestamp: '"2026-02-30T10:00:00Z"' }, 'invalid_time', 'timestamp'],
  [62, 'a __proto__ key', { metadata: '{"__proto__":{"admin":true}}' }, 'invalid_field', 'metadata.__proto__'],
  [
    63,
    'a constructor’s prototype',
    { metadata: '{"constructor":{"prototype":{"x":1}}}' },
    'invalid_field',
    'metadata.constructor.prototype',
  ],
  [0, 'a word that we alone write', { event: '"price_decided"' }, 'invalid_field', 'event'],
  [0, 'no name', { event: '' }, 'missing_field', 'event'],
  [0, 'nobody', { customerId: '' }, 'missing_field', 'customerId'],
  [0, 'a visitor who was not minted here', { customerId: '', visitorId: text('0'.repeat(64)) }, 'invalid_id', 'visitorId'],
  [0, 'two people at once', { userId: '"cus_other"' }, 'invalid_id', 'userId'],
  [0, 'more than 32 KB', { metadata: `{"note":${text('x'.repeat(33_000))}}` }, 'event_too_large', 'events.1'],
]

describe('a bad event', () => {
  it.each(BAD)('%i: %s is refused alone, with code and field, kept aside, and moves nothing', async (_row, _what, fields, code, field) => {
    const bad = purchase(fields)
    const seen = `{"event":"page_view","customerId":"cus_neighbour"}`
    const batch = await ingest(`{"events":[${seen},${bad},${seen}]}`)
    expect(batch).toMatchObject({ status: 200, body: { accepted: 2, rejected: 1, retry: 0, duplicate: 0 } })
    expect(batch.body.results[1]).toMatchObject({ index: 1, status: 'rejected', code, field })

    const alone = await revenue(bad)
    expect(alone.body).toMatchObject({ success: false, code })
    expect(alone.status).toBeGreaterThanOrEqual(400)
    expect(alone.status).toBeLessThan(500)
    expect(alone.headers.get('content-type')).toContain('application/problem+json')

    const [first, second] = await newestRejected()
    expect([first, second]).toMatchObject([
      { code, source: 'server' },
      { code, field },
    ])
  })

  it('has had no business effect', async () => {
    expect(await gross()).toBe(0)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})

const BODIES: [row: number, what: string, body: BodyInit | null, status: number, code: string, type?: string, headers?: HeadersInit][] = [
  [50, 'nothing', '', 400, 'invalid_json'],
  [51, 'half a body', '{"events":[{"event":"page_view"', 400, 'invalid_json'],
  [52, 'bytes after the end', '{"events":[]} x', 400, 'invalid_json'],
  [54, 'UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), 400, 'invalid_json'],
  [54, 'UTF-16 without a mark', new Uint8Array([0x7b, 0, 0x7d, 0]), 400, 'invalid_json'],
  [55, 'one byte above the cap', `"${'x'.repeat(512 * 1024 - 1)}"`, 413, 'body_too_large'],
  [58, 'a compressed body', new Uint8Array([0x1f, 0x8b, 8, 0]), 415, 'unsupported_media_type', undefined, { 'content-encoding': 'gzip' }],
  [59, 'depth 33', `${'['.repeat(33)}${']'.repeat(33)}`, 400, 'too_deep'],
  [60, 'a quarter of a million levels', '['.repeat(250_000), 400, 'too_deep'],
  [61, '10,001 keys', `{${Array.from({ length: 10_001 }, (_, index) => `"${index}":1`).join(',')}}`, 400, 'too_many_keys'],
  [64, 'a key twice', '{"event":"purchase","amount":1,"\\u0061mount":2}', 422, 'duplicate_key'],
  [65, 'a batch of none', '{"events":[]}', 400, 'empty_batch'],
  [66, 'a batch of 101', `{"events":[${new Array(101).fill('{}').join(',')}]}`, 413, 'batch_too_large'],
  [67, 'an object for the array', '{"events":{"0":{}}}', 400, 'invalid_field'],
  [67, 'an array for the object', '[{"event":"page_view"}]', 400, 'invalid_field'],
  [68, 'a form', 'event=page_view', 415, 'unsupported_media_type', 'application/x-www-form-urlencoded'],
  [68, 'no type', new Uint8Array([0x7b, 0x7d]), 415, 'unsupported_media_type', ''],
]

describe('a bad body', () => {
  const post = (path: string, body: BodyInit | null, type = 'application/json', headers: HeadersInit = {}) =>
    exports.default.fetch(`${ORIGIN}${path}`, {
      method: 'POST',
      body,
      headers: new Headers([...new Headers(headers), ['authorization', `Bearer ${SK}`], ...(type === '' ? [] : [['content-type', type]])]),
    })

  it.each(BODIES)('%i: %s is refused as a whole and kept aside', async (row, _what, body, status, code, type, headers) => {
    for (const path of ['/api/events', '/api/revenue/event']) {
      if (path === '/api/revenue/event' && (row === 65 || row === 66 || code === 'invalid_field')) continue
      const response = await post(path, body, type, headers)
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ success: false, code, status })
      expect(response.headers.get('content-type')).toContain('application/problem+json')
      expect((await newestRejected())[0]).toMatchObject({ code, source: 'server' })
    }
  })

  it('56, 57: is counted as it comes, whatever its length header says or leaves out', async () => {
    const stream = () => {
      let chunks = 0
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          if (chunks++ > 20) controller.close()
          else controller.enqueue(new Uint8Array(64 * 1024).fill(32))
        },
      })
    }
    for (const headers of [new Headers(), new Headers({ 'content-length': '10' })]) {
      const response = await post('/api/events', stream(), 'application/json', headers)
      expect(response.status).toBe(413)
    }
  })

  it('59, 61, 64: of one event leaves its neighbours alone', async () => {
    const good = (id: string) => `{"id":"${id}","event":"page_view","customerId":"cus_neighbour","metadata":{"a":["]",{"b":"},"}]}}`
    const deep = `{"event":"page_view","customerId":"a","metadata":{"x":${'['.repeat(40)}${']'.repeat(40)}}}`
    const wide = `{"event":"page_view","customerId":"a","metadata":{${Array.from({ length: 10_001 }, (_, index) => `"${index}":1`).join(',')}}}`
    const twice = '{"event":"page_view","customerId":"a","metadata":{"y":1,"y":2}}'
    const batch = `{ "token" : "a]\\"[", "events" : [ ${[good('n1'), deep, good('n2'), wide, 7, twice, good('n3')].join(' , ')} ] }`
    const { status, body } = await ingest(batch.replace('"token" : "a]\\"[", ', ''))
    expect(status).toBe(200)
    expect(body.results.map(({ status, code }: { status: string; code?: string }) => code ?? status)).toEqual([
      'accepted',
      'too_deep',
      'accepted',
      'too_many_keys',
      'invalid_field',
      'duplicate_key',
      'accepted',
    ])
    expect(body.results[5].field).toBe('y')
    expect((await ingest(`{"events":[${twice},${good('n4')}],"events":[]}`)).body.code).toBe('duplicate_key')
    expect((await ingest(`{"events":[${twice},${good('n5')}`)).status).toBe(400)
  })

  it('names the key that stands twice', async () => {
    const { body } = await ingest('{"events":[{"event":"page_view","customerId":"a","metadata":{"x":[{"y":1}],"y":1,"y":2}}]}')
    expect(body).toMatchObject({ code: 'duplicate_key', field: 'y' })
  })

  it('53: may begin with a byte order mark', async () => {
    const { body } = await ingest('\ufeff{"events":[{"event":"page_view","customerId":"cus_bom"}]}')
    expect(body).toMatchObject({ accepted: 1 })
  })

  it('68: is a beacon as text/plain on ingest, and nowhere else', async () => {
    const beacon = JSON.stringify({ event: 'page_view', customerId: 'cus_beacon' })
    const plain = { 'content-type': 'text/plain;charset=UTF-8' }
    expect(await ingest(beacon, SK, plain)).toMatchObject({ status: 200, body: { accepted: 1 } })
    for (const path of ['/api/revenue/event', '/api/identify', '/api/pricing', '/api/quotes/verify']) {
      const { status, body } = await send('POST', path, { key: SK, body: beacon, headers: plain })
      expect([path, status, body.code]).toEqual([path, 415, 'unsupported_media_type'])
    }
  })
})

describe('an event that looks odd and is right', () => {
  it.each([
    [6, '−0 is 0', { amount: '-0' }],
    [15, '0 is for free', { amount: '0' }],
    [16, 'usd is USD', { currency: '"usd"', amount: '0' }],
    [41, 'no time is now', { amount: '0' }],
    [46, 'a time almost an hour ahead', { timestamp: String(Date.now() + HOUR_MS - 60_000), amount: '0' }],
    [0, 'constructor as a plain word', { metadata: '{"constructor":"ACME","note":"__proto__"}', amount: '0' }],
  ])('%i: %s', async (_row, _what, fields) => {
    expect((await revenue(purchase({ ...fields, customerId: '"cus_odd"' }))).body).toMatchObject({ success: true, status: 'accepted' })
  })

  it('22: an amount without a currency is in the configured one', async () => {
    const { body } = await revenue({ event: 'purchase', customerId: 'cus_default', transactionId: 'ord_default', amount: 5 })
    expect(body.status).toBe('accepted')
    const refund = await revenue({ event: 'refund', customerId: 'cus_default', transactionId: 'ord_default', amount: 5, currency: 'EUR' })
    expect(refund).toMatchObject({ status: 422, body: { code: 'currency_mismatch' } })
    await revenue({ event: 'refund', customerId: 'cus_default', transactionId: 'ord_default', amount: 5 })
  })

  it('35: two spellings of one letter are two ids', async () => {
    for (const id of ['caf\u00e9', 'cafe\u0301']) {
      expect((await revenue({ event: 'page_view', customerId: 'cus_nfc', id })).body).toMatchObject({ status: 'accepted', eventId: id })
    }
  })

  it('49: 40 days late it is booked today, and history of an import on its own day', async () => {
    const late = Date.now() - 40 * 24 * HOUR_MS
    const { body } = await revenue({ event: 'page_view', customerId: 'cus_late', timestamp: late })
    expect(body.bookedDay).toBe(new Date().toISOString().slice(0, 10))
    const imported = await send('POST', '/api/import', {
      key: SK,
      body: { importId: 'i1', events: [{ id: 'h1', event: 'page_view', customerId: 'cus_late', timestamp: late }] },
    })
    expect(imported.body.results[0].bookedDay).toBe(new Date(late).toISOString().slice(0, 10))
  })
})

describe('names', () => {
  it.each(['event', 'eventType', 'activity', 'type'])('%s names the event, and customerId or userId the person', async (name) => {
    for (const who of ['customerId', 'userId']) {
      const { body } = await revenue({ [name]: 'Product Viewed', [who]: `cus_${name}` })
      expect(body).toMatchObject({ success: true, status: 'accepted', verified: true, deduplicable: false })
      expect(body.message).toBeTruthy()
      expect(body.insights.join(' ')).toContain('Sent without an id')
    }
    const { body } = await send('GET', `/api/customers/cus_${name}/export`)
    expect(body.events).toHaveLength(2)
    expect(body.events[0]).toMatchObject({ type: 'view_item', metadata: { sentName: 'Product Viewed' } })
  })

  it.each([
    ['purchase_completed', 'purchase'],
    ['Order Completed', 'purchase'],
    ['checkout_completed', 'purchase'],
    ['checkout_initiated', 'begin_checkout'],
    ['Made Up By The Shop', 'Made Up By The Shop'],
    ['constructor', 'constructor'],
  ])('%s is kept as %s', async (sent, kept) => {
    const customerId = `cus_alias_${sent.replaceAll(' ', '_')}`
    await revenue({ event: sent, customerId, amount: 0, plan: 'gold' })
    const { body } = await send('GET', `/api/customers/${customerId}/export`)
    expect(body.events[0]).toMatchObject({ type: kept, metadata: { plan: 'gold' } })
  })
})

interface Exported {
  outcome: { value: { events: { context: { source: string | null }; metadata: { sentSource?: string } }[] } }
}

describe('a bot that says so', () => {
  const bot = { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }
  it('gets no visitorId, and its events are not taken; a server is believed whatever it calls itself', async () => {
    expect(await send('POST', '/api/visitors', { key: PK, headers: bot })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    const { visitorId } = (await send('POST', '/api/visitors', { key: PK })).body
    expect((await ingest({ event: 'page_view', visitorId }, PK, bot)).status).toBe(403)
    expect((await ingest({ event: 'page_view', customerId: 'cus_of_a_script' }, SK, { 'user-agent': 'python-requests/2.32' })).status).toBe(
      200,
    )
  })

  it('and a browser that asks not to be followed gets no visitorId either', async () => {
    expect((await send('POST', '/api/visitors', { key: PK, headers: { 'sec-gpc': '1' } })).body).toEqual({ success: true, visitorId: null })
  })
})

describe('where a visit came from', () => {
  it('is counted under names we know, however pages call it; a server may use its own', async () => {
    const { visitorId } = (await send('POST', '/api/visitors', { key: PK })).body
    const sources = ['Google Ads', 'www.google.de', 'l.facebook.com', `made-up-${Math.random()}`]
    const events = sources.map((source) => ({ event: 'page_view', visitorId, source }))
    await ingest({ events }, PK)
    await ingest({ events: [{ event: 'page_view', customerId: 'cus_source', source: 'Spring Fair 2026' }] })
    const { outcome } = (await env.CUSTOMERS.get(env.CUSTOMERS.idFromString(visitorId)).export()) as unknown as Exported
    const seen = outcome.value.events.map(({ context, metadata }) => [context.source, metadata.sentSource])
    expect(seen.sort()).toEqual(
      [
        ['google-ads', 'Google Ads'],
        ['google', 'www.google.de'],
        ['facebook', 'l.facebook.com'],
        ['other', sources[3]],
      ].sort(),
    )
    const { body } = await send('GET', '/api/customers/cus_source/export')
    expect(body.events[0].context.source).toBe('spring-fair-2026')
  })
})

describe('money', () => {
  it('of a browser is kept as reported, and is no revenue', async () => {
    const before = await gross()
    const { visitorId } = (await send('POST', '/api/visitors', { key: PK })).body
    const { body } = await revenue({ event: 'purchase', visitorId, transactionId: 'ord_forged', amount: 1000, currency: 'USD' }, PK)
    expect(body).toMatchObject({ success: true, verified: false })
    expect(body.insights.join(' ')).toContain('not revenue')
    const quoted = await revenue({ event: 'purchase', visitorId, transactionId: 'ord_q', quote: 'a.b.c' }, PK)
    expect(quoted.status).toBe(422)
    expect(await gross()).toBe(before)
    const real = await revenue({ event: 'purchase', visitorId, transactionId: 'ord_forged', amount: 10, currency: 'USD' })
    expect(real.body).toMatchObject({ status: 'accepted', verified: true })
    expect(await gross()).toBe(before + 10)
  })

  it('of a secret key without the scope is kept as reported too', async () => {
    await send('POST', '/api/keys', { body: { name: 'no money', kind: 'secret', scopes: ['behaviour'], secret: 'sk_demo_without_money' } })
    const { body } = await revenue({ event: 'purchase', customerId: 'cus_scope', amount: 10, currency: 'USD' }, 'sk_demo_without_money')
    expect(body).toMatchObject({ status: 'accepted', verified: false })
  })

  it('is refunded at most as far as it was taken, however often and in whatever order', async () => {
    const customerId = 'cus_refund'
    const refund = (id: string, amount: number) =>
      revenue({ event: 'refund', id, customerId, transactionId: 'ord_r', amount, currency: 'USD' })
    const net = async () => {
      await settle()
      return (await send('GET', '/api/analytics?timeframe=7d')).body.figures.netRevenue.value
    }
    const before = await net()
    expect((await refund('r1', 30)).body).toMatchObject({ status: 'accepted' })
    expect(await net()).toBe(before)
    await revenue({ event: 'purchase', id: 'p_r', customerId, transactionId: 'ord_r', amount: 100, currency: 'USD' })
    expect(await net()).toBe(before + 70)
    expect((await refund('r1', 30)).body).toMatchObject({ status: 'duplicate' })
    expect(await refund('r2', 71)).toMatchObject({ status: 422, body: { code: 'refund_above_capture', field: 'amount' } })
    expect((await refund('r3', 70)).body).toMatchObject({ status: 'accepted' })
    expect((await refund('r4', 1)).status).toBe(422)
    expect((await refund('r3', 70)).body).toMatchObject({ status: 'duplicate' })
    expect(await net()).toBe(before)
  })

  it('does not change under an id that has been settled', async () => {
    const order = { event: 'purchase', id: 'ord_fixed', customerId: 'cus_fixed', amount: 10, currency: 'USD' }
    expect((await revenue(order)).body.status).toBe('accepted')
    expect((await revenue(order)).body.status).toBe('duplicate')
    expect(await revenue({ ...order, amount: 99 })).toMatchObject({ status: 409, body: { code: 'idempotency_mismatch', field: 'amount' } })
    expect(await revenue({ ...order, currency: 'EUR' })).toMatchObject({ status: 409, body: { field: 'currency' } })
    expect(await revenue({ ...order, id: 'another', transactionId: 'ord_fixed', amount: 99 })).toMatchObject({ status: 409 })
    const parallel = await Promise.all(Array.from({ length: 50 }, () => revenue({ ...order, id: 'ord_parallel' })))
    expect(parallel.filter(({ body }) => body.status === 'accepted')).toHaveLength(1)
    expect(parallel.filter(({ body }) => body.status === 'duplicate')).toHaveLength(49)
  })

  it('is not kept out by a page that was quicker to use its id', async () => {
    const before = await gross()
    const { visitorId } = (await send('POST', '/api/visitors', { key: PK })).body
    const order = { event: 'purchase', id: 'ord_squatted', visitorId, amount: 10, currency: 'USD' }
    expect((await revenue({ ...order, amount: 1 }, PK)).body).toMatchObject({ status: 'accepted', verified: false })
    expect((await revenue(order)).body).toMatchObject({ eventId: 'ord_squatted', status: 'accepted', verified: true })
    expect((await revenue(order)).body.status).toBe('duplicate')
    expect(await revenue({ ...order, amount: 11 })).toMatchObject({ status: 409 })
    expect(await gross()).toBe(before + 10)
  })

  it('of a server says nothing of where its customers are', async () => {
    await revenue({ event: 'purchase', customerId: 'cus_elsewhere', amount: 1, currency: 'USD' })
    const { body } = await send('GET', '/api/customers/cus_elsewhere/export')
    expect(body.events[0].context).toEqual({ country: null, device: null, source: null, sessionId: null })
  })

  it('of one transaction counts once, under whatever event ids it comes', async () => {
    const before = await gross()
    const order = { event: 'purchase', customerId: 'cus_once', transactionId: 'ord_once', amount: 20, currency: 'USD' }
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => revenue({ ...order, id: index % 2 ? 'same' : `e${index}` })))
    expect(answers.filter(({ body }) => body.status === 'accepted')).toHaveLength(1)
    expect(answers.filter(({ body }) => body.status === 'duplicate')).toHaveLength(19)
    expect(await gross()).toBe(before + 20)
  })
})

describe('events without times and ids', () => {
  it('are kept in the order in which a batch has them', async () => {
    const visitorId = env.CUSTOMERS.newUniqueId().toString()
    const names = Array.from({ length: 60 }, (_, at) => `step_${at}`)
    const { body } = await ingest({ events: names.map((event) => ({ event, visitorId })) })
    expect(body.accepted).toBe(60)
    expect((await eventsOf(visitorId))?.map(({ type }) => type)).toEqual(names)
  })
})

describe('a batch', () => {
  const good = fc.record({
    event: fc.constantFrom('page_view', 'add_to_cart', 'custom'),
    customerId: fc.constantFrom('cus_p1', 'cus_p2', 'cus_p3'),
    id: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
  })
  const bad = fc.constantFrom<unknown>(
    null,
    7,
    'text',
    [],
    {},
    { event: 'page_view' },
    { event: 'purchase', customerId: 'cus_p1', amount: -1 },
    { event: 'refund', customerId: 'cus_p1', amount: 1 },
    { event: 'page_view', customerId: 'cus_unreachable' },
  )

  const customerOf = (event: unknown) => (event as { customerId?: string } | null)?.customerId
  const post = (bindings: Env, events: unknown[]) => sendTo(bindings, 'POST', '/api/events', { key: SK, body: { events } })
  const broken = () => {
    throw new Error('the object is overloaded')
  }

  it('accounts for every event: accepted + duplicate + rejected + retry = received', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const unreachable = env.CUSTOMERS.idFromName('customer:cus_unreachable')
    const bindings = withCustomers((id, real) => (id.equals(unreachable) ? broken() : real()))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(good, bad), { minLength: 1, maxLength: 12 }), async (events) => {
        const { status, body } = await post(bindings, events)
        if (status === 503) {
          expect(events.every((event) => customerOf(event) === 'cus_unreachable')).toBe(true)
          return
        }
        expect(status).toBe(200)
        expect(body.accepted + body.duplicate + body.rejected + body.retry).toBe(events.length)
        const results: EventResult[] = body.results
        expect(results.map(({ index }) => index)).toEqual(events.map((_, index) => index))
        for (const { index, status } of results) expect(status === 'retry').toBe(customerOf(events[index]) === 'cus_unreachable')
      }),
      { numRuns: 40 },
    )
  })

  it('of which nothing could be settled answers 503 and when to come again', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const { status, body, headers } = await post(withCustomers(broken), [{ event: 'page_view', customerId: 'cus_1' }])
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '5'])
  })

  it('gives an event without an id one of ours, and says it cannot be told from its repetition', async () => {
    const { body } = await ingest({
      events: [
        { event: 'page_view', customerId: 'cus_id' },
        { event: 'page_view', customerId: 'cus_id', id: 'x' },
      ],
    })
    expect(body.results).toMatchObject([{ deduplicable: false }, { deduplicable: true, id: 'x' }])
    expect(body.results[0].id).toMatch(/^e_/)
  })
})
