import { env } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseCsv } from '../../client-sdk/cli/csv.ts'
import { readHistory, type StripeRow, stripeFileOf } from '../../client-sdk/cli/stripe.ts'
import type { IncomingEvent } from '../../worker/contract/events.ts'
import { readLedgerDigest } from '../../worker/db/ledger.ts'
import { saveProviderEvent } from '../../worker/db/providers.ts'
import { deleteExpired } from '../../worker/db/retention.ts'
import type { Env } from '../../worker/env.ts'
import { settleWaiting } from '../../worker/jobs/providers.ts'
import {
  duplicatedAndShuffled,
  exportAt,
  historyAt,
  SECRETS,
  SIGN,
  type StripePayload,
  shiftTo,
  streamAt,
} from '../domain/payments/webhooks.ts'
import payments from '../golden/stripe/payments.csv?raw'
import subscriptions from '../golden/stripe/subscriptions.csv?raw'
import { sendTo, withCustomers } from './fault.ts'
import { passTime, reconciled, stopTime } from './objects.ts'
import { deliver, deliverStandard, deliverStripe, freshDeployment, nowSeconds } from './providers.ts'
import { send, settle } from './shop.ts'

const DAY_MS = 86_400_000
const shift = shiftTo(Date.now())
const stream = streamAt(shift)
const eventOf = (type: string, objectId: string): StripePayload =>
  stream.find((event) => event.type === type && event.data.object.id === objectId) as StripePayload
const guestPaid = eventOf('checkout.session.completed', 'cs_D')
const guestRefunded = eventOf('charge.refunded', 'ch_D')

const rowsOf = async (table: string) => (await env.DB.prepare(`SELECT * FROM ${table}`).all<Record<string, unknown>>()).results
const statuses = async () =>
  Object.fromEntries((await rowsOf('provider_events')).map(({ event_id, status }) => [event_id as string, status as string]))
const isEmpty = async () =>
  (await rowsOf('provider_events')).length + (await rowsOf('provider_links')).length + (await rowsOf('revenue_events')).length === 0
const ledgerOf = async () =>
  (
    await env.DB.prepare(
      `SELECT customer_id AS customer, event_type AS type, amount, currency FROM revenue_events WHERE amount > 0 ORDER BY 1, timestamp, 2`,
    ).all()
  ).results

beforeEach(freshDeployment)
afterEach(() => {
  vi.restoreAllMocks()
  stopTime()
})

