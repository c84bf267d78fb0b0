import { describe, expect, it } from 'vitest'
import type { NormalEvent } from '../../../worker/domain/customer/accept.ts'
import type { SubscriptionBody } from '../../../worker/domain/customer/event.ts'
import type { Reading } from '../../../worker/domain/payments/provider.ts'
import { standard } from '../../../worker/domain/payments/providers/standard.ts'
import { stripe } from '../../../worker/domain/payments/providers/stripe.ts'
import { withoutPersonal } from '../../../worker/domain/payments/redact.ts'
import { minorOf, parseExact, roundExact } from '../../../worker/domain/payments/stripe/money.ts'
import { read, type StripePayload, streamAt } from './webhooks.ts'

const stream = streamAt(0)
/** The first event of a kind whose object has this id. */
const eventOf = (type: string, objectId: string): StripePayload =>
  stream.find((event) => event.type === type && event.data.object.id === objectId) as StripePayload
const factsOf = (payload: StripePayload, over: Partial<Reading> = {}) => read(stripe, payload, over).facts

describe('amounts of Stripe', () => {
  it.each([
    [1099, 'USD', 1099],
    [500, 'JPY', 500],
    // No decimals in the world, two in the API: https://docs.stripe.com/currencies#special-cases
    [550_000, 'ISK', 5_500],
    [12_300, 'UGX', 123],
    // Two in ISO 4217, none in the API.
    [5, 'MGA', 500],
    [12_340, 'KWD', 12_340],
    [1_000, 'HUF', 1_000],
    [0, 'USD', 0],
  ])('%i of %s are %i of ours', (amount, currency, expected) => {
    expect(minorOf(amount, currency)).toBe(expected)
  })

  it('rounds parts of a minor unit once, halves to even', () => {
    expect(roundExact(parseExact('0.5', ''), 'USD')).toEqual({ amountMinor: 0, isWhole: false })
    expect(roundExact(parseExact('1.5', ''), 'USD')).toEqual({ amountMinor: 2, isWhole: false })
    expect(roundExact(parseExact('2.500000000001', ''), 'USD')).toEqual({ amountMinor: 3, isWhole: false })
    expect(roundExact(parseExact('350', ''), 'ISK')).toEqual({ amountMinor: 4, isWhole: false })
    for (const text of ['', '-1', '1e3', '1.', '.5', '1,5'])
      expect(() => parseExact(text, 'x')).toThrow(expect.objectContaining({ code: 'invalid_amount' }))
    expect(() => minorOf(-1, 'USD')).toThrow(expect.objectContaining({ code: 'invalid_amount' }))
  })
})

describe('an invoice that is paid', () => {
  it('is money of its customer under its own id, in the shapes before and since 2025-03-31', () => {
    const old = read(stripe, eventOf('invoice.paid', 'in_A1'))
    expect(old).toMatchObject({
      whose: { names: [{ customerId: 'shop_1' }, { customerId: 'cus_A' }] },
      links: [
        { objectId: 'in_A1', transactionId: 'in_A1' },
        { objectId: 'pi_A1', transactionId: 'in_A1' },
        { objectId: 'ch_A1', transactionId: 'in_A1' },
      ],
    })
    expect(old.facts.map(({ id, type, body, context }) => [id, type, context.country, body])).toEqual([
      [
        'stripe:in_A1:purchase',
        'purchase',
        'DE',
        {
          kind: 'purchase',
          transactionId: 'in_A1',
          amountMinor: 3_000,
          currency: 'USD',
          productId: 'team_daily',
          quantity: 1,
          subscriptionId: 'sub_A',
          decisionId: null,
        },
      ],
      [
        'stripe:in_A1:succeeded',
        'payment_succeeded',
        null,
        { kind: 'payment', change: 'succeeded', invoiceId: 'in_A1', attempt: 1, amountMinor: 3_000, currency: 'USD', declineCode: null },
      ],
    ])
    const basil = read(stripe, eventOf('invoice.paid', 'in_B1'))
    expect(basil.facts[0]?.body).toMatchObject({
      transactionId: 'in_B1',
      subscriptionId: 'sub_B',
      productId: 'prod_Pro',
      amountMinor: 2_900,
    })
    expect(basil.links).toEqual([{ objectId: 'in_B1', transactionId: 'in_B1' }])
    expect(read(stripe, eventOf('invoice.paid', 'in_C1')).links).toContainEqual({ objectId: 'pi_C1', transactionId: 'in_C1' })
  })

  it('is the same whichever of Stripe’s two events tells of it, and nothing where no money moved', () => {
    expect(factsOf(eventOf('invoice.payment_succeeded', 'in_A1'))).toEqual(factsOf(eventOf('invoice.paid', 'in_A1')))
    expect(factsOf(eventOf('invoice.paid', 'in_B0'))).toEqual([])
  })

  it('is linked to its payment apart from it', () => {
    expect(read(stripe, eventOf('invoice_payment.paid', 'inpay_B1'))).toMatchObject({
      whose: { objectId: 'in_B1' },
      facts: [],
      links: [{ objectId: 'pi_B1', transactionId: 'in_B1' }],
    })
  })

  it('closes the chain from the decision, where the subscription carries its id', () => {
    const payload = structuredClone(eventOf('invoice.paid', 'in_B1'))
    Object.assign(payload.data.object, {
      parent: { subscription_details: { subscription: 'sub_B', metadata: { decisionId: 'd_1', productId: 'pro_monthly' } } },
    })
    expect(factsOf(payload)[0]?.body).toMatchObject({ decisionId: 'd_1', productId: 'pro_monthly', subscriptionId: 'sub_B' })
  })
})

