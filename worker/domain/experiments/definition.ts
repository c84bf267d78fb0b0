import type { ExperimentAnswer, ExperimentInput, ExperimentPatch } from '../../contract/experiments.ts'
import type { AnalysisMethod, ExperimentEnding, ExperimentStatus, MetricRole } from '../../contract/lists.ts'
import { equalWeights } from '../assignment.ts'
import { DomainError } from '../error.ts'
import { DAY_MS } from '../time.ts'

export interface Variant {
  key: string
  name: string
  /** What asking for the experiment answers. */
  value: unknown
  /** 0–1; the weights of an experiment sum to 1. */
  weight: number
}

/** What an experiment is judged by; frozen as it starts. */
export interface ExperimentMetric {
  /** Reference, as in `net_revenue@1`. */
  metric: string
  role: MetricRole
  /** What one person counts for at most, minor units or number; null: no limit. */
  cap: number | null
}

/** A version of an experiment: a change of who is drawn, or into what, begins the next, which is analysed apart. */
export interface Phase {
  version: number
  from: number
  coverage: number
  weights: number[]
}

/** An experiment as it is stored and compiled into flags. The first variant is the control. */
export interface Experiment {
  key: string
  name: string
  hypothesis: string
  status: ExperimentStatus
  /** Id of the funnel whose step it is about. */
  funnel: string
  funnelStep: string | null
  variants: Variant[]
  /** Raised with every change of what is hashed or of whom it is for; part of every key of a sum, so that weights never mix. */
  version: number
  coverage: number
  condition: Record<string, unknown> | null
  namespace: { id: string; from: number; to: number } | null
  prerequisites: { key: string; condition: Record<string, unknown> }[]
  seed: string
  hashVersion: 1 | 2
  hashAttribute: string
  fallbackAttribute: string | null
  /** Lowest version whose sticky assignments still count; whoever has an older one is left out. */
  minBucketVersion: number
  /** In which net revenue is counted, from its start to its end. */
  currency: string
  startsAt: number
  endsAt: number
  endedAt: number | null
  ending: ExperimentEnding | null
  /** Oldest first; the last one runs. */
  phases: Phase[]
  /** The first goal first. Empty in experiments from before there were metrics. */
  metrics: ExperimentMetric[]
  method: AnalysisMethod
  /** Of group-sequential analysis. */
  looks: number | null
  /** Relative. */
  minimumDetectableEffect: number
  power: number
  /** People in all variants; null where no history says. */
  plannedSample: number | null
  /** Of the relative lift. */
  prior: { mean: number; standardDeviation: number } | null
  outlierPercentile: number
  autoShip: boolean
  /** Variant that everybody gets. */
  shipped: string | null
}

/** Price tests have ids of this kind; their sums lie beside those of experiments. */
const RESERVED_KEY = /^pt_/

/** A name as a key. @example keyOf('Checkout button') // => 'checkout_button' */
export const keyOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9.-]+/g, '_')
    .replace(/^[_.-]+|[_.-]+$/g, '')
    .slice(0, 64) || 'experiment'

/**
 * The experiment that a name and variants describe.
 *
 * @throws DomainError duplicate_key, weights_do_not_sum, negative_weight, end_before_start, reserved_id
 */
export function experimentOf(input: ExperimentInput, key: string, currency: string, now: number): Experiment {
  const startsAt = input.startsAt === undefined ? now : Date.parse(input.startsAt)
  const experiment: Experiment = {
    key,
    name: input.name,
    hypothesis: input.hypothesis,
    status: 'running',
    funnel: input.funnel,
    funnelStep: input.funnelStep === undefined ? null : String(input.funnelStep),
    variants: variantsOf(input.variants),
    version: 1,
    coverage: input.coverage,
    condition: input.condition ?? null,
    namespace: input.namespace ?? null,
    prerequisites: input.prerequisites,
    seed: input.seed ?? key,
    hashVersion: input.hashVersion,
    hashAttribute: input.hashAttribute,
    fallbackAttribute: input.fallbackAttribute ?? null,
    minBucketVersion: 0,
    currency,
    startsAt,
    endsAt: input.endsAt === undefined ? startsAt + Math.round(input.duration * DAY_MS) : Date.parse(input.endsAt),
    endedAt: null,
    ending: null,
    phases: [],
    metrics: [],
    method: input.method,
    looks: input.method === 'group_sequential' ? input.looks : null,
    minimumDetectableEffect: input.minimumDetectableEffect,
    power: input.power,
    plannedSample: input.plannedSample ?? null,
    prior: input.prior ?? null,
    outlierPercentile: input.outlierPercentile,
    autoShip: input.autoShip,
    shipped: null,
  }
  validate(experiment)
  return experiment
}