describe('a webhook whose signature does not hold', () => {
  const refused = async (delivery: { headers: Record<string, string>; body: string }, provider: 'stripe' | 'standard' = 'stripe') => {
    const { status, body } = await deliver(provider, delivery)
    expect([status, body.code]).toEqual([400, 'invalid_signature'])
    expect(await isEmpty()).toBe(true)
  }
  const text = JSON.stringify(guestPaid, null, 2)

  it('by its secret, its bytes or its time is refused, and nothing of it is stored', async () => {
    const at = nowSeconds()
    await refused(await SIGN.stripe(text, 'whsec_of.somebody.else', at))
    await refused({ ...(await SIGN.stripe(text, SECRETS.stripe, at)), body: JSON.stringify(JSON.parse(text)) })
    await refused({ ...(await SIGN.stripe(text, SECRETS.stripe, at)), body: text.replace('49900', '4990') })
    await refused(await SIGN.stripe(text, SECRETS.stripe, at - 301))
    await refused(await SIGN.stripe(text, SECRETS.stripe, at + 302))
    await refused({ headers: {}, body: text })
    await refused({ headers: { 'stripe-signature': `t=${at},v0=${'0'.repeat(64)}` }, body: text })
    await refused(await SIGN.standard(text, SECRETS.standard.replace('whsec_d', 'whsec_e'), at), 'standard')
    // The signature of one provider is none of the other.
    await refused(await SIGN.stripe(text, SECRETS.stripe, at), 'standard')
  })

  it('is refused for every secret there is not', async () => {
    await send('PUT', '/api/providers/stripe', { body: { secret: null } })
    await refused(await SIGN.stripe(text, SECRETS.stripe, nowSeconds()))
  })

  it('is told from one that is too large, of no provider, or compressed', async () => {
    const signed = await SIGN.stripe(`{"padding":"${'x'.repeat(512 * 1024)}"}`, SECRETS.stripe, nowSeconds())
    expect((await deliver('stripe', signed)).status).toBe(413)
    expect((await deliver('paypal' as 'stripe', signed)).status).toBe(404)
    expect((await deliver('stripe', { ...signed, headers: { ...signed.headers, 'content-encoding': 'gzip' } })).status).toBe(415)
    expect(await isEmpty()).toBe(true)
  })

  it('is taken with any of several signatures, within five minutes, and by the secret before for a day', async () => {
    const at = nowSeconds()
    const [old, other] = [await SIGN.stripe(text, SECRETS.stripe, at - 299), await SIGN.stripe(text, 'whsec_of.the.day.before', at - 299)]
    const both = `${other.headers['stripe-signature']},${old.headers['stripe-signature']?.split(',')[1]}`
    expect((await deliver('stripe', { headers: { 'stripe-signature': both }, body: text })).body).toEqual({
      success: true,
      status: 'settled',
    })

    const secret = 'whsec_of.the.next.day'
    const { body } = await send('PUT', '/api/providers/stripe', { body: { secret } })
    expect(body.provider).toMatchObject({
      hasSecret: true,
      webhookUrl: 'http://localhost:8787/webhooks/stripe',
      previousUntil: expect.any(Number),
    })
    expect(JSON.stringify(body)).not.toContain('whsec_')
    expect((await deliverStripe(guestPaid)).status).toBe(200)
    expect((await deliver('stripe', await SIGN.stripe(text, secret, at))).status).toBe(200)
    passTime(DAY_MS + 1_000)
    expect((await deliver('stripe', await SIGN.stripe(text, SECRETS.stripe, nowSeconds()))).status).toBe(400)
    expect((await deliver('stripe', await SIGN.stripe(text, secret, nowSeconds()))).status).toBe(200)
  })
})

