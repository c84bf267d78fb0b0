import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient } from '../client-sdk/server/client.ts'
import { createServerClient, FairleadError, type ServerClientOptions } from '../client-sdk/server/index.ts'
import { delayMs } from '../client-sdk/server/retries.ts'
import { MAXIMUM_BODY_BYTES } from '../worker/contract/events.ts'
import { type Scripted, ScriptedServer, type Seen } from './support/scripted-server.ts'

const KEY = 'sk_secret_of_the_shop'
const NOW = Date.UTC(2026, 10, 25, 12)
const server = new ScriptedServer()
let url: string
let pauses: number[]

beforeAll(async () => {
  url = await server.start()
})
afterAll(() => server.stop())
beforeEach(() => {
  pauses = []
  server.script()
})

/** A client that waits for nothing: it notes how long it would have. */
function client(options: Partial<ServerClientOptions> = {}) {
  let minted = 0
  const pause = async (delayMs: number) => {
    pauses.push(delayMs)
  }
  return createClient({ url, key: KEY, ...options }, { now: () => NOW, random: () => 0.5, mintId: () => `minted_${++minted}`, pause })
}

const problem = (status: number, code: string, more: object = {}): Scripted => ({
  status,
  body: { success: false, code, error: `this is ${code}`, status, ...more },
  headers: { 'content-type': 'application/problem+json' },
})
const refusal = async (promise: Promise<unknown>): Promise<FairleadError> => {
  const error = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(FairleadError)
  return error as FairleadError
}

const sentEvents = (seen: Seen): { id: string; event: string }[] => JSON.parse(seen.body).events
/** Settles each event as `statusOf` says. */
const settling =
  (statusOf: (id: string) => string) =>
  (seen: Seen): Scripted => {
    const results = sentEvents(seen).map(({ id }, index) => {
      const status = statusOf(id)
      return { index, id, status, ...(status === 'accepted' && { deduplicable: true }), ...(status === 'retry' && { code: 'unavailable' }) }
    })
    return { status: 200, body: { success: true, message: '', results } }
  }

