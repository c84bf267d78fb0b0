import type { ExperimentAnswer, ExperimentItem, ExperimentsAnswer } from '../../worker/contract/experiments.ts'
import type { HoldoutAnswer } from '../../worker/contract/holdout.ts'
import type { MetricAnswer } from '../../worker/contract/metrics.ts'
import { fakeResults, nothingYet } from './fake-experiment-results.ts'
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
  /** What all levers together are worth; null: nobody is held out. */
  holdout: HoldoutAnswer | null
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

export const fakeItem = (experiment: ExperimentAnswer, results = fakeResults()): FakeItem => ({
  success: true,
  experiment,
  counts: { currency: 'USD', variants: [], excluded: 0 },
  results,
  summary:
    results.exposures.total > 0
      ? { exposed: results.plan.exposed, verdict: results.verdict, sentence: results.sentence, day: dayOf(AT - DAY) }
      : null,
})

export const fakeHoldout = (change: Partial<HoldoutAnswer> = {}): HoldoutAnswer => ({
  success: true,
  currency: 'USD',
  share: 0.05,
  windowDays: 90,
  sides: [
    { key: 'held_out', exposed: 1020, matured: 400, expected: 1000, netRevenue: 5100, perCustomer: { value: 5, low: 4, high: 6 } },
    {
      key: 'treated',
      exposed: 18_980,
      matured: 8000,
      expected: 19_000,
      netRevenue: 113_880,
      perCustomer: { value: 6, low: 5.8, high: 6.2 },
    },
  ],
  excluded: 7,
  sampleRatio: { pValue: 0.5, mismatch: false },
  effect: { value: 1, low: 0.2, high: 1.8, pValue: 0.01 },
  lift: { value: 0.2, low: 0.04, high: 0.36 },
  total: { value: 18_980, low: 3796, high: 34_164 },
  conclusion: 'gain',
  sentence: 'Prices, offers and interventions together surely bring more than they cost',
  reason: null,
  ...change,
})

export const freshExperiments = (name: string): FakeExperiments => ({
  items: [
    fakeItem(fakeExperiment('archived_one', 'Long ago', { status: 'archived', ending: 'duration', startsAt: 0, endsAt: 14 * DAY })),
    fakeItem(fakeExperiment('draft_one', 'Next thing', { status: 'draft', phases: [], plannedSample: null }), nothingYet()),
    fakeItem(fakeExperiment('checkout_button', name)),
  ],
  metrics: fakeMetrics(),
  holdout: fakeHoldout(),
  refusals: {},
  sent: [],
})

type Send = (status: number, body: unknown) => void

/** Answers what belongs to experiments. @returns whether it did */
export function answerExperiments(state: FakeExperiments, method: string, url: URL, body: string, send: Send): boolean {
  const { pathname } = url
  const [, kind = '', rawKey = '', action = ''] =
    /^\/api\/(experiments|metrics|holdout|analysis(?=\/sample-size))(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? []
  if (kind === '') return false
  const sent = body === '' ? undefined : JSON.parse(body)
  if (method !== 'GET') state.sent.push({ to: `${method} ${pathname}`, body: sent })
  const refusal = state.refusals[`${method} ${pathname}`]
  if (refusal) refuse(send, refusal)
  else if (kind === 'holdout') answerHoldout(state, send)
  else if (kind === 'metrics') answerMetrics(state, method, sent, send)
  else if (kind === 'analysis') answerSampleSize(sent, send)
  else answerOne(state, { method, key: decodeURIComponent(rawKey), action, sent }, send)
  return true
}

const refuse = (send: Send, { status, code, error, field }: FakeRefusal) =>
  send(status, { success: false, type: `/docs#${code}`, title: code, error, code, field, status })

function answerHoldout({ holdout }: FakeExperiments, send: Send): void {
  if (holdout) return send(200, holdout)
  refuse(send, {
    status: 422,
    code: 'insufficient_data',
    error: 'nobody is held out: set `holdoutShare` above 0 and below 1',
    field: 'holdoutShare',
  })
}

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
    state.items.push(fakeItem(experiment, nothingYet()))
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
