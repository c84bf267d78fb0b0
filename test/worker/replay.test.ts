import { beforeAll, expect, it } from 'vitest'
import { demoPriceTest, demoProducts, demoRules } from '../simulation/catalogue.ts'
import { send, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'
const PRODUCTS = ['starter_bundle', 'pro_bundle', 'starter_monthly', 'pro_monthly', 'pro_yearly']
const PLACES = ['US', 'IN', 'GB', 'DE', 'JP']
const VISITORS = 200

beforeAll(async () => {
  await setUpShop({ test: false })
  for (const { id, ...product } of demoProducts) await send('PUT', `/api/products/${id}`, { body: product })
  for (const { id, ...rule } of demoRules) await send('PUT', `/api/price-rules/${id}`, { body: rule })
  await send('POST', '/api/price-tests', { body: demoPriceTest })
  const law = { uniform: 'allow', randomised: 'disclose', personal: 'disclose' }
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0.1, law: { US: law, GB: law, IN: law } } })
})

/** What an administrator does in the middle of a day: each makes another version of the configuration. */
const edits = [
  () => send('PATCH', '/api/settings', { body: { optimizationEnabled: false } }),
  () => send('PATCH', '/api/settings', { body: { optimizationEnabled: true } }),
  () => send('PATCH', '/api/settings', { body: { holdoutShare: 0.2 } }),
  () =>
    send('PUT', '/api/products/pro_monthly', {
      body: {
        name: 'Pro, monthly',
        interval: 'month',
        minimumMargin: 0.5,
        prices: [{ currency: 'USD', amount: 85, floor: 60, unitCost: 9 }],
      },
    }),
]

/** Somebody who has bought before. */
async function buyer(index: number): Promise<string> {
  const customerId = `cus_${index}`
  const purchase = {
    event: 'purchase',
    transactionId: `ord_${index}`,
    customerId,
    productId: 'starter_bundle',
    amount: 199,
    currency: 'USD',
  }
  expect((await send('POST', '/api/revenue/event', { key: SK, body: purchase })).status).toBe(200)
  return customerId
}

it('a thousand decisions under five versions of the configuration are made again to the bit', { timeout: 120_000 }, async () => {
  const decided: string[] = []
  const reasons = new Set<string>()
  for (let visitor = 0; visitor < VISITORS; visitor++) {
    if (visitor > 0 && visitor % (VISITORS / 5) === 0) expect((await edits[visitor / (VISITORS / 5) - 1]?.())?.status).toBe(200)
    const customerId = visitor % 4 === 0 ? await buyer(visitor) : null
    const { body } = await send('POST', '/api/pricing', {
      key: customerId ? SK : PK,
      body: {
        products: PRODUCTS,
        ...(customerId ? { customerId } : { visitorId: 'new' }),
        country: PLACES[visitor % PLACES.length],
        device: visitor % 3 === 0 ? 'mobile' : 'desktop',
        behaviorFlags: customerId ? ['price_sensitive'] : [],
      },
    })
    for (const { decisionId, reason, fallback } of body.prices) {
      expect(fallback).toBe(false)
      reasons.add(reason)
      decided.push(decisionId)
    }
  }
  expect(new Set(decided).size).toBe(1000)
  expect([...reasons]).toEqual(expect.arrayContaining(['list', 'holdout', 'kill_switch', 'test', 'market', 'segment']))
  const differing: unknown[] = []
  for (const id of decided) {
    const { body } = await send('GET', `/api/decisions/${id}?replay=1`, { key: SK })
    if (!body.replay?.identical) differing.push([id, body])
  }
  expect(differing).toEqual([])
})
