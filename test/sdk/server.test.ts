import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, DEMO_PUBLISHABLE_KEY, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { ServerClient } from '../../client-sdk/server/index.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** The built client, as a shop runs it, against the running Worker. */

let server: TestServer
let fairlead: ServerClient
let createServerClient: typeof import('../../client-sdk/server/index.ts').createServerClient
/** Statuses of all answers, in order. */
const statuses: number[] = []

const noting: typeof fetch = async (...sent) => {
  const response = await fetch(...sent)
  statuses.push(response.status)
  return response
}

beforeAll(async () => {
  server = await startServer({ variables: { PRICE_BUDGET: '10000', FIRST_PRICE_BUDGET: '10000' } })
  await configure(server.url)
  // Whoever is held out is drawn into nothing.
  await call({ url: server.url }, 'PATCH', '/api/settings', { holdoutShare: 0 })
  const { secret: identitySecret } = await call<{ secret: string }>({ url: server.url }, 'POST', '/api/settings/identity-secret')
  const scopes = ['decide', 'behaviour', 'money', 'read', 'admin']
  const { secret: key } = await call<{ secret: string }>({ url: server.url }, 'POST', '/api/keys', { name: 'All', kind: 'secret', scopes })
  ;({ createServerClient } = await import(join(ROOT, 'dist/server/index.mjs')))
  fairlead = createServerClient({ url: server.url, key, identitySecret, fetch: noting })
})
afterAll(() => server?.stop())

const newVisitor = async (): Promise<string> => {
  const { visitorId } = await fairlead.pricing.getOptimizedPrice('starter_monthly', { visitorId: 'new', country: 'US' })
  return visitorId as string
}

