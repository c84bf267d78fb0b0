import type { DecisionAnswer, SampledDecision } from '../../worker/contract/operations.ts'
import type { ArmResult, PriceTestAnswer, PriceTestItem, PriceTestResults } from '../../worker/contract/price-tests.ts'
import { TODAY } from './fake-figures.ts'

/** Prices, rules, tests and decisions of a shop that does not exist, by the shapes the routes agree on. */

const AT = Date.parse(`${TODAY}T09:30:00Z`)
const DAY = 86_400_000
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

export interface FakeProduct {
  id: string
  name: string
  interval: string | null
  minimumMargin: number | null
  maximumStepPerDay: number | null
  rounding: string
  purchasingPower: boolean
  prices: {
    currency: string
    amount: number
    floor?: number
    ceiling?: number
    unitCost?: number
    countries?: { country: string; amount: number }[]
  }[]
}

export interface FakeRule {
  id: string
  kind: string
  name: string
  productIds: string[] | null
  priority: number
  condition: Record<string, unknown>
  multiplier: number
  sensitivity: number | null
  minimum: number | null
  maximum: number | null
  reference: number | null
  startsAt: string | null
  endsAt: string | null
  lawClass?: string
}

/** What a refusal says: the next answer of a route is this one. */
export interface FakeRefusal {
  status: number
  code: string
  error: string
  field?: string
}

export interface FakePricing {
  products: FakeProduct[]
  rules: FakeRule[]
  tests: PriceTestItem[]
  decisions: SampledDecision[]
  /** Fields in which a replay differs; null where the configuration is gone. */
  differences: string[] | null
  /** By `PUT /api/products/…` and the like. */
  refusals: Record<string, FakeRefusal>
  /** Bodies that were sent, by method and path, in order. */
  sent: { to: string; body: unknown }[]
  /** Whether demand and ladder are answered. */
  parts: boolean
}

const terms = { interval: null, minimumMargin: null, maximumStepPerDay: null, rounding: 'auto', purchasingPower: false }

const products = (ids: readonly string[]): FakeProduct[] =>
  ids.map((id) => ({
    ...terms,
    id,
    name: id.replaceAll('_', ' '),
    ...(id === 'pro_bundle' && { minimumMargin: 0.5, maximumStepPerDay: 0.1, rounding: 'charm' }),
    prices:
      id === 'pro_bundle'
        ? [
            { currency: 'JPY', amount: 75_000 },
            { currency: 'USD', amount: 499, floor: 399, ceiling: 599, unitCost: 40, countries: [{ country: 'IN', amount: 199 }] },
          ]
        : [{ currency: 'USD', amount: 79 }],
  }))

const noRule = { productIds: null, priority: 0, condition: {}, multiplier: 1, sensitivity: null, minimum: null, maximum: null }
const always = { reference: null, startsAt: null, endsAt: null }

const rules = (name: string): FakeRule[] => [
  {
    ...noRule,
    ...always,
    id: 'germany',
    kind: 'market',
    name,
    condition: { country: { $in: ['DE', 'AT'] }, weekday: { $gte: 6 } },
    multiplier: 0.95,
    lawClass: 'uniform',
  },
  {
    ...noRule,
    ...always,
    id: 'winback',
    kind: 'segment',
    name: 'Win back',
    productIds: ['pro_bundle', 'starter_bundle', 'pro_yearly', 'pro_monthly'],
    priority: 5,
    condition: { behaviorFlags: { $all: ['price_sensitive'] }, newVisitor: true },
    multiplier: 0.9,
    endsAt: '2027-01-31T00:00:00.000Z',
    lawClass: 'personal',
  },
  {
    ...noRule,
    ...always,
    id: 'stock',
    kind: 'inventory',
    name: 'Stock',
    sensitivity: 0.5,
    minimum: 0.9,
    maximum: 1.1,
    reference: 200,
    lawClass: 'uniform',
  },
]

const AMOUNTS = [499, 449, 549]
const keyOf = (index: number) => (index === 0 ? 'control' : `variant_${index}`)

export const fakeTest = (id: string, name: string, change: Partial<PriceTestAnswer> = {}): PriceTestAnswer => ({
  id,
  version: 1,
  productId: 'pro_bundle',
  currency: 'USD',
  name,
  status: 'running',
  mode: 'randomised',
  allocation: 'thompson',
  metric: 'net_revenue',
  eligibility: 'new',
  segments: 'device',
  conversionWindow: 3,
  minimumSample: 100,
  blockHours: 6,
  arms: AMOUNTS.map((amount, index) => ({ key: keyOf(index), amount, weight: [0.2, 0.15, 0.65][index] ?? 0, closedAt: null })),
  epochs: [0, 1, 2, 3].map((at) => ({
    day: dayOf(AT - (8 - 2 * at) * DAY),
    weights: { control: 1 / 3 - at * 0.04, variant_1: 1 / 3 - at * 0.06, variant_2: 1 / 3 + at * 0.1 },
    bySegment: {},
  })),
  startsAt: AT - 8 * DAY,
  endsAt: AT + 6 * DAY,
  ...change,
})

