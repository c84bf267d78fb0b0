import { env, listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { dayOf } from '../../worker/domain/time.ts'
import { runSchedule } from '../../worker/jobs/schedule.ts'
import { passTime, reconciled, stopTime } from './objects.ts'
import { send, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'
const DAY = 86_400_000
const HOUR = 3_600_000
/** Hundreds of people have an object each. */
vi.setConfig({ testTimeout: 60_000 })

beforeAll(async () => {
  await setUpShop({ test: false })
  await must('PATCH', '/api/settings', { holdoutShare: 0 })
})
beforeEach(async () => {
  const { results } = await env.DB.prepare("SELECT id FROM price_tests WHERE status = 'running'").all<{ id: string }>()
  for (const { id } of results) await must('POST', `/api/price-tests/${id}/stop`)
  await must('PUT', '/api/products/pro_bundle', PRO_BUNDLE)
  await env.DB.prepare('DELETE FROM job_leases').run()
})

const PRO_BUNDLE = { name: 'Pro bundle', prices: [{ currency: 'USD', amount: 499, floor: 299, ceiling: 699 }] }

// biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came over the wire
type Json = any
async function must(method: string, path: string, body?: unknown, key?: string): Promise<Json> {
  const answer = await send(method, path, { ...(body === undefined ? {} : { body }), ...(key ? { key } : {}) })
  expect([path, answer.status, answer.body.error]).toEqual([path, 200, undefined])
  return answer.body
}

const start = async (input: object = {}): Promise<string> =>
  (await must('POST', '/api/price-tests', { productId: 'pro_bundle', testPrices: [499, 449], duration: 30, ...input })).testId
const results = async (id: string) => (await must('GET', `/api/price-tests/${id}`, undefined, SK)).results
const testOf = async (id: string) => (await must('GET', `/api/price-tests/${id}`, undefined, SK)).test
const price = async (visitorId = 'new', query = 'country=US') =>
  (await send('GET', `/api/pricing/pro_bundle?visitorId=${visitorId}&${query}`, { key: PK })).body
const audit = async (action: string, subject: string) =>
  (await must('GET', '/api/audit?limit=100')).entries.filter((entry: Json) => entry.action === action && entry.subject === subject)
const ledger = async () =>
  (
    await env.DB.prepare(
      "SELECT amount_minor AS amount, reason FROM price_ledger WHERE product_id = 'pro_bundle' AND currency = 'USD' ORDER BY id",
    ).all()
  ).results
const listPrice = async () =>
  (await must('GET', '/api/products/pro_bundle', undefined, SK)).product.prices.find((each: Json) => each.currency === 'USD').amount
const versions = async () => env.DB.prepare('SELECT MAX(version) AS version FROM config_roots').first<number>('version')

interface Past {
  arm: string
  at: number
  propensity?: number
  epoch?: string
  segment?: string
  paid?: number
  refunded?: number
  failed?: boolean
}
const settled = new Set<string>()
/** Lets the outboxes of whoever is new reach D1; those of before have nothing to say. */
async function settleNew(): Promise<void> {
  const ids = (await listDurableObjectIds(env.CUSTOMERS)).filter((id) => !settled.has(id.toString()))
  for (let round = 0; round < 200; round++) {
    const open: DurableObjectId[] = []
    for (const id of ids) {
      if (settled.has(id.toString())) continue
      const state = await env.CUSTOMERS.get(id).pending()
      if (state === null) settled.add(id.toString())
      else open.push(id)
      if (state === 'alarm') await runDurableObjectAlarm(env.CUSTOMERS.get(id))
    }
    if (open.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the outboxes do not settle')
}

let imported = 0
/** People who were shown an arm in the past, and what they did. */
async function importPast(testId: string, people: readonly Past[]): Promise<void> {
  const events = people.flatMap(({ arm, at, propensity = 0.5, epoch = dayOf(at), segment, paid, refunded, failed }) => {
    const n = imported++
    const visitorId = `past_${n}`
    const transactionId = `order_${n}`
    const money = { visitorId, currency: 'USD', productId: 'pro_bundle' }
    const metadata = { testId, arm, propensity, epoch, conversionWindow: 1, ...(segment ? { segment } : {}), listPrice: 499 }
    return [
      { id: `d${n}`, event: 'price_decided', timestamp: at, amount: arm === 'control' ? 499 : 449, ...money, metadata },
      ...(failed ? [{ id: `f${n}`, event: 'payment_failed', timestamp: at + 1, visitorId, invoiceId: `in_${n}` }] : []),
      ...(paid === undefined ? [] : [{ id: `p${n}`, event: 'purchase', timestamp: at + 2, transactionId, amount: paid, ...money }]),
      ...(refunded === undefined ? [] : [{ id: `r${n}`, event: 'refund', timestamp: at + 3, transactionId, amount: refunded, ...money }]),
    ]
  })
  for (let from = 0; from < events.length; from += 500) {
    const batch = { importId: 'past', events: events.slice(from, from + 500) }
    const answer = await must('POST', '/api/import', batch, SK)
    expect(answer.rejected + answer.retry).toBe(0)
  }
  await settleNew()
}

describe('a price test that cannot be', () => {
  it.each([
    ['weights that do not sum to 1', { weights: [0.5, 0.4] }, 'weights_do_not_sum', 'weights'],
    ['a weight below 1 %', { weights: [0.995, 0.005] }, 'weight_too_small', 'weights.1'],
    ['a price outside the bounds', { testPrices: [499, 999] }, 'price_out_of_bounds', 'testPrices'],
    ['an end before its beginning', { startsAt: '2031-01-02T00:00:00Z', endsAt: '2031-01-01T00:00:00Z' }, 'end_before_start', 'endsAt'],
    ['an end that has passed', { startsAt: '2021-01-01T00:00:00Z' }, 'end_before_start', 'endsAt'],
    ['a margin without a unit cost', { metric: 'margin' }, 'unit_cost_missing', 'metric'],
    ['a switchback that learns', { mode: 'switchback', allocation: 'thompson' }, 'options_conflict', 'allocation'],
    ['a switchback read by segments', { mode: 'switchback', segments: 'device' }, 'options_conflict', 'segments'],
    ['a bandit that learns nothing in time', { allocation: 'thompson', conversionWindow: 30 }, 'window_too_long', 'conversionWindow'],
  ])('is refused for %s', async (_, input, code, field) => {
    const answer = await send('POST', '/api/price-tests', {
      body: { productId: 'pro_bundle', testPrices: [499, 449], duration: 30, ...input },
    })
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([422, code, field])
  })

  it('keeps the list price it compares with, whoever would move that: an edit, or another test that is shipped', async () => {
    const earlier = await start()
    await must('POST', `/api/price-tests/${earlier}/stop`)
    const live = await start({ testPrices: [499, 549] })
    const dearer = { ...PRO_BUNDLE, prices: [{ ...PRO_BUNDLE.prices[0], amount: 509 }] }
    expect(await send('PUT', '/api/products/pro_bundle', { body: dearer })).toMatchObject({
      status: 409,
      body: { code: 'conflict', field: 'prices', error: expect.stringContaining(live) },
    })
    await must('PUT', '/api/products/pro_bundle', { ...PRO_BUNDLE, name: 'Pro bundle, renamed' })
    expect(await send('POST', `/api/price-tests/${earlier}/ship`, { body: { arm: 'variant_1' } })).toMatchObject({
      status: 422,
      body: { code: 'test_already_running' },
    })
    expect(await listPrice()).toBe(499)
  })

  it('is refused where a field is misspelt, and names prices as people write them', async () => {
    const misspelt = { productId: 'pro_bundle', testPrices: [499, 449], duration: 14, alocation: 'thompson' }
    expect(await send('POST', '/api/price-tests', { body: misspelt })).toMatchObject({ status: 400, body: { code: 'unknown_field' } })
    const twice = { productId: 'pro_bundle', testPrices: [499, 449, 449], duration: 14 }
    expect(await send('POST', '/api/price-tests', { body: twice })).toMatchObject({
      status: 422,
      body: { code: 'duplicate_key', field: 'testPrices.2', error: expect.stringContaining('449.00 USD') },
    })
  })

  it('is refused beside another of the same product', async () => {
    await start()
    const second = await send('POST', '/api/price-tests', { body: { productId: 'pro_bundle', testPrices: [499, 549], duration: 7 } })
    expect([second.status, second.body.code, second.body.field]).toEqual([422, 'test_already_running', 'productId'])
  })
})

describe('a bandit', () => {
  it('weighs its arms anew once a week has matured, once, tells why, and moves nobody who has an arm', async () => {
    const now = Date.now()
    const startsAt = now - 10 * DAY
    const testId = await start({ allocation: 'thompson', conversionWindow: 1, startsAt: new Date(startsAt).toISOString() })
    const first = await price()
    expect(first.pricing).toMatchObject({ reason: 'test', propensity: 0.5 })

    await runSchedule('bandits', now, env)
    expect(await audit('price_test.reweighed', testId)).toEqual([])
    const people = Array.from({ length: 8 }, (_, day) => day + 2).flatMap((ago) =>
      Array.from({ length: 26 }, (_, n) => ({
        arm: n % 2 ? 'control' : 'variant_1',
        at: now - ago * DAY + n,
        epoch: dayOf(startsAt),
        ...(n % 2 ? (n % 4 === 1 ? { paid: 499 } : {}) : n % 13 === 0 ? { paid: 449 } : {}),
      })),
    )
    await importPast(testId, people)
    const versionBefore = (await versions()) as number
    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule('bandits', now, env)
    const [line] = await audit('price_test.reweighed', testId)
    const tomorrow = dayOf(now + DAY)
    expect(line).toMatchObject({
      actor: 'schedule',
      before: { weights: { control: 0.5, variant_1: 0.5 } },
      after: { day: tomorrow, moved: true, arms: [{ key: 'control', matured: 104, before: 0.5 }, { key: 'variant_1' }] },
    })
    const { epochs, arms } = await testOf(testId)
    expect(epochs.map(({ day }: Json) => day)).toEqual([dayOf(startsAt), tomorrow])
    expect(epochs[1].weights.control).toBeGreaterThan(0.9)
    expect(epochs[1].weights.control + epochs[1].weights.variant_1).toBeCloseTo(1, 9)
    expect(epochs[1].weights.variant_1).toBeGreaterThanOrEqual(0.01)
    expect(arms.map(({ weight }: Json) => weight)).toEqual([0.5, 0.5])
    expect(await versions()).toBe(versionBefore + 1)

    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule('bandits', now, env)
    expect(await audit('price_test.reweighed', testId)).toHaveLength(1)
    expect(await versions()).toBe(versionBefore + 1)
    const stored = await env.DB.prepare('SELECT day, body FROM test_analyses WHERE test_id = ?')
      .bind(testId)
      .all<{ day: string; body: string }>()
    expect(stored.results.map(({ day }) => day)).toEqual([dayOf(now - DAY)])
    const said = await results(testId)
    expect(said).toMatchObject({ method: 'weighted', sampleRatio: { mismatch: false }, history: [{ day: dayOf(now - DAY) }] })
    expect(said.arms[0]).toMatchObject({ buyers: 56, netRevenue: 56 * 499 })
    expect(said.arms[0].perVisitor.value).toBeCloseTo((499 * 56) / 104, 6)
    expect(said.arms[0].exposed + said.arms[1].exposed).toBe(209)

    // Tomorrow's weights are in the snapshot already; the weights of today, made those of tomorrow, move nobody.
    const test = JSON.parse(
      (await env.DB.prepare('SELECT body FROM price_tests WHERE id = ?').bind(testId).first<string>('body')) as string,
    )
    test.epochs = [{ day: dayOf(now), weights: { control: 0.01, variant_1: 0.99 }, bySegment: {} }]
    await env.DB.prepare('UPDATE price_tests SET body = ? WHERE id = ?').bind(JSON.stringify(test), testId).run()
    await must('PATCH', '/api/settings', { holdoutShare: 0 })
    const again = await price(first.visitorId, 'country=US&device=mobile')
    expect(again.pricing).toMatchObject({ test: first.pricing.test, propensity: 0.5 })
    const record = await must('GET', `/api/decisions/${again.pricing.decisionId}?replay=1`, undefined, SK)
    expect(record.replay.identical).toBe(true)
    const drawn = await Promise.all(Array.from({ length: 20 }, () => price()))
    const propensities = drawn.map(({ pricing }) => [pricing.test.variant, pricing.propensity])
    expect(propensities.every(([arm, propensity]) => propensity === (arm === 'control' ? 0.01 : 0.99))).toBe(true)
    expect(propensities.filter(([arm]) => arm === 'variant_1').length).toBeGreaterThan(15)
  })

  it('changes at midnight without another compile, and for nobody who has an arm', async () => {
    const testId = await start({ allocation: 'thompson', startsAt: new Date(Date.now() - DAY).toISOString() })
    const test = JSON.parse(
      (await env.DB.prepare('SELECT body FROM price_tests WHERE id = ?').bind(testId).first<string>('body')) as string,
    )
    const [today, tomorrow] = [
      { control: 0.99, variant_1: 0.01 },
      { control: 0.01, variant_1: 0.99 },
    ].map((weights, days) => ({
      day: dayOf(Date.now() + days * DAY),
      weights,
      bySegment: {},
    }))
    test.epochs = [today, tomorrow]
    await env.DB.prepare('UPDATE price_tests SET body = ? WHERE id = ?').bind(JSON.stringify(test), testId).run()
    await must('PATCH', '/api/settings', { holdoutShare: 0 })
    const version = await versions()
    let had = await price()
    while (had.pricing.test.variant !== 'control') had = await price()
    expect(had.pricing.propensity).toBe(0.99)
    passTime(DAY)
    try {
      const after = await Promise.all(Array.from({ length: 8 }, () => price()))
      for (const { pricing } of after) expect(pricing.propensity).toBe(pricing.test.variant === 'control' ? 0.01 : 0.99)
      expect((await price(had.visitorId)).pricing).toMatchObject({ test: had.pricing.test, propensity: 0.99, optimizedPrice: 499 })
      expect((await testOf(testId)).arms.map(({ weight }: Json) => weight)).toEqual([0.01, 0.99])
    } finally {
      stopTime()
    }
    expect(await versions()).toBe(version)
  })

  it('keeps the arm a listing has shown, through new weights, for the page', async () => {
    const testId = await start({ allocation: 'thompson', startsAt: new Date(Date.now() - DAY).toISOString() })
    const listing = (await send('POST', '/api/pricing', { key: PK, body: { products: ['pro_bundle'], visitorId: 'new', country: 'US' } }))
      .body
    const { variant } = listing.prices[0].test
    const other = variant === 'control' ? 'variant_1' : 'control'
    const test = JSON.parse(
      (await env.DB.prepare('SELECT body FROM price_tests WHERE id = ?').bind(testId).first<string>('body')) as string,
    )
    test.epochs = [{ day: dayOf(Date.now()), weights: { [variant]: 0, [other]: 1 }, bySegment: {} }]
    await env.DB.prepare('UPDATE price_tests SET body = ? WHERE id = ?').bind(JSON.stringify(test), testId).run()
    await must('PATCH', '/api/settings', { holdoutShare: 0 })
    const seen = await price(listing.visitorId)
    expect(seen.pricing).toMatchObject({ test: { variant }, propensity: 0.5, optimizedPrice: listing.prices[0].optimizedPrice })
  })
})

describe('an arm that does harm', () => {
  const harmful = (now: number) =>
    ['control', 'variant_1'].flatMap((arm) =>
      Array.from({ length: 30 }, (_, n) => ({
        arm,
        at: now - 2 * HOUR + n,
        paid: 449,
        ...(arm === 'variant_1' && n % 3 ? { refunded: 449 } : {}),
      })),
    )

  it('is closed at the next look, with the statistic in the audit log; its people see the list price', async () => {
    const testId = await start({ testPrices: [499, 449, 549], startsAt: new Date(Date.now() - DAY).toISOString() })
    const now = Date.now()
    let had = await price()
    while (had.pricing.test.variant !== 'variant_1') had = await price()
    await importPast(testId, harmful(now))
    await runSchedule('price_watch', now, env)
    const [line] = await audit('price_test.arm_closed', testId)
    expect(line).toMatchObject({ actor: 'schedule', after: { arm: 'variant_1', harm: [{ rate: 'refunds', count: 20, controlCount: 0 }] } })
    expect(line.after.harm[0].statistic).toBeGreaterThan(line.after.harm[0].threshold)
    const closed = await testOf(testId)
    expect(closed).toMatchObject({
      status: 'running',
      arms: [{ closedAt: null }, { closedAt: expect.any(Number), weight: 0 }, { closedAt: null }],
    })
    expect(closed.epochs.at(-1)).toMatchObject({
      day: dayOf(closed.arms[1].closedAt + DAY),
      weights: { control: 0.5, variant_1: 0, variant_2: 0.5 },
    })
    const after = await price(had.visitorId)
    expect(after.pricing).toMatchObject({ optimizedPrice: 449, reason: 'list', test: null })
    const step = after.pricing.explain.find((each: Json) => each.step === 'test')
    expect(step).toMatchObject({ outcome: 'skipped', after: 499, detail: expect.stringContaining('did harm') })
    expect((await results(testId)).arms[1]).toMatchObject({ exposed: expect.any(Number), refunds: { count: 20, of: 30, rate: 2 / 3 } })

    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule('price_watch', now, env)
    expect(await audit('price_test.arm_closed', testId)).toHaveLength(1)
    const shipped = await send('POST', `/api/price-tests/${testId}/ship`, { body: { arm: 'variant_1' } })
    expect([shipped.status, shipped.body.code]).toEqual([409, 'conflict'])
  })

  it('is closed to everybody though a snapshot was compiled meanwhile by a clock that is ahead', async () => {
    const testId = await start({ testPrices: [499, 449, 549], startsAt: new Date(Date.now() - DAY).toISOString() })
    const now = Date.now()
    await importPast(testId, harmful(now))
    await env.DB.prepare('UPDATE config_roots SET compiled_at = ? WHERE version = (SELECT MAX(version) FROM config_roots)')
      .bind(Date.now() + HOUR)
      .run()
    const before = (await versions()) as number
    await runSchedule('price_watch', now, env)
    expect((await testOf(testId)).arms[1].closedAt).toEqual(expect.any(Number))
    expect(await versions()).toBe(before + 1)
  })

  it('ends a test of two, rolled back', async () => {
    const testId = await start({ startsAt: new Date(Date.now() - DAY).toISOString() })
    const now = Date.now()
    await importPast(testId, harmful(now))
    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule('price_watch', now, env)
    expect((await testOf(testId)).status).toBe('rolled_back')
    expect(await audit('price_test.rolled_back', testId)).toHaveLength(1)
    expect((await price()).pricing).toMatchObject({ optimizedPrice: 499, reason: 'list', test: null })
  })

  it('is not accused where nothing differs', async () => {
    const testId = await start({ startsAt: new Date(Date.now() - DAY).toISOString() })
    const now = Date.now()
    await importPast(
      testId,
      harmful(now).map(({ refunded: _, ...each }, n) => (n % 10 ? each : { ...each, failed: true })),
    )
    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule('price_watch', now, env)
    expect((await testOf(testId)).status).toBe('running')
    expect((await results(testId)).arms[0].paymentFailures).toEqual({ count: 3, of: 30, rate: 0.1 })
  })
})

describe('a test whose time is over', () => {
  it('is stopped, with what it said at the end', async () => {
    const startsAt = Date.now() - DAY
    const testId = await start({ startsAt: new Date(startsAt).toISOString(), duration: 2 })
    const later = startsAt + 3 * DAY
    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule('price_watch', later, env)
    expect((await testOf(testId)).status).toBe('stopped')
    const days = await env.DB.prepare('SELECT day FROM test_analyses WHERE test_id = ?').bind(testId).all<{ day: string }>()
    expect(days.results).toEqual([{ day: dayOf(startsAt + 2 * DAY - 1) }])
    expect(await audit('price_test.ended', testId)).toHaveLength(1)
    expect((await results(testId)).daysLeft).toBe(0)
  })
})

describe('shipping', () => {
  it('makes an arm the list price, with a ledger entry that names the test, once', async () => {
    const testId = await start()
    const before = await ledger()
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => send('POST', `/api/price-tests/${testId}/ship`, { body: { arm: 'variant_1' } })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(answers[0]?.body.test).toMatchObject({ status: 'shipped' })
    expect((await ledger()).slice(before.length)).toEqual([{ amount: 44_900, reason: `arm variant_1 of price test ${testId} shipped` }])
    expect(await listPrice()).toBe(449)
    expect((await price()).pricing).toMatchObject({ optimizedPrice: 449, listPrice: 449, reason: 'list', test: null })
    expect(await audit('price_test.shipped', testId)).toHaveLength(1)
    expect((await audit('product.repriced', 'pro_bundle'))[0]).toMatchObject({
      before: { amountMinor: 49_900 },
      after: { amountMinor: 44_900 },
    })
    const other = await send('POST', `/api/price-tests/${testId}/ship`, { body: { arm: 'control' } })
    expect([other.status, other.body.code]).toEqual([409, 'conflict'])
  })

  it('is taken back by a rollback, once, and not once the list price has moved on', async () => {
    const testId = await start()
    await must('POST', `/api/price-tests/${testId}/ship`, { arm: 'variant_1' })
    const before = await ledger()
    await Promise.all([1, 2].map(() => must('POST', `/api/price-tests/${testId}/rollback`)))
    expect((await testOf(testId)).status).toBe('rolled_back')
    expect((await ledger()).slice(before.length)).toEqual([{ amount: 49_900, reason: `arm variant_1 of price test ${testId} rolled back` }])
    expect((await price()).pricing).toMatchObject({ optimizedPrice: 499, reason: 'list' })

    const next = await start()
    await must('POST', `/api/price-tests/${next}/ship`, { arm: 'variant_1' })
    await must('PUT', '/api/products/pro_bundle', { name: 'Pro bundle', prices: [{ currency: 'USD', amount: 479 }] })
    const late = await send('POST', `/api/price-tests/${next}/rollback`)
    expect([late.status, late.body.code]).toEqual([409, 'conflict'])
    expect(await listPrice()).toBe(479)
  })

  it('is refused for an arm nobody knows, and for one outside the bounds of today', async () => {
    const testId = await start()
    const unknown = await send('POST', `/api/price-tests/${testId}/ship`, { body: { arm: 'variant_9' } })
    expect([unknown.status, unknown.body.code, unknown.body.field]).toEqual([422, 'invalid_arm', 'arm'])
    await must('PUT', '/api/products/pro_bundle', { name: 'Pro bundle', prices: [{ currency: 'USD', amount: 499, floor: 460 }] })
    const narrow = await send('POST', `/api/price-tests/${testId}/ship`, { body: { arm: 'variant_1' } })
    expect([narrow.status, narrow.body.code, narrow.body.field]).toEqual([422, 'price_out_of_bounds', 'arm'])
    expect((await testOf(testId)).status).toBe('running')
  })

  it('ends a running test without touching a price where nothing was shipped', async () => {
    const testId = await start()
    const before = await ledger()
    expect((await must('POST', `/api/price-tests/${testId}/rollback`)).test.status).toBe('rolled_back')
    expect(await ledger()).toEqual(before)
    const ship = await send('POST', `/api/price-tests/${testId}/ship`, { body: { arm: 'variant_1' } })
    expect([ship.status, ship.body.code]).toEqual([409, 'conflict'])
  })
})

describe('a switchback', () => {
  it('is counted by block: a person once, with what they bought in it', async () => {
    const testId = await start({ mode: 'switchback' })
    const [one, other] = [await price(), await price()]
    expect(one.pricing.test.variant).toBe(other.pricing.test.variant)
    await price(one.visitorId, 'country=US&device=mobile')
    const { optimizedPrice: paid, quote } = one.pricing
    await must('POST', '/api/revenue/event', { event: 'purchase', transactionId: `sb_${testId}`, visitorId: one.visitorId, quote }, SK)
    await settleNew()
    const said = await results(testId)
    const { variant } = one.pricing.test
    expect(said.method).toBe('blocks')
    expect(said.blocks.find((each: Json) => each.arm === variant)).toEqual({ arm: variant, blocks: 1, visitors: 2, netRevenue: paid })
    expect(said.arms.find((each: Json) => each.key === variant)).toMatchObject({ exposed: 2, buyers: 1, netRevenue: paid })

    // The two turn out to be one person, who then asks to be forgotten: they count once, and what they gave stays.
    for (const { visitorId } of [one, other]) await must('POST', '/api/identify', { visitorId, customerId: 'cus_blocks' }, SK)
    settled.clear()
    await settleNew()
    const ofVariant = async () => (await results(testId)).blocks.find((each: Json) => each.arm === variant)
    expect(await ofVariant()).toEqual({ arm: variant, blocks: 1, visitors: 1, netRevenue: paid })
    await must('DELETE', '/api/customers/cus_blocks')
    settled.clear()
    await settleNew()
    expect(await ofVariant()).toEqual({ arm: variant, blocks: 1, visitors: 1, netRevenue: paid })
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true } })
  })
})

describe('a randomised test where prices may not be drawn by lot', () => {
  it('runs, and is read, as a switchback', async () => {
    const testId = await start()
    const { pricing, visitorId } = await price('new', 'country=DE')
    expect(pricing).toMatchObject({ reason: 'test', priceClass: 'uniform', propensity: 1 })
    expect((await price('new', 'country=DE')).pricing.test.variant).toBe(pricing.test.variant)
    expect(visitorId).toEqual(expect.any(String))
    await settleNew()
    const said = await results(testId)
    expect(said.method).toBe('blocks')
    expect(said.arms.find((each: Json) => each.key === pricing.test.variant)).toMatchObject({ exposed: 2, buyers: 0 })
  })
})

describe('the jobs of price tests', () => {
  it('look after the others where one test cannot be read, and say so', async () => {
    const broken = await start()
    const startsAt = Date.now() - DAY
    await env.DB.prepare("UPDATE price_tests SET body = json_set(body, '$.arms', NULL) WHERE id = ?").bind(broken).run()
    await must('PUT', '/api/products/starter_bundle', { name: 'Starter bundle', prices: [{ currency: 'USD', amount: 199 }] })
    const other = await start({
      productId: 'starter_bundle',
      testPrices: [199, 179],
      startsAt: new Date(startsAt).toISOString(),
      duration: 2,
    })
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    await expect(runSchedule('price_watch', startsAt + 3 * DAY, env)).rejects.toThrow()
    expect(logged).toHaveBeenCalledWith('price test', broken, expect.anything())
    logged.mockRestore()
    expect((await testOf(other)).status).toBe('stopped')
    await env.DB.prepare('DELETE FROM price_tests WHERE id = ?').bind(broken).run()
  })

  it('put in force what a run before them had saved without compiling it', async () => {
    const testId = await start()
    const before = (await versions()) as number
    await env.DB.prepare("INSERT INTO audit_log (at, actor, action, subject) VALUES (?, 'schedule', 'price_test.reweighed', ?)")
      .bind(Date.now() + 1, testId)
      .run()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await runSchedule('price_watch', Date.now(), env)
    expect(await versions()).toBe(before + 1)
    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule('price_watch', Date.now(), env)
    expect(await versions()).toBe(before + 1)
  })
})

describe('a test of margin, read by segments', () => {
  it('takes the unit cost from what people paid, and tells segments apart', async () => {
    await must('PUT', '/api/products/pro_bundle', { name: 'Pro bundle', prices: [{ currency: 'USD', amount: 499, unitCost: 40 }] })
    const testId = await start({ metric: 'margin', segments: 'device' })
    const { pricing, visitorId } = await price('new', 'country=US&device=mobile')
    const { optimizedPrice: paid, quote, decisionId } = pricing
    await must('POST', '/api/revenue/event', { event: 'purchase', transactionId: `m_${testId}`, visitorId, quote, quantity: 1 }, SK)
    await settleNew()
    const record = await must('GET', `/api/decisions/${decisionId}`, undefined, SK)
    expect(JSON.stringify(record)).toContain('"unitCostMinor":4000')
    const sums = await env.DB.prepare(
      "SELECT metric, dimension, value, sum FROM rollups WHERE scope LIKE ? || '@%' ORDER BY metric, dimension",
    )
      .bind(testId)
      .all<{ metric: string; dimension: string; value: string; sum: number }>()
    const minor = Math.round(paid * 100)
    const { variant } = pricing.test
    expect(sums.results.filter(({ metric }) => /reward_sum|test_revenue/.test(metric))).toEqual(
      [
        { metric: 'test_revenue', dimension: 'arm', value: variant, sum: minor },
        { metric: 'test_revenue', dimension: 'segment', value: `mobile|${variant}`, sum: minor },
        { metric: 'test_reward_sum', dimension: 'arm', value: variant, sum: minor - 4_000 },
        { metric: 'test_reward_sum', dimension: 'segment', value: `mobile|${variant}`, sum: minor - 4_000 },
      ].sort((a, b) => (`${a.metric}${a.dimension}` < `${b.metric}${b.dimension}` ? -1 : 1)),
    )
    const said = await results(testId)
    expect(said.arms.find((each: Json) => each.key === variant)).toMatchObject({ exposed: 1, buyers: 1, netRevenue: paid })
    expect(said.segments).toMatchObject([{ segment: 'mobile' }])
    expect(said.segments[0].arms.find((each: Json) => each.key === variant)).toMatchObject({ exposed: 1, buyers: 1, netRevenue: paid })
  })
})
