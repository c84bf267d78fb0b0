import type { ExperimentResults, MetricResult, VariantResult } from '../../worker/contract/experiment-results.ts'
import type { ExperimentAnswer, ExperimentItem, ExperimentsAnswer } from '../../worker/contract/experiments.ts'
import type { MetricAnswer } from '../../worker/contract/metrics.ts'
import { TODAY } from './fake-figures.ts'
import type { FakeRefusal } from './fake-pricing.ts'

/** Experiments and metrics of a shop that does not exist, by the shapes the routes agree on. */

const AT = Date.parse(`${TODAY}T09:30:00Z`)
const DAY = 86_400_000
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

export type FakeItem = ExperimentItem & { summary: ExperimentsAnswer['experiments'][number]['summary'] }

export interface FakeExperiments {
  items: FakeItem[]
  metrics: MetricAnswer[]
  /** By `POST /api/experiments/…` and the like: the answer of a route is this one. */
  refusals: Record<string, FakeRefusal>
  /** Bodies that were sent, by method and path, in order. */
  sent: { to: string; body: unknown }[]
}

const metric = (id: string, name: string, change: Partial<MetricAnswer> = {}): MetricAnswer => ({
  metric: `${id}@1`,
  id,
  version: 1,
  name,
  kind: 'proportion',
  numerator: { of: 'orders' },
  denominator: null,
  direction: 'up',
  windowDays: 14,
  currency: null,
  cap: null,
  builtIn: true,
  ...change,
})

export const fakeMetrics = (): MetricAnswer[] => [
  metric('net_revenue', 'Net revenue per visitor', { kind: 'mean', numerator: { of: 'net_revenue' } }),
  metric('purchase', 'Buyers'),
  metric('average_order_value', 'Average order value', {
    kind: 'ratio',
    numerator: { of: 'net_revenue' },
    denominator: { of: 'orders' },
  }),
  metric('refunded', 'People with a refund or dispute', { numerator: { of: 'refunds' }, direction: 'down' }),
  metric('payment_failed', 'People with a failed payment', { numerator: { of: 'payment_failures' }, direction: 'down' }),
  metric('reached_payment', 'Reached payment', { numerator: { of: 'events', events: ['add_payment_info'] } }),
  metric('trials', 'Trials started', {
    metric: 'trials@2',
    version: 2,
    numerator: { of: 'events', events: ['trial_requested'], condition: { country: 'DE' } },
    windowDays: 7,
    builtIn: false,
  }),
  metric('trials', 'Trials started', { numerator: { of: 'events', events: ['trial_requested'] }, builtIn: false }),
]

const judged = (reference: string, role: 'goal' | 'secondary' | 'guardrail', cap: number | null = null) => ({
  metric: reference,
  role,
  cap,
})

export const fakeExperiment = (key: string, name: string, change: Partial<ExperimentAnswer> = {}): ExperimentAnswer => ({
  key,
  version: 1,
  name,
  hypothesis: 'A verb that promises something brings more people to the end',
  status: 'running',
  funnel: 'default',
  funnelStep: 'checkout',
  variants: [
    { key: 'buy_now', name: 'Buy now', config: 'buy_now', weight: 0.5 },
    { key: 'start_today', name: 'Start today', config: { label: 'Start today' }, weight: 0.5 },
  ],
  coverage: 1,
  condition: null,
  namespace: null,
  prerequisites: [],
  hashAttribute: 'id',
  fallbackAttribute: null,
  hashVersion: 2,
  currency: 'USD',
  startsAt: AT - 8 * DAY,
  endsAt: AT + 6 * DAY,
  endedAt: null,
  ending: null,
  minBucketVersion: 0,
  phases: [{ version: 1, from: AT - 8 * DAY, coverage: 1, weights: [0.5, 0.5] }],
  metrics: [judged('net_revenue@1', 'goal', 900), judged('purchase@1', 'secondary'), judged('refunded@1', 'guardrail')],
  method: 'sequential',
  looks: null,
  minimumDetectableEffect: 0.1,
  power: 0.8,
  plannedSample: 12_000,
  prior: null,
  outlierPercentile: 0.999,
  autoShip: false,
  shipped: null,
  ...change,
})

const variant = (key: string, change: Partial<VariantResult> = {}): VariantResult => ({
  key,
  exposed: 4100,
  matured: 2300,
  total: 20_500,
  denominator: null,
  value: 5,
  low: 4.6,
  high: 5.4,
  lift: null,
  fixedLift: null,
  difference: null,
  cuped: null,
  chanceToWin: null,
  expectedLoss: null,
  reason: null,
  ...change,
})

