import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IncomingEvent } from '../../../worker/contract/events.ts'
import { type Acceptance, normalise, parseInstant } from '../../../worker/domain/customer/accept.ts'
import { DomainError } from '../../../worker/domain/error.ts'
import { HOUR, NOON } from './log.ts'

const acceptance = (over: Partial<Acceptance> = {}): Acceptance => ({
  now: NOON,
  mintedId: 'minted',
  origin: 'server',
  verified: true,
  defaultCurrency: 'USD',
  context: { country: 'DE', device: null },
  body: null,
  extras: {},
  currenciesOf: (productId) => (productId === 'pro' ? ['USD', 'EUR'] : null),
  ...over,
})

const accept = (input: Record<string, unknown>, over: Partial<Acceptance> = {}) => normalise(IncomingEvent.parse(input), acceptance(over))

/** Code of the refusal, and the field it names. */
function refusalOf(input: Record<string, unknown>, over: Partial<Acceptance> = {}): string {
  try {
    accept(input, over)
    return 'accepted'
  } catch (error) {
    return error instanceof DomainError ? `${error.code} ${error.field}` : 'malformed'
  }
}

const purchase = (over: Record<string, unknown> = {}) => ({ event: 'purchase', transactionId: 't1', amount: 10, currency: 'USD', ...over })
const subscription = (over: Record<string, unknown> = {}) => ({
  event: 'subscription_started',
  subscriptionId: 's1',
  version: 1,
  productId: 'pro',
  amount: 79,
  currency: 'USD',
  interval: 'month',
  ...over,
})