/**
 * The experiment with some of it changed. A change of who is drawn, or into what, begins a new version.
 *
 * @throws DomainError conflict  it has been stopped; and what `experimentOf` throws
 */
export function revised(experiment: Experiment, patch: ExperimentPatch): Experiment {
  if (experiment.status !== 'running') throw new DomainError('conflict', 'a stopped experiment does not change')
  const { weights, coverage, condition, endsAt, excludeEarlier } = patch
  if (weights && weights.length !== experiment.variants.length)
    throw new DomainError('weights_do_not_sum', 'give one weight a variant', 'weights')
  const redraws = weights !== undefined || coverage !== undefined || condition !== undefined || excludeEarlier === true
  const version = experiment.version + (redraws ? 1 : 0)
  const next: Experiment = {
    ...experiment,
    version,
    variants: experiment.variants.map((variant, at) => ({ ...variant, weight: weights?.[at] ?? variant.weight })),
    coverage: coverage ?? experiment.coverage,
    condition: condition === undefined ? experiment.condition : condition,
    minBucketVersion: excludeEarlier ? version : experiment.minBucketVersion,
    endsAt: endsAt === undefined ? experiment.endsAt : Date.parse(endsAt),
  }
  validate(next)
  return next
}

function variantsOf(sent: ExperimentInput['variants']): Variant[] {
  const weighted = sent.filter(({ weight }) => weight !== undefined).length
  if (weighted > 0 && weighted < sent.length)
    throw new DomainError('weights_do_not_sum', 'give a weight to every variant, or to none', 'variants')
  const equal = equalWeights(sent.length)
  return sent.map(({ name, key = keyOf(name), config, weight }, at) => ({
    key,
    name,
    value: config ?? key,
    weight: weight ?? (equal[at] as number),
  }))
}

function validate({ key, variants, namespace, startsAt, endsAt }: Experiment): void {
  if (RESERVED_KEY.test(key)) throw new DomainError('reserved_id', 'keys that begin with pt_ are those of price tests', 'key')
  for (const [at, variant] of variants.entries()) {
    if (variants.findIndex(({ key }) => key === variant.key) < at)
      throw new DomainError('duplicate_key', `${variant.key} stands twice`, `variants.${at}.key`)
    if (!(variant.weight >= 0)) throw new DomainError('negative_weight', 'a weight is 0 or more', `variants.${at}.weight`)
  }
  const total = variants.reduce((sum, { weight }) => sum + weight, 0)
  if (Math.abs(total - 1) > 0.001) throw new DomainError('weights_do_not_sum', `the weights sum to ${total}, not to 1`, 'variants')
  if (variants[0]?.weight === 0) throw new DomainError('no_control', 'the first variant is the control, and needs a weight', 'variants.0')
  if (namespace && namespace.from >= namespace.to)
    throw new DomainError('invalid_field', 'a range of a namespace ends after it begins', 'namespace.to')
  if (endsAt <= startsAt) throw new DomainError('end_before_start', 'the end must come after the start', 'endsAt')
}

/** @see ExperimentAnswer */
export const answerOf = ({ variants, seed: _, ...rest }: Experiment): ExperimentAnswer => ({
  ...rest,
  variants: variants.map(({ value, ...variant }) => ({ ...variant, config: value })),
})

export const isRunningAt = ({ status, startsAt, endsAt }: Experiment, now: number): boolean =>
  status === 'running' && now >= startsAt && now < endsAt