describe('a webhook', () => {
  it('that comes a hundred times counts once', async () => {
    for (let round = 0; round < 100; round++) expect((await deliverStripe(guestPaid)).body).toEqual({ success: true, status: 'settled' })
    await settle()
    expect(await ledgerOf()).toEqual([{ customer: 'guest:pi_D', type: 'purchase', amount: 49_900, currency: 'USD' }])
    expect(await rowsOf('provider_events')).toMatchObject([
      { id: `stripe:${guestPaid.id}`, status: 'settled', body: null, waits_for: null },
    ])
  })

  it('about a purchase that has not come waits for it, is kept without names, and is settled with it', async () => {
    expect((await deliverStripe(guestRefunded)).body).toEqual({ success: true, status: 'waiting' })
    const [row] = await rowsOf('provider_events')
    expect(row).toMatchObject({ status: 'waiting', waits_for: 'pi_D' })
    expect(row?.body).not.toMatch(/jenny|example\.com/i)
    const { body } = await send('GET', '/api/providers/events?status=waiting')
    expect(body.events).toMatchObject([{ id: `stripe:${guestRefunded.id}`, type: 'charge.refunded', waitsFor: 'pi_D' }])
    expect((await deliverStripe(guestPaid)).body.status).toBe('settled')
    expect(await statuses()).toEqual({ [guestPaid.id]: 'settled', [guestRefunded.id]: 'settled' })
    expect((await rowsOf('provider_events')).map((each) => each.body)).toEqual([null, null])
    await settle()
    expect((await ledgerOf()).map(({ type, amount }) => [type, amount])).toEqual([
      ['purchase', 49_900],
      ['refund', 49_900],
    ])
  })

  it('that waited while its purchase was interrupted is settled by the clock; one that waits for a month is given up, and can be tried again', async () => {
    await deliverStripe(guestRefunded)
    const lost = eventOf('charge.dispute.closed', 'dp_E')
    await deliverStripe(lost)
    // As a purchase leaves it that got as far as its links.
    await env.DB.prepare(`INSERT INTO provider_links VALUES ('stripe', 'pi_D', 'guest:pi_D', 'pi_D', 0)`).run()
    expect(await settleWaiting(env)).toBe('1 webhooks settled, 0 given up')
    expect(await statuses()).toEqual({ [guestRefunded.id]: 'settled', [lost.id]: 'waiting' })
    passTime(31 * DAY_MS)
    expect(await settleWaiting(env)).toBe('0 webhooks settled, 1 given up')
    stopTime()
    const replay = () => send('POST', `/api/providers/events/${encodeURIComponent(`stripe:${lost.id}`)}/replay`)
    expect((await replay()).body).toMatchObject({ status: 'waiting' })
    await deliverStripe(eventOf('checkout.session.completed', 'cs_E'))
    expect((await statuses())[lost.id]).toBe('settled')
    expect((await replay()).status).toBe(409)
  })

  it('that cannot be read is kept with its reason and not asked for again, and can be replayed', async () => {
    const { object } = guestPaid.data
    const broken = { ...guestPaid, data: { object: { ...object, amount_total: 'much' } } }
    expect((await deliverStripe(broken)).body).toEqual({ success: true, status: 'refused', code: 'invalid_field', field: 'amount_total' })
    const unreadable = await SIGN.stripe('{"id":', SECRETS.stripe, nowSeconds())
    expect((await deliver('stripe', unreadable)).body).toMatchObject({ status: 'refused', code: 'invalid_json' })
    const { body } = await send('GET', '/api/providers/events?status=refused&limit=1')
    expect(body.events).toHaveLength(1)
    const next = await send('GET', `/api/providers/events?status=refused&limit=1&cursor=${encodeURIComponent(body.next)}`)
    expect([...body.events, ...next.body.events].map(({ code }: { code: string }) => code).sort()).toEqual([
      'invalid_field',
      'invalid_json',
    ])
    expect(next.body.next).toBeNull()
    // The same event, mended, replaces the refusal.
    expect((await deliverStripe(guestPaid)).body.status).toBe('settled')
    expect((await statuses())[guestPaid.id]).toBe('settled')
  })

  it('that says nothing we count is noted and let go', async () => {
    expect((await deliverStripe(eventOf('customer.created', 'cus_A'))).body).toEqual({ success: true, status: 'ignored' })
    const { body } = await send('GET', '/api/providers')
    expect(body.providers).toMatchObject([
      { id: 'stripe', hasSecret: true, counts: { settled: 0, ignored: 1, waiting: 0, refused: 0 }, lastEventAt: expect.any(Number) },
      { id: 'standard', counts: { ignored: 0 }, lastEventAt: null },
    ])
  })

  it('of test mode counts in development, and in production where the shop says so', async () => {
    const test = { ...guestPaid, livemode: false }
    const production = { ...env, ENVIRONMENT: 'production' }
    const to = async () => {
      const { headers } = await SIGN.stripe(JSON.stringify(test), SECRETS.stripe, nowSeconds())
      return (await sendTo(production, 'POST', '/webhooks/stripe', { body: test, headers })).body
    }
    expect(await to()).toEqual({ success: true, status: 'ignored', code: 'test_mode' })
    await send('PUT', '/api/providers/stripe', { body: { testMode: true } })
    expect(await to()).toEqual({ success: true, status: 'settled' })
  })

  it('is sent back to come again while the customer or the database does not answer, and then nothing is missing', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    vi.spyOn(console, 'warn').mockReturnValue()
    const body = JSON.stringify(guestPaid)
    const to = async (bindings: Env) => {
      const { headers } = await SIGN.stripe(body, SECRETS.stripe, nowSeconds())
      const answer = await sendTo(bindings, 'POST', '/webhooks/stripe', { body: guestPaid, headers })
      return [answer.status, answer.headers.get('retry-after')]
    }
    const overloaded = () => {
      throw new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.')
    }
    const away = withCustomers(() => ({ ingest: () => Promise.reject(Object.assign(new Error('gone'), { overloaded: true })) }) as never)
    expect(await to(away)).toEqual([503, '5'])
    expect(await isEmpty()).toBe(true)
    const down = { ...env, DB: { ...env.DB, prepare: overloaded, batch: overloaded } as unknown as D1Database }
    expect(await to(down)).toEqual([503, '5'])
    expect(await to(env)).toEqual([200, null])
    await settle()
    expect(await ledgerOf()).toEqual([{ customer: 'guest:pi_D', type: 'purchase', amount: 49_900, currency: 'USD' }])
  })

  it('of somebody who was erased leaves nothing, and erasure takes what was known of their payments', async () => {
    await deliverStripe(guestPaid)
    await deliverStripe(guestRefunded)
    await settle()
    expect((await send('DELETE', '/api/customers/guest:pi_D')).status).toBe(200)
    const names = async () => JSON.stringify([await rowsOf('provider_links'), await rowsOf('provider_events')])
    expect(await names()).not.toContain('guest:pi_D')
    const refused = { success: true, status: 'refused', code: 'erased' }
    expect((await deliverStripe({ ...guestPaid, id: 'evt_again' })).body).toEqual(refused)
    // It names the payment alone, and must not wait for an owner with the buyer's name in it.
    expect((await deliverStripe({ ...guestRefunded, id: 'evt_refunded_again' })).body).toEqual(refused)
    const links = [{ objectId: 'pi_other', transactionId: 'pi_other', customerId: 'guest:pi_D' }]
    expect((await send('POST', '/api/providers/stripe/links', { body: { links } })).status).toBe(200)
    expect(await names()).not.toContain('guest:pi_D')
    expect(await names()).not.toContain('pi_other')
  })

  it('of a visitor of ours is money of theirs', async () => {
    const { body } = await send('POST', '/api/visitors', {})
    const { visitorId } = body
    const payload = structuredClone(eventOf('checkout.session.completed', 'cs_E'))
    Object.assign(payload.data.object, { metadata: { visitorId } })
    expect((await deliverStripe(payload)).body.status).toBe('settled')
    expect(await rowsOf('provider_links')).toMatchObject([{ object_id: 'pi_E', customer_id: `visitor:${visitorId}` }])
    expect((await deliverStripe(eventOf('charge.dispute.closed', 'dp_E'))).body.status).toBe('settled')
    await settle()
    expect((await ledgerOf()).map(({ type, amount }) => [type, amount])).toEqual([
      ['purchase', 4_200],
      ['dispute_opened', 4_200],
    ])
  })
})