describe('a payment that fails', () => {
  it('tells its attempt and why, where the payment stands there whole', () => {
    const failed = stream.filter(({ type }) => type === 'invoice.payment_failed').flatMap((event) => factsOf(event))
    expect(failed.map(({ id, body }) => [id, (body as { declineCode: unknown }).declineCode])).toEqual([
      ['stripe:in_C2:failed:1', 'insufficient_funds'],
      ['stripe:in_C2:failed:2', null],
    ])
    expect(factsOf(eventOf('invoice.payment_action_required', 'in_C2'))[0]).toMatchObject({ type: 'payment_action_required' })
    expect(factsOf(eventOf('checkout.session.async_payment_failed', 'cs_F2'))[0]?.body).toMatchObject({
      invoiceId: 'cs_F2',
      amountMinor: 5_500,
      currency: 'ISK',
    })
  })
})

describe('a checkout', () => {
  it('is money once it is paid, of whoever it names', () => {
    const guest = read(stripe, eventOf('checkout.session.completed', 'cs_D'))
    expect(guest.whose).toEqual({ names: [{ customerId: 'guest:pi_D' }] })
    expect(guest.facts[0]).toMatchObject({
      id: 'stripe:cs_D:purchase',
      context: { country: 'US' },
      body: { transactionId: 'pi_D', amountMinor: 49_900, productId: 'pro_bundle', decisionId: 'dec_unknown' },
    })
    const visitor = structuredClone(eventOf('checkout.session.completed', 'cs_E'))
    Object.assign(visitor.data.object, { metadata: { visitorId: 'v1' } })
    expect(read(stripe, visitor).whose).toEqual({ names: [{ visitorId: 'v1' }, { customerId: 'guest:pi_E' }] })
  })

  it('is nobody’s because its buyer says so in the URL of a Payment Link', () => {
    const forged = structuredClone(eventOf('checkout.session.completed', 'cs_D'))
    const namesWith = (over: object) => {
      Object.assign(forged.data.object, { client_reference_id: 'shop_1', ...over })
      return (read(stripe, forged).whose as { names: unknown }).names
    }
    const guest = { customerId: 'guest:pi_D' }
    expect(namesWith({ metadata: {} })).toEqual([guest])
    expect(namesWith({ metadata: { visitorId: 'v1' } })).toEqual([{ visitorId: 'v1' }, guest])
    expect(namesWith({ metadata: { customerId: 'shop_2' }, customer: 'cus_2' })).toEqual([
      { customerId: 'shop_2' },
      { customerId: 'cus_2' },
      guest,
    ])
  })

  it('is no money while it is unpaid, nor where an invoice is', () => {
    expect(factsOf(eventOf('checkout.session.completed', 'cs_F'))).toEqual([])
    expect(factsOf(eventOf('checkout.session.async_payment_succeeded', 'cs_F'))).toHaveLength(1)
    expect(factsOf(eventOf('checkout.session.completed', 'cs_G'))).toEqual([])
    const invoiced = structuredClone(eventOf('checkout.session.completed', 'cs_D'))
    Object.assign(invoiced.data.object, { invoice: 'in_D' })
    expect(factsOf(invoiced)).toEqual([])
  })
})