function fakeArm(index: number): ArmResult {
  const exposed = [2010, 1795, 2440][index] ?? 0
  const value = [4.82, 4.61, 5.61][index] ?? 0
  return {
    key: keyOf(index),
    amount: AMOUNTS[index] ?? 0,
    weight: [0.2, 0.15, 0.65][index] ?? 0,
    closedAt: null,
    exposed,
    matured: exposed - 140,
    buyers: [20, 19, 26][index] ?? 0,
    netRevenue: [9980, 8531, 14_274][index] ?? 0,
    perVisitor: { value, standardError: 0.2, low: value - 0.4, high: value + 0.4 },
    lift:
      index === 0 ? null : ([null, { value: -0.044, low: -0.151, high: 0.063 }, { value: 0.164, low: 0.031, high: 0.297 }][index] ?? null),
    chanceToBeBest: [0.02, 0.01, 0.97][index] ?? 0,
    expectedLoss: [0.79, 1, 0.004][index] ?? 0,
    refunds: { count: index, of: 20, rate: index / 20 },
    disputes: { count: 0, of: 20, rate: 0 },
    paymentFailures: { count: 0, of: 0, rate: null },
  }
}

export function fakeResults(change: Partial<PriceTestResults> = {}): PriceTestResults {
  const arms = AMOUNTS.map((_, index) => fakeArm(index))
  return {
    currency: 'USD',
    arms,
    excluded: 12,
    method: 'weighted',
    blocks: null,
    sampleRatio: { pValue: 0.41, expected: [2020, 1810, 2415], mismatch: false },
    daysLeft: 6,
    segments: [
      {
        segment: 'mobile',
        arms: arms.map(({ key, exposed, buyers, netRevenue, perVisitor }) => ({ key, exposed, buyers, netRevenue, perVisitor })),
      },
    ],
    verdict: 'ship',
    arm: 'variant_2',
    sentence: '$549 earns 16.4 % more a visitor than $499, and at least 3.1 % more',
    reasons: ['The interval, valid at every look, lies above nothing'],
    history: [1, 2, 3, 4, 5, 6].map((at) => ({
      day: dayOf(AT - (8 - at) * DAY),
      lifts: {
        variant_1: { value: -0.04, low: -0.04 - 0.6 / at, high: -0.04 + 0.6 / at },
        variant_2: { value: 0.17, low: 0.17 - 0.8 / at, high: 0.17 + 0.8 / at },
      },
    })),
    ...change,
  }
}

export function fakeSample(count: number): SampledDecision[] {
  return Array.from({ length: count }, (_, at) => ({
    decisionId: `${'a1b2c3d4'.repeat(5)}_${at}`,
    productId: at % 3 === 0 ? 'starter_bundle' : 'pro_bundle',
    currency: 'USD',
    price: at % 2 ? 449 : 499,
    listPrice: 499,
    reason: at % 2 ? 'test' : 'market',
    priceClass: at % 2 ? 'randomised' : 'uniform',
    test: at % 2 ? { id: 't1', version: 1, variant: 'variant_1' } : null,
    propensity: at % 2 ? 1 / 3 : 1,
    country: at % 5 ? 'US' : null,
    device: at % 4 ? 'mobile' : null,
    decidedAt: AT - at * 60_000,
    configVersion: 7,
  }))
}

export const freshPricing = (ids: readonly string[], name: string): FakePricing => ({
  products: products(ids),
  rules: rules(name),
  tests: [{ success: true, test: fakeTest('t1', name), results: fakeResults() }],
  decisions: fakeSample(120),
  differences: [],
  refusals: {},
  sent: [],
  parts: true,
})

const ladder = (product: FakeProduct) => ({
  success: true,
  prices: product.prices.flatMap(({ currency, amount, countries = [] }) => [
    { currency, country: null, amount: amount * 0.9, effectiveAt: AT - 90 * DAY, reason: 'product_saved' },
    { currency, country: null, amount: amount * 1.1, effectiveAt: AT - 40 * DAY, reason: 'product_saved' },
    { currency, country: null, amount, effectiveAt: AT - 12 * DAY, reason: 'arm control of price test pt_N52 shipped' },
    ...countries.map((own) => ({ currency, ...own, effectiveAt: AT - 20 * DAY, reason: 'product_saved' })),
  ]),
  lowest30Days: product.prices.map(({ currency, amount }) => ({ currency, country: null, amount: amount * 0.9 })),
})