describe('a call of the server client', () => {
  it('is sent again after a broken connection and each status that passes, and then answers', async () => {
    server.script(
      'break',
      problem(429, 'too_many_requests'),
      { status: 502, body: '<html>' },
      { status: 200, body: { success: true, funnel: 1 } },
    )
    expect(await client().funnel.getFunnel({ timeframe: '7d' })).toEqual({ success: true, funnel: 1 })
    expect(server.seen.map(({ path, query }) => `${path}?${query}`)).toEqual(Array(4).fill('/api/funnel?timeframe=7d'))
    expect(server.seen[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, accept: 'application/json' })
  })

  it.each([
    ['503', problem(503, 'unavailable'), { code: 'unavailable', status: 503, message: 'this is unavailable' }],
    ['504', { status: 504, body: 'gateway' }, { code: 'http_504', status: 504 }],
    ['no answer', 'break', { code: 'network', status: 0, cause: expect.anything() }],
  ] as const)('gives up after its retries at %s, and says that it may do better later', async (_, step, expected) => {
    server.script(step)
    expect(await refusal(client().funnel.getFunnel())).toMatchObject({ ...expected, retryable: true })
    expect(server.seen).toHaveLength(4)
    server.script(step)
    await refusal(client({ retries: 1 }).funnel.getFunnel())
    expect(server.seen).toHaveLength(2)
    server.script(step)
    await refusal(client().funnel.getFunnel({}, { retries: 0 }))
    expect(server.seen).toHaveLength(1)
  })

  it.each([
    [400, 'missing_field'],
    [401, 'unauthorized'],
    [404, 'not_found'],
    [409, 'conflict'],
    [422, 'test_already_running'],
    [500, 'internal'],
  ])('is never sent again after %i', async (status, code) => {
    server.script(problem(status, code, { field: 'productId' }))
    const error = await refusal(client().pricing.startPriceTest({ productId: 'p', testPrices: [1, 2], duration: 1 }))
    expect(error).toMatchObject({ name: 'FairleadError', code, field: 'productId', status, retryable: false, message: `this is ${code}` })
    expect(server.seen).toHaveLength(1)
    expect(pauses).toEqual([])
  })

  it('waits as long as it is asked to, and a little more each time', async () => {
    const busy = problem(503, 'unavailable')
    server.script({ ...busy, headers: { 'retry-after': '2' } }, busy, busy, { status: 200 })
    await client().funnel.getFunnel()
    expect(pauses).toEqual([2000 + 150, 300, 600])
  })

  it('ends a try that gets no answer in time, and tries again', async () => {
    server.script('silence')
    const error = await refusal(client({ timeoutMs: 60, retries: 1 }).funnel.getFunnel())
    expect(error).toMatchObject({ code: 'timeout', status: 0, retryable: true, message: `no answer from ${url} within 60 ms` })
    expect(server.seen).toHaveLength(2)
    server.script('silence', { status: 200, body: { success: true, late: false } })
    expect(await client().funnel.getFunnel({}, { timeoutMs: 60 })).toEqual({ success: true, late: false })
  })

  it('takes a redirect for a wrong address, and what is no answer of ours for another server', async () => {
    server.script({ status: 301, headers: { location: `${url}/elsewhere` } })
    expect(await refusal(client().funnel.getFunnel())).toMatchObject({ code: 'http_301', retryable: false })
    for (const body of ['<!doctype html>', '', 'null', '"ok"']) {
      server.script({ status: 200, body })
      expect(await refusal(client().funnel.getFunnel())).toMatchObject({ code: 'unreadable', status: 200, retryable: false })
      expect(server.seen).toHaveLength(1)
    }
    server.script({ status: 304 })
    expect(await refusal(client().flags.evaluateAll({}))).toMatchObject({ code: 'http_304' })
  })

  it('finds the Worker below a path of the address', async () => {
    await client({ url: `${url}/prices?x=1#y` }).customers.exportCustomer('cus/42 ü')
    expect(server.seen[0]?.path).toBe('/prices/api/customers/cus%2F42%20%C3%BC/export')
  })

  it.each(['', '.', '..'])('refuses the id %j, which would lead to another path', async (id) => {
    const { customers, flags, pricing } = client()
    for (const call of [
      customers.eraseCustomer(id),
      flags.evaluate(id, {}),
      pricing.getOptimizedPrice(id),
      pricing.stopPriceTest(id),
      pricing.shipPriceTest(id, 'control'),
      pricing.rollBackPriceTest(id),
      pricing.saveRule(id, { kind: 'market', name: 'rule' }),
      pricing.removeRule(id),
    ])
      expect(await refusal(call)).toMatchObject({ code: 'invalid_id', status: 0 })
    expect(server.seen).toEqual([])
  })
})

describe('what is made', () => {
  const test = { name: 'hero', variants: [{ name: 'a' }, { name: 'b' }] }
  const keys = () => server.seen.map(({ headers }) => headers['idempotency-key'])

  it('carries one idempotency key through all tries of a call, and another one in the next', async () => {
    server.script('break', problem(503, 'unavailable'), { status: 200 })
    const { funnel, pricing } = client()
    await funnel.createFunnelTest(test)
    await pricing.startPriceTest({ productId: 'p', testPrices: [1, 2], duration: 1 })
    expect(keys()).toEqual(['minted_1', 'minted_1', 'minted_1', 'minted_2'])
    expect(server.seen.map(({ path }) => path).slice(2)).toEqual(['/api/experiments', '/api/price-tests'])
  })

  it('takes the caller’s own key, where it is one', async () => {
    await client().funnel.createFunnelTest(test, { idempotencyKey: 'deploy-17' })
    expect(keys()).toEqual(['deploy-17'])
    for (const idempotencyKey of ['', 'two words', 'line\nbreak', 'ü', 'x'.repeat(256)])
      expect(await refusal(client().funnel.createFunnelTest(test, { idempotencyKey }))).toMatchObject({ field: 'idempotencyKey' })
    expect(server.seen).toHaveLength(1)
  })
})

