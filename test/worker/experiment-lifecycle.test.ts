import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, send, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
beforeAll(() => setUpShop())

let count = 0
const create = (body: Record<string, unknown> = {}): Promise<Answer> =>
  send('POST', '/api/experiments', {
    body: { name: `Hero ${count++}`, variants: [{ name: 'Control' }, { name: 'Bold', config: 'bold' }], ...body },
  })
const refusal = ({ status, body }: Answer) => [status, body.code, body.field]
const patch = (key: string, body: Record<string, unknown>) => send('PATCH', `/api/experiments/${key}`, { body })
const does = (key: string, action: string, body?: unknown) =>
  send('POST', `/api/experiments/${key}/${action}`, body === undefined ? {} : { body })
const experiment = async (key: string) => (await send('GET', `/api/experiments/${key}`, { key: SK })).body.experiment
const flag = async (key: string, targetingKey = 'somebody') =>
  (await send('POST', `/ofrep/v1/evaluate/flags/${key}`, { key: SK, body: { context: { targetingKey } } })).body

describe('a draft', () => {
  it('draws nobody until it is started, and may change in anything but its key', async () => {
    const { testId: key } = (await create({ draft: true })).body
    expect(await flag(key)).toMatchObject({ variant: 'control', reason: 'DISABLED' })
    const changed = await patch(key, {
      name: 'Hero of the cart',
      funnelStep: 'Cart Viewed',
      variants: [{ name: 'Old' }, { name: 'New' }],
      goals: ['purchase'],
      seed: 'another',
      duration: 7,
      condition: { country: 'US' },
    })
    expect(changed.body.experiment).toMatchObject({
      key,
      status: 'draft',
      version: 1,
      name: 'Hero of the cart',
      funnelStep: 'cart',
      variants: [{ key: 'old' }, { key: 'new' }],
      condition: { country: 'US' },
      phases: [],
    })
    expect((await patch(key, { weights: [0.25, 0.75], condition: null })).body.experiment).toMatchObject({
      name: 'Hero of the cart',
      variants: [{ weight: 0.25 }, { weight: 0.75 }],
      condition: null,
    })
    expect(refusal(await patch(key, { key: 'another' }))).toEqual([422, 'immutable_field', 'key'])
    expect(refusal(await patch(key, { excludeEarlier: true }))).toEqual([422, 'options_conflict', 'excludeEarlier'])
    expect(refusal(await patch(key, { goals: ['nothing'] }))).toEqual([422, 'unknown_metric', 'goals.0'])

    const before = Date.now()
    const { body } = await does(key, 'start')
    expect(body.experiment).toMatchObject({ status: 'running', phases: [{ version: 1, weights: [0.25, 0.75], coverage: 1 }] })
    expect(body.experiment.startsAt).toBeGreaterThanOrEqual(before)
    expect(body.experiment.endsAt - body.experiment.startsAt).toBe(7 * 86_400_000)
    expect(await flag(key)).toMatchObject({ reason: 'SPLIT', metadata: { experimentId: `${key}@1` } })
  })

  it('needs no experiment that needs it, however far round', async () => {
    const condition = { value: 'bold' }
    const draft = async (...keys: string[]) =>
      (await create({ draft: true, prerequisites: keys.map((key) => ({ key, condition })) })).body.testId as string
    const first = await draft()
    const second = await draft(first)
    const third = await draft(second)
    for (const key of [first, second, third])
      expect(refusal(await patch(first, { prerequisites: [{ key, condition }] }))).toEqual([422, 'invalid_field', 'prerequisites.0.key'])
    const other = await draft()
    expect((await patch(first, { prerequisites: [{ key: other, condition }] })).status).toBe(200)
  })

  it('begins when it is started, where it was to begin before that', async () => {
    const now = Date.now()
    const at = (days: number) => new Date(now + days * 86_400_000).toISOString()
    const span = async (body: Record<string, unknown>) => {
      const { testId } = (await create({ draft: true, duration: 7, ...body })).body
      const { startsAt, endsAt } = (await does(testId, 'start')).body.experiment
      return [Math.round((startsAt - now) / 86_400_000), Math.round((endsAt - startsAt) / 86_400_000)]
    }
    expect(await span({ startsAt: at(-3) })).toEqual([0, 7])
    expect(await span({ startsAt: at(3) })).toEqual([3, 7])
    expect(await span({ startsAt: at(-3), endsAt: at(4) })).toEqual([0, 4])
  })

  it('has what it is judged by where nothing was said, and leaves out of the defaults what has a role already', async () => {
    const roles = async (body: Record<string, unknown>) => {
      const { experiment } = (await create({ draft: true, ...body })).body
      return experiment.metrics.map(({ metric, role }: { metric: string; role: string }) => `${role} ${metric}`)
    }
    const guardrails = ['guardrail refunded@1', 'guardrail payment_failed@1']
    expect(await roles({})).toEqual(['goal net_revenue@1', 'secondary purchase@1', ...guardrails])
    expect(await roles({ funnelStep: 'checkout' })).toContain('secondary reached_payment@1')
    expect(await roles({ funnelStep: 1 })).toContain('secondary reached_product_view@1')
    expect(await roles({ funnelStep: 'payment' })).toEqual(await roles({}))
    expect(await roles({ goals: ['purchase'], guardrails: [] })).toEqual(['goal purchase@1'])
  })
})

