import { readConfiguration } from '../config.ts'
import type { ExperimentInput } from '../contract/experiments.ts'
import { type HistoryQuestion, readBuyerHistory, readFlow } from '../db/buyer-history.ts'
import { readExperiment, readExperiments } from '../db/experiments.ts'
import { readFunnels } from '../db/funnels.ts'
import { readMetrics } from '../db/metrics.ts'
import { ConfigurationError, DomainError } from '../domain/error.ts'
import { compiledText } from '../domain/experiments/compiled.ts'
import { conditionFlaw } from '../domain/experiments/condition-flaw.ts'
import { draftOf, type Experiment, type ExperimentMetric } from '../domain/experiments/definition.ts'
import { placeOfStep } from '../domain/experiments/funnel-step.ts'
import { judgedBy } from '../domain/experiments/judged-by.ts'
import type { StartTerms } from '../domain/experiments/lifecycle.ts'
import type { MetricDefinition } from '../domain/experiments/metric.ts'
import { findMetric } from '../domain/experiments/metric-input.ts'
import { type Baseline, plannedSampleOf } from '../domain/experiments/plan.ts'
import { DEFAULT_FUNNEL } from '../domain/funnel/definition.ts'
import { findFunnel, type StoredFunnel, withDefault } from '../domain/funnel/find.ts'
import { parseCurrency } from '../domain/money.ts'
import { addMonths, DAY_MS, dayOf, monthOf } from '../domain/time.ts'
import type { Env } from '../env.ts'

/** A draft of what somebody describes, with all that it names found. @throws DomainError whatever it names is not there, or cannot be */
export async function draftFrom(env: Env, input: ExperimentInput, key: string, now: number, keep: (promise: Promise<unknown>) => void) {
  const [{ root }, custom, funnels] = await Promise.all([readConfiguration(env, now, keep), readMetrics(env.DB), readFunnels(env.DB)])
  const currency = input.currency === undefined ? root.pricing.defaultCurrency : parseCurrency(input.currency)
  const { step, next } = stepsOf(input, withDefault(funnels))
  const metrics = judgedBy(input, currency, next, (reference) => findMetric(custom, reference))
  const draft = draftOf(input, key, currency, now, step, metrics)
  await checkAudience(env, draft)
  await checkRoom(env, draft)
  return draft
}

/** The step an experiment is about, and of the default funnel the one after it. @throws DomainError unknown_step */
function stepsOf(
  { funnel: id, funnelStep }: ExperimentInput,
  funnels: readonly StoredFunnel[],
): { step: string | null; next: string | null } {
  const stored = findFunnel(funnels, id)
  if (!stored || stored.archivedAt !== null) throw new DomainError('unknown_step', `there is no funnel ${id}`, 'funnel')
  if (funnelStep === undefined) return { step: null, next: null }
  const { steps } = stored.funnel
  const place = placeOfStep(steps, funnelStep)
  if (place < 0) {
    const known = steps.map(({ key }) => key).join(', ')
    throw new DomainError('unknown_step', `the funnel has no step ${funnelStep}: ${known}`, 'funnelStep')
  }
  const next = stored.funnel.id === DEFAULT_FUNNEL.id ? steps[place + 1] : undefined
  return { step: steps[place]?.key ?? null, next: next?.key ?? null }
}

/** Prerequisites must be there before whatever depends on them, and must not lead back to it: then nobody would be drawn into either. */
export async function checkAudience(env: Env, { key: own, condition, prerequisites }: Experiment): Promise<void> {
  const flaw = condition && conditionFlaw(condition)
  if (flaw) throw new DomainError('invalid_field', flaw.message, ['condition', ...flaw.path].join('.'))
  for (const [at, { key, condition }] of prerequisites.entries()) {
    const flaw = conditionFlaw(condition)
    if (flaw) throw new DomainError('invalid_field', flaw.message, ['prerequisites', at, 'condition', ...flaw.path].join('.'))
    const needed = await readExperiment(env.DB, key)
    if (!needed) throw new DomainError('not_found', `experiment ${key} does not exist`, `prerequisites.${at}.key`)
    if (await leadsTo(env, own, needed))
      throw new ConfigurationError('invalid_field', `${key} needs this experiment itself, or one that does`, `prerequisites.${at}.key`)
  }
}

/** Whether an experiment is one that is looked for, or needs it, however far round. */
async function leadsTo(env: Env, wanted: string, from: Experiment): Promise<boolean> {
  const seen = new Set([from.key])
  let left = [from]
  while (left.length > 0 && !seen.has(wanted)) {
    const next = new Set(left.flatMap(({ prerequisites }) => prerequisites.map(({ key }) => key)).filter((key) => !seen.has(key)))
    for (const key of next) seen.add(key)
    left = (await Promise.all([...next].map((key) => readExperiment(env.DB, key)))).filter((each) => each !== null)
  }
  return seen.has(wanted)
}