const better: Partial<VariantResult> = {
  exposed: 4060,
  matured: 2280,
  total: 24_360,
  value: 6,
  low: 5.5,
  high: 6.5,
  lift: { value: 0.2, low: 0.06, high: 0.34, pValue: 0.0001, adjustedPValue: 0.0002 },
  fixedLift: { value: 0.2, low: 0.1, high: 0.3, pValue: 0.00005 },
  difference: { value: 1, low: 0.3, high: 1.7 },
  cuped: { value: 0.18, low: 0.07, high: 0.29, varianceReduction: 0.24 },
  chanceToWin: 0.998,
  expectedLoss: 0.0002,
}

const result = (reference: string, name: string, change: Partial<MetricResult>): MetricResult => ({
  metric: reference,
  name,
  role: 'secondary',
  kind: 'proportion',
  direction: 'up',
  unit: 'share',
  windowDays: 14,
  cap: null,
  variants: [],
  ...change,
})

export const fakeResultMetrics = (): MetricResult[] => [
  result('net_revenue@1', 'Net revenue per visitor', {
    role: 'goal',
    kind: 'mean',
    unit: 'money',
    cap: 900,
    variants: [variant('buy_now'), variant('start_today', better)],
  }),
  result('purchase@1', 'Buyers', {
    variants: [
      variant('buy_now', { value: 0.03, low: 0.025, high: 0.036, total: 123 }),
      variant('start_today', {
        ...better,
        value: 0.0332,
        low: 0.028,
        high: 0.039,
        total: 135,
        cuped: null,
        lift: { value: 0.107, low: -0.12, high: 0.33, pValue: 0.21, adjustedPValue: 0.21 },
        difference: { value: 0.0032, low: -0.004, high: 0.01 },
      }),
    ],
  }),
  result('refunded@1', 'People with a refund or dispute', {
    role: 'guardrail',
    direction: 'down',
    variants: [
      variant('buy_now', { value: 0.002, low: 0.001, high: 0.004, total: 8 }),
      variant('start_today', { value: null, low: null, high: null, total: 0, reason: 'Nobody had a refund or dispute yet' }),
    ],
  }),
]

const daily = Array.from({ length: 8 }, (_, at) => ({
  day: dayOf(AT - (8 - at) * DAY),
  exposed: { buy_now: 500 + 7 * at, start_today: 496 + 9 * at },
}))

/** What the fake experiment says: that the second variant is to be shipped, unless told otherwise. */
export const fakeResults = (change: Partial<ExperimentResults> = {}): ExperimentResults => ({
  version: 1,
  currency: 'USD',
  method: 'sequential',
  verdict: 'ship',
  variant: 'start_today',
  sentence: 'Ship: Start today earns 20.0 % more a visitor, and the interval lies above nothing',
  reasons: ['The interval of the goal lies above zero at every look', 'No guardrail is harmed'],
  isFinal: false,
  daysLeft: 5.6,
  daysToVerdict: null,
  plan: { sample: 12_000, exposed: 8160, share: 0.68, minimumDetectableEffect: 0.1, power: 0.8 },
  exposures: {
    total: 8160,
    variants: [
      { key: 'buy_now', exposed: 4100, expected: 4080 },
      { key: 'start_today', exposed: 4060, expected: 4080 },
    ],
    excluded: 12,
    excludedShare: 0.0015,
    days: daily,
  },
  sampleRatio: { pValue: 0.66, mismatch: false, causes: [] },
  warnings: [
    {
      code: 'immature_cohorts',
      message: '3,580 of 8,160 people are still in their window of 14 days',
      metric: 'net_revenue@1',
      variant: null,
    },
  ],
  metrics: fakeResultMetrics(),
  segments: (
    [
      ['country', 'US', 0.24],
      ['country', 'DE', -0.04],
      ['device', 'mobile', 0.2],
      ['device', 'desktop', 0.19],
      ['visitor', 'new', 0.2],
    ] as const
  ).map(([dimension, value, lift]) => ({
    dimension,
    value,
    variants: [
      { key: 'buy_now', exposed: 1000, value: 5, lift: null },
      {
        key: 'start_today',
        exposed: 990,
        value: 5 * (1 + lift),
        lift: { value: lift, low: lift - 0.15, high: lift + 0.15, pValue: 0.02, adjustedPValue: 0.06 },
      },
    ],
  })),
  heterogeneity: [
    { dimension: 'country', variant: 'start_today', statistic: 6.8, pValue: 0.009, adjustedPValue: 0.018 },
    { dimension: 'device', variant: 'start_today', statistic: 0.1, pValue: 0.75, adjustedPValue: 0.75 },
  ],
  uplift: [
    {
      variant: 'start_today',
      qini: { value: 0.08, low: 0.01, high: 0.15 },
      curve: [0, 0.25, 0.5, 0.75, 1].map((share) => ({ share, gain: share * (1.6 - 0.6 * share) })),
      reason: null,
    },
  ],
  history: daily.map(({ day }, at) => ({
    day,
    exposed: 1000 * (at + 1),
    lifts: { start_today: { value: 0.2, low: 0.2 - 0.6 / (at + 1), high: 0.2 + 0.6 / (at + 1) } },
  })),
  looks: [],
  ...change,
})