describe('a reversal', () => {
  it('is of whoever bought, and tells all that has been refunded so far', () => {
    const refund = read(stripe, eventOf('charge.refunded', 'ch_B1'))
    expect(refund.whose).toEqual({ objectId: 'pi_B1' })
    expect(refund.facts[0]).toMatchObject({ type: 'refund', body: { amountMinor: 900, cumulative: true } })
    expect(read(stripe, eventOf('charge.refunded', 'ch_A2')).whose).toEqual({ objectId: 'in_A2' })
  })

  it('that is only asked about takes nothing; once it takes, every word of it is one fact', () => {
    const told = stream
      .filter(({ type, data }) => type.startsWith('charge.dispute.') && data.object.id === 'dp_E')
      .map((event) => factsOf(event))
    expect(told.map((facts) => facts.map(({ id }) => id))).toEqual([
      [],
      ['stripe:ch_E:disputed'],
      ['stripe:ch_E:disputed', 'stripe:dp_E:closed'],
    ])
    expect(told[1]?.[0]).toEqual(told[2]?.[0])
    expect(factsOf(eventOf('charge.dispute.closed', 'dp_B1'))[1]?.body).toMatchObject({
      kind: 'dispute_closed',
      won: true,
      amountMinor: 2_000,
    })
  })
})

