import { beforeAll, describe, expect, it } from 'vitest'
import { ElasticityAnswer, OffPolicyAnswer } from '../../worker/contract/analysis.ts'
import { type Answer, send, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
const PK = 'pk_demo_storefront'

beforeAll(() => setUpShop({ test: false }))

const elasticity = (body: unknown) => send('POST', '/api/analysis/elasticity', { key: SK, body })
const offPolicy = (body: unknown) => send('POST', '/api/analysis/off-policy', { key: SK, body })
const refusal = ({ status, body }: Answer) => [status, body.code, body.field]

const EXAMPLE = [
  { price: 19, visitors: 8000, conversions: 280 },
  { price: 24, visitors: 8000, conversions: 232 },
]
/** Two brands of one elasticity, of which the dearer sells more. */
const ROWS = [1, 2, 3, 4].flatMap((price) => [
  { price, quantity: 100 * price ** -2, group: 'plain' },
  { price: price * 4, quantity: 90_000 * (price * 4) ** -2, group: 'fine' },
])

describe('the elasticity calculator', () => {
  it('tells of each price of a test what it did, and which one earns most', async () => {
    const { status, body } = await elasticity({ arms: EXAMPLE, unitCost: 4 })
    expect(status).toBe(200)
    expect(ElasticityAnswer.parse(body)).toEqual(body)
    const { method, arms, arcElasticity, elasticity: found, suggestion, demand, reason } = body.elasticity
    expect([method, reason]).toEqual(['logit', null])
    expect(arms).toMatchObject([
      { conversionRate: 0.035, revenuePerVisitor: expect.closeTo(0.665, 10), standardError: expect.closeTo(0.03903968333631819, 10) },
      { conversionRate: 0.029, revenuePerVisitor: expect.closeTo(0.696, 10), standardError: expect.closeTo(0.04502719178452061, 10) },
    ])
    expect(arcElasticity).toBeCloseTo(-0.80625, 10)
    expect(found.value).toBeCloseTo(demand.slope * (1 - 0.035), 10)
    expect(suggestion).toMatchObject({ price: 24, clamped: true, gain: expect.closeTo(20 * 0.029 - 15 * 0.035, 10) })
    expect(suggestion.gainLow).toBeLessThan(0)
  })

  it('keeps its price inside the bounds and the step limit of the caller, and tells the gain against their list price', async () => {
    const { body } = await elasticity({ arms: EXAMPLE, unitCost: 4, stepLimit: 0.1, listPrice: 24, bounds: { low: 10, high: 25 } })
    expect(body.elasticity.suggestion).toMatchObject({ price: 25, clamped: true })
    const none = await elasticity({ arms: EXAMPLE, bounds: { low: 30 } })
    expect(none.body.elasticity).toMatchObject({ suggestion: null, reason: expect.stringContaining('allow none') })
  })

  it('tells segments apart where arms name them', async () => {
    const arms = ['mobile', 'desktop'].flatMap((segment) => EXAMPLE.map((arm) => ({ ...arm, segment })))
    const { body } = await elasticity({ arms })
    expect(body.elasticity.arms).toMatchObject([
      { price: 19, visitors: 16_000, conversions: 560 },
      { price: 24, visitors: 16_000, conversions: 464 },
    ])
    expect(body.elasticity.segments).toMatchObject([
      { segment: 'desktop', visitors: 16_000, conversions: 512, reason: null },
      { segment: 'mobile', elasticity: { value: expect.closeTo(body.elasticity.elasticity.value, 8) } },
    ])
  })

  it('gives a reason and no number for too few buyers', async () => {
    const few = EXAMPLE.map((arm) => ({ ...arm, conversions: 3 }))
    const { status, body } = await elasticity({ arms: few })
    expect([status, body.elasticity]).toMatchObject([
      200,
      { demand: null, elasticity: null, suggestion: null, reason: expect.stringContaining('Only 6') },
    ])
  })

  it('tells pooled and within apart, from objects and from tuples alike', async () => {
    const { status, body } = await elasticity({ rows: ROWS, unitCost: 1 })
    expect(status).toBe(200)
    expect(ElasticityAnswer.parse(body)).toEqual(body)
    expect(body.elasticity).toMatchObject({
      method: 'log_log',
      observations: 8,
      within: { value: expect.closeTo(-2, 10) },
      groups: [
        { group: 'fine', observations: 4 },
        { group: 'plain', observations: 4 },
      ],
      optimalPrice: { basis: 'within', unclamped: expect.closeTo(2, 10), value: expect.closeTo(2, 10), clamped: false },
      reason: null,
    })
    expect(body.elasticity.pooled.value).toBeGreaterThan(0)
    const tuples = await elasticity({ rows: ROWS.map(({ price, quantity, group }) => [price, quantity, group]), unitCost: 1 })
    expect(tuples.body).toEqual(body)
    const plain = await elasticity({ rows: ROWS.filter(({ group }) => group === 'plain').map(({ price, quantity }) => [price, quantity]) })
    expect(plain.body.elasticity).toMatchObject({
      within: null,
      groups: [],
      optimalPrice: null,
      reason: expect.stringContaining('unit cost'),
    })
  })

  it('keeps the optimal price inside the prices that were seen', async () => {
    const { body } = await elasticity({ rows: ROWS, unitCost: 100 })
    expect(body.elasticity.optimalPrice).toMatchObject({ unclamped: expect.closeTo(200, 6), value: 16, clamped: true })
  })

  it('takes fifty thousand rows, and not one more', async () => {
    const rows = (count: number) => Array.from({ length: count }, (_, at) => [1 + (at % 7), 5 + (at % 11), `g${at % 50}`])
    expect((await elasticity({ rows: rows(50_000) })).body.elasticity.observations).toBe(50_000)
    expect(refusal(await elasticity({ rows: rows(50_001) }))).toEqual([400, 'invalid_field', 'rows'])
  })

  it.each([
    ['nothing', {}, 400, 'missing_field', 'rows'],
    ['both', { rows: ROWS, arms: EXAMPLE }, 400, 'invalid_field', 'arms'],
    [
      'a free price',
      {
        rows: [
          [0, 1],
          [1, 1],
          [2, 1],
        ],
      },
      422,
      'invalid_amount',
      'rows.0.price',
    ],
    [
      'nothing sold',
      {
        rows: [
          [1, 1],
          [2, 0],
          [3, 1],
        ],
      },
      422,
      'invalid_quantity',
      'rows.1.quantity',
    ],
    ['a text for a price', { rows: [{ price: '1', quantity: 1 }, [2, 1], [3, 1]] }, 422, 'invalid_amount', 'rows.0.price'],
    ['a row without its quantity', { rows: [[1, 1], [2], [3, 1]] }, 400, 'missing_field', 'rows.1.quantity'],
    [
      'a row with too much',
      {
        rows: [
          [1, 1, 'a', 4],
          [2, 1, 'a'],
          [3, 1, 'a'],
        ],
      },
      400,
      'unknown_field',
      'rows.0.member_3',
    ],
    ['a row that is none', { rows: [1, 2, 3] }, 400, 'invalid_field', 'rows.0'],
    [
      'a group for some',
      {
        rows: [
          [1, 1, 'a'],
          [2, 1],
          [3, 1, 'a'],
        ],
      },
      400,
      'missing_field',
      'rows.1.group',
    ],
    [
      'two rows',
      {
        rows: [
          [1, 1],
          [2, 1],
        ],
      },
      400,
      'invalid_field',
      'rows',
    ],
    [
      'one price',
      {
        rows: [
          [1, 1],
          [1, 2],
          [1, 3],
        ],
      },
      422,
      'insufficient_data',
      'rows',
    ],
    ['more buyers than visitors', { arms: [{ price: 1, visitors: 2, conversions: 3 }] }, 400, 'invalid_field', 'arms.0.conversions'],
    ['half a visitor', { arms: [{ price: 1, visitors: 2.5, conversions: 1 }] }, 400, 'invalid_field', 'arms.0.visitors'],
    ['bounds the wrong way round', { arms: EXAMPLE, bounds: { low: 9, high: 8 } }, 422, 'floor_above_ceiling', 'bounds.low'],
    ['a negative cost', { arms: EXAMPLE, unitCost: -1 }, 422, 'invalid_amount', 'unitCost'],
  ])('refuses %s', async (_, body, status, code, field) => {
    expect(refusal(await elasticity(body))).toEqual([status, code, field])
  })
})

/** A log in which one of two actions was taken with two chances in three. */
const LOG = Array.from({ length: 600 }, (_, at) => ({
  action: at % 3 === 0 ? 'high' : 'low',
  reward: at % 10 === 0 ? 40 : 0,
  propensity: at % 3 === 0 ? 1 / 3 : 2 / 3,
}))

describe('the off-policy calculator', () => {
  it('values a policy that does not look at the decision, with a doubly robust value', async () => {
    const { status, body } = await offPolicy({ rows: LOG, policy: { high: 0.5, low: 0.5 } })
    expect(status).toBe(200)
    expect(OffPolicyAnswer.parse(body)).toEqual(body)
    expect(body.value).toMatchObject({
      decisions: 600,
      logged: { value: 4 },
      unsupported: 0,
      warnings: [],
      meanWeight: expect.closeTo(1, 10),
    })
    expect(body.value.ips.value).toBeCloseTo(4, 10)
    expect(body.value.doublyRobust.value).toBeCloseTo(4, 1)
    expect(body.value.effectiveSampleSize).toBeCloseTo(600 / 1.125, 6)
    const tuples = await offPolicy({
      rows: LOG.map(({ action, reward, propensity }) => [action, reward, propensity]),
      policy: { high: 0.5, low: 0.5 },
    })
    expect(tuples.body).toEqual(body)
  })

  it('values one that does, by the chances of each row, and without all of them knows no model', async () => {
    const targets = { high: 0.25, low: 0.75 }
    const whole = await offPolicy({ rows: LOG.map((row) => ({ ...row, targets })) })
    const taken = await offPolicy({ rows: LOG.map((row) => [row.action, row.reward, row.propensity, row.action === 'high' ? 0.25 : 0.75]) })
    expect(taken.body.value.ips).toEqual(whole.body.value.ips)
    expect([whole.body.value.doublyRobust, taken.body.value.doublyRobust]).toEqual([expect.anything(), null])
  })

  it('takes numbers for actions', async () => {
    const rows = LOG.map(({ reward, propensity }, at) => [at % 3 === 0 ? 549 : 499, reward, propensity])
    expect((await offPolicy({ rows, policy: { 499: 0.5, 549: 0.5 } })).body.value.unsupported).toBe(0)
  })

  it.each([
    ['a log that says too little', { rows: LOG.slice(0, 60), policy: { low: 1 } }, 422, 'insufficient_data', 'rows'],
    [
      'too few rewards',
      { rows: LOG.map((row, at) => ({ ...row, reward: at < 3 ? 1 : 0 })), policy: { low: 1 } },
      422,
      'insufficient_data',
      'rows',
    ],
    [
      'a propensity of 0',
      { rows: LOG.map((row, at) => (at === 4 ? { ...row, propensity: 0 } : row)), policy: { low: 1 } },
      422,
      'insufficient_data',
      'rows.4.propensity',
    ],
    [
      'no propensity',
      { rows: LOG.map(({ action, reward }) => ({ action, reward })), policy: { low: 1 } },
      422,
      'insufficient_data',
      'rows.0.propensity',
    ],
    ['a propensity above 1', { rows: [['a', 1, 1.5, 1]] }, 400, 'invalid_field', 'rows.0.propensity'],
    ['no policy', { rows: LOG }, 400, 'missing_field', 'rows.0.target'],
    ['chances that do not sum', { rows: LOG, policy: { low: 0.5, high: 0.4 } }, 422, 'weights_do_not_sum', 'policy'],
    [
      'chances of a row that do not sum',
      { rows: [{ action: 'a', reward: 1, propensity: 0.5, targets: { a: 0.2 } }] },
      422,
      'weights_do_not_sum',
      'rows.0.targets',
    ],
    ['a reward that is a text', { rows: [['a', '1', 0.5, 1]] }, 400, 'invalid_field', 'rows.0.reward'],
    [
      'a name it does not know',
      { rows: [{ action: 'a', reward: 1, propensity: 0.5, target: 1, probability: 1 }] },
      400,
      'unknown_field',
      'rows.0.probability',
    ],
    ['no row', { rows: [], policy: { low: 1 } }, 400, 'invalid_field', 'rows'],
    ['nothing', {}, 400, 'missing_field', 'rows'],
  ])('refuses %s', async (_, body, status, code, field) => {
    expect(refusal(await offPolicy(body))).toEqual([status, code, field])
  })
})

describe('the calculators', () => {
  it('are for those who may read', async () => {
    for (const path of ['/api/analysis/elasticity', '/api/analysis/off-policy'])
      expect((await send('POST', path, { key: PK, body: { arms: EXAMPLE } })).status).toBe(401)
  })

  it('answer the examples that describe them', async () => {
    const { body } = await send('GET', '/openapi.json')
    for (const [path, name] of [
      ['elasticity', 'ElasticityInput'],
      ['off-policy', 'OffPolicyInput'],
    ] as const) {
      const { example } = body.components.schemas[name]
      const answer = await send('POST', `/api/analysis/${path}`, { key: SK, body: example })
      expect([path, answer.status]).toEqual([path, 200])
    }
    const { rows } = body.components.schemas.ElasticityInput.properties
    expect(Object.keys(rows.items.properties ?? {})).toEqual(['price', 'quantity', 'group'])
  })
})