describe('the server client', () => {
  it('prices for a new visitor, keeps the price, and passes the quote on to the purchase', async () => {
    const first = await fairlead.pricing.getOptimizedPrice('pro_bundle', { visitorId: 'new', country: 'US' })
    const { optimizedPrice, quote } = first.pricing
    expect([449, 499, 549]).toContain(optimizedPrice)
    expect(first).toMatchObject({ success: true, pricing: { productId: 'pro_bundle', listPrice: 499, currency: 'USD', fallback: false } })
    const visitorId = first.visitorId as string
    const again = await fairlead.orchestrator.getOptimizedPricing('pro_bundle', { visitorId, country: 'US' })
    expect(again.pricing).toMatchObject({ optimizedPrice, quote })
    const listing = await fairlead.pricing.getPrices(['pro_bundle', 'starter_bundle', 'nothing'], { visitorId, country: 'US' })
    expect(listing.prices.map((each) => [each.productId, each.optimizedPrice])[0]).toEqual(['pro_bundle', optimizedPrice])
    expect(listing.unknown).toEqual(['nothing'])

    const question = { quote: quote as string, productId: 'pro_bundle', visitorId }
    expect(await fairlead.pricing.verifyQuote(question)).toMatchObject({ valid: true, code: null, quote: { amount: optimizedPrice } })
    expect(await fairlead.pricing.verifyQuote({ ...question, productId: 'starter_bundle' })).toMatchObject({
      valid: false,
      code: 'quote_wrong_product',
    })

    const order = { event: 'purchase', id: 'ord_1', transactionId: 'ord_1', visitorId, quote: quote as string }
    const bought = await fairlead.analytics.recordRevenueEvent(order)
    expect(bought).toMatchObject({ success: true, eventId: 'ord_1', status: 'accepted', verified: true, deduplicable: true })
    expect(await fairlead.orchestrator.processRevenueEvent(order)).toMatchObject({ status: 'duplicate', bookedDay: bought.bookedDay })
    const figures = () => fairlead.analytics.getDashboardData({ timeframe: '7d', includeCohorts: true })
    const { cohorts } = await until(figures, ({ figures }) => figures.grossRevenue.value === optimizedPrice, 30_000)
    expect(cohorts).toMatchObject([{ customers: 1, revenueByMonth: [optimizedPrice] }])
    expect((await fairlead.analytics.getDashboardData({ timeframe: '7d' })).cohorts).toBeNull()
  })

  it('forecasts recurring revenue, and says where there is no history to do it from', async () => {
    const { forecast } = await fairlead.forecasting.generateMRRForecast(6, { currency: 'USD' })
    expect(forecast).toMatchObject({ metric: 'mrr', currency: 'USD', horizon: 6, points: [], warning: { code: 'no_history' } })
  })

  it('starts a price test once for a key, reads it and stops it', async () => {
    const input = { productId: 'starter_bundle', testPrices: [179, 199, 219], duration: 14 }
    const started = await fairlead.pricing.startPriceTest(input, { idempotencyKey: 'starter-1' })
    expect(started).toMatchObject({ success: true, message: expect.any(String), test: { status: 'running', currency: 'USD' } })
    expect(started.test.arms.map(({ amount }) => amount).sort()).toEqual([179, 199, 219])
    expect(await fairlead.pricing.startPriceTest(input, { idempotencyKey: 'starter-1' })).toEqual(started)
    await expect(fairlead.pricing.startPriceTest(input)).rejects.toMatchObject({
      name: 'FairleadError',
      code: 'test_already_running',
      field: 'productId',
      status: 422,
      retryable: false,
    })
    expect(await fairlead.pricing.getPriceTest(started.testId)).toMatchObject({ test: { id: started.testId, status: 'running' } })
    expect(await fairlead.pricing.stopPriceTest(started.testId)).toMatchObject({ testId: started.testId, test: { status: 'stopped' } })
    expect(await fairlead.pricing.getPriceTest(started.testId)).toMatchObject({ test: { status: 'stopped' } })
  })

  it('ships an arm of a price test, and takes it back', async () => {
    const { testId } = await fairlead.pricing.startPriceTest({ productId: 'starter_bundle', testPrices: [179, 199], duration: 14 })
    const { results } = await fairlead.pricing.getPriceTest(testId)
    expect(results).toMatchObject({ verdict: 'keep_running', arms: [{ amount: 199, perVisitor: null }, { amount: 179 }] })
    expect(await fairlead.pricing.shipPriceTest(testId, 'variant_1')).toMatchObject({ testId, test: { status: 'shipped' } })
    await expect(fairlead.pricing.shipPriceTest(testId, 'control')).rejects.toMatchObject({ code: 'conflict', retryable: false })
    expect(await fairlead.pricing.rollBackPriceTest(testId)).toMatchObject({ test: { status: 'rolled_back' } })
  })

  it('tells what a price rule would do, saves it, tells it of the market, and takes it away', async () => {
    const rule = { kind: 'inventory', name: 'Stock', sensitivity: 1, minimum: 0.9, maximum: 1.2, reference: 100 } as const
    expect(await fairlead.pricing.previewRule(rule)).toMatchObject({ preview: { decisions: expect.any(Number) } })
    expect(await fairlead.pricing.saveRule('stock', rule)).toMatchObject({
      rule: { id: 'stock', lawClass: 'uniform' },
      preview: { forbidden: 0 },
    })
    const told = await fairlead.pricing.setMarketSignals([{ productId: 'starter_bundle', signal: 'inventory', value: 100 }])
    expect(told.signals).toMatchObject([{ productId: 'starter_bundle', signal: 'inventory', value: 100 }])
    expect((await fairlead.pricing.listRules()).rules.map(({ id }) => id)).toContain('stock')
    expect(await fairlead.pricing.removeRule('stock')).toMatchObject({ success: true })
    await expect(fairlead.pricing.saveRule('stock', { ...rule, condition: { gender: 'f' } })).rejects.toMatchObject({
      code: 'protected_attribute',
      field: 'condition.gender',
    })
  })

  it('creates an experiment, evaluates it as a flag, and reads who has seen what', async () => {
    const { testId, experiment } = await fairlead.funnel.createFunnelTest({
      name: 'Checkout button',
      funnelStep: 'checkout',
      variants: [{ name: 'Buy now', config: 'Buy now' }, { name: 'Start today' }],
      duration: 14,
    })
    expect(experiment).toMatchObject({ key: testId, funnelStep: 'checkout', status: 'running' })
    const flag = await fairlead.flags.evaluate(testId, { targetingKey: await newVisitor(), country: 'US' })
    expect(experiment.variants.map(({ key }) => key)).toContain(flag.variant)
    expect(flag).toMatchObject({ key: testId, reason: 'SPLIT', metadata: { experimentId: `${testId}@1` } })
    const seen = await until(
      () => fairlead.funnel.getFunnelTest(testId),
      ({ counts }) => counts.variants.some(({ exposed }) => exposed > 0),
      30_000,
    )
    expect(seen.counts.variants.find(({ key }) => key === flag.variant)).toMatchObject({ exposed: 1, buyers: 0 })
    expect(seen.results).toMatchObject({ verdict: 'keep_running', exposures: { total: 1 } })
    const page = await fairlead.funnel.listFunnelTests({ limit: 100 })
    expect(page.experiments.map(({ key }) => key)).toContain(testId)
    expect((await fairlead.funnel.changeFunnelTest(testId, { weights: [0.4, 0.6] })).experiment.version).toBe(2)
    await expect(fairlead.funnel.changeFunnelTest(testId, { seed: 'x' })).rejects.toMatchObject({ code: 'immutable_field', field: 'seed' })
    expect((await fairlead.funnel.shipFunnelTest(testId, 'start_today')).experiment).toMatchObject({
      status: 'stopped',
      shipped: 'start_today',
    })
    expect((await fairlead.funnel.archiveFunnelTest(testId)).experiment.status).toBe('archived')
    const draft = await fairlead.funnel.createFunnelTest({ name: 'Later', variants: [{ name: 'a' }, { name: 'b' }], draft: true })
    expect((await fairlead.funnel.startFunnelTest(draft.testId)).experiment.status).toBe('running')
    expect((await fairlead.funnel.stopFunnelTest(draft.testId)).experiment).toMatchObject({ status: 'stopped', ending: 'stopped' })
    expect(await fairlead.analytics.getHoldout()).toMatchObject({ success: true, currency: 'USD', share: expect.any(Number) })
    await expect(fairlead.flags.evaluate('nothing', { targetingKey: 'x' })).rejects.toMatchObject({ code: 'not_found', status: 404 })
  })

  it('evaluates a price as a flag, and all flags without a body when nothing has changed', async () => {
    const targetingKey = await newVisitor()
    const price = await fairlead.flags.evaluate('price:pro_bundle', { targetingKey, country: 'US' })
    expect(price.value).toMatchObject({ productId: 'pro_bundle', listPrice: 499 })
    statuses.length = 0
    const first = await fairlead.flags.evaluateAll({ targetingKey, country: 'US', products: ['pro_bundle'] })
    expect(first.flags.map(({ key }) => key)).toContain('price:pro_bundle')
    expect(await fairlead.flags.evaluateAll({ targetingKey, country: 'US', products: ['pro_bundle'] })).toEqual(first)
    await fairlead.flags.evaluateAll({ targetingKey, country: 'DE', products: ['pro_bundle'] })
    expect(statuses).toEqual([200, 304, 200])
  })

  it('tracks behaviour one by one and together, each settled by itself', async () => {
    const customerId = 'cus_tracked'
    const { trackFunnelEvent } = fairlead.funnel
    expect(await trackFunnelEvent({ event: 'page_view', customerId })).toMatchObject({ status: 'accepted', deduplicable: false })
    const view = { id: 'evt_1', eventType: 'view_item', userId: customerId, productId: 'pro_bundle' }
    expect(await fairlead.upsell.trackBehaviorEvent(view)).toMatchObject({ id: 'evt_1', status: 'accepted', deduplicable: true })
    const used = { activity: 'feature_used', customerId, metadata: { feature: 'export' } }
    expect(await fairlead.success.trackCustomerActivity(used)).toMatchObject({ status: 'accepted' })
    await expect(trackFunnelEvent({ event: 'view_item' })).rejects.toMatchObject({
      code: 'missing_field',
      field: 'customerId',
      status: 200,
    })

    const many = Array.from({ length: 120 }, (_, at) => ({ id: `many_${at}`, event: 'page_view', customerId }))
    const answer = await fairlead.track([view, { ...view, id: 'evt_2', timestamp: '2099-01-01T00:00:00Z' }, ...many])
    expect(answer).toMatchObject({ accepted: 120, duplicate: 1, rejected: 1, retry: 0, message: '120 of 122 accepted' })
    expect(answer.results[0]).toMatchObject({ index: 0, id: 'evt_1', status: 'duplicate' })
    expect(answer.results[1]).toMatchObject({ index: 1, status: 'rejected', code: 'time_in_future' })
    expect(answer.results[121]).toMatchObject({ index: 121, id: 'many_119', status: 'accepted' })
    const { steps } = await until(
      () => fairlead.funnel.getFunnel({ timeframe: '7d' }),
      ({ steps }) => (steps[1]?.entered ?? 0) > 0,
      30_000,
    )
    expect(steps[0]).toMatchObject({ step: 'landing', ofFirst: 1 })
  })

  it('signs tokens that let a browser speak for one customer', async () => {
    const token = await fairlead.customers.signCustomerToken('cus_signed', { expiresInSeconds: 600 })
    const browser = { url: server.url, key: DEMO_PUBLISHABLE_KEY }
    const visitorId = await newVisitor()
    const say = (customerId: string) => call(browser, 'POST', '/api/identify', { visitorId, customerId, token })
    await expect(say('cus_other')).rejects.toMatchObject({ code: 'invalid_token' })
    expect(await say('cus_signed')).toMatchObject({ success: true, customerId: 'cus_signed', merged: true, subject: visitorId })
    const aDay = await fairlead.customers.signCustomerToken('cus_signed', { expiresInSeconds: 86_400 })
    expect(await call(browser, 'GET', `/api/pricing/pro_bundle?token=${aDay}&country=US`)).toMatchObject({ success: true })
  })

  it('identifies, exports and erases a customer', async () => {
    const visitorId = await newVisitor()
    await fairlead.track([{ id: 'seen', event: 'view_item', visitorId, productId: 'pro_bundle' }])
    const known = await fairlead.customers.identify(visitorId, 'cus_forgotten')
    expect(known).toMatchObject({ visitorId, customerId: 'cus_forgotten', subject: visitorId, merged: true })
    const kept = await until(
      () => fairlead.customers.exportCustomer('cus_forgotten'),
      ({ events }) => events.some(({ id }) => id === 'seen'),
    )
    expect(kept).toMatchObject({ customerId: 'cus_forgotten', subject: visitorId })
    expect(await fairlead.customers.eraseCustomer('cus_forgotten')).toMatchObject({ success: true, message: expect.any(String) })
    await expect(fairlead.customers.exportCustomer('cus_forgotten')).rejects.toMatchObject({ code: 'not_found', status: 404 })
    const late = { id: 'late', event: 'view_item', customerId: 'cus_forgotten', productId: 'pro_bundle' }
    await expect(fairlead.funnel.trackFunnelEvent(late)).rejects.toMatchObject({ code: 'erased' })
  })

  it('is told what its key may not do', async () => {
    const stranger = createServerClient({ url: server.url, key: 'sk_of_nobody' })
    await expect(stranger.funnel.getFunnel()).rejects.toMatchObject({ code: 'unauthorized', status: 401, retryable: false })
    const shop = createServerClient({ url: server.url, key: DEMO_SECRET_KEY })
    await expect(shop.customers.eraseCustomer('cus_1')).rejects.toMatchObject({
      code: 'forbidden',
      message: 'this key lacks the scope admin',
    })
    const browser = createServerClient({ url: server.url, key: DEMO_PUBLISHABLE_KEY })
    await expect(browser.analytics.getDashboardData()).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'send a secret key or sign in',
    })
    expect(await browser.pricing.getOptimizedPrice('pro_bundle', { visitorId: await newVisitor() })).toMatchObject({ success: true })
  })
})