describe('an event', () => {
  const idsSent = () => server.seen.map(({ body }) => JSON.parse(body).id ?? JSON.parse(body).events[0].id)

  it('without an id gets one before the first try, and keeps it', async () => {
    const answer = { status: 200, body: { success: true, eventId: 'minted_1', deduplicable: true } }
    server.script('break', problem(503, 'unavailable'), answer)
    expect(await client().analytics.recordRevenueEvent({ event: 'purchase', customerId: 'c' })).toMatchObject({ deduplicable: false })
    expect(idsSent()).toEqual(['minted_1', 'minted_1', 'minted_1'])
    server.script(
      'break',
      settling(() => 'accepted'),
    )
    expect(await client().upsell.trackBehaviorEvent({ event: 'add_to_cart', customerId: 'c' })).toMatchObject({
      status: 'accepted',
      deduplicable: false,
    })
    expect(idsSent()).toEqual(['minted_1', 'minted_1'])
  })

  it('keeps the id it has', async () => {
    server.script({ status: 200, body: { success: true, deduplicable: true } })
    const event = { id: 'ord_1', event: 'purchase', customerId: 'c' }
    expect(await client().orchestrator.processRevenueEvent(event)).toMatchObject({ deduplicable: true })
    server.script(settling(() => 'accepted'))
    expect(await client().success.trackCustomerActivity(event)).toMatchObject({ id: 'ord_1', deduplicable: true })
    expect(idsSent()).toEqual(['ord_1'])
  })

  it('by itself rejects with the code of its refusal', async () => {
    const result = { index: 0, id: 'e', status: 'rejected', code: 'time_in_future', field: 'timestamp', message: 'the time lies ahead' }
    server.script({ status: 200, body: { success: true, results: [result] } })
    const error = await refusal(client().funnel.trackFunnelEvent({ id: 'e', event: 'view_item' }))
    expect(error).toMatchObject({
      code: 'time_in_future',
      field: 'timestamp',
      message: 'the time lies ahead',
      status: 200,
      retryable: false,
    })
    expect(server.seen).toHaveLength(1)
  })

  it('of money is not sent with a publishable key, from which it would not be revenue', async () => {
    const error = await refusal(client({ key: 'pk_storefront' }).analytics.recordRevenueEvent({ event: 'purchase' }))
    expect(error).toMatchObject({ code: 'unauthorized', status: 0 })
    expect(server.seen).toEqual([])
  })
})