describe('a subscription', () => {
  const bodiesOf = (id: string, over: Partial<Reading> = {}) =>
    stream
      .filter(({ type, data }) => type.startsWith('customer.subscription.') && data.object.id === id)
      .flatMap((event) => factsOf(event, over))
      .map(({ body }) => body as SubscriptionBody)
  const lineOf = ({ change, trial, suspended, amountMinor, quantity, churnReason }: SubscriptionBody) =>
    [change, amountMinor, quantity, trial ? 'trial' : suspended ? 'suspended' : 'counts', churnReason] as const

  it('is told whole at each of its changes', () => {
    expect(bodiesOf('sub_A').map(lineOf)).toEqual([
      ['started', 1500, 2, 'suspended', 'payment_failure'],
      ['renewed', 1500, 2, 'counts', null],
      ['changed', 1500, 5, 'counts', null],
      ['renewed', 1500, 5, 'counts', null],
      ['cancelled', 1500, 5, 'counts', null],
      ['renewed', 1500, 5, 'counts', null],
      ['cancelled', 1500, 5, 'counts', null],
      ['ended', 1500, 5, 'counts', 'voluntary'],
    ])
    expect(bodiesOf('sub_B').map(lineOf)).toEqual([
      ['started', 2900, 1, 'trial', null],
      ['renewed', 2900, 1, 'counts', null],
    ])
  })

  it('that is past due counts, unless the shop says otherwise, and ends by failed payment', () => {
    expect(bodiesOf('sub_C').map(lineOf)).toEqual([
      ['started', 90_000, 1, 'counts', null],
      ['changed', 90_000, 1, 'counts', 'payment_failure'],
      ['changed', 90_000, 1, 'suspended', 'payment_failure'],
      ['ended', 90_000, 1, 'counts', 'payment_failure'],
    ])
    expect(bodiesOf('sub_C', { countPastDue: false })[1]).toMatchObject({ suspended: true, churnReason: 'payment_failure' })
  })

  it('of several prices is one amount, exact to the part of a minor unit, less what a coupon takes forever', () => {
    // (3 × $10 + 1000 × 0.35 ¢) less 25 % = $25.125, of which half a cent goes to the even one.
    expect(bodiesOf('sub_G').map(lineOf)).toEqual([
      ['started', 2512, 1, 'counts', null],
      ['changed', 2512, 1, 'suspended', null],
      ['changed', 2512, 1, 'counts', null],
    ])
  })

  it('goes up in versions as it is created, changed and ended, within one second too', () => {
    const versions = bodiesOf('sub_A').map(({ version }) => version)
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
    expect(new Set(versions).size).toBe(versions.length)
  })

  const changed = (change: (object: Record<string, unknown>, item: Record<string, unknown>, price: Record<string, unknown>) => void) => {
    const payload = structuredClone(eventOf('customer.subscription.created', 'sub_B'))
    const { object } = payload.data
    const item = ((object.items as { data: Record<string, unknown>[] }).data as [Record<string, unknown>])[0]
    change(object, item, item.price as Record<string, unknown>)
    return payload
  }
  const worth = (change: Parameters<typeof changed>[0]) => {
    const [fact] = factsOf(changed(change)) as [NormalEvent]
    const { amountMinor, quantity, interval, intervalCount, productId } = fact.body as SubscriptionBody
    return [amountMinor, quantity, interval, intervalCount, productId]
  }

  it('counts seats, intervals, packages, and what is not known beforehand as nothing', () => {
    expect(worth((_, item) => Object.assign(item, { quantity: 7 }))).toEqual([2900, 7, 'month', 1, 'prod_Pro'])
    expect(worth((_, __, price) => Object.assign(price, { recurring: { interval: 'month', interval_count: 3 } }))).toEqual([
      2900,
      1,
      'month',
      3,
      'prod_Pro',
    ])
    expect(
      worth((_, item, price) => {
        Object.assign(item, { quantity: 25 })
        Object.assign(price, { transform_quantity: { divide_by: 10, round: 'up' } })
      }),
    ).toEqual([2900, 3, 'month', 1, 'prod_Pro'])
    expect(
      worth((_, __, price) => Object.assign(price, { unit_amount: null, unit_amount_decimal: null, billing_scheme: 'tiered' })),
    ).toEqual([0, 1, 'month', 1, 'prod_Pro'])
    expect(
      worth((_, item, price) => {
        Object.assign(item, { quantity: 3 })
        Object.assign(price, { unit_amount: null, unit_amount_decimal: '0.5' })
      }),
    ).toEqual([2, 1, 'month', 1, 'prod_Pro'])
    expect(worth((object) => Object.assign(object, { metadata: { productId: 'ours' } }))[4]).toBe('ours')
    expect(worth((_, __, price) => Object.assign(price, { lookup_key: 'pro' }))[4]).toBe('pro')
  })

  it('takes off coupons that last, per cent or amount, in old shapes and new ones', () => {
    const coupon = (over: object) => ({ duration: 'forever', percent_off: null, amount_off: null, ...over })
    expect(worth((object) => Object.assign(object, { discount: { coupon: coupon({ percent_off: 10 }) } }))[0]).toBe(2610)
    expect(worth((object) => Object.assign(object, { discounts: [{ source: { coupon: coupon({ amount_off: 400 }) } }] }))[0]).toBe(2500)
    expect(worth((_, item) => Object.assign(item, { quantity: 3, discounts: [{ coupon: coupon({ percent_off: 50 }) }] }))).toEqual([
      1450,
      3,
      'month',
      1,
      'prod_Pro',
    ])
    expect(
      worth((object, item) => {
        Object.assign(item, { quantity: 3 })
        Object.assign(object, { discount: { coupon: coupon({ amount_off: 400 }) } })
      }),
    ).toEqual([8300, 1, 'month', 1, 'prod_Pro'])
    expect(worth((object) => Object.assign(object, { discount: { coupon: coupon({ percent_off: 10, duration: 'repeating' }) } }))[0]).toBe(
      2900,
    )
    expect(worth((object) => Object.assign(object, { discounts: ['di_1'] }))[0]).toBe(2900)
    expect(worth((object) => Object.assign(object, { discount: { coupon: coupon({ percent_off: 100 }) } }))[0]).toBe(0)
  })

  it('of different intervals is told by the month', () => {
    const yearly = {
      currency: 'usd',
      unit_amount: 12_000,
      unit_amount_decimal: '12000',
      product: 'prod_Y',
      recurring: { interval: 'year', interval_count: 1 },
    }
    expect(worth((object) => (object.items as { data: unknown[] }).data.push({ id: 'si_2', quantity: 2, price: yearly }))).toEqual([
      4900,
      1,
      'month',
      1,
      'prod_Pro',
    ])
  })

  it('reads the amount in its own currency, and refuses to guess one', () => {
    const options = { currency_options: { eur: { unit_amount: 2700, unit_amount_decimal: '2700' } } }
    expect(
      worth((object, __, price) => {
        Object.assign(object, { currency: 'eur' })
        Object.assign(price, options)
      })[0],
    ).toBe(2700)
    expect(() => worth((object) => Object.assign(object, { currency: 'eur' }))).toThrow(
      expect.objectContaining({ code: 'currency_mismatch' }),
    )
    expect(() => worth((object) => Object.assign(object, { currency: 'xxx' }))).toThrow(
      expect.objectContaining({ code: 'unknown_currency' }),
    )
    expect(() => worth((object) => Object.assign(object, { items: { data: [] } }))).toThrow(
      expect.objectContaining({ code: 'missing_field', field: 'items.data' }),
    )
  })

  it('of the days of plans is read, too', () => {
    const body = factsOf(
      changed((object) => {
        Object.assign(object, {
          items: undefined,
          quantity: 4,
          plan: { amount: 500, currency: 'usd', interval: 'week', interval_count: 2, product: 'prod_Old', usage_type: 'licensed' },
        })
      }),
    )[0]?.body
    expect(body).toMatchObject({ amountMinor: 500, quantity: 4, interval: 'week', intervalCount: 2, productId: 'prod_Old' })
  })
})

