import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { send, settle, setUpShop } from './shop.ts'

describe('the chain', () => {
  it('turns a visit, a quoted price and a purchase into figures, once', async () => {
    await setUpShop()
    const first = await send('GET', '/api/pricing/pro_bundle?visitorId=new&country=US', { key: 'pk_demo_storefront' })
    expect(first.status).toBe(200)
    const { pricing, visitorId } = first.body
    expect(pricing).toMatchObject({ productId: 'pro_bundle', listPrice: 499, currency: 'USD', fallback: false })

    const again = await send('GET', `/api/pricing/pro_bundle?visitorId=${visitorId}&country=US`, { key: 'pk_demo_storefront' })
    expect(again.body.pricing).toEqual(pricing)

    const seen = await send('POST', '/api/events', {
      key: 'pk_demo_storefront',
      body: {
        events: [
          { id: 'v1', event: 'page_view', visitorId },
          { id: 'v2', event: 'view_item', productId: 'pro_bundle', visitorId },
        ],
      },
    })
    expect(seen.body).toMatchObject({ accepted: 2, rejected: 0 })

    const purchase = { event: 'purchase', id: 'p1', transactionId: 'ord_1', visitorId, quote: pricing.quote }
    const bought = await send('POST', '/api/revenue/event', { key: 'sk_demo_server', body: purchase })
    expect(bought.body).toMatchObject({ success: true, status: 'accepted', verified: true })
    const repeated = await send('POST', '/api/revenue/event', { key: 'sk_demo_server', body: purchase })
    expect(repeated.body).toMatchObject({ status: 'duplicate' })
    const spent = await send('POST', '/api/revenue/event', {
      key: 'sk_demo_server',
      body: { ...purchase, id: 'p2', transactionId: 'ord_2' },
    })
    expect(spent).toMatchObject({ status: 409, body: { code: 'quote_used', field: 'quote' } })

    await settle()
    const { body: figures } = await send('GET', '/api/analytics?timeframe=7d')
    expect(figures.figures.grossRevenue.value).toBe(pricing.optimizedPrice)
    expect(figures.figures.orders.value).toBe(1)
    expect(figures.figures.conversion.value).toBe(1)
    const { body: reconciled } = await send('POST', '/api/reconcile')
    expect(reconciled).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
  })

  it('answers the catalogue of routes', async () => {
    const openapi = await exports.default.fetch('http://localhost:8787/openapi.json')
    expect(openapi.status).toBe(200)
    const docs = await exports.default.fetch('http://localhost:8787/docs')
    expect(await docs.text()).toContain('/api/pricing/{productId}')
  })
})