describe('what is kept of webhooks', () => {
  it('goes after thirty days; what was refused, thirty days after it was given up', async () => {
    const now = Date.now()
    const row = (eventId: string, status: 'settled' | 'ignored' | 'refused', days: number) =>
      saveProviderEvent(env.DB, {
        provider: 'stripe',
        eventId,
        type: 'x',
        status,
        waitsFor: null,
        code: null,
        body: status === 'refused' ? '{}' : null,
        receivedAt: now - days * DAY_MS,
      })
    for (const days of [29, 31, 59, 61]) {
      await row(`settled_${days}`, 'settled', days)
      await row(`ignored_${days}`, 'ignored', days)
      await row(`refused_${days}`, 'refused', days)
    }
    expect(await deleteExpired(env.DB, now)).toBe(7)
    expect(Object.keys(await statuses()).sort()).toEqual(['ignored_29', 'refused_29', 'refused_31', 'refused_59', 'settled_29'])
  })
})

describe('a webhook of the standard', () => {
  const data = { customerId: 'cus_std', transactionId: 'ord_1', amount: 12.5, currency: 'EUR', productId: 'sold_elsewhere' }

  it('is an event of our own contract', async () => {
    const payload = { type: 'purchase', timestamp: new Date().toISOString(), data }
    expect(
      (await deliverStandard({ type: 'refund', data: { transactionId: 'ord_1', amount: 2.5, currency: 'EUR' } }, 'msg_r')).body.status,
    ).toBe('waiting')
    for (let round = 0; round < 3; round++)
      expect((await deliverStandard(payload, 'msg_p')).body).toEqual({ success: true, status: 'settled' })
    await settle()
    const ledger = await ledgerOf()
    expect(ledger.map(({ type, amount, customer }) => [type, amount, customer]).sort()).toEqual([
      ['purchase', 1_250, 'cus_std'],
      ['refund', 250, 'cus_std'],
    ])
    expect(await statuses()).toEqual({ msg_p: 'settled', msg_r: 'settled' })
  })

  it('says what is wrong with one', async () => {
    const refused = async (payload: unknown, messageId: string) => (await deliverStandard(payload, messageId)).body
    expect(await refused({ type: 'purchase', data: { ...data, amount: '12' } }, 'm1')).toMatchObject({
      status: 'refused',
      field: 'data.amount',
    })
    expect(await refused({ type: 'purchase', data: { amount: 1, currency: 'EUR' } }, 'm2')).toMatchObject({
      code: 'missing_field',
      field: 'data.customerId',
    })
    expect(await refused({ type: 'price_decided', data }, 'm3')).toMatchObject({ status: 'refused', code: 'invalid_field' })
    expect(await refused({ type: 'purchase', data: { ...data, id: 'fl:decision:1' } }, 'm4')).toMatchObject({ code: 'reserved_id' })
    expect(await refused({ type: 'purchase', data: { ...data, currency: 'XXX' } }, 'm5')).toMatchObject({ code: 'unknown_currency' })
    const ahead = await deliverStandard({ type: 'purchase', timestamp: Date.now() + 2 * 3_600_000, data }, 'm6')
    expect([ahead.status, ahead.body.code]).toEqual([422, 'time_in_future'])
    expect(Object.keys(await statuses())).toEqual(['m1', 'm2', 'm3', 'm4', 'm5'])
  })
})