const CURVE = [430, 460, 490, 520, 550, 580]

function demandOf(product: FakeProduct, currency: string) {
  const none = {
    productId: product.id,
    currency,
    testId: null,
    points: [],
    model: null,
    curve: [],
    elasticity: null,
    segments: [],
    suggestion: null,
  }
  if (product.id === 'pro_yearly')
    return {
      ...none,
      source: 'history',
      points: [{ amount: 79, visitors: 900, buyers: 40, rate: 0.0444, low: 0.032, high: 0.06 }],
      observational: { pooled: { value: -1.6, low: -2.2, high: -1 }, within: null },
      reason: 'The past alone suggests no price',
    }
  if (product.id !== 'pro_bundle' || currency !== 'USD')
    return { ...none, source: null, observational: null, reason: 'No price test of it has shown enough people each price' }
  return {
    ...none,
    source: 'test',
    testId: 't1',
    points: [
      { amount: 449, visitors: 1795, buyers: 95, rate: 0.0529, low: 0.0435, high: 0.0642 },
      { amount: 499, visitors: 2010, buyers: 98, rate: 0.0488, low: 0.0401, high: 0.0591 },
      { amount: 549, visitors: 2440, buyers: 112, rate: 0.0459, low: 0.0383, high: 0.055 },
    ],
    model: 'logit',
    curve: CURVE.map((amount) => ({
      amount,
      rate: 0.053 - (amount - 449) * 7e-5,
      low: 0.046 - (amount - 449) * 9e-5,
      high: 0.062 - (amount - 449) * 5e-5,
    })),
    segments: [
      { segment: 'mobile', visitors: 4000, buyers: 190, elasticity: { value: -0.9, low: -1.8, high: 0 }, reason: null },
      { segment: 'tablet', visitors: 40, buyers: 1, elasticity: null, reason: 'Too few people have bought' },
    ],
    elasticity: { value: -0.71, low: -1.4, high: -0.02 },
    suggestion: { amount: 549, gain: 0.8, gainLow: -0.012, gainHigh: 1.62, clamped: true },
    observational: { pooled: { value: -1.6, low: -2.2, high: -1 }, within: { value: -0.4, low: -1.3, high: 0.5 } },
    reason: null,
  }
}

export const fakeRecord = (id: string, replayed: boolean, differences: string[] | null): DecisionAnswer => ({
  success: true,
  decision: {
    id,
    productId: 'pro_bundle',
    currency: 'USD',
    listMinor: 49_900,
    priceMinor: 44_900,
    reason: 'test',
    priceClass: 'randomised',
    disclosure: 'This price was set by an experiment',
    propensity: 1 / 3,
    decidedAt: AT,
    test: { testId: 't1', version: 1, arm: 'variant_1', propensity: 1 / 3, epoch: dayOf(AT), mode: 'randomised', clamped: false },
    context: { currency: 'USD', country: 'US', region: 'US-NY', device: 'mobile', behaviorFlags: ['returning'], profilingRefused: false },
    facts: {
      subject: 'f00d',
      contracts: {},
      arms: { t1: { arm: 'variant_1', version: 1 } },
      firstSeenAt: AT - DAY,
      orders: 0,
      inDunning: false,
      lastQuote: { amountMinor: 44_900, expiresAt: AT + 60_000 },
    },
  },
  configVersion: 7,
  explain: [
    { step: 'list', outcome: 'applied', before: 499, after: 499, detail: 'The list price is 499.00 USD' },
    { step: 'holdout', outcome: 'skipped', before: 499, after: 499, detail: 'Not among the 5 % that no lever touches' },
    { step: 'test', outcome: 'applied', before: 499, after: 449, detail: 'Arm variant_1 of 3: drawn with probability 33.3 %' },
    { step: 'floor', outcome: 'kept', before: 449, after: 449, detail: 'Not below the floor' },
  ],
  replay: !replayed || differences === null ? null : { identical: differences.length === 0, differences },
})

export const fakePreview = (changed: number) => ({
  decisions: 1000,
  changed,
  raised: 0,
  lowered: changed,
  clamped: 3,
  forbidden: 2,
  products: [{ productId: 'pro_bundle', currency: 'USD', decisions: 640, changed, averageBefore: 491.2, averageAfter: 478.35 }],
  examples: [
    {
      decisionId: 'd1_0',
      productId: 'pro_bundle',
      currency: 'USD',
      country: 'DE',
      before: 499,
      after: 474,
      why: 'Rule summer, price × 0.95',
    },
  ],
})

type Send = (status: number, body: unknown) => void

