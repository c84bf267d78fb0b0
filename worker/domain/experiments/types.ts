import type { Range } from '../assignment.ts'

/**
 * Flags and experiments as GrowthBook's SDKs read them, so that a set written for any of them evaluates here the same.
 * Source: GrowthBook, "Build your own SDK", spec 0.8.0.
 */
export interface FlagSet {
  features: Record<string, FeatureDefinition>
  /** Lists that `$inGroup` and `$notInGroup` name. */
  savedGroups?: Record<string, unknown[]>
  contextualBandits?: Record<string, ContextualBanditDefinition>
}

/** A targeting condition: paths of attributes, or `$and $or $nor $not`, with what is expected of them. Empty holds for everybody. */
export type Condition = Record<string, unknown>

export interface FeatureDefinition {
  /** Null where there is none. */
  defaultValue?: unknown
  /** In order: the first that applies decides. */
  rules?: FeatureRule[]
}

/** Another flag whose value must fulfil a condition on `value`. */
export interface ParentCondition {
  id: string
  condition?: Condition
  /** When it fails: true turns the whole flag off, otherwise only this rule is passed over. */
  gate?: boolean
}

/** Part of a number line shared by experiments: those on disjoint parts exclude each other. */
export type Namespace = readonly [id: string, start: number, end: number]

/** As a namespace, with several ranges, its own attribute and hash version 2. */
export interface Filter {
  seed: string
  ranges: readonly Range[]
  hashVersion?: number
  /** Default `id`. */
  attribute?: string
}

export interface VariationMeta {
  /** Default: the index as text. Sticky assignments are found by it, so they need it. */
  key?: string
  name?: string
  /** Whoever is here counts in this experiment and then goes on to the next rule: a holdout's other side. */
  passthrough?: boolean
}

/** How people are drawn; what a rule and an experiment have in common. */
export interface Allocation {
  /** Share of each variation, sum 1 ± 0.01; otherwise, or without them, equal. */
  weights?: readonly number[]
  /** Share of people taken in, 0–1. Default 1. */
  coverage?: number
  /** One range a variation, instead of weights and coverage. */
  ranges?: readonly Range[]
  /** Default `id`; a dot leads into an object. */
  hashAttribute?: string
  /** Used where the hash attribute is missing, while sticky assignments are on. */
  fallbackAttribute?: string
  /** Default 1. */
  hashVersion?: number
  /** Default: the key of the experiment, or of the flag for a rollout. */
  seed?: string
  meta?: readonly VariationMeta[]
  filters?: readonly Filter[]
  /** Not asked where there are filters. */
  namespace?: Namespace
  condition?: Condition
  disableStickyBucketing?: boolean
  /** Assignments of another version are forgotten. Default 0. */
  bucketVersion?: number
  /** People assigned under an earlier version are shut out. */
  minBucketVersion?: number
  name?: string
  phase?: string
}

/** One with `force` is a rollout, one with `variations` an experiment, one with neither only holds prerequisites. */
export interface FeatureRule extends Allocation {
  id?: string
  parentConditions?: readonly ParentCondition[]
  force?: unknown
  /** The range of a rollout, instead of its coverage. */
  range?: Range
  variations?: readonly unknown[]
  /** Instead of `variations` in a contextual bandit, so that SDKs which know none pass over the rule. */
  contextualVariations?: readonly unknown[]
  contextualBanditRef?: string
  /** Key of the experiment. Default: the flag's. */
  key?: string
}

export interface ExperimentDefinition extends Allocation {
  key: string
  variations: readonly unknown[]
  active?: boolean
  status?: 'draft' | 'running' | 'stopped'
  /** Everybody taken in gets this variation, and nobody is analysed. */
  force?: number
  parentConditions?: readonly ParentCondition[]
  /** Set on what comes back from a bandit that drew. */
  contextualBandit?: BanditChoice
}

/** Weights learned for each group of people; the first leaf whose condition holds is the person's. */
export interface ContextualBanditDefinition {
  banditVersion?: number
  contexts: readonly { leafId: number; condition?: Condition; weights: readonly number[] }[]
}

export interface BanditChoice {
  /** −1 when no leaf holds: the rule's own weights. */
  leafId: number
  /** Propensities of this draw. */
  variationWeights: readonly number[]
  banditVersion?: number
}

/** Assignments of one value of one attribute: variation keys by `experiment__bucketVersion`. */
export interface StickyDocument {
  attributeName: string
  attributeValue: string
  assignments: Record<string, string>
}

/** Documents by `attribute||value`. */
export type StickyAssignments = Record<string, StickyDocument>

export interface EvaluationContext {
  attributes: Record<string, unknown>
  /** Where the person is. `?experiment=1` gives them that variation, for QA. */
  url?: string
  /** Variation indexes by experiment key, for QA. */
  forcedVariations?: Record<string, number>
  /** Values by flag, for QA. */
  forcedFeatureValues?: Record<string, unknown>
  /** What is kept of this person; `{}` when nothing yet. Without it nothing is sticky. */
  stickyAssignments?: StickyAssignments
  /** False: nobody is in any experiment. */
  enabled?: boolean
  /** Nobody is drawn; only what is forced is given. */
  qaMode?: boolean
}

/** What a person can be hashed on: a non-empty text, a number other than 0, or true. */
export type HashValue = string | number | boolean

export interface ExperimentResult {
  /** Of the variation. */
  key: string
  featureId: string | null
  inExperiment: boolean
  /** False where the variation was forced, by URL, context or definition. Only a drawn one may be analysed: `isExposure`. */
  hashUsed: boolean
  /** Index of the variation; 0 outside the experiment. */
  variationId: number
  value: unknown
  hashAttribute: string
  /** Empty when missing. */
  hashValue: HashValue
  stickyBucketUsed: boolean
  name?: string
  /** Place on [0, 1). */
  bucket?: number
  passthrough?: boolean
  leafId?: number
  variationWeights?: readonly number[]
  banditVersion?: number
}

export type EvaluationSource =
  | 'unknownFeature'
  | 'defaultValue'
  | 'force'
  | 'experiment'
  | 'override'
  | 'prerequisite'
  | 'cyclicPrerequisite'

export interface Evaluation {
  value: unknown
  /** Whether the value is true as JavaScript takes it: an empty list is, 0 and '' are not. */
  on: boolean
  off: boolean
  source: EvaluationSource
  /** Empty where no rule, or one without an id, decided. */
  ruleId: string
  experiment?: ExperimentDefinition
  experimentResult?: ExperimentResult
  /** The documents this evaluation changed, whole. Keep them, and pass them in next time: `mergeSticky`. */
  stickyAssignments?: StickyAssignments
}

/** Somebody was drawn into an experiment. */
export interface Exposure {
  experiment: ExperimentDefinition
  result: ExperimentResult
}