describe('the settings of providers', () => {
  it('are for administrators, and leave a line in the audit log without any secret', async () => {
    await send('POST', '/api/keys', { body: { name: 'Server', kind: 'secret', secret: 'sk_demo_server' } })
    expect((await send('PUT', '/api/providers/stripe', { key: 'sk_demo_server', body: { testMode: true } })).status).toBe(403)
    expect((await send('PUT', '/api/providers/stripe', { body: { secret: 'sk_live_1234567890' } })).body).toMatchObject({
      code: 'invalid_field',
      field: 'secret',
    })
    expect((await send('PUT', '/api/providers/nobody', { body: {} })).status).toBe(400)
    const { body } = await send('GET', '/api/audit')
    expect(body.entries.map(({ action, subject }: Record<string, string>) => [action, subject])).toContainEqual([
      'provider_secret.rotated',
      'stripe',
    ])
    expect(JSON.stringify([body, (await send('GET', '/api/providers')).body])).not.toContain('whsec_')
  })

  it('may come from a variable of the deployment', async () => {
    await send('PUT', '/api/providers/stripe', { body: { secret: null } })
    const secret = 'whsec_of.the.deployment'
    const { headers } = await SIGN.stripe(JSON.stringify(guestPaid), secret, nowSeconds())
    const { body } = await sendTo({ ...env, STRIPE_WEBHOOK_SECRET: secret }, 'POST', '/webhooks/stripe', { body: guestPaid, headers })
    expect(body).toEqual({ success: true, status: 'settled' })
  })
})

