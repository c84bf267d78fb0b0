import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, send, setUpShop } from './shop.ts'

beforeAll(() => setUpShop())

let count = 0
const start = (body: Record<string, unknown> = {}): Promise<Answer> =>
  send('POST', '/api/experiments', {
    body: { name: `Hero ${count++}`, variants: [{ name: 'Control' }, { name: 'Bold' }], ...body },
  })
const refusal = ({ status, body }: Answer) => [status, body.code, body.field]

describe('an experiment', () => {
  it('needs a name and variants, and takes what callers of createFunnelTest send', async () => {
    const { status, body } = await send('POST', '/api/experiments', {
      body: {
        name: 'Checkout button',
        funnelStep: 'checkout',
        variants: [
          { name: 'Buy now', config: { label: 'Buy now' } },
          { name: 'Start today', config: { label: 'Start today' } },
        ],
        duration: 14,
      },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      success: true,
      testId: 'checkout_button',
      experiment: {
        key: 'checkout_button',
        version: 1,
        status: 'running',
        funnelStep: 'checkout',
        currency: 'USD',
        coverage: 1,
        hashVersion: 2,
        variants: [
          { key: 'buy_now', name: 'Buy now', config: { label: 'Buy now' }, weight: 0.5 },
          { key: 'start_today', name: 'Start today', config: { label: 'Start today' }, weight: 0.5 },
        ],
      },
    })
    expect(body.experiment.endsAt - body.experiment.startsAt).toBe(14 * 86_400_000)
  })

  it('gets a key of its own where the name is taken, and is refused where the caller insists', async () => {
    await start({ name: 'Twice' })
    const again = await start({ name: 'Twice' })
    expect(again.body.testId).toMatch(/^twice_.+/)
    expect(refusal(await start({ key: 'twice' }))).toEqual([422, 'duplicate_key', 'key'])
  })

  it.each([
    [
      'weights that do not sum',
      {
        variants: [
          { name: 'A', weight: 0.5 },
          { name: 'B', weight: 0.4 },
        ],
      },
      422,
      'weights_do_not_sum',
      'variants',
    ],
    ['weights for some', { variants: [{ name: 'A', weight: 0.5 }, { name: 'B' }] }, 422, 'weights_do_not_sum', 'variants'],
    [
      'a negative weight',
      {
        variants: [
          { name: 'A', weight: 1.5 },
          { name: 'B', weight: -0.5 },
        ],
      },
      422,
      'negative_weight',
      'variants.1.weight',
    ],
    [
      'a control without weight',
      {
        variants: [
          { name: 'A', weight: 0 },
          { name: 'B', weight: 1 },
        ],
      },
      422,
      'no_control',
      'variants.0',
    ],
    ['one variant', { variants: [{ name: 'A' }] }, 422, 'no_control', 'variants'],
    ['no variant', { variants: [] }, 422, 'no_control', 'variants'],
    ['a step that is nowhere', { funnelStep: 'checkin' }, 422, 'unknown_step', 'funnelStep'],
    ['a seventh step of six', { funnelStep: 7 }, 422, 'unknown_step', 'funnelStep'],
    ['a funnel that is nowhere', { funnel: 'upgrade', funnelStep: 1 }, 422, 'unknown_step', 'funnel'],
    ['a goal that is nowhere', { goals: ['net_revenue', 'happiness'] }, 422, 'unknown_metric', 'goals.1'],
    ['a version that was never', { guardrails: ['refunded@2'] }, 422, 'unknown_metric', 'guardrails.0'],
    ['one metric in two roles', { goals: ['purchase'], secondary: ['orders', 'purchase@1'] }, 422, 'duplicate_key', 'secondary.1'],
    ['a misspelt field', { guardrail: ['refunded'] }, 400, 'unknown_field', 'guardrail'],
    ['the key of the holdout', { key: 'universal_holdout' }, 400, 'reserved_id', 'key'],
    ['two variants of one key', { variants: [{ name: 'A' }, { name: 'a' }] }, 422, 'duplicate_key', 'variants.1.key'],
    ['an end before its start', { startsAt: '2026-01-02T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }, 422, 'end_before_start', 'endsAt'],
    ['an operator nobody knows', { condition: { country: { $like: 'U%' } } }, 400, 'invalid_field', 'condition.country.$like'],
    ['a list that is none', { condition: { $or: [{ plan: { $in: 'pro' } }] } }, 400, 'invalid_field', 'condition.$or.0.plan.$in'],
    ['an expression that does not parse', { condition: { mail: { $regex: '(' } } }, 400, 'invalid_field', 'condition.mail.$regex'],
    [
      'a prerequisite that is not there',
      { prerequisites: [{ key: 'nowhere', condition: { value: 'x' } }] },
      404,
      'not_found',
      'prerequisites.0.key',
    ],
    ['a namespace turned round', { namespace: { id: 'n', from: 0.5, to: 0.2 } }, 400, 'invalid_field', 'namespace.to'],
    ['the key of a price test', { key: 'pt_mine' }, 400, 'reserved_id', 'key'],
    ['a currency that is none', { currency: 'XXX' }, 422, 'unknown_currency', 'currency'],
  ])('is refused with %s', async (_, body, status, code, field) => {
    expect(refusal(await start(body as Record<string, unknown>))).toEqual([status, code, field])
  })

  it('begins a new version when the draw changes, and none when only its end does', async () => {
    const { testId } = (await start()).body
    const patch = (body: Record<string, unknown>) => send('PATCH', `/api/experiments/${testId}`, { body })
    expect((await patch({ weights: [0.2, 0.8] })).body.experiment).toMatchObject({
      version: 2,
      variants: [{ weight: 0.2 }, { weight: 0.8 }],
    })
    expect((await patch({ weights: [0.2, 0.8], coverage: 1 })).body.experiment.version).toBe(2)
    expect((await patch({ endsAt: '2030-01-01T00:00:00Z' })).body.experiment.version).toBe(2)
    expect(refusal(await patch({ weights: [1] }))).toEqual([422, 'weights_do_not_sum', 'weights'])
    expect((await patch({ minBucketVersion: 2 })).body.experiment).toMatchObject({ version: 3, minBucketVersion: 2 })
    expect(refusal(await patch({ minBucketVersion: 1 }))).toEqual([422, 'invalid_field', 'minBucketVersion'])
    expect(refusal(await patch({ endsAt: '2020-01-01T00:00:00Z' }))).toEqual([422, 'end_before_start', 'endsAt'])
    expect((await send('GET', `/api/experiments/${testId}`)).body.experiment.phases).toMatchObject([
      { version: 1, coverage: 1, weights: [0.5, 0.5] },
      { version: 2, weights: [0.2, 0.8] },
      { version: 3, weights: [0.2, 0.8] },
    ])
    await send('POST', `/api/experiments/${testId}/stop`)
    expect(refusal(await patch({ coverage: 0.5 }))).toEqual([409, 'conflict', undefined])
  })

  it.each([
    ['seed', 'other'],
    ['hashVersion', 1],
    ['hashAttribute', 'team'],
    ['fallbackAttribute', 'id'],
    ['namespace', { id: 'n', from: 0, to: 0.5 }],
    ['variants', [{ name: 'Control' }, { name: 'Bolder' }]],
    ['goals', ['purchase']],
    ['method', 'fixed'],
    ['funnelStep', 'cart'],
    ['key', 'another'],
  ])('keeps its %s once it runs', async (field, value) => {
    const { testId } = (await start()).body
    expect(refusal(await send('PATCH', `/api/experiments/${testId}`, { body: { coverage: 0.5, [field]: value } }))).toEqual([
      422,
      'immutable_field',
      field,
    ])
  })

  it('is listed in pages, found by its key, and every change of it is in the audit log', async () => {
    const { testId } = (await start()).body
    await send('POST', `/api/experiments/${testId}/stop`)
    const { body } = await send('GET', `/api/experiments?limit=1`)
    expect(body.experiments).toHaveLength(1)
    expect(body.next).toBe(body.experiments[0].key)
    const next = await send('GET', `/api/experiments?after=${body.next}&limit=500`)
    expect(next.body.experiments.map(({ key }: { key: string }) => key)).toContain(testId)
    expect((await send('GET', '/api/experiments/nothing')).status).toBe(404)
    const audit = await send('GET', '/api/audit')
    const actions = audit.body.entries
      .filter(({ subject }: { subject: string }) => subject === testId)
      .map(({ action }: { action: string }) => action)
    expect(actions).toEqual(['experiment.stopped', 'experiment.started'])
  })
})

describe('an Idempotency-Key', () => {
  const body = (name: string) => ({ name, variants: [{ name: 'a' }, { name: 'b' }] })
  const post = (key: string, name: string) => send('POST', '/api/experiments', { headers: { 'idempotency-key': key }, body: body(name) })
  const named = async (name: string) => {
    const { body } = await send('GET', '/api/experiments?limit=500')
    return body.experiments.filter((experiment: { name: string }) => experiment.name === name).length
  }

  it('has a request carried out once, and answers the same bytes again', async () => {
    const first = await post('once', 'Once')
    const again = await post('once', 'Once')
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await named('Once')).toBe(1)
  })

  it('of fifty at once has one effect, and none is told anything else', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => post('parallel', 'Parallel')))
    const done = all.filter(({ status }) => status === 200)
    expect(done.length).toBeGreaterThan(0)
    for (const answer of done) expect(answer.body).toEqual(done[0]?.body)
    for (const answer of all) if (answer.status !== 200) expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await named('Parallel')).toBe(1)
  })

  it('is refused with another body, or when it is none', async () => {
    await post('mine', 'Mine')
    expect(refusal(await post('mine', 'Yours'))).toEqual([409, 'idempotency_mismatch', 'Idempotency-Key'])
    expect(refusal(await post('two words', 'Mine'))).toEqual([400, 'invalid_field', 'Idempotency-Key'])
  })

  it('keeps no refusal: the mended request goes through', async () => {
    const sent = { headers: { 'idempotency-key': 'mended' } }
    expect((await send('POST', '/api/experiments', { ...sent, body: { name: 'Mended', variants: [] } })).status).toBe(422)
    expect((await send('POST', '/api/experiments', { ...sent, body: body('Mended') })).status).toBe(200)
  })
})
