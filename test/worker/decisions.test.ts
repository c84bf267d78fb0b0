import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { deleteExpired } from '../../worker/db/retention.ts'
import { send, settle, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'

beforeAll(async () => {
  await setUpShop()
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0, decisionSampleShare: 1 } })
})

const price = async (product = 'pro_bundle') => (await send('GET', `/api/pricing/${product}?visitorId=new&country=US`, { key: PK })).body
const sample = async (query = '') => {
  await settle()
  return (await send('GET', `/api/decisions?limit=1000${query}`, { key: SK })).body.decisions as Record<string, unknown>[]
}
const ids = async (query?: string) => (await sample(query)).map(({ decisionId }) => decisionId)

describe('the sample of decisions', () => {
  it('has a row for each decision that a test or a rule could have moved, with its propensity, and none for the others', async () => {
    const { pricing } = await price()
    const plain = (await price('starter_bundle')).pricing
    const rows = await sample(`&productId=pro_bundle&testId=${pricing.test.id}`)
    expect(rows.find(({ decisionId }) => decisionId === pricing.decisionId)).toEqual({
      decisionId: pricing.decisionId,
      productId: 'pro_bundle',
      currency: 'USD',
      price: pricing.optimizedPrice,
      listPrice: 499,
      reason: 'test',
      priceClass: 'randomised',
      test: pricing.test,
      propensity: pricing.propensity,
      country: 'US',
      device: 'desktop',
      decidedAt: expect.any(Number),
      configVersion: pricing.configVersion,
    })
    expect(rows.every((row) => !('inputs' in row))).toBe(true)
    expect(await ids()).toContain(plain.decisionId)
    await send('PATCH', '/api/settings', { body: { holdoutShare: 1 } })
    const held = (await price()).pricing
    await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
    expect(held.reason).toBe('holdout')
    expect(await ids()).not.toContain(held.decisionId)
    expect(await ids('&testId=another')).toEqual([])
  })

  it('loses a decision that was never served, and goes along with a visitor who says who they are', async () => {
    const [unseen, seen] = [await price(), await price()]
    await send('POST', '/api/events', {
      key: PK,
      body: { event: 'price_not_shown', visitorId: unseen.visitorId, decisionId: unseen.pricing.decisionId },
    })
    expect(await ids()).not.toContain(unseen.pricing.decisionId)
    await send('POST', '/api/identify', { key: SK, body: { visitorId: seen.visitorId, customerId: 'cus_sampled' } })
    expect((await ids()).filter((id) => id === seen.pricing.decisionId)).toHaveLength(1)
    await send('DELETE', '/api/customers/cus_sampled')
    expect(await ids()).not.toContain(seen.pricing.decisionId)
  })

  it('is drawn at the configured rate, and forgotten after 90 days', async () => {
    await send('PATCH', '/api/settings', { body: { decisionSampleShare: 0 } })
    const { pricing } = await price()
    expect(await ids()).not.toContain(pricing.decisionId)
    await send('PATCH', '/api/settings', { body: { decisionSampleShare: 0.5 } })
    const before = (await ids()).length
    for (let visit = 0; visit < 40; visit++) await price()
    const drawn = (await ids()).length - before
    expect(drawn).toBeGreaterThan(5)
    expect(drawn).toBeLessThan(35)
    await deleteExpired(env.DB, Date.now() + 91 * 86_400_000)
    expect(await ids()).toEqual([])
  })

  it('refuses a bad question with its field', async () => {
    expect(await send('GET', '/api/decisions?limit=0', { key: SK })).toMatchObject({ status: 400, body: { field: 'limit' } })
    expect((await send('GET', '/api/decisions', { key: PK })).status).toBe(401)
  })
})