/** Of all experiments together. They are one text of the configuration, which may have two megabytes: beyond that no setting of any kind could be saved. */
const MAXIMUM_BYTES = 1_000_000

/** @throws DomainError conflict  with this one the experiments would be larger than one configuration can be */
export async function checkRoom(env: Env, next: Experiment): Promise<void> {
  const others = (await readExperiments(env.DB, { limit: Number.MAX_SAFE_INTEGER })).filter(({ key }) => key !== next.key)
  if (Buffer.byteLength(compiledText([...others, next])) > MAXIMUM_BYTES)
    throw new DomainError(
      'conflict',
      `all experiments together may have ${MAXIMUM_BYTES} bytes: archive those that are over, or let \`config\` name what is large`,
      'variants',
    )
}

const HISTORY_MS = 90 * DAY_MS
/** Fewer buyers say nothing of how much the few who pay most do. */
const LEAST_BUYERS = 100

/** What holds from the start on, from the history before it: caps on what one person counts for, and how many people it takes. */
export async function termsAtStart(env: Env, draft: Experiment, startsAt: number): Promise<StartTerms> {
  const custom = await readMetrics(env.DB)
  const metrics: ExperimentMetric[] = []
  for (const metric of draft.metrics) {
    const definition = findMetric(custom, metric.metric)
    const cap = definition && (await capOf(env, draft, definition, startsAt))
    metrics.push({ ...metric, cap: lower(metric.cap, cap) })
  }
  const [goal] = metrics
  const definition = goal && findMetric(custom, goal.metric)
  if (draft.plannedSample !== null || !definition) return { metrics, plannedSample: draft.plannedSample }
  return { metrics, plannedSample: plannedSampleOf(draft, definition, await baselineOf(env, draft, definition, goal.cap, startsAt)) }
}

const lower = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.min(a, b))

/** What history is asked of a metric; null where it says nothing of it. */
function questionOf(
  { currency }: Experiment,
  definition: MetricDefinition,
): Pick<HistoryQuestion, 'currency' | 'productIds' | 'windowMs'> | null {
  const { kind, numerator, windowMs } = definition
  if (kind === 'ratio' || (numerator.of !== 'net_revenue' && numerator.of !== 'orders')) return null
  const ofMoney = definition.currency ?? (numerator.of === 'net_revenue' ? currency : null)
  return { currency: kind === 'mean' && numerator.of === 'orders' ? null : ofMoney, productIds: numerator.productIds ?? null, windowMs }
}

/** What the percentile of buyers brought in a window of the metric's length; null where that is nothing to go by. */
async function capOf(env: Env, draft: Experiment, definition: MetricDefinition, startsAt: number): Promise<number | null> {
  const asked = questionOf(draft, definition)
  const percentile = draft.outlierPercentile
  if (!asked || definition.kind !== 'mean' || percentile >= 1) return null
  const history = await readBuyerHistory(env.DB, { ...asked, since: startsAt - HISTORY_MS, until: startsAt, percentile, cap: null })
  return history.buyers >= LEAST_BUYERS && history.percentile ? history.percentile : null
}

/** What people at the step brought in the month before the start, or in the one it falls into where there was none before. */
async function baselineOf(
  env: Env,
  draft: Experiment,
  definition: MetricDefinition,
  cap: number | null,
  startsAt: number,
): Promise<Baseline | null> {
  // Of steps of other funnels there is no telling how many of a month's visitors come to them.
  if (draft.funnel !== DEFAULT_FUNNEL.id && draft.funnelStep !== null) return null
  const month = monthOf(dayOf(startsAt))
  for (const each of [addMonths(month, -1), month]) {
    const flow = await readFlow(env.DB, each)
    const step = draft.funnelStep ?? 'landing'
    const atStep = flow.steps.get(step) ?? 0
    const landed = flow.steps.get('landing') ?? 0
    const people = landed > 0 ? (flow.visitors * atStep) / landed : 0
    if (people < LEAST_BUYERS) continue
    const reached = /^reached_(.+)$/.exec(definition.id)?.[1]
    if (reached !== undefined) return { people: atStep, count: Math.min(atStep, flow.steps.get(reached) ?? 0), sum: 0, squares: 0 }
    const asked = questionOf(draft, definition)
    if (!asked) return null
    const since = Date.parse(`${each}-01`)
    const until = Math.min(startsAt, Date.parse(`${addMonths(each, 1)}-01`))
    const { buyers, sum, squares } = await readBuyerHistory(env.DB, { ...asked, since, until, percentile: 1, cap })
    if (buyers < LEAST_BUYERS) return null
    // Subscribers who pay again are buyers, too, and came to no step: so people of a step are reckoned from how many of them buy.
    const bought = flow.steps.get('purchase') ?? 0
    const ofBuyers = step === 'landing' || bought === 0 ? buyers : (buyers * atStep) / bought
    return { people: Math.max(people, buyers, ofBuyers), count: buyers, sum, squares }
  }
  return null
}
