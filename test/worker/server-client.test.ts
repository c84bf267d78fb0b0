import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ServerClient } from '../../client-sdk/server/index.ts'
import { ORIGIN, send, settle, setUpShop } from './shop.ts'

/** The built module in workerd, as a shop's own Worker runs it, over a service binding. */

type Module = typeof import('../../client-sdk/server/index.ts')
// Named apart, so that types do not need a build.
const built = '../../dist/server/index.mjs'

let fairlead: ServerClient
let identitySecret: string
let FairleadError: Module['FairleadError']

beforeAll(async () => {
  await setUpShop()
  identitySecret = (await send('POST', '/api/settings/identity-secret')).body.secret
  const module: Module = await import(built)
  FairleadError = module.FairleadError
  const fetch: typeof globalThis.fetch = (url, init) => exports.default.fetch(url as string, init)
  fairlead = module.createServerClient({ url: ORIGIN, key: 'sk_demo_server', identitySecret, fetch })
})

describe('the server client in a Worker', () => {
  it('prices, sells and reads what came of it', async () => {
    const { pricing } = await fairlead.pricing.getOptimizedPrice('pro_bundle', { customerId: 'cus_worker', country: 'US' })
    expect([449, 499, 549]).toContain(pricing.optimizedPrice)
    const order = { event: 'purchase', transactionId: 'ord_worker', customerId: 'cus_worker', quote: pricing.quote as string }
    expect(await fairlead.orchestrator.processRevenueEvent(order)).toMatchObject({ verified: true, deduplicable: false })
    const { chain, next } = await fairlead.customers.getChain('cus_worker', { limit: 5 })
    expect([chain[0]?.decision?.price, chain[0]?.purchase?.transactionId, next]).toEqual([pricing.optimizedPrice, 'ord_worker', null])
    await settle()
    const { figures } = await fairlead.analytics.getDashboardData({ timeframe: '7d' })
    expect(figures.grossRevenue.value).toBe(pricing.optimizedPrice)
    const ledger = await fairlead.analytics.exportTable('ledger', { timeframe: '7d' })
    expect(ledger.split('\r\n').slice(1, -1)).toEqual([expect.stringContaining(`,cus_worker,${pricing.optimizedPrice}.00,USD,pro_bundle,`)])
    expect(await fairlead.analytics.getCosts()).toEqual({ success: true, costs: [], next: null })
  })

  it('tells of demand, and calculates', async () => {
    expect((await fairlead.pricing.getDemand('pro_bundle')).demand).toMatchObject({
      source: 'test',
      suggestion: null,
      reason: expect.any(String),
    })
    const arms = [19, 24].map((price) => ({ price, visitors: 8000, conversions: price === 19 ? 280 : 232 }))
    const { elasticity } = await fairlead.analysis.elasticity({ arms })
    expect(elasticity.method === 'logit' && elasticity.arcElasticity).toBeCloseTo(-0.80625, 10)
    await expect(fairlead.analysis.offPolicy({ rows: [['a', 1, 0.5]], policy: { a: 1 } })).rejects.toMatchObject({
      code: 'insufficient_data',
      field: 'rows',
    })
  })

  it('mints ids and settles a batch', async () => {
    const answer = await fairlead.track([{ event: 'page_view', customerId: 'cus_worker' }, { event: 'page_view' }])
    expect(answer).toMatchObject({ accepted: 1, rejected: 1 })
    expect(answer.results[0]?.id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('signs what the Worker believes', async () => {
    const { visitorId } = (await send('POST', '/api/visitors', { key: 'pk_demo_storefront' })).body
    const token = await fairlead.customers.signCustomerToken('cus_worker')
    const { body } = await send('POST', '/api/identify', { key: 'pk_demo_storefront', body: { visitorId, token } })
    expect(body).toMatchObject({ success: true, customerId: 'cus_worker', merged: true })
  })

  it('ends a call that takes too long', async () => {
    const module: Module = await import(built)
    const never: typeof fetch = (_, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
    const slow = module.createServerClient({ url: ORIGIN, key: 'sk_demo_server', fetch: never, timeoutMs: 20, retries: 1 })
    await expect(slow.funnel.getFunnel()).rejects.toMatchObject({ code: 'timeout', retryable: true })
  })

  it('rejects with its own error', async () => {
    await expect(fairlead.pricing.getOptimizedPrice('nothing')).rejects.toBeInstanceOf(FairleadError)
  })
})
