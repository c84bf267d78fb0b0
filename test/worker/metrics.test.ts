import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, send, setUpShop } from './shop.ts'

beforeAll(() => setUpShop({ test: false }))

const TRIALS = { name: 'Trials started', kind: 'proportion', numerator: { of: 'events', events: ['trial_requested'] } }
const save = (body: Record<string, unknown>) => send('POST', '/api/metrics', { body })
const refusal = ({ status, body }: Answer) => [status, body.code, body.field]

describe('a metric', () => {
  it('is one of those that every deployment has', async () => {
    const { metrics } = (await send('GET', '/api/metrics')).body
    expect(metrics.slice(0, 3).map(({ metric }: { metric: string }) => metric)).toEqual(['net_revenue@1', 'orders@1', 'purchase@1'])
    expect((await send('GET', '/api/metrics/average_order_value')).body.metric).toMatchObject({
      kind: 'ratio',
      numerator: { of: 'net_revenue' },
      denominator: { of: 'orders' },
      windowDays: 14,
      builtIn: true,
    })
    expect((await send('GET', '/api/metrics/net_revenue@1')).body.metric.id).toBe('net_revenue')
    expect(refusal(await send('GET', '/api/metrics/net_revenue@2'))).toEqual([404, 'not_found', undefined])
  })

  it('is saved once, however often it is described, and never edited: another description is another version', async () => {
    const first = await save({ ...TRIALS, windowDays: 7 })
    expect(first.body).toMatchObject({ success: true, metric: { metric: 'trials_started@1', version: 1, windowDays: 7, builtIn: false } })
    expect((await save({ ...TRIALS, windowDays: 7 })).body.metric.metric).toBe('trials_started@1')
    expect((await save({ ...TRIALS, windowDays: 3 })).body.metric.metric).toBe('trials_started@2')
    expect((await send('GET', '/api/metrics/trials_started@1')).body.metric.windowDays).toBe(7)
    expect((await send('GET', '/api/metrics/trials_started')).body.metric.windowDays).toBe(3)
    const { entries } = (await send('GET', '/api/audit?limit=1')).body
    expect(entries[0]).toMatchObject({
      action: 'metric.saved',
      subject: 'trials_started@2',
      before: { windowDays: 7 },
      after: { windowDays: 3 },
    })
  })

  it('knows the names callers use for its events, and tells a cap in major units', async () => {
    const { metric } = (
      await save({
        id: 'cart_value',
        name: 'Net revenue a cart',
        kind: 'ratio',
        numerator: { of: 'net_revenue', productIds: ['pro_bundle'] },
        denominator: { of: 'events', events: ['Product Added', 'add_to_cart'], condition: { 'metadata.plan': { $in: ['pro'] } } },
        currency: 'eur',
        cap: 499.5,
      })
    ).body
    expect(metric).toMatchObject({ currency: 'EUR', cap: 499.5, numerator: { productIds: ['pro_bundle'] } })
    expect(metric.denominator.events).toEqual(['add_to_cart'])
  })

  const money = { name: 'Money', kind: 'mean', numerator: { of: 'net_revenue' } }
  it.each([
    ['a ratio of nothing', { ...money, kind: 'ratio' }, 400, 'missing_field', 'denominator'],
    ['a mean that is divided', { ...money, denominator: { of: 'orders' } }, 422, 'options_conflict', 'denominator'],
    ['events without names', { ...TRIALS, numerator: { of: 'events' } }, 400, 'missing_field', 'numerator.events'],
    ['orders of an event', { ...money, numerator: { of: 'orders', events: ['x'] } }, 422, 'options_conflict', 'numerator.events'],
    [
      'events of products',
      { ...TRIALS, numerator: { of: 'events', events: ['x'], productIds: ['p'] } },
      422,
      'options_conflict',
      'numerator.productIds',
    ],
    [
      'failures of products',
      { ...money, numerator: { of: 'refunds', productIds: ['p'] } },
      422,
      'options_conflict',
      'numerator.productIds',
    ],
    ['orders on a condition', { ...money, numerator: { of: 'orders', condition: {} } }, 422, 'options_conflict', 'numerator.condition'],
    ['a currency nobody takes', { ...money, currency: 'XXX' }, 422, 'unknown_currency', 'currency'],
    ['a currency of events', { ...TRIALS, currency: 'USD' }, 422, 'options_conflict', 'currency'],
    ['a cap on people', { ...TRIALS, cap: 1 }, 422, 'options_conflict', 'cap'],
    ['a cap in no currency', { ...money, cap: 100 }, 400, 'missing_field', 'currency'],
    ['a cap finer than its currency', { ...money, currency: 'JPY', cap: 0.5 }, 422, 'amount_too_precise', 'cap'],
    ['a third of an order', { ...money, numerator: { of: 'orders' }, cap: 0.3 }, 400, 'invalid_field', 'cap'],
    [
      'an operator nobody knows',
      { ...TRIALS, numerator: { of: 'events', events: ['x'], condition: { country: { $like: 'U' } } } },
      400,
      'invalid_field',
      'numerator.condition.country.$like',
    ],
    [
      'a look at what no event has',
      { ...TRIALS, numerator: { of: 'events', events: ['x'], condition: { $or: [{ mail: 'x' }] } } },
      400,
      'invalid_field',
      'numerator.condition.$or.0.mail',
    ],
    ['the id of ours', { ...money, id: 'net_revenue' }, 400, 'reserved_id', 'id'],
    ['the name of ours', { ...money, name: 'Net revenue' }, 400, 'reserved_id', 'id'],
    ['a kind that is none', { ...money, kind: 'median' }, 400, 'invalid_field', 'kind'],
    ['a window of a year', { ...money, windowDays: 365 }, 400, 'invalid_field', 'windowDays'],
    ['a word too many', { ...money, window: 7 }, 400, 'unknown_field', 'window'],
  ])('is refused with %s', async (_, body, status, code, field) => {
    expect(refusal(await save(body))).toEqual([status, code, field])
  })

  it('is one of no more than every customer can keep', async () => {
    const condition = { 'metadata.plan': { $in: Array.from({ length: 5_000 }, (_, at) => `plan ${at}`) } }
    let refused: Answer | null = null
    for (let at = 0; refused === null && at < 12; at++) {
      const answer = await save({ ...TRIALS, name: `Large ${at}`, numerator: { ...TRIALS.numerator, condition } })
      if (answer.status !== 200) refused = answer
    }
    expect(refused && refusal(refused)).toEqual([409, 'conflict', undefined])
    const steps = ['a', 'b'].map((name) => ({
      name,
      events: [name],
      condition: { 'metadata.plan': { $in: condition['metadata.plan'].$in.slice(0, 2_500) } },
    }))
    expect(refusal(await send('POST', '/api/funnels', { body: { name: 'Large', steps } }))).toEqual([409, 'conflict', undefined])
    expect((await save({ ...TRIALS, name: 'Small' })).status).toBe(200)
  })

  it('is defined by admins alone', async () => {
    expect((await send('POST', '/api/metrics', { key: 'pk_demo_storefront', body: TRIALS })).status).toBe(401)
    expect((await send('GET', '/api/metrics', { key: 'pk_demo_storefront' })).status).toBe(401)
  })
})