describe('the life of an experiment', () => {
  it('goes one way: what is over does not start, and what runs is not put aside', async () => {
    const { testId: key } = (await create()).body
    expect(refusal(await does(key, 'start'))).toEqual([409, 'conflict', undefined])
    expect(refusal(await does(key, 'archive'))).toEqual([409, 'conflict', undefined])
    await does(key, 'stop')
    const over = await experiment(key)
    expect(over).toMatchObject({ status: 'stopped', ending: 'stopped' })
    expect((await does(key, 'stop')).body.experiment).toEqual(over)
    expect(refusal(await does(key, 'start'))).toEqual([409, 'conflict', undefined])
    expect(refusal(await patch(key, { coverage: 0.5 }))).toEqual([409, 'conflict', undefined])
    expect((await does(key, 'archive')).body.experiment).toMatchObject({ status: 'archived', endedAt: over.endedAt })
    for (const action of ['start', 'stop']) expect(refusal(await does(key, action))).toEqual([409, 'conflict', undefined])
    expect(refusal(await does(key, 'ship', { variant: 'bold' }))).toEqual([409, 'conflict', undefined])
    expect(await flag(key)).toMatchObject({ variant: 'control' })
  })

  it('is not changed any more once its time is over, though nobody has looked yet', async () => {
    const { testId: key } = (await create({ startsAt: new Date(Date.now() - 9 * 86_400_000).toISOString(), duration: 7 })).body
    for (const change of [{ weights: [0.2, 0.8] }, { endsAt: '2040-01-01T00:00:00Z' }])
      expect(refusal(await patch(key, change))).toEqual([409, 'conflict', undefined])
    expect(await experiment(key)).toMatchObject({ version: 1, status: 'running' })
  })

  it('ends with a variant for everybody, which the control takes back', async () => {
    const { testId: key } = (await create()).body
    expect(refusal(await does(key, 'ship', { variant: 'bolder' }))).toEqual([422, 'invalid_arm', 'variant'])
    expect((await does(key, 'ship', { variant: 'bold' })).body.experiment).toMatchObject({
      status: 'stopped',
      ending: 'shipped',
      shipped: 'bold',
    })
    for (const person of ['a', 'b', 'c', 'd']) expect(await flag(key, person)).toMatchObject({ value: 'bold', reason: 'DEFAULT' })
    expect((await does(key, 'ship', { variant: 'control' })).body.experiment).toMatchObject({ ending: 'shipped', shipped: 'control' })
    expect(await flag(key)).toMatchObject({ variant: 'control' })
  })

  it('of a draft ends without anybody having seen it', async () => {
    const { testId: key } = (await create({ draft: true })).body
    for (const [action, body] of [['stop'], ['ship', { variant: 'bold' }]] as const)
      expect(refusal(await does(key, action, body))).toEqual([409, 'conflict', undefined])
    expect((await does(key, 'archive')).body.experiment).toMatchObject({ status: 'archived', ending: null })
  })

  it('is in the audit log, each step once', async () => {
    const { testId: key } = (await create({ draft: true })).body
    await does(key, 'start')
    await does(key, 'ship', { variant: 'bold' })
    await does(key, 'ship', { variant: 'bold' })
    await does(key, 'archive')
    const { entries } = (await send('GET', '/api/audit?limit=100')).body
    const actions = entries.filter(({ subject }: { subject: string }) => subject === key).map(({ action }: { action: string }) => action)
    expect(actions).toEqual(['experiment.archived', 'experiment.shipped', 'experiment.started', 'experiment.drafted'])
  })
})

describe('all experiments together', () => {
  it('are no more than one configuration can hold, so that no setting is ever shut out by them', async () => {
    const variants = [{ name: 'Control' }, { name: 'Bold', config: 'x'.repeat(60_000) }]
    const keys: string[] = []
    let refused: Answer | null = null
    while (refused === null && keys.length < 40) {
      const answer = await create({ draft: true, variants })
      if (answer.status === 200) keys.push(answer.body.testId)
      else refused = answer
    }
    expect(keys.length).toBeGreaterThan(10)
    expect(refused && refusal(refused)).toEqual([409, 'conflict', 'variants'])
    const small = (await create({ draft: true })).body.testId
    expect(refusal(await patch(small, { variants }))).toEqual([409, 'conflict', 'variants'])
    const stored = await env.DB.prepare('SELECT MAX(length(CAST(body AS BLOB))) AS bytes FROM config_shards').first<{ bytes: number }>()
    expect(stored?.bytes).toBeLessThan(1_000_000)
    await does(keys[0] as string, 'archive')
    expect(await flag(keys[0] as string)).toMatchObject({ variant: 'control', value: 'control' })
    expect((await patch(small, { variants })).status).toBe(200)
    for (const key of [...keys.slice(1), small]) await does(key, 'archive')
  }, 60_000)
})

