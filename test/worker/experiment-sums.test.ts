import { env, runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readExperimentSums, readExposedUnder } from '../../worker/db/experiment-sums.ts'
import { readMetrics } from '../../worker/db/metrics.ts'
import { exposureEventId } from '../../worker/domain/customer/event.ts'
import { parseRollupKey } from '../../worker/domain/customer/rollup.ts'
import { experimentSumsOf, momentsIn } from '../../worker/domain/experiments/experiment-sums.ts'
import { addMetricMoments, type MetricMoments, NO_METRIC_MOMENTS } from '../../worker/domain/experiments/inference/metric-moments.ts'
import { resolveMetric } from '../../worker/domain/experiments/metric-input.ts'
import { dayOf } from '../../worker/domain/time.ts'
import { behaviour, customer, event, insidesOf, passTime, purchase, stopTime, send as tell } from './objects.ts'
import { send, settle, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'
const NOW = Date.now()
const HOUR = 3_600_000
const DAY = 24 * HOUR

const must = async (path: string, body: unknown, key?: string) => {
  const answer = await send('POST', path, { body, ...(key ? { key } : {}) })
  expect([answer.status, JSON.stringify(answer.body).slice(0, 400)]).toEqual([200, expect.anything()])
  return answer.body
}

beforeAll(async () => {
  await setUpShop({ test: false })
  await must('/api/metrics', {
    name: 'Pro trials',
    kind: 'mean',
    numerator: { of: 'events', events: ['trial_requested'], condition: { 'metadata.plan': 'pro' } },
    windowDays: 1,
  })
})
afterEach(stopTime)

/** A number from 0 up to `below`, the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

async function sumsOf(key: string, version: number, references: readonly string[]) {
  const custom = await readMetrics(env.DB)
  return experimentSumsOf(
    await readExperimentSums(env.DB, { key, version }),
    references.map((reference) => resolveMetric(custom, reference, 'goals')),
  )
}

const one = (y: number, x: number): MetricMoments => ({
  n: 1,
  sum: y,
  squares: BigInt(y) ** 2n,
  covariate: { sum: x, squares: BigInt(x) ** 2n, cross: BigInt(x) * BigInt(y) },
})
const ratio = (y: number, d: number): MetricMoments => ({
  n: 1,
  sum: y,
  squares: BigInt(y) ** 2n,
  denominator: { sum: d, squares: BigInt(d) ** 2n, cross: BigInt(y) * BigInt(d) },
})

const CAP_MINOR = 60_000
const JUDGED = ['net_revenue@1', 'orders@1', 'purchase@1', 'average_order_value@1', 'refunded@1', 'reached_cart@1', 'pro_trials@1']

describe('the sums of an experiment', () => {
  it('are what people did, from first exposure on and before, on every device, less what went back', async () => {
    const { testId } = await must('/api/experiments', { name: 'Hero', variants: [{ name: 'Control' }, { name: 'Bold' }] })
    const judged = JUDGED.map((metric, at) => ({ metric, role: at === 0 ? 'goal' : 'secondary', cap: at === 0 ? CAP_MINOR : null }))
    await env.DB.prepare(`UPDATE experiments SET body = json_set(body, '$.metrics', json(?)) WHERE key = ?`)
      .bind(JSON.stringify(judged), testId)
      .run()
    // Any admin write compiles what is in force.
    await send('PATCH', '/api/settings', { body: { holdoutShare: 0.05 } })

    const draw = dice(7)
    const expected = new Map<string, MetricMoments>()
    const count = (variant: string, metric: string, moments: MetricMoments) =>
      expected.set(`${variant} ${metric}`, addMetricMoments(expected.get(`${variant} ${metric}`) ?? NO_METRIC_MOMENTS, moments))
    let excluded = 0
    for (let person = 0; person < 24; person++) {
      const { visitorId } = await must('/api/visitors', {}, PK)
      const customerId = `cus_${person}`
      const variant = draw(2) === 0 ? 'control' : 'bold'
      const at = NOW - (20 + draw(8)) * HOUR
      const hours = () => draw(16) - 8
      const isDivided = person % 8 === 7
      const view = (variantId: string, timestamp: number) => ({
        event: 'experiment_viewed',
        experimentId: testId,
        variantId,
        visitorId,
        timestamp,
      })
      const carts = Array.from({ length: draw(3) }, () => at + hours() * HOUR)
      const trials = Array.from({ length: draw(4) }, () => ({ timestamp: at + hours() * HOUR, plan: draw(3) === 0 ? 'free' : 'pro' }))
      const events = [
        view(variant, at),
        // Seen again, it is one exposure; another variant, it is none.
        view(isDivided ? (variant === 'bold' ? 'control' : 'bold') : variant, at + HOUR),
        ...carts.map((timestamp) => ({ event: 'add_to_cart', visitorId, timestamp })),
        ...trials.map(({ timestamp, plan }) => ({ event: 'trial_requested', visitorId, timestamp, metadata: { plan } })),
      ]
      await must('/api/events', { events }, PK)
      const orders = Array.from({ length: draw(4) }, (_, index) => ({
        transactionId: `t_${person}_${index}`,
        timestamp: at + hours() * HOUR,
        amount: 100 + draw(400),
        currency: draw(5) === 0 ? 'EUR' : 'USD',
        refund: draw(3) === 0 ? 50 + draw(40) : 0,
      }))
      const tellOrders = async () => {
        for (const { refund, ...order } of orders) {
          await must('/api/revenue/event', { event: 'purchase', customerId, ...order }, SK)
          const back = { event: 'refund', customerId, id: `r_${order.transactionId}`, transactionId: order.transactionId }
          if (refund > 0) await must('/api/revenue/event', { ...back, amount: refund, currency: order.currency }, SK)
        }
      }
      // Whoever buys on another device is known for the same person later on.
      if (draw(2) === 0) await tellOrders()
      await must('/api/identify', { visitorId, customerId }, SK)
      await tellOrders()

      if (isDivided) {
        excluded++
        continue
      }
      const isAfter = ({ timestamp }: { timestamp: number }) => timestamp >= at
      const isBefore = ({ timestamp }: { timestamp: number }) => timestamp < at
      const dollars = orders.filter(({ currency }) => currency === 'USD')
      const net = (some: typeof orders) => some.reduce((sum, { amount, refund }) => sum + (amount - refund) * 100, 0)
      const any = (some: readonly unknown[]) => (some.length > 0 ? 1 : 0)
      const refunded = orders.filter(({ refund }) => refund > 0)
      const moments = carts.map((timestamp) => ({ timestamp }))
      const pro = trials.filter(({ plan }) => plan === 'pro')
      const after = net(dollars.filter(isAfter))
      count(variant, 'net_revenue@1', one(Math.min(CAP_MINOR, after), Math.min(CAP_MINOR, net(dollars.filter(isBefore)))))
      count(variant, 'orders@1', one(orders.filter(isAfter).length, orders.filter(isBefore).length))
      count(variant, 'purchase@1', one(any(orders.filter(isAfter)), any(orders.filter(isBefore))))
      count(variant, 'average_order_value@1', ratio(after, dollars.filter(isAfter).length))
      count(variant, 'refunded@1', one(any(refunded.filter(isAfter)), any(refunded.filter(isBefore))))
      count(variant, 'reached_cart@1', one(any(moments.filter(isAfter)), any(moments.filter(isBefore))))
      count(variant, 'pro_trials@1', one(pro.filter(isAfter).length, pro.filter(isBefore).length))
    }
    await settle()
    const sums = await sumsOf(testId, 1, JUDGED)
    for (const variant of ['control', 'bold'])
      for (const metric of JUDGED)
        expect([variant, metric, momentsIn(sums.metrics.get(metric) ?? [], variant)]).toEqual([
          variant,
          metric,
          expected.get(`${variant} ${metric}`),
        ])
    expect(sums.excluded).toBe(excluded)
    for (const dimension of ['country', 'device', 'source', 'visitor'])
      for (const variant of ['control', 'bold']) {
        const own = sums.segments.filter((each) => each.dimension === dimension && each.variant === variant)
        const { n, sum, squares } = own.map(({ moments }) => moments).reduce(addMetricMoments, NO_METRIC_MOMENTS)
        const { covariate: _, ...whole } = expected.get(`${variant} net_revenue@1`) as MetricMoments
        expect({ n, sum, squares }).toEqual(whole)
      }
    expect(new Set(sums.segments.map(({ half }) => half)).size).toBe(2)
  }, 60_000)

  it('are read in as many rows for two million people as for twenty thousand', async () => {
    const fill = async (key: string, people: number) => {
      const statement = env.DB.prepare(
        `INSERT INTO rollups (metric, scope, dimension, value, day, sum)
         SELECT metric.value, ?1 || CASE metric.value WHEN 'test_exposed' THEN '' ELSE 'net_revenue@1' END, 'arm', arm.value,
           date('2027-01-01', '+' || day.value || ' days'), ?2
         FROM json_each('["test_exposed","test_reward_sum","test_reward_squares_low"]') metric, json_each('["a","b"]') arm, json_each(?3) day`,
      )
      await statement.bind(`${key}@1:`, people / 180, JSON.stringify(Array.from({ length: 90 }, (_, day) => day))).run()
    }
    await fill('small', 20_160)
    await fill('large', 2_000_160)
    const [small, large] = await Promise.all(['small', 'large'].map((key) => readExperimentSums(env.DB, { key, version: 1 })))
    expect(large?.length).toBe(small?.length)
    // Two variants and ninety days, of the people and of one metric.
    expect(large?.length).toBe(2 * 90 * 2)
    const { exposed, metrics } = await sumsOf('large', 1, ['net_revenue@1'])
    expect(exposed.reduce((total, day) => total + day.exposed, 0)).toBe(2_000_160)
    expect(momentsIn(metrics.get('net_revenue@1') ?? [], 'a').n).toBe(1_000_080)
    expect(momentsIn(metrics.get('net_revenue@1') ?? [], 'a', '2027-01-03').n).toBe((2 * 2_000_160) / 180)
  })
})

describe('an exposure whose behaviour has grown old', () => {
  const REFERENCES = ['reached_cart@1', 'pro_trials@1', 'net_revenue@1'] as const
  const exposure = (variant: string, at: number, person: string) => {
    const body = {
      kind: 'exposure' as const,
      experiment: 'aged',
      version: 1,
      variant,
      propensity: 0.5,
      currency: 'USD',
      configVersion: 1,
      metrics: REFERENCES.map((reference): [string, null] => [reference, null]),
    }
    return event(body, at, { id: exposureEventId(body, person), type: 'experiment_viewed' })
  }
  const definitions = async () => ({ hash: 'aged', text: JSON.stringify({ metrics: await readMetrics(env.DB), funnels: [] }) })
  const trial = (at: number) => behaviour('trial_requested', at, { metadata: { plan: 'pro' } })
  const contributions = async (id: DurableObjectId) =>
    [...((await insidesOf(id))?.contributions ?? [])].filter(([key]) => parseRollupKey(key).scope.startsWith('aged@1:'))

  it('counts what it did when that is dropped, and takes all of it along when it turns out to be divided', async () => {
    const person = customer('aged')
    const old = NOW - 30 * DAY
    await tell(
      person,
      [
        trial(old - HOUR),
        exposure('a', old, 'one'),
        trial(old + 1),
        trial(old + 2),
        behaviour('add_to_cart', old + HOUR),
        purchase('aged_1', 5_000, old + HOUR),
      ],
      old + 2 * HOUR,
      await definitions(),
    )
    const before = await contributions(person.id)
    expect(new Map(before).get(`test_reward_sum|aged@1:pro_trials@1|${dayOf(old)}|arm|a`)).toBe(2)
    expect(new Map(before).get(`test_covariate_sum|aged@1:pro_trials@1|${dayOf(old)}|arm|a`)).toBe(1)
    passTime(62 * DAY)
    await runDurableObjectAlarm(env.CUSTOMERS.get(person.id))
    expect(new Map(await contributions(person.id))).toEqual(new Map(before))
    await tell(person, [exposure('b', Date.now() - HOUR, 'two')], Date.now(), await definitions())
    expect(await contributions(person.id)).toEqual([[`test_excluded|aged@1:|${dayOf(old)}||`, 1]])
  })
})

describe('the universal holdout', () => {
  const price = async (visitorId: string, product = 'pro_bundle', query = '') =>
    (await send('GET', `/api/pricing/${product}?visitorId=${visitorId}&country=US${query}`, { key: PK })).body

  it('has everybody whose price asked for it on one side, with what they paid in ninety days', async () => {
    await send('PATCH', '/api/settings', { body: { holdoutShare: 0.5 } })
    const expected = { held_out: { exposed: 0, minor: 0 }, treated: { exposed: 0, minor: 0 } }
    for (let person = 0; person < 12; person++) {
      const { visitorId, pricing } = await price('new')
      await price(visitorId)
      await price(visitorId, 'starter_bundle')
      const side = pricing.reason === 'holdout' ? 'held_out' : 'treated'
      expected[side].exposed++
      if (person % 3 > 0) continue
      await must('/api/identify', { visitorId, customerId: `held_${person}` }, SK)
      const bought = {
        event: 'purchase',
        customerId: `held_${person}`,
        transactionId: `held_${person}`,
        amount: 100 + person,
        currency: 'USD',
      }
      await must('/api/revenue/event', bought, SK)
      expected[side].minor += (100 + person) * 100
    }
    // These were never asked: no profiling, and nobody to ask about.
    await price('new', 'pro_bundle', '&consent=denied')
    await send('PATCH', '/api/settings', { body: { optimizationEnabled: false } })
    await price('new')
    await send('PATCH', '/api/settings', { body: { optimizationEnabled: true, holdoutShare: 0 } })
    await price('new')
    await settle()
    const found = await readExposedUnder(env.DB, 'universal_holdout.')
    expect(found).toHaveLength(2)
    const { metrics, segments } = await sumsOf('universal_holdout.usd', 500, ['net_revenue_90d'])
    for (const side of ['held_out', 'treated'] as const) {
      const { n, sum } = momentsIn(metrics.get('net_revenue_90d@1') ?? [], side)
      expect([side, n, sum]).toEqual([side, expected[side].exposed, expected[side].minor])
      expect(found).toContainEqual({ key: 'universal_holdout.usd', version: 500, variant: side, exposed: expected[side].exposed })
    }
    expect(expected.held_out.exposed).toBeGreaterThan(0)
    expect(expected.treated.exposed).toBeGreaterThan(0)
    expect(segments).toEqual([])
  }, 60_000)

  it('counts a listing’s price once a product is looked at, whichever side', async () => {
    await send('PATCH', '/api/settings', { body: { holdoutShare: 0.3 } })
    const listed = await send('POST', '/api/pricing', { key: PK, body: { products: ['pro_bundle'], visitorId: 'new', country: 'US' } })
    const { visitorId } = listed.body
    await settle()
    const exposed = async () => {
      const all = await readExposedUnder(env.DB, 'universal_holdout.usd@300')
      return all.reduce((total, each) => total + each.exposed, 0)
    }
    expect(await exposed()).toBe(0)
    await price(visitorId)
    await settle()
    expect(await exposed()).toBe(1)
  })
})