describe('what is kept of a webhook', () => {
  it('can still be read to the same, and says nobody’s name, mail or address', () => {
    for (const payload of stream) {
      const kept = withoutPersonal(payload)
      expect(kept).not.toMatch(/jenny|rosen|example\.com|89073|Hafenbad|4242|203\.0\.113/i)
      expect(read(stripe, JSON.parse(kept))).toEqual(read(stripe, payload))
    }
  })

  /** What shops and providers call it; every value says who somebody is. */
  const PERSONAL: Record<string, unknown> = {
    customerEmail: 'jenny',
    customer_email: 'jenny',
    EMAIL: 'jenny',
    emailAddress: 'jenny',
    fullName: 'jenny',
    firstname: 'jenny',
    Name: 'jenny',
    phoneNumber: 'jenny',
    customer_phone: 'jenny',
    ip: 'jenny',
    ipAddress: 'jenny',
    IPAddress: 'jenny',
    customerPurchaseIp: 'jenny',
    address: 'jenny, Ulm',
    billingAddress: 'jenny, Ulm',
    customer_address: { line1: 'jenny', city: 'jenny', postalCode: 'jenny', note: 'jenny' },
    addressLine1: 'jenny',
    tax_ids: [{ type: 'eu_vat', value: 'jenny' }],
    customerTaxIds: [{ type: 'eu_vat', value: 'jenny' }],
    custom_fields: [{ key: 'for', text: { value: 'jenny' } }],
    customFields: [{ key: 'for', text: { value: 'jenny' } }],
    shipping: { carrier: 'jenny', tracking_number: 'jenny' },
    shippingDetails: { carrier: 'jenny' },
    hostedInvoiceUrl: 'https://invoice.example/jenny',
  }

  it('is so under whichever of their names a shop or a provider puts them, at any depth', () => {
    for (const payload of stream) {
      const told = structuredClone(payload)
      const { object } = told.data
      for (const [name, value] of Object.entries(PERSONAL)) object[name] ??= value
      Object.assign(object, { client_reference_id: 'jenny', extra: [{ deep: PERSONAL }], previous: PERSONAL })
      object.metadata = { ...(object.metadata as object), ...PERSONAL, note: 'for jenny', Gift: { to: 'jenny' } }
      const kept = withoutPersonal(told)
      expect(kept).not.toMatch(/jenny/i)
      expect(read(stripe, JSON.parse(kept))).toEqual(read(stripe, told))
    }
  })

  it('keeps countries, ids and the four words of ours', () => {
    const ours = { customerId: 'c', visitorId: 'v', productId: 'p', decisionId: 'd' }
    const object = { id: 'in_1', customer: 'cus_1', customer_address: { country: 'DE', city: 'Ulm' }, metadata: { ...ours, note: 'n' } }
    expect(JSON.parse(withoutPersonal({ id: 'evt_1', data: { object } })).data.object).toEqual({
      id: 'in_1',
      customer: 'cus_1',
      customer_address: { country: 'DE' },
      metadata: ours,
    })
  })

  it('of an event of our own contract keeps the metadata it is read with, less the personal names', () => {
    const data = { customerId: 'c', event: 'purchase', transactionId: 't', amount: 4.99, currency: 'EUR', metadata: { campaign: 'spring' } }
    const payload = { type: 'purchase', timestamp: '2026-11-01T00:00:00Z', data }
    const kept = withoutPersonal({ ...payload, data: { ...data, ...PERSONAL, metadata: { ...data.metadata, ...PERSONAL } } })
    expect(kept).not.toMatch(/jenny/i)
    const [fact] = read(standard, JSON.parse(kept)).facts
    expect(fact?.metadata).toMatchObject({ campaign: 'spring' })
    expect(fact?.body).toEqual(read(standard, payload).facts[0]?.body)
  })
})