describe('an event as it is accepted', () => {
  it('bears its canonical name and keeps the name it came with', () => {
    const event = accept({ event: 'Order Completed', transactionId: 't1', amount: 499.5, currency: 'usd', productId: 'pro' })
    expect(event).toMatchObject({ type: 'purchase', metadata: { sentName: 'Order Completed' } })
    expect(event.body).toMatchObject({ kind: 'purchase', amountMinor: 49_950, currency: 'USD', productId: 'pro', quantity: 1 })
  })

  it('takes what it lacks from the server: id, time, currency, country', () => {
    expect(accept({ event: 'purchase', amount: 10 })).toMatchObject({
      id: 'minted',
      occurredAt: NOON,
      context: { country: 'DE' },
      body: { transactionId: 'minted', currency: 'USD' },
    })
  })

  it('believes a trusted caller’s country before the edge’s, and a browser’s only where the edge knows none', () => {
    expect(accept({ event: 'page_view', country: 'fr' }).context.country).toBe('FR')
    expect(accept({ event: 'page_view', country: 'fr' }, { verified: false }).context.country).toBe('DE')
    expect(
      accept({ event: 'page_view', country: 'fr' }, { verified: false, context: { country: null, device: null } }).context.country,
    ).toBe('FR')
  })

  it('counts minus zero as free', () => {
    expect(Object.is((accept(purchase({ amount: -0 })).body as { amountMinor: number }).amountMinor, 0)).toBe(true)
  })

  it('carries free fields along, but none that would reach a prototype', () => {
    const { metadata } = accept({ event: 'page_view', metadata: JSON.parse('{"__proto__":{"x":1},"a":{"constructor":1,"b":2}}') })
    expect(JSON.stringify(metadata)).toBe('{"a":{"b":2}}')
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('names only products we know, so that strangers add no keys to sums', () => {
    expect(accept({ event: 'view_item', productId: 'unknown' }).body).toMatchObject({ productId: null })
    expect(accept({ event: 'view_item', items: [{ item_id: 'pro' }] }).body).toMatchObject({ productId: 'pro' })
  })

  it('of history may name what is no longer sold', () => {
    expect(accept(purchase({ productId: 'old' }), { origin: 'import' }).body).toMatchObject({ productId: 'old' })
  })
})

describe('a refusal', () => {
  it.each([
    ['an event without a name', { id: 'x' }, 'missing_field event'],
    ['a name that only we write', { event: 'price_decided' }, 'invalid_field event'],
    ['an id that only we give', { event: 'page_view', id: 'fl:decision:d1' }, 'reserved_id id'],
    ['a change of a subscription that there is not', { event: 'subscription_chnaged', subscriptionId: 's' }, 'invalid_field event'],
    ['a refund of nothing', { event: 'refund', amount: 1 }, 'missing_field transactionId'],
    ['a subscription without its version', subscription({ version: undefined }), 'missing_field version'],
    ['a subscription without an interval', subscription({ interval: undefined }), 'missing_field interval'],
    ['a subscription of nothing', subscription({ productId: undefined }), 'missing_field productId'],
    ['a subscription of a million costly seats', subscription({ amount: 1_000_000, quantity: 1_000_000 }), 'invalid_amount amount'],
    ['an attempt at no invoice', { event: 'payment_failed' }, 'missing_field invoiceId'],
    ['a trial of nothing', { event: 'trial_started' }, 'missing_field subscriptionId'],
    ['half a cent', purchase({ amount: 4.999 }), 'amount_too_precise amount'],
    ['half a yen', purchase({ amount: 1.5, currency: 'JPY' }), 'amount_too_precise amount'],
    ['less than nothing', purchase({ amount: -1 }), 'invalid_amount amount'],
    ['more than anybody pays', purchase({ amount: 1e308 }), 'invalid_amount amount'],
    ['no amount', purchase({ amount: undefined }), 'missing_field amount'],
    ['a currency of nobody', purchase({ currency: 'XXX' }), 'unknown_currency currency'],
    ['a value without its currency', { event: 'purchase', value: 5 }, 'missing_currency currency'],
    ['a product we do not sell', purchase({ productId: 'no' }), 'unknown_product productId'],
    ['a currency the product has no price in', purchase({ productId: 'pro', currency: 'JPY' }), 'currency_mismatch currency'],
    ['no pieces', purchase({ quantity: 0 }), 'invalid_quantity quantity'],
    ['half a piece', purchase({ quantity: 1.5 }), 'invalid_quantity quantity'],
    ['a billion pieces', purchase({ quantity: 1e9 }), 'invalid_quantity quantity'],
    ['a discount above the price', purchase({ discount: 10.01 }), 'discount_above_price discount'],
    ['a time without a zone', purchase({ timestamp: '2027-03-10T12:00:00' }), 'invalid_time timestamp'],
    ['a day that does not exist', purchase({ timestamp: '2027-02-30T12:00:00Z' }), 'invalid_time timestamp'],
    ['a leap second', purchase({ timestamp: '2027-03-10T11:59:60Z' }), 'invalid_time timestamp'],
    ['the beginning of time', purchase({ timestamp: 0 }), 'invalid_time timestamp'],
    ['seconds for milliseconds', purchase({ timestamp: Math.floor(NOON / 1000) }), 'invalid_time timestamp'],
    ['the end of time', purchase({ timestamp: 8.64e15 }), 'invalid_time timestamp'],
    ['two hours ahead', purchase({ timestamp: NOON + 2 * HOUR }), 'time_in_future timestamp'],
  ])('meets %s', (_, input, refusal) => {
    expect(refusalOf(JSON.parse(JSON.stringify(input)))).toBe(refusal)
  })

  it.each([
    '',
    ' a',
    'a ',
    'null',
    'Undefined',
    'anonymous',
    'a\u0000b',
    '\ud800',
    'x'.repeat(257),
    'é'.repeat(129),
    '\u202ea',
    '../etc',
    'a/..',
  ])('meets the id %j', (id) => {
    expect(IncomingEvent.safeParse({ event: 'page_view', customerId: id }).success).toBe(false)
  })

  it('meets no id for its spelling: composed and decomposed letters are two ids', () => {
    for (const id of ['caf\u00e9', 'cafe\u0301', '__proto__', 'a..b', 'a/b']) {
      expect(IncomingEvent.safeParse({ event: 'page_view', customerId: id }).success).toBe(true)
    }
  })

  it('is the only error an event of any shape can cause', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('purchase', 'refund', 'subscription_changed', 'payment_failed', 'page_view', 'constructor'),
        fc.dictionary(
          fc.constantFrom('amount', 'value', 'quantity', 'discount', 'timestamp', 'currency', 'transactionId', 'subscriptionId', 'items'),
          fc.oneof(fc.double(), fc.string(), fc.jsonValue() as fc.Arbitrary<unknown>),
        ),
        (event, fields) => {
          const parsed = IncomingEvent.safeParse({ ...fields, event })
          if (!parsed.success) return
          try {
            const { body } = normalise(parsed.data, acceptance())
            if ('amountMinor' in body && body.amountMinor !== null) expect(Number.isSafeInteger(body.amountMinor)).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(DomainError)
          }
        },
      ),
    )
  })
})

describe('an instant', () => {
  it('is epoch milliseconds, or ISO 8601 with a zone', () => {
    expect(parseInstant(NOON, NOON)).toBe(NOON)
    for (const text of ['2027-03-10T12:00:00Z', '2027-03-10T13:00+01:00', '2027-03-10T06:30:00.000-0530', '2027-03-10T12:00:00.0004Z']) {
      expect(parseInstant(text, NOON)).toBe(NOON)
    }
  })
})
