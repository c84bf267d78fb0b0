import { beforeAll, describe, expect, it, vi } from 'vitest'
import { send, setUpShop } from './shop.ts'

const fromPage = { 'sec-fetch-site': 'same-origin' }
const order = (body: unknown) => send('POST', '/demo/api/checkout', { headers: fromPage, body })

interface Shown {
  visitorId: string
  optimizedPrice: number
  quote: string
}

/** A price as a new visitor's page gets it. */
async function shown(productId: string): Promise<Shown> {
  const { body } = await send('GET', `/api/pricing/${productId}?visitorId=new&country=US`, { key: 'pk_demo_storefront' })
  return { visitorId: body.visitorId, ...body.pricing }
}

beforeAll(() => setUpShop())

describe('the demo shop’s server', () => {
  it('charges the quote that was shown, though optimisation has been switched off since', async () => {
    const { visitorId, optimizedPrice, quote } = await shown('pro_bundle')
    await send('PATCH', '/api/settings', { body: { optimizationEnabled: false } })
    const { status, body } = await order({ visitorId, items: [{ productId: 'pro_bundle', quote }], total: optimizedPrice, currency: 'USD' })
    await send('PATCH', '/api/settings', { body: { optimizationEnabled: true } })
    expect([status, body]).toMatchObject([200, { total: optimizedPrice, currency: 'USD' }])
  })

  it('refuses an order that comes to another sum than the page showed', async () => {
    const { visitorId } = await shown('pro_bundle')
    const items = [{ productId: 'pro_bundle' }]
    const refused = await order({ visitorId, items, total: 449, currency: 'USD' })
    expect([refused.status, refused.body]).toMatchObject([422, { code: 'quote_amount_mismatch', error: 'the order comes to 499.00 USD' }])
    expect((await order({ visitorId, items, total: 459, currency: 'EUR' })).body).toMatchObject({ total: 459, currency: 'EUR' })
  })

  it('redeems no quote of an order in which one is stale', async () => {
    const { visitorId, quote } = await shown('pro_bundle')
    const other = (await send('GET', `/api/pricing/starter_bundle?visitorId=${visitorId}&country=US`, { key: 'pk_demo_storefront' })).body
    const both = [
      { productId: 'starter_bundle', quote: other.pricing.quote },
      { productId: 'pro_bundle', quote },
    ]
    expect((await order({ visitorId, items: [both[1]] })).status).toBe(200)
    expect((await order({ visitorId, items: both })).body).toMatchObject({ success: false, code: 'quote_used' })
    expect((await order({ visitorId, items: [both[0]] })).status).toBe(200)
  })

  it('says so when a quote has expired', async () => {
    const { visitorId, optimizedPrice, quote } = await shown('pro_bundle')
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 16 * 60_000)
    const refused = await order({ visitorId, items: [{ productId: 'pro_bundle', quote }], total: optimizedPrice, currency: 'USD' })
    vi.restoreAllMocks()
    expect(refused.body).toMatchObject({ success: false, code: 'quote_expired', error: 'the quote has expired' })
  })
})

describe('an account', () => {
  const signIn = async (customerId: string) =>
    (await send('POST', '/demo/api/sign-in', { headers: fromPage, body: { customerId } })).body.token
  const account = (token: unknown) => send('POST', '/demo/api/account', { headers: fromPage, body: { token } })

  it('shows what its owner bought, what came back, and what goes on', async () => {
    const customerId = 'ada@yard.example'
    const bought = await order({ customerId, items: [{ productId: 'starter_bundle' }, { productId: 'pro_monthly' }], currency: 'USD' })
    const transactionId = `${bought.body.orderId}-1`
    await send('POST', '/api/revenue/event', {
      key: 'sk_demo_server',
      body: { event: 'refund', customerId, transactionId, amount: 9, currency: 'USD' },
    })
    const { body } = await account(await signIn(customerId))
    expect(body).toMatchObject({
      customerId,
      subscriptions: [{ productId: 'pro_monthly', amount: 79, currency: 'USD', interval: 'month', status: 'active' }],
    })
    expect(body.orders).toHaveLength(2)
    expect(body.orders).toContainEqual(expect.objectContaining({ transactionId, productId: 'starter_bundle', amount: 199, refunded: 9 }))
  })

  it('is empty for a newcomer, and closed without the shop’s token', async () => {
    expect((await account(await signIn('newcomer'))).body).toMatchObject({ orders: [], subscriptions: [] })
    expect((await account('not.a.token')).status).toBe(401)
  })
})