describe('a batch', () => {
  const events = (count: number, metadata: Record<string, unknown> = {}) =>
    Array.from({ length: count }, (_, at) => ({ id: `e${at}`, event: 'x', metadata }))
  const idsOf = (seen: Seen) => sentEvents(seen).map(({ id }) => id)

  it('goes a hundred at a time, with results in the order of its events', async () => {
    server.script(settling((id) => (id === 'e140' ? 'rejected' : id === 'e249' ? 'duplicate' : 'accepted')))
    const answer = await client().track(events(250))
    expect(server.seen.map((seen) => idsOf(seen).length)).toEqual([100, 100, 50])
    expect(answer).toMatchObject({ success: true, message: '248 of 250 accepted', accepted: 248, duplicate: 1, rejected: 1, retry: 0 })
    expect(answer.results.map(({ index, id }) => `${index} ${id}`)).toEqual(events(250).map(({ id }, at) => `${at} ${id}`))
    expect(answer.results[140]?.status).toBe('rejected')
  })

  it('goes in bodies that the Worker takes, and what is too large alone', async () => {
    server.script((seen) => (seen.body.length > MAXIMUM_BODY_BYTES ? problem(413, 'body_too_large') : settling(() => 'accepted')(seen)))
    const large = { note: 'ü'.repeat(60_000) }
    const { results } = await client().track([
      ...events(9, large),
      { id: 'giant', event: 'x', note: 'x'.repeat(600_000) },
      { id: 'last', event: 'x' },
    ])
    for (const seen of server.seen.filter((seen) => !idsOf(seen).includes('giant')))
      expect(Buffer.byteLength(seen.body)).toBeLessThanOrEqual(MAXIMUM_BODY_BYTES)
    expect(server.seen.map(idsOf).find((ids) => ids.includes('giant'))).toEqual(['giant'])
    expect(results.map(({ status }) => status)).toEqual([...Array(9).fill('accepted'), 'rejected', 'accepted'])
    expect(results[9]).toMatchObject({ id: 'giant', code: 'body_too_large' })
  })

  it('sends again only what could not be settled', async () => {
    server.script(
      settling((id) => (['e1', 'e3'].includes(id) ? 'retry' : 'accepted')),
      settling((id) => (id === 'e3' ? 'retry' : 'accepted')),
      problem(503, 'unavailable'),
      settling(() => 'accepted'),
    )
    const answer = await client().track(events(5))
    expect(server.seen.map(idsOf)).toEqual([['e0', 'e1', 'e2', 'e3', 'e4'], ['e1', 'e3'], ['e3'], ['e3']])
    expect(answer).toMatchObject({ accepted: 5, retry: 0 })
    expect(pauses).toEqual([150, 300, 600])
  })

  it('says what is left to be sent once more when its tries are over', async () => {
    server.script(settling((id) => (id === 'e1' ? 'retry' : 'accepted')))
    const answer = await client({ retries: 2 }).track(events(3))
    expect(server.seen.map(idsOf)).toEqual([['e0', 'e1', 'e2'], ['e1'], ['e1']])
    expect(answer).toMatchObject({ accepted: 2, retry: 1 })
    expect(answer.results[1]).toMatchObject({ index: 1, id: 'e1', status: 'retry', code: 'unavailable' })
  })

  it('keeps what was settled when the server goes away, and asks it no more', async () => {
    server.script(
      settling(() => 'accepted'),
      'break',
    )
    const answer = await client({ retries: 1 }).track(events(300))
    expect(server.seen).toHaveLength(3)
    expect(answer).toMatchObject({ accepted: 100, retry: 200 })
    expect(answer.results[299]).toMatchObject({ index: 299, id: 'e299', status: 'retry', code: 'network' })
  })

  it('rejects when nothing was settled, at once where the key is wrong', async () => {
    server.script(problem(503, 'unavailable'))
    expect(await refusal(client({ retries: 1 }).track(events(150)))).toMatchObject({ code: 'unavailable', retryable: true })
    expect(server.seen).toHaveLength(2)
    server.script(problem(401, 'unauthorized'))
    expect(await refusal(client().track(events(150)))).toMatchObject({ code: 'unauthorized', status: 401 })
    expect(server.seen).toHaveLength(1)
    server.script(problem(413, 'body_too_large'))
    expect(await refusal(client().track(events(1)))).toMatchObject({ code: 'body_too_large', status: 413 })
  })

  it('leaves to be sent again what an answer says nothing of', async () => {
    server.script({ status: 200, body: { success: true } })
    const answer = await client({ retries: 1 }).track(events(2))
    expect(answer).toMatchObject({ accepted: 0, retry: 2, results: [{ index: 0, id: 'e0', status: 'retry' }, { id: 'e1' }] })
    expect(server.seen).toHaveLength(2)
  })

  it('of nothing asks nobody', async () => {
    expect(await client().track([])).toMatchObject({ success: true, accepted: 0, results: [] })
    expect(server.seen).toEqual([])
  })
})