describe('the ledger of a stream', () => {
  const AT_ONCE = 8
  const digestAfter = async (payloads: readonly StripePayload[]) => {
    await freshDeployment()
    for (let at = 0; at < payloads.length; at += AT_ONCE) {
      const answers = await Promise.all(payloads.slice(at, at + AT_ONCE).map((payload) => deliverStripe(payload)))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    }
    await settleWaiting(env)
    await settle()
    expect((await rowsOf('provider_events')).filter(({ status }) => status === 'waiting' || status === 'refused')).toEqual([])
    return readLedgerDigest(env.DB)
  }

  it('is one, in whatever order, however often and how many at once its webhooks come', async () => {
    const expected = await digestAfter(stream)
    expect(await env.DB.prepare('SELECT COUNT(*) FROM mrr_movements').first('COUNT(*)')).toBeGreaterThan(5)
    expect(await digestAfter([...stream].reverse())).toBe(expected)
    for (let seed = 1; seed <= 6; seed++) expect([seed, await digestAfter(duplicatedAndShuffled(stream, seed))]).toEqual([seed, expected])
    const { differing, table } = await reconciled()
    expect([differing, table.equal]).toEqual([[], true])
  }, 120_000)

  const rowsIn = async (text: string, file: string): Promise<StripeRow[]> => {
    const rows: StripeRow[] = []
    let header: string[] | null = null
    for await (const { line, fields } of parseCsv([text])) {
      if (!header) header = fields
      else {
        const columns = header
        rows.push({ file, line, get: (column) => fields[columns.indexOf(column)] ?? '' })
      }
    }
    expect(stripeFileOf(header ?? [])).toBe(file)
    return rows
  }
  const importHistory = async () => {
    const [paid, subscribed] = [exportAt(payments, shift), exportAt(subscriptions, shift)]
    const { events, links, skipped } = readHistory(await rowsIn(paid, 'payments'), await rowsIn(subscribed, 'subscriptions'), Date.now())
    expect(skipped).toBe(1)
    const sent: IncomingEvent[] = events.map(({ event }) => event)
    const { body } = await send('POST', '/api/import', { body: { importId: 'stripe', label: 'Stripe', events: sent } })
    expect(body.results.filter(({ code }: { code?: string }) => code)).toEqual([])
    expect((await send('POST', '/api/providers/stripe/links', { body: { links } })).status).toBe(200)
    await settle()
    return readLedgerDigest(env.DB)
  }
  const history = historyAt(shift)

  it('is the same from the files that Stripe exports, before, after and without its webhooks', async () => {
    const told = await digestAfter(history)
    const movements = await rowsOf('mrr_movements')
    expect(movements.map(({ currency, movement, amount }) => [currency, movement, amount])).toContainEqual(['ISK', 'new', 9_900])
    expect(await importHistory()).toBe(told)
    await freshDeployment()
    expect(await importHistory()).toBe(told)
    for (const payload of history) expect((await deliverStripe(payload)).body.success).toBe(true)
    await settle()
    expect(await readLedgerDigest(env.DB)).toBe(told)
  }, 60_000)

  it('takes refunds of what was imported', async () => {
    await importHistory()
    const late = structuredClone(history.find(({ type }) => type === 'charge.refunded')) as StripePayload
    Object.assign(late.data.object, { id: 'ch_H4_0', payment_intent: 'pi_H4_0', invoice: null, amount_refunded: 990_000, currency: 'isk' })
    expect((await deliverStripe({ ...late, id: 'evt_late' })).body.status).toBe('settled')
    await settle()
    expect(await ledgerOf()).toContainEqual({ customer: 'cus_H4', type: 'refund', amount: 9_900, currency: 'ISK' })
  })
})
