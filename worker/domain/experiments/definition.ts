import type { ExperimentAnswer, ExperimentInput } from '../../contract/experiments.ts'
import type { AnalysisMethod, ExperimentEnding, ExperimentStatus, MetricRole } from '../../contract/lists.ts'
import { equalWeights } from '../assignment.ts'
import { DomainError } from '../error.ts'
import { toMajor } from '../money.ts'
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
  /** Of money; absent where a number is counted. */
  currency?: string
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
  /** Of a draft alone: what it was made of, so that any of it can still change. */
  input?: ExperimentInput
}

/** Price tests have ids of this kind, and the holdout is one; their sums lie beside those of experiments. */
const RESERVED_KEY = /^(pt_|universal_holdout(\.|$))/

/** A name as a key. @example keyOf('Checkout button') // => 'checkout_button' */
export const keyOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9.-]+/g, '_')
    .replace(/^[_.-]+|[_.-]+$/g, '')
    .slice(0, 64) || 'experiment'

/** From when until when an experiment runs that starts now, unless it says itself when. */
export function spanOf({ startsAt: begin, endsAt: end, duration }: ExperimentInput, now: number): { startsAt: number; endsAt: number } {
  const startsAt = begin === undefined ? now : Date.parse(begin)
  return { startsAt, endsAt: end === undefined ? startsAt + Math.round(duration * DAY_MS) : Date.parse(end) }
}

/**
 * The draft that a name and variants describe.
 *
 * @param funnelStep  key of the step that the input names
 * @param metrics     what it is to be judged by, the first goal first
 * @throws DomainError duplicate_key, weights_do_not_sum, negative_weight, no_control, end_before_start, reserved_id
 */
export function draftOf(
  input: ExperimentInput,
  key: string,
  currency: string,
  now: number,
  funnelStep: string | null = null,
  metrics: ExperimentMetric[] = [],
): Experiment {
  const experiment: Experiment = {
    key,
    name: input.name,
    hypothesis: input.hypothesis,
    status: 'draft',
    funnel: input.funnel,
    funnelStep,
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
    ...spanOf(input, now),
    endedAt: null,
    ending: null,
    phases: [],
    metrics,
    method: input.method,
    looks: input.method === 'group_sequential' ? input.looks : null,
    minimumDetectableEffect: input.minimumDetectableEffect,
    power: input.power,
    plannedSample: input.plannedSample ?? null,
    prior: input.prior ?? null,
    outlierPercentile: input.outlierPercentile,
    autoShip: input.autoShip,
    shipped: null,
    input,
  }
  validate(experiment)
  return experiment
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

/** @throws DomainError  see `draftOf` */
export function validate({ key, variants, namespace, startsAt, endsAt }: Experiment): void {
  if (RESERVED_KEY.test(key))
    throw new DomainError(
      'reserved_id',
      'keys that begin with pt_ are those of price tests, with universal_holdout those of the holdout',
      'key',
    )
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
export const answerOf = ({ variants, metrics, seed: _, input: __, ...rest }: Experiment): ExperimentAnswer => ({
  ...rest,
  variants: variants.map(({ value, ...variant }) => ({ ...variant, config: value })),
  metrics: metrics.map(({ metric, role, cap, currency }) => ({
    metric,
    role,
    cap: cap === null || currency === undefined ? cap : toMajor(cap, currency),
  })),
})

export const isRunningAt = ({ status, startsAt, endsAt }: Experiment, now: number): boolean =>
  status === 'running' && now >= startsAt && now < endsAt