describe('analytics', () => {
  it('asks for what a question names', async () => {
    await client().analytics.getDashboardData({
      timeframe: '90d',
      currency: 'EUR',
      includeCohorts: true,
      includeForecasts: true,
      convert: true,
    })
    expect(`${server.seen[0]?.path}?${server.seen[0]?.query}`).toBe(
      '/api/analytics?timeframe=90d&currency=EUR&includeCohorts=true&includeForecasts=true&convert=true',
    )
    await client().analytics.getCosts({ currency: 'USD', limit: 5 })
    expect(`${server.seen[1]?.path}?${server.seen[1]?.query}`).toBe('/api/costs?currency=USD&limit=5')
  })

  it('records a cost once, however often it has to be sent', async () => {
    const cost = { amount: 12.5, currency: 'USD', from: '2026-11-01', to: '2026-11-30', channel: 'search' }
    server.script('break', { status: 201, body: { success: true, id: 'cost_1', cost } })
    expect(await client().analytics.recordCost(cost)).toMatchObject({ id: 'cost_1' })
    expect(server.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['minted_1', 'minted_1'])
    expect(JSON.parse(server.seen[1]?.body ?? '')).toEqual(cost)
  })

  it('reads a file as it comes, again after a broken one, and takes no page of somebody else for it', async () => {
    const headers = { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="days.csv"' }
    server.script('break', { status: 200, body: 'day,net\r\n2026-11-01,-1.00\r\n', headers })
    expect(await client().analytics.exportTable('days', { format: 'csv' })).toBe('day,net\r\n2026-11-01,-1.00\r\n')
    expect(`${server.seen[1]?.path}?${server.seen[1]?.query}`).toBe('/api/export/days?format=csv')
    server.script({ status: 200, body: '<!doctype html>' })
    expect(await refusal(client().analytics.exportTable('ledger'))).toMatchObject({ code: 'unreadable' })
    server.script(problem(422, 'unknown_currency', { field: 'currency' }))
    expect(await refusal(client().analytics.exportTable('ledger'))).toMatchObject({
      code: 'unknown_currency',
      field: 'currency',
      status: 422,
    })
  })
})

describe('analysis', () => {
  it('asks for the demand of a product, and passes numbers on as they are', async () => {
    const { pricing, analysis } = client()
    await pricing.getDemand('pro/bundle', { currency: 'EUR', testId: 'pt_1' })
    await pricing.getDemand('pro')
    const arms = [{ price: 19, visitors: 8000, conversions: 280 }]
    await analysis.elasticity({ arms, unitCost: 4 })
    await analysis.elasticity({ rows: [[19, 280, 'a'], { price: 24, quantity: 232, group: 'a' }] })
    await analysis.offPolicy({ rows: [['a', 1, 0.5, 0.25], { action: 'b', reward: 0, propensity: 0.5 }], policy: { a: 0.25, b: 0.75 } })
    expect(server.seen.map(({ method, path, query }) => `${method} ${path}?${query}`)).toEqual([
      'GET /api/products/pro%2Fbundle/demand?currency=EUR&testId=pt_1',
      'GET /api/products/pro/demand?',
      ...Array(2).fill('POST /api/analysis/elasticity?'),
      'POST /api/analysis/off-policy?',
    ])
    expect(JSON.parse(server.seen[2]?.body ?? '')).toEqual({ arms, unitCost: 4 })
    expect(JSON.parse(server.seen[3]?.body ?? '').rows).toEqual([[19, 280, 'a'], { price: 24, quantity: 232, group: 'a' }])
  })

  it('says what a calculator refuses, and does not ask again', async () => {
    server.script(problem(422, 'insufficient_data', { field: 'rows' }))
    expect(await refusal(client().analysis.offPolicy({ rows: [], policy: {} }))).toMatchObject({
      code: 'insufficient_data',
      field: 'rows',
      retryable: false,
    })
    expect(server.seen).toHaveLength(1)
  })
})

describe('prices', () => {
  it('are asked for in the Worker’s words, whatever name a customer goes by', async () => {
    const { pricing, orchestrator } = client()
    await pricing.getOptimizedPrice('pro', { userId: 'cus_1', customerId: undefined, country: 'US', behaviorFlags: ['a', 'b'] })
    await orchestrator.getOptimizedPricing('pro', { customerId: 'cus_1', behaviorFlags: [] })
    await pricing.getPrices(['pro', 'starter'], { userId: 'cus_1', behaviorFlags: ['a'] })
    expect(server.seen.map(({ query }) => String(query))).toEqual([
      'customerId=cus_1&country=US&behaviorFlags=a%2Cb',
      'customerId=cus_1',
      '',
    ])
    expect(JSON.parse(server.seen[2]?.body ?? '')).toEqual({ products: ['pro', 'starter'], customerId: 'cus_1', behaviorFlags: ['a'] })
    expect(await refusal(pricing.getOptimizedPrice('pro', { userId: 'cus_1', customerId: 'cus_2' }))).toMatchObject({ code: 'invalid_id' })
  })
})

describe('all flags', () => {
  const flags = (value: string) => ({ flags: [{ key: 'hero', value }], metadata: {} })

  it('are asked for with the ETag of the same context, and a 304 answers what is known', async () => {
    server.script({ status: 200, body: flags('bold'), headers: { etag: '"1"' } })
    const { evaluateAll } = client().flags
    const first = await evaluateAll({ targetingKey: 'a' })
    Object.assign(first, { flags: 'spoilt by its owner' })
    server.script({ status: 304, headers: { etag: '"1"' } })
    expect(await evaluateAll({ targetingKey: 'a' })).toEqual(flags('bold'))
    expect(server.seen[0]?.headers['if-none-match']).toBe('"1"')
    server.script({ status: 200, body: flags('control'), headers: { etag: '"2"' } })
    expect(await evaluateAll({ targetingKey: 'a' })).toEqual(flags('control'))
    expect(await evaluateAll({ targetingKey: 'a', plan: 'pro' })).toEqual(flags('control'))
    await evaluateAll({ targetingKey: 'a' })
    expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual(['"1"', undefined, '"2"'])
  })

  it('of the 500 contexts asked last are known', async () => {
    server.script({ status: 200, body: flags('bold'), headers: { etag: '"1"' } })
    const { evaluateAll } = client().flags
    for (let each = 0; each < 501; each++) await evaluateAll({ targetingKey: `visitor ${each}` })
    server.script({ status: 200, body: flags('bold'), headers: { etag: '"1"' } })
    await evaluateAll({ targetingKey: 'visitor 1' })
    await evaluateAll({ targetingKey: 'visitor 0' })
    expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual(['"1"', undefined])
  })
})

describe('the key', () => {
  it('stands in no message, whoever writes it', async () => {
    server.script((seen) => problem(403, 'forbidden', { error: `who is ${seen.headers.authorization}` }))
    const said = [await refusal(client().funnel.getFunnel())]
    const blab = () => Promise.reject(new TypeError(`cannot send ${KEY}`, { cause: new Error(KEY) }))
    said.push(await refusal(client({ fetch: blab, retries: 0 }).funnel.getFunnel()))
    for (const key of [`${KEY}\n`, `x${KEY}`, ` ${KEY}`, `Bearer ${KEY}`])
      said.push(await refusal(Promise.resolve().then(() => createServerClient({ url, key }))))
    expect(said.map(({ code }) => code)).toEqual(['forbidden', 'network', ...Array(4).fill('invalid_field')])
    for (const { message } of said) expect(message).not.toContain(KEY)
  })

  it.each([
    ['url', { url: 'prices.example' }],
    ['url', { url: 'ftp://prices.example' }],
    ['key', { key: '' }],
    ['key', { key: undefined as unknown as string }],
    ['retries', { retries: -1 }],
    ['retries', { retries: 11 }],
    ['retries', { retries: 0.5 }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
  ])('and the other options are checked at once: %s of %j', (field, options) => {
    expect(() => createServerClient({ url, key: KEY, ...options })).toThrow(expect.objectContaining({ code: 'invalid_field', field }))
  })
})

describe('a customer’s token', () => {
  const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())

  it('is a JWT that any library would make the same', async () => {
    const token = await client({ identitySecret: 'geheim-ü' }).customers.signCustomerToken('Zoë ✓', { expiresInSeconds: 60 })
    const seconds = NOW / 1000
    const [header, payload] = [
      { alg: 'HS256', typ: 'JWT' },
      { sub: 'Zoë ✓', iat: seconds, exp: seconds + 60 },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    const signature = createHmac('sha256', 'geheim-ü').update(`${header}.${payload}`).digest('base64url')
    expect(token).toBe(`${header}.${payload}.${signature}`)
  })

  it('lives for an hour unless told otherwise, and a day at most', async () => {
    const { signCustomerToken } = client({ identitySecret: 'geheim' }).customers
    expect(claimsOf(await signCustomerToken('cus_1')).exp).toBe(NOW / 1000 + 3600)
    for (const expiresInSeconds of [0, -1, 86_401, Number.NaN])
      expect(await refusal(signCustomerToken('cus_1', { expiresInSeconds }))).toMatchObject({ field: 'expiresInSeconds' })
    expect(await refusal(signCustomerToken(''))).toMatchObject({ field: 'customerId' })
    expect(await refusal(client().customers.signCustomerToken('cus_1'))).toMatchObject({ field: 'identitySecret' })
    expect(server.seen).toEqual([])
  })
})

describe('delayMs', () => {
  it.each([
    ['nothing asked', 0, null, 0, 100],
    ['nothing asked, the third time', 2, null, 1, 800],
    ['seconds', 1, '2', 0.5, 2300],
    ['a date', 0, new Date(NOW + 4000).toUTCString(), 0, 4100],
    ['a date that has passed', 0, new Date(NOW - 4000).toUTCString(), 0, 100],
    ['more than anybody waits', 0, '3600', 0, 10_100],
    ['nonsense', 0, 'soon', 0, 100],
    ['a negative time', 0, '-5', 0, 100],
  ])('waits for %s', (_, tried, retryAfter, random, expected) => {
    expect(delayMs(tried, retryAfter, random, NOW)).toBe(expected)
  })
})
