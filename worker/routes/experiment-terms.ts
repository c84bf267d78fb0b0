import { readConfiguration } from '../config.ts'
import type { ExperimentInput } from '../contract/experiments.ts'
import { readBuyerHistory } from '../db/buyer-history.ts'
import { readExperiment } from '../db/experiments.ts'
import { DomainError } from '../domain/error.ts'
import { conditionFlaw } from '../domain/experiments/condition-flaw.ts'
import { draftOf, type Experiment, type ExperimentMetric } from '../domain/experiments/definition.ts'
import { placeOfStep } from '../domain/experiments/funnel-step.ts'
import { type FindMetric, judgedBy } from '../domain/experiments/judged-by.ts'
import type { StartTerms } from '../domain/experiments/lifecycle.ts'
import { BUILT_IN_METRICS, type MetricDefinition, referenceOf } from '../domain/experiments/metric.ts'
import { parseCurrency } from '../domain/money.ts'
import { DAY_MS } from '../domain/time.ts'
import type { Env } from '../env.ts'

/** Steps of the funnel that every deployment has. */
const DEFAULT_STEPS = [
  { key: 'landing', events: ['page_view', 'view_item_list'] },
  { key: 'product_view', events: ['view_item'] },
  { key: 'cart', events: ['add_to_cart', 'view_cart'] },
  { key: 'checkout', events: ['begin_checkout', 'add_shipping_info'] },
  { key: 'payment', events: ['add_payment_info'] },
  { key: 'purchase', events: ['purchase'] },
]

const findBuiltIn: FindMetric = (reference) =>
  BUILT_IN_METRICS.find((metric) => metric.id === reference || referenceOf(metric) === reference) ?? null

/** A draft of what somebody describes, with all that it names found. @throws DomainError whatever it names is not there, or cannot be */
export async function draftFrom(env: Env, input: ExperimentInput, key: string, now: number, keep: (promise: Promise<unknown>) => void) {
  const { root } = await readConfiguration(env, now, keep)
  const currency = input.currency === undefined ? root.pricing.defaultCurrency : parseCurrency(input.currency)
  const { step, next } = stepsOf(input)
  const metrics = judgedBy(input, currency, next, findBuiltIn)
  const draft = draftOf(input, key, currency, now, step, metrics)
  await checkAudience(env, draft)
  return draft
}

function stepsOf({ funnel, funnelStep }: ExperimentInput): { step: string | null; next: string | null } {
  if (funnel !== 'default') throw new DomainError('unknown_step', `there is no funnel ${funnel}`, 'funnel')
  if (funnelStep === undefined) return { step: null, next: null }
  const place = placeOfStep(DEFAULT_STEPS, funnelStep)
  if (place < 0) {
    const known = DEFAULT_STEPS.map(({ key }) => key).join(', ')
    throw new DomainError('unknown_step', `the funnel has no step ${funnelStep}: ${known}`, 'funnelStep')
  }
  return { step: DEFAULT_STEPS[place]?.key ?? null, next: DEFAULT_STEPS[place + 1]?.key ?? null }
}

/** Prerequisites must be there before whatever depends on them, so that none can lead back to itself. */
export async function checkAudience(env: Env, { condition, prerequisites }: Experiment): Promise<void> {
  const flaw = condition && conditionFlaw(condition)
  if (flaw) throw new DomainError('invalid_field', flaw.message, ['condition', ...flaw.path].join('.'))
  for (const [at, { key, condition }] of prerequisites.entries()) {
    const flaw = conditionFlaw(condition)
    if (flaw) throw new DomainError('invalid_field', flaw.message, ['prerequisites', at, 'condition', ...flaw.path].join('.'))
    if (!(await readExperiment(env.DB, key)))
      throw new DomainError('not_found', `experiment ${key} does not exist`, `prerequisites.${at}.key`)
  }
}

const HISTORY_MS = 90 * DAY_MS
/** Fewer buyers say nothing of how much the few who pay most do. */
const LEAST_BUYERS = 100

/** What holds from the start on, from the history before it: caps on what one person counts for. */
export async function termsAtStart(env: Env, draft: Experiment, startsAt: number): Promise<StartTerms> {
  const metrics: ExperimentMetric[] = []
  for (const metric of draft.metrics) {
    const definition = findBuiltIn(metric.metric)
    const cap = definition && (await capOf(env, draft, definition, startsAt))
    metrics.push({ ...metric, cap: lower(metric.cap, cap) })
  }
  return { metrics, plannedSample: null }
}

const lower = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.min(a, b))

/** What the percentile of buyers brought in a window of the metric's length; null where that is nothing to go by. */
async function capOf(env: Env, { outlierPercentile, currency }: Experiment, definition: MetricDefinition, startsAt: number) {
  const { kind, numerator, windowMs } = definition
  if (kind !== 'mean' || (numerator.of !== 'net_revenue' && numerator.of !== 'orders') || outlierPercentile >= 1) return null
  const { buyers, percentile } = await readBuyerHistory(env.DB, {
    currency: numerator.of === 'orders' ? null : (definition.currency ?? currency),
    productIds: numerator.productIds ?? null,
    since: startsAt - HISTORY_MS,
    until: startsAt,
    windowMs,
    percentile: outlierPercentile,
  })
  return buyers >= LEAST_BUYERS && percentile ? percentile : null
}