describe('what holds from the start on', () => {
  it('limits what one person counts for to what history says of buyers, of a hundred at least', async () => {
    const at = Date.now() - 20 * 86_400_000
    const buy = (from: number, until: number) => {
      const insert = env.DB.prepare(
        `INSERT INTO revenue_events (id, customer_id, event_type, amount, currency, product_id, timestamp, metadata, object, version, booked_day)
         SELECT 'h' || value, NULL, 'purchase', 100 * value, 'USD', 'pro_bundle', ?1, '{}', 'o' || value, 1, date(?1 / 1000, 'unixepoch')
         FROM json_each(?2)`,
      )
      return insert.bind(at, JSON.stringify(Array.from({ length: until - from }, (_, i) => from + i))).run()
    }
    const cap = async (body: Record<string, unknown> = {}) =>
      (await create({ outlierPercentile: 0.95, ...body })).body.experiment.metrics[0].cap
    await buy(1, 100)
    expect(await cap()).toBeNull()
    await buy(100, 201)
    expect(await cap()).toBe(190)
    expect(await cap({ outlierPercentile: 1 })).toBeNull()
    expect(await cap({ currency: 'EUR' })).toBeNull()
    expect(await cap({ draft: true })).toBeNull()
  })

  it('asks for as many people as history says it takes, with the interval that will be used', async () => {
    const month = new Date(Date.now() - 31 * 86_400_000).toISOString().slice(0, 7)
    const sums = [
      ['visitor_month', '', '', '', month, 20_000],
      ['funnel', 'default@1', 'step', 'landing', `${month}-02`, 30_000],
      ['funnel', 'default@1', 'step', 'checkout', `${month}-02`, 3_000],
      ['funnel', 'default@1', 'step', 'payment', `${month}-02`, 1_500],
    ]
    await env.DB.prepare(
      `INSERT INTO rollups (metric, scope, dimension, value, day, sum)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)`,
    )
      .bind(JSON.stringify(sums))
      .run()
    const planned = async (body: Record<string, unknown>) =>
      (
        await create({
          goals: ['reached_payment'],
          funnelStep: 'checkout',
          startsAt: `${new Date().toISOString().slice(0, 7)}-28T00:00:00Z`,
          ...body,
        })
      ).body.experiment.plannedSample
    // Half of those who begin a checkout come to the payment: 1,565 of each to see a tenth more of them, as R's power.prop.test.
    const fixed = await planned({ method: 'fixed' })
    expect(fixed).toBeGreaterThan(3_000)
    expect(fixed).toBeLessThan(3_500)
    const sequential = await planned({})
    expect(sequential).toBeGreaterThan(1.5 * fixed)
    const looks = await planned({ method: 'group_sequential' })
    expect([looks > fixed, looks < 1.1 * fixed]).toEqual([true, true])
    expect(await planned({ minimumDetectableEffect: 0.2, method: 'fixed' })).toBeLessThan(fixed / 3)
    expect(await planned({ plannedSample: 1_234 })).toBe(1_234)
    expect(await planned({ goals: ['average_order_value'] })).toBeNull()

    // More pay than come to the checkout, as subscribers pay again without: a quarter of those who come there buy all the same.
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO rollups (metric, scope, dimension, value, day, sum) VALUES ('funnel', 'default@1', 'step', 'purchase', ?, 750)`,
      ).bind(`${month}-02`),
      env.DB.prepare(
        `INSERT INTO revenue_events (id, customer_id, event_type, amount, currency, product_id, timestamp, metadata, object, version, booked_day)
         SELECT 'r' || value, NULL, 'purchase', 100, 'USD', 'pro_bundle', ?1, '{}', 'r' || value, 1, ?2 FROM json_each(?3)`,
      ).bind(Date.parse(`${month}-10`), `${month}-10`, JSON.stringify(Array.from({ length: 2_400 }, (_, at) => at))),
    ])
    // (z of .975 + z of .8)² × (.275 × .725 / .25² + 1.1² × .75 / .25) / .1²: 5,353 of each, for the lift by the delta method.
    expect(await planned({ goals: ['purchase'], method: 'fixed' })).toBe(2 * 5_353)
  })
})