export const fakeItem = (experiment: ExperimentAnswer, results: ExperimentResults | null = fakeResults()): FakeItem => ({
  success: true,
  experiment,
  counts: {
    currency: 'USD',
    variants: experiment.variants.map(({ key }, at) => ({ key, exposed: 40 + at, buyers: 2, netRevenue: 199.5 })),
    excluded: 0,
  },
  ...(results && { results }),
  summary: results && { exposed: results.plan.exposed, verdict: results.verdict, sentence: results.sentence, day: dayOf(AT - DAY) },
})

export const freshExperiments = (name: string): FakeExperiments => ({
  items: [
    fakeItem(fakeExperiment('archived_one', 'Long ago', { status: 'archived', ending: 'duration', startsAt: 0, endsAt: 14 * DAY })),
    fakeItem(fakeExperiment('draft_one', 'Next thing', { status: 'draft', phases: [], plannedSample: null }), null),
    fakeItem(fakeExperiment('checkout_button', name)),
  ],
  metrics: fakeMetrics(),
  refusals: {},
  sent: [],
})

type Send = (status: number, body: unknown) => void

/** Answers what belongs to experiments. @returns whether it did */
export function answerExperiments(state: FakeExperiments, method: string, url: URL, body: string, send: Send): boolean {
  const { pathname } = url
  const [, kind = '', rawKey = '', action = ''] =
    /^\/api\/(experiments|metrics|analysis(?=\/sample-size))(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? []
  if (kind === '') return false
  const sent = body === '' ? undefined : JSON.parse(body)
  if (method !== 'GET') state.sent.push({ to: `${method} ${pathname}`, body: sent })
  const refusal = state.refusals[`${method} ${pathname}`]
  if (refusal) refuse(send, refusal)
  else if (kind === 'metrics') answerMetrics(state, method, sent, send)
  else if (kind === 'analysis') answerSampleSize(sent, send)
  else answerOne(state, { method, key: decodeURIComponent(rawKey), action, sent }, send)
  return true
}

const refuse = (send: Send, { status, code, error, field }: FakeRefusal) =>
  send(status, { success: false, type: `/docs#${code}`, title: code, error, code, field, status })

function answerMetrics(state: FakeExperiments, method: string, sent: MetricAnswer, send: Send): void {
  if (method === 'GET') return send(200, { success: true, metrics: state.metrics })
  const made = metric(sent.id ?? 'made', sent.name, { ...sent, id: sent.id ?? 'made', metric: `${sent.id ?? 'made'}@1`, builtIn: false })
  state.metrics.push(made)
  send(200, { success: true, metric: made })
}

/** Enough of the calculator to see that it was asked rightly: the smaller the effect, the more people. */
function answerSampleSize({ mde, arms, peoplePerDay }: { mde: number; arms: number; peoplePerDay?: number }, send: Send): void {
  const perArm = Math.round(40 / mde ** 2)
  const total = perArm * arms
  const days = peoplePerDay === undefined ? null : Math.ceil(total / peoplePerDay)
  const sampleSize = {
    perArm: Array(arms).fill(perArm),
    exactPerArm: perArm,
    total,
    days,
    mde,
    power: 0.8,
    formula: 'interval',
    looks: null,
    reason: null,
  }
  send(200, { success: true, sampleSize })
}

const ENDS = { start: 'running', stop: 'stopped', archive: 'archived', ship: 'stopped' } as const

interface Asked {
  method: string
  key: string
  action: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the page has sent
  sent: any
}

function answerOne(state: FakeExperiments, { method, key, action, sent }: Asked, send: Send): void {
  if (key === '' && method === 'POST') {
    const experiment = fakeExperiment('made', sent.name, { status: sent.draft ? 'draft' : 'running', phases: [] })
    state.items.push(fakeItem(experiment, null))
    return send(200, { success: true, testId: 'made', message: `${sent.name}: ${sent.variants.length} variants`, experiment })
  }
  if (key === '') {
    const experiments = state.items.map(({ experiment, summary }) => ({ ...experiment, summary }))
    return send(200, { success: true, experiments, next: null })
  }
  const found = state.items.find(({ experiment }) => experiment.key === key)
  if (!found) return refuse(send, { status: 404, code: 'not_found', error: `there is no ${key}` })
  if (method === 'GET') {
    const { summary: _, ...item } = found
    return send(200, item)
  }
  const status = ENDS[action as keyof typeof ENDS]
  found.experiment = { ...found.experiment, ...(status && { status }), ...(action === 'ship' && { shipped: sent.variant }) }
  send(200, { success: true, testId: key, message: `${found.experiment.name} is ${status ?? 'changed'}`, experiment: found.experiment })
}
