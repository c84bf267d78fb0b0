import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { METRIC } from '../../worker/domain/customer/metrics.ts'
import { partsOf } from '../../worker/domain/customer/moments.ts'
import { dayOf } from '../../worker/domain/time.ts'
import { send, settle, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
const PK = 'pk_demo_storefront'
beforeAll(() => setUpShop({ test: false }))

const holdout = async (query = '') => {
  const answer = await send('GET', `/api/holdout${query}`, { key: SK })
  expect([answer.status, answer.body.error]).toEqual([200, undefined])
  return answer.body
}
const hold = (holdoutShare: number) => send('PATCH', '/api/settings', { body: { holdoutShare } })

/** Sums as so many customers of a side would leave them who each paid as much, or nothing. */
async function insert(share: number, side: string, people: number, payers: number, each: number): Promise<void> {
  const scope = `universal_holdout.usd@${share}:`
  const reward = `${scope}net_revenue_90d@1`
  const { high, middle, low } = partsOf(each, each)
  const rows = [
    [METRIC.exposed, scope, people],
    [METRIC.rewardSum, reward, payers * each],
    [METRIC.rewardSquaresHigh, reward, payers * high],
    [METRIC.rewardSquaresMiddle, reward, payers * middle],
    [METRIC.rewardSquaresLow, reward, payers * low],
  ]
  await env.DB.prepare(
    `INSERT INTO rollups (metric, scope, dimension, value, day, sum)
     SELECT value ->> 0, value ->> 1, 'arm', ?2, ?3, value ->> 2 FROM json_each(?1) WHERE value ->> 2 <> 0`,
  )
    .bind(JSON.stringify(rows), side, dayOf(Date.now() - 200 * 86_400_000))
    .run()
}

describe('the universal holdout', () => {
  it('is compared from the first price that was served to each customer', async () => {
    await hold(0.5)
    for (let n = 0; n < 12; n++) {
      const price = await send('GET', '/api/pricing/pro_bundle?visitorId=new&country=US', { key: PK })
      expect(price.status).toBe(200)
    }
    await settle()
    const { sides, share, conclusion, effect, reason } = await holdout()
    expect(share).toBe(0.5)
    expect(sides.map(({ key }: { key: string }) => key)).toEqual(['held_out', 'treated'])
    expect(sides[0].exposed + sides[1].exposed).toBe(12)
    expect(conclusion).toBe('unsure')
    expect([effect, reason]).toEqual([null, expect.any(String)])
  })

  it('tells what the levers are worth, in one currency', async () => {
    await hold(0.1)
    await insert(100, 'held_out', 1_000, 100, 10_000)
    await insert(100, 'treated', 9_000, 1_800, 10_000)
    const told = await holdout()
    expect(told).toMatchObject({
      currency: 'USD',
      share: 0.1,
      conclusion: 'gain',
      effect: { value: 10 },
      lift: { value: 1 },
      total: { value: 90_000 },
      sampleRatio: { mismatch: false },
      sides: [
        { key: 'held_out', netRevenue: 10_000, matured: 1_000, perCustomer: { value: 10 } },
        { key: 'treated', netRevenue: 180_000 },
      ],
    })
    expect(told.sentence).toMatch(/^The levers together bring in more: 10\.00 USD \(\+100\.0 %\) a customer in 90 days/)
    expect(await holdout('?currency=EUR')).toMatchObject({ currency: 'EUR', conclusion: 'unsure', sampleRatio: null })
    expect((await send('GET', '/api/holdout?currency=XXX', { key: SK })).body).toMatchObject({
      code: 'unknown_currency',
      field: 'currency',
    })
  })

  it('tells nothing where the split is not the one that was set, or nobody is held out', async () => {
    await hold(0.2)
    await insert(200, 'held_out', 1_000, 100, 10_000)
    await insert(200, 'treated', 9_000, 1_800, 10_000)
    expect(await holdout()).toMatchObject({ conclusion: 'invalid', effect: null, lift: null, total: null, sampleRatio: { mismatch: true } })
    await hold(0)
    expect(await holdout()).toMatchObject({
      share: 0,
      conclusion: 'unsure',
      reason: 'the settings hold nobody out, so there is nobody to compare with',
    })
  })

  it('is for those who may read, and no browser', async () => {
    expect((await send('GET', '/api/holdout', { key: PK })).status).toBe(401)
  })
})