/** Answers what belongs to pricing. @returns whether it did */
export function answerPricing(pricing: FakePricing, method: string, url: URL, body: string, send: Send): boolean {
  const { pathname, searchParams: query } = url
  const [, kind = '', rawId = '', action = ''] =
    /^\/api\/(products|price-rules|price-tests|market-signals|decisions)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? []
  if (kind === '') return false
  const id = decodeURIComponent(rawId)
  if (method !== 'GET') pricing.sent.push({ to: `${method} ${pathname}`, body: body && JSON.parse(body) })
  const refusal = pricing.refusals[`${method} ${pathname}`]
  const unknown = () => refuse(send, { status: 404, code: 'not_found', error: `there is no ${id}` })
  if (refusal) refuse(send, refusal)
  else if (kind === 'products') answerProducts(pricing, { method, id, action, query, body }, send, unknown)
  else if (kind === 'price-rules') answerRules(pricing, { method, id, body }, send)
  else if (kind === 'price-tests') answerTests(pricing, { method, id, action, body }, send, unknown)
  else if (kind === 'market-signals')
    send(200, { success: true, signals: [{ productId: 'pro_bundle', signal: 'inventory', value: 140, updatedAt: AT }], next: null })
  else answerDecisions(pricing, id, query, send, unknown)
  return true
}

const refuse = (send: Send, { status, code, error, field }: FakeRefusal) =>
  send(status, { success: false, type: `/docs#${code}`, title: code, error, code, field, status })

interface Asked {
  method: string
  id: string
  action: string
  query: URLSearchParams
  body: string
}

function answerProducts(pricing: FakePricing, { method, id, action, query, body }: Asked, send: Send, unknown: () => void): void {
  if (id === '') {
    const from = query.get('after') ?? ''
    const limit = Number(query.get('limit') ?? 100)
    const found = pricing.products.filter((product) => from === '' || product.id > from)
    const page = found.slice(0, limit)
    return send(200, { success: true, products: page, next: found.length > limit ? page.at(-1)?.id : null })
  }
  const product = pricing.products.find((each) => each.id === id)
  if (!product) return unknown()
  if (method === 'PUT') {
    Object.assign(product, JSON.parse(body))
    return send(200, { success: true, product })
  }
  if (action !== '' && !pricing.parts) return unknown()
  if (action === 'prices') return send(200, ladder(product))
  if (action === 'demand') return send(200, { success: true, demand: demandOf(product, query.get('currency') ?? 'USD') })
  send(200, { success: true, product })
}

function answerRules(pricing: FakePricing, { method, id, body }: Pick<Asked, 'method' | 'id' | 'body'>, send: Send): void {
  if (method === 'POST') return send(200, { success: true, preview: fakePreview(120) })
  if (method === 'DELETE') pricing.rules = pricing.rules.filter((rule) => rule.id !== id)
  if (method === 'PUT') {
    const rule = { id, ...JSON.parse(body), lawClass: 'uniform' }
    pricing.rules = [...pricing.rules.filter((each) => each.id !== id), rule]
    return send(200, { success: true, rule, preview: fakePreview(120) })
  }
  send(200, method === 'GET' ? { success: true, rules: pricing.rules } : { success: true, message: 'removed' })
}

const ENDS = { stop: 'stopped', ship: 'shipped', rollback: 'rolled_back' } as const

function answerTests(pricing: FakePricing, { method, id, action, body }: Omit<Asked, 'query'>, send: Send, unknown: () => void): void {
  if (id === '' && method === 'POST') {
    const test = fakeTest('t2', JSON.parse(body).name ?? 'Price of pro bundle')
    pricing.tests.push({ success: true, test, results: fakeResults({ verdict: 'keep_running', arm: null, sentence: 'It has just begun' }) })
    return send(200, { success: true, testId: 't2', message: 'started', test })
  }
  if (id === '') return send(200, { success: true, tests: pricing.tests.map(({ test }) => test), next: null })
  const found = pricing.tests.find(({ test }) => test.id === id)
  if (!found) return unknown()
  const status = ENDS[action as keyof typeof ENDS]
  if (!status) return send(200, found)
  found.test = { ...found.test, status }
  send(200, { success: true, testId: id, message: `${found.test.name} is ${status.replace('_', ' ')}`, test: found.test })
}

function answerDecisions(pricing: FakePricing, id: string, query: URLSearchParams, send: Send, unknown: () => void): void {
  if (id === 'nobody') return unknown()
  if (id !== '') return send(200, fakeRecord(id, query.get('replay') === '1', pricing.differences))
  const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY)
  const decisions = pricing.decisions
    .filter(({ productId }) => !query.has('productId') || productId === query.get('productId'))
    .filter(({ test }) => !query.has('testId') || test?.id === query.get('testId'))
    .filter(({ decidedAt }) => decidedAt < before)
    .slice(0, Number(query.get('limit') ?? 100))
  send(200, { success: true, decisions })
}
