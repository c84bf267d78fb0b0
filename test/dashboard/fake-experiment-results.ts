import type { ExperimentResults, MetricResult, VariantResult } from '../../worker/contract/experiment-results.ts'
import { TODAY } from './fake-figures.ts'

/** What an experiment of a shop that does not exist says. */

const AT = Date.parse(`${TODAY}T09:30:00Z`)
const DAY = 86_400_000
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

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
    isStored: true,
  })),
  looks: [],
  ...change,
})

/** What nobody has seen yet says. */
export const nothingYet = (): ExperimentResults =>
  fakeResults({
    verdict: 'keep_running',
    variant: null,
    sentence: 'Nobody has seen it yet',
    reasons: [],
    plan: { ...fakeResults().plan, sample: null, exposed: 0, share: null },
    exposures: { total: 0, variants: [], excluded: 0, excludedShare: null, days: [] },
    sampleRatio: null,
    warnings: [],
    metrics: fakeResultMetrics().map((each) => ({
      ...each,
      variants: each.variants.map(({ key }) =>
        variant(key, { exposed: 0, matured: 0, total: 0, value: null, low: null, high: null, reason: 'Nobody has seen it yet' }),
      ),
    })),
    segments: [],
    heterogeneity: [],
    uplift: [],
    history: [],
  })
