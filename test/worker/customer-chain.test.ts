import { beforeAll, describe, expect, it } from 'vitest'
import { send, settle, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'

let testId: string
beforeAll(async () => {
  await setUpShop({ test: false })
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
  const test = { productId: 'pro_bundle', testPrices: [449, 499, 549], duration: 30 }
  testId = (await send('POST', '/api/price-tests', { body: test })).body.testId
})

const price = async (visitorId = 'new') =>
  (await send('GET', `/api/pricing/pro_bundle?visitorId=${visitorId}&country=US`, { key: PK })).body
const pay = async (event: Record<string, unknown>) => {
  const { status, body } = await send('POST', '/api/revenue/event', { key: SK, body: event })
  expect([status, body.status]).toEqual([200, 'accepted'])
}
const identify = (visitorId: string, customerId: string) => send('POST', '/api/identify', { key: SK, body: { visitorId, customerId } })
const chain = async (id: string, query = '') => (await send('GET', `/api/customers/${id}/chain${query}`, { key: SK })).body
const armOf = async (variant: string) => {
  await settle()
  const { results } = (await send('GET', `/api/price-tests/${testId}`, { key: SK })).body
  return results.arms.find(({ key }: { key: string }) => key === variant)
}

describe('the chain of a customer', () => {
  it('shows price, exposure, quote, purchase and refund in one answer, and the refund lowers the arm', async () => {
    const { pricing, visitorId } = await price()
    const { optimizedPrice: amount, decisionId, quote, test } = pricing
    await pay({ event: 'purchase', transactionId: 'ord_chain', visitorId, quote })
    await identify(visitorId, 'cus_chain')
    const before = await armOf(test.variant)
    expect(before).toMatchObject({
      key: test.variant,
      amount,
      exposed: 1,
      buyers: 1,
      netRevenue: amount,
      refunds: { count: 0, of: 1, rate: 0 },
    })

    await pay({ event: 'refund', id: 'r1', transactionId: 'ord_chain', amount: 49.5, currency: 'USD', customerId: 'cus_chain' })
    const answer = await chain('cus_chain')
    expect(answer).toEqual({
      success: true,
      customerId: 'cus_chain',
      summary: {
        firstSeenAt: expect.any(Number),
        lastSeenAt: expect.any(Number),
        orders: 1,
        money: [{ currency: 'USD', gross: amount, refunded: 49.5, disputed: 0, net: amount - 49.5, mrr: 0 }],
        subscriptions: [],
        exposures: [
          {
            kind: 'price_test',
            key: testId,
            version: 1,
            variant: test.variant,
            at: expect.any(Number),
            currency: 'USD',
            netRevenue: amount - 49.5,
            excluded: false,
          },
        ],
        waiting: [],
      },
      chain: [
        {
          id: `decision:${decisionId}`,
          at: expect.any(Number),
          decision: {
            decisionId,
            productId: 'pro_bundle',
            decidedAt: expect.any(Number),
            price: amount,
            listPrice: 499,
            currency: 'USD',
            reason: 'test',
            priceClass: 'randomised',
            personalized: pricing.personalized,
            disclosure: pricing.disclosure,
            test: { id: testId, version: 1, variant: test.variant, mode: 'randomised', clamped: false },
            propensity: pricing.propensity,
          },
          exposure: { status: 'served', at: expect.any(Number) },
          quote: {
            issuedAt: expect.any(Number),
            expiresAt: pricing.expiresAt,
            status: 'redeemed',
            redeemedAt: expect.any(Number),
            transactionId: 'ord_chain',
          },
          purchase: {
            transactionId: 'ord_chain',
            kind: 'order',
            at: expect.any(Number),
            bookedDay: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
            productId: 'pro_bundle',
            quantity: 1,
            amount,
            currency: 'USD',
            subscriptionId: null,
          },
          reversals: [{ kind: 'refund', at: expect.any(Number), bookedDay: expect.any(String), change: -49.5, won: null }],
          net: amount - 49.5,
        },
      ],
      next: null,
    })
    expect(await armOf(test.variant)).toEqual({ ...before, netRevenue: amount - 49.5, refunds: { count: 1, of: 1, rate: 1 } })
    expect((await send('GET', `/api/visitors/${visitorId}/chain`, { key: SK })).body).toEqual(answer)
    const record = (await send('GET', `/api/decisions/${decisionId}?replay=1`, { key: SK })).body
    expect(record.replay.identical).toBe(true)
    expect(record.explain).toEqual(pricing.explain)
  })

  it('takes a disputed payment from the arm, and gives it back when the dispute is won', async () => {
    const { pricing, visitorId } = await price()
    const { variant } = pricing.test
    const before = await armOf(variant)
    await pay({ event: 'purchase', transactionId: 'ord_dispute', visitorId, quote: pricing.quote })
    const paid = await armOf(variant)
    expect(paid.netRevenue).toBe(before.netRevenue + pricing.optimizedPrice)
    const dispute = { transactionId: 'ord_dispute', amount: pricing.optimizedPrice, currency: 'USD', visitorId }
    await pay({ event: 'dispute_opened', id: 'do', ...dispute })
    expect(await armOf(variant)).toMatchObject({ exposed: paid.exposed, netRevenue: before.netRevenue })
    await pay({ event: 'dispute_closed', id: 'dc', won: true, ...dispute })
    expect(await armOf(variant)).toEqual(paid)
    expect((await send('GET', `/api/visitors/${visitorId}/chain`, { key: SK })).body).toMatchObject({
      customerId: null,
      chain: [
        { net: pricing.optimizedPrice, reversals: [{ change: -pricing.optimizedPrice }, { change: pricing.optimizedPrice, won: true }] },
      ],
    })
  })

  it('counts nothing per person where nobody was shown a price, and compares no people in a switchback', async () => {
    const test = { productId: 'starter_bundle', testPrices: [179, 199], duration: 7 }
    const started = (await send('POST', '/api/price-tests', { body: test })).body
    const { results } = (await send('GET', `/api/price-tests/${started.testId}`, { key: SK })).body
    const nobody = { exposed: 0, matured: 0, buyers: 0, netRevenue: 0, perVisitor: null, lift: null, chanceToBeBest: null }
    expect(results).toMatchObject({
      currency: 'USD',
      excluded: 0,
      method: 'weighted',
      arms: [
        { key: 'control', amount: 199, ...nobody },
        { key: 'variant_1', amount: 179, ...nobody },
      ],
      verdict: 'keep_running',
      history: [],
    })
    await send('POST', `/api/price-tests/${started.testId}/stop`)
    const turned = (await send('POST', '/api/price-tests', { body: { ...test, mode: 'switchback' } })).body
    const blocks = ['control', 'variant_1'].map((arm) => ({ arm, blocks: 0, visitors: 0, netRevenue: 0 }))
    expect((await send('GET', `/api/price-tests/${turned.testId}`, { key: SK })).body.results).toMatchObject({ method: 'blocks', blocks })
  })

  it('lists subscriptions, renewals and purchases without a price of ours, a page at a time', async () => {
    const customerId = 'cus_pages'
    await pay({
      event: 'subscription_started',
      id: 's1',
      customerId,
      subscriptionId: 'sub_1',
      version: 1,
      productId: 'pro_monthly',
      amount: 79,
      currency: 'USD',
      interval: 'month',
      quantity: 2,
    })
    for (const at of [1, 2, 3, 4, 5])
      await pay({
        event: 'purchase',
        transactionId: `ord_page_${at}`,
        customerId,
        productId: 'starter_bundle',
        amount: 10 * at,
        currency: 'USD',
      })
    const whole = await chain(customerId)
    expect(whole.summary).toMatchObject({
      orders: 5,
      money: [{ currency: 'USD', gross: 150, net: 150, mrr: 158 }],
      subscriptions: [
        { subscriptionId: 'sub_1', productId: 'pro_monthly', amount: 79, quantity: 2, mrr: 158, status: 'active', trial: false },
      ],
    })
    expect(whole.chain.map(({ purchase }: { purchase: { amount: number } }) => purchase.amount).sort()).toEqual([10, 20, 30, 40, 50])
    const paged = []
    for (let before: string | null = ''; before !== null; ) {
      const page: { chain: unknown[]; next: string | null } = await chain(
        customerId,
        `?limit=2${before && `&before=${encodeURIComponent(before)}`}`,
      )
      paged.push(...page.chain)
      before = page.next
    }
    expect(paged).toEqual(whole.chain)
  })

  it('finds the record of a price that was imported, by whom it was made for, and of nothing that is no decision', async () => {
    const event = { event: 'price_decided', id: 'past:1', customerId: 'old_past', productId: 'pro_bundle', amount: 459, currency: 'USD' }
    await send('POST', '/api/import', { key: SK, body: { importId: 'past', events: [{ ...event, timestamp: Date.now() - 9e8 }] } })
    await pay({ event: 'purchase', id: 'ev_past', transactionId: 'ord_past', customerId: 'old_past', amount: 459, currency: 'USD' })
    const { chain: links } = await chain('old_past')
    expect(links[1]).toMatchObject({ decision: { decisionId: 'past:1', price: 459 }, exposure: { status: 'served' }, quote: null })
    const record = async (id: string) => (await send('GET', `/api/decisions/${id}?customerId=old_past`, { key: SK })).body
    expect(await record('past:1')).toMatchObject({ decision: { id: 'past:1', priceMinor: 45_900 }, explain: [{ after: 459 }] })
    expect(await record('ev_past')).toMatchObject({ code: 'not_found' })
  })

  it('holds nothing of another customer, whichever browser they share', async () => {
    const first = await price()
    await identify(first.visitorId, 'cus_first')
    // The same browser, somebody else: they get a name of their own.
    const taken = (await identify(first.visitorId, 'cus_second')).body
    await price(taken.visitorId)
    await pay({ event: 'purchase', transactionId: 'ord_second', customerId: 'cus_second', amount: 20, currency: 'USD' })
    for (const [id, others] of [
      ['cus_first', ['cus_second', 'ord_second', taken.visitorId]],
      ['cus_second', ['cus_first', first.pricing.decisionId, first.visitorId]],
    ] as const) {
      const text = JSON.stringify(await chain(id))
      expect(text).toContain(id)
      for (const other of others) expect(text).not.toContain(other)
    }
  })

  it('is not found of somebody who is unknown or erased, nor told to a page', async () => {
    await pay({ event: 'purchase', transactionId: 'ord_gone', customerId: 'cus_gone', amount: 20, currency: 'USD' })
    expect((await chain('cus_gone')).success).toBe(true)
    await send('DELETE', '/api/customers/cus_gone')
    for (const path of ['customers/cus_gone', 'customers/nobody', `visitors/${'0'.repeat(64)}`, 'visitors/nobody']) {
      expect([path, await send('GET', `/api/${path}/chain`, { key: SK })]).toMatchObject([
        path,
        { status: 404, body: { code: 'not_found' } },
      ])
    }
    expect((await send('GET', '/api/customers/cus_chain/chain', { key: PK })).body.code).toBe('unauthorized')
  })

  it.each(['limit=0', 'limit=101', 'before=yesterday'])('refuses %s with its field', async (query) => {
    const { status, body } = await send('GET', `/api/customers/cus_chain/chain?${query}`, { key: SK })
    expect([status, body.field]).toEqual([400, query.split('=')[0]])
  })
})

describe('the list of customers', () => {
  const list = async (query = '') => (await send('GET', `/api/customers${query}`, { key: SK })).body
  const ids = (page: { customers: { customerId: string }[] }) => page.customers.map(({ customerId }) => customerId)

  it('has whoever was seen last first, a page at a time, with their money', async () => {
    await settle()
    const all = await list()
    expect(ids(all)).toEqual(expect.arrayContaining(['cus_chain', 'cus_pages', 'cus_second']))
    expect(ids(all)).not.toContain('cus_gone')
    const seen = all.customers.map(({ lastSeenAt }: { lastSeenAt: number }) => lastSeenAt)
    expect(seen).toEqual([...seen].sort((a, b) => b - a))
    expect(all.customers).toContainEqual({
      customerId: 'cus_pages',
      firstSeenAt: expect.any(Number),
      lastSeenAt: expect.any(Number),
      orders: 5,
      money: [{ currency: 'USD', gross: 150, net: 150, mrr: 158 }],
    })
    const paged: string[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: { customers: { customerId: string }[]; next: string | null } = await list(
        `?limit=1${after && `&after=${encodeURIComponent(after)}`}`,
      )
      paged.push(...ids(page))
      after = page.next
    }
    expect(paged).toEqual(ids(all))
  })

  it('finds by the beginning of the id, as text and nothing else', async () => {
    expect(ids(await list('?search=cus_p'))).toEqual(['cus_pages'])
    expect(ids(await list('?search=cus_&limit=1&after=cus_chain'))).toEqual(['cus_first'])
    for (const search of ['%25', '_', "'", 'CUS_']) expect(ids(await list(`?search=${search}`))).toEqual([])
  })
})
