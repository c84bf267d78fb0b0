/** Closed lists of words. Schemas, database checks and types all read these arrays, so a word exists once. */

export const ORIGINS = ['browser', 'server', 'provider', 'import', 'system'] as const
export type Origin = (typeof ORIGINS)[number]

export const INTERVALS = ['day', 'week', 'month', 'year'] as const
export type Interval = (typeof INTERVALS)[number]

export const KEY_KINDS = ['publishable', 'secret'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

/**
 * What a key may do. `decide` and `behaviour` are what a browser needs; `money` is anything that moves revenue;
 * `import` loads history; `read` answers figures about customers; `admin` changes the configuration.
 */
export const SCOPES = ['decide', 'behaviour', 'money', 'import', 'read', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export const RULE_KINDS = ['market', 'exchange_rate', 'competitor', 'inventory', 'segment', 'demand'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

/**
 * What the condition of a price rule may look at. Of the place, the device, the currency and the time anybody may be told;
 * from `behaviorFlags` on it is the person, which only segment rules may look at.
 */
export const RULE_ATTRIBUTES = [
  'country',
  'region',
  'countryTier',
  'currency',
  'device',
  'month',
  'weekday',
  'hour',
  'behaviorFlags',
  'newVisitor',
  'orders',
  'hasSubscription',
  'plans',
  'health',
] as const
export type RuleAttribute = (typeof RULE_ATTRIBUTES)[number]

/** What a business tells of the market, for rules to follow. */
export const MARKET_SIGNALS = ['inventory', 'competitor'] as const
export type MarketSignal = (typeof MARKET_SIGNALS)[number]

/** How an optimised price ends. `auto`: as the list price ends. */
export const ROUNDINGS = ['auto', 'whole', 'charm', 'none'] as const
export type Rounding = (typeof ROUNDINGS)[number]

/** Which kind of price a decision is in law: the same for all, drawn by lot, or made from personal data. */
export const PRICE_CLASSES = ['uniform', 'randomised', 'personal'] as const
export type PriceClass = (typeof PRICE_CLASSES)[number]

export const LAW_MODES = ['off', 'disclose', 'allow'] as const
export type LawMode = (typeof LAW_MODES)[number]

/** `shipped`: an arm has become the list price. `rolled_back`: stopped because an arm did harm, or what was shipped was taken back. */
export const TEST_STATUSES = ['running', 'stopped', 'shipped', 'rolled_back'] as const
export type TestStatus = (typeof TEST_STATUSES)[number]

/** A draft draws nobody yet; an archived one is kept for its figures alone. */
export const EXPERIMENT_STATUSES = ['draft', 'running', 'stopped', 'archived'] as const
export type ExperimentStatus = (typeof EXPERIMENT_STATUSES)[number]

/** Why an experiment stopped: by hand, at its planned end, or because a guardrail was surely harmed. */
export const EXPERIMENT_ENDINGS = ['stopped', 'duration', 'guardrail', 'shipped'] as const
export type ExperimentEnding = (typeof EXPERIMENT_ENDINGS)[number]

/** How the interval that judges is made: valid at every look, at planned looks, or at the planned end alone. */
export const ANALYSIS_METHODS = ['sequential', 'group_sequential', 'fixed'] as const
export type AnalysisMethod = (typeof ANALYSIS_METHODS)[number]

/** A share of the people, an amount or number a person, or one sum over another. */
export const METRIC_KINDS = ['proportion', 'mean', 'ratio'] as const
export type MetricKind = (typeof METRIC_KINDS)[number]

/** Which way a metric is to move. */
export const METRIC_DIRECTIONS = ['up', 'down'] as const
export type MetricDirection = (typeof METRIC_DIRECTIONS)[number]

/** What a metric is to an experiment: it decides, it explains, or it must not be harmed. */
export const METRIC_ROLES = ['goal', 'secondary', 'guardrail'] as const
export type MetricRole = (typeof METRIC_ROLES)[number]

/** What a metric counts of a person: money, orders, money that went back, payments that failed, or events. */
export const MEASURES = ['net_revenue', 'orders', 'refunds', 'payment_failures', 'events'] as const
export type MeasureId = (typeof MEASURES)[number]

/** Why figures of an experiment are to be taken with care. */
export const EXPERIMENT_WARNINGS = [
  'sample_ratio_mismatch',
  'multiple_exposure',
  'pre_exposure_bias',
  'simpsons_paradox',
  'immature_cohorts',
  'implausible_lift',
  'small_sample',
  'weights_changed',
] as const
export type ExperimentWarningCode = (typeof EXPERIMENT_WARNINGS)[number]

/**
 * How a funnel wants its steps: `implied`: a later step implies those before it; `ordered`: each required step after the one
 * before it, with anything between; `strict`: with nothing between.
 */
export const FUNNEL_ORDERS = ['implied', 'ordered', 'strict'] as const
export type FunnelOrder = (typeof FUNNEL_ORDERS)[number]

/** By what people are told apart in experiments and funnels, one at a time. */
export const SEGMENT_DIMENSIONS = ['country', 'device', 'source', 'visitor'] as const
export type SegmentDimension = (typeof SEGMENT_DIMENSIONS)[number]

export const TEST_MODES = ['randomised', 'switchback'] as const
export type TestMode = (typeof TEST_MODES)[number]

/** How people are spread over the arms: by fixed weights, or by weights that follow what was learnt (Thompson sampling). */
export const ALLOCATIONS = ['fixed', 'thompson'] as const
export type Allocation = (typeof ALLOCATIONS)[number]

/** What a price test is to raise, a customer: revenue less refunds and disputes, or that less the unit cost of what was sold. */
export const TEST_METRICS = ['net_revenue', 'margin'] as const
export type TestMetric = (typeof TEST_METRICS)[number]

/** By what a price test may be read, and a bandit learn, apart. */
export const TEST_SEGMENTS = ['device', 'country'] as const
export type TestSegment = (typeof TEST_SEGMENTS)[number]

/** What a test says. `invalid`: its figures cannot be trusted, whatever they are. */
export const VERDICTS = ['ship', 'roll_back', 'keep_running', 'inconclusive', 'invalid'] as const
export type Verdict = (typeof VERDICTS)[number]

export const DEVICES = ['desktop', 'mobile', 'tablet'] as const
export type Device = (typeof DEVICES)[number]

export const HEALTH_SEGMENTS = ['thriving', 'healthy', 'at_risk', 'critical'] as const
export const OPPORTUNITY_STATUSES = ['active', 'offered', 'accepted', 'dismissed', 'expired'] as const

/** What is forecast: recurring revenue at the end of a month, and revenue less refunds and disputes in it. */
export const FORECAST_METRICS = ['mrr', 'revenue'] as const
export type ForecastMetric = (typeof FORECAST_METRICS)[number]

/** Chances, in per cent, of the ranges around a forecast. */
export const FORECAST_LEVELS = [50, 80, 95] as const
export type ForecastLevel = (typeof FORECAST_LEVELS)[number]

/** Why a forecast is to be taken with care: no month at all, less than a year, or no month left to try models on. */
export const FORECAST_WARNINGS = ['no_history', 'short_history', 'not_compared'] as const
export type ForecastWarning = (typeof FORECAST_WARNINGS)[number]

/** Work that the clock starts, in the order in which one trigger does it. */
export const JOB_IDS = [
  'success_check',
  'provider_events',
  'price_watch',
  'experiment_watch',
  'definition_backfill',
  'demand_index',
  'bandits',
  'experiment_analysis',
  'forecasts',
  'retention',
  'reconcile_sample',
  'reconcile_all',
] as const
export type JobId = (typeof JOB_IDS)[number]

/** How often a job comes round; the cron expressions of `wrangler.toml` bear these names. */
export const TRIGGER_NAMES = ['minutes', 'hourly', 'daily', 'weekly'] as const
export type TriggerName = (typeof TRIGGER_NAMES)[number]

/** `lost`: nobody heard of the end of the run, so another has taken its place. */
export const RUN_OUTCOMES = ['running', 'succeeded', 'failed', 'lost'] as const
export type RunOutcome = (typeof RUN_OUTCOMES)[number]

/** Ways an event of a batch can be settled. */
export const EVENT_STATUSES = ['accepted', 'duplicate', 'rejected', 'retry'] as const
export type EventStatus = (typeof EVENT_STATUSES)[number]

/** What became of a customer's recurring revenue on one day. */
export const MOVEMENTS = ['new', 'expansion', 'reactivation', 'contraction', 'churn'] as const
export type Movement = (typeof MOVEMENTS)[number]

/** Whose webhooks we read. */
export const PROVIDERS = ['stripe', 'standard'] as const
export type ProviderId = (typeof PROVIDERS)[number]

/** `waiting`: for the purchase it is about. `ignored`: nothing in it that we count. */
export const PROVIDER_EVENT_STATUSES = ['settled', 'ignored', 'waiting', 'refused'] as const
export type ProviderEventStatus = (typeof PROVIDER_EVENT_STATUSES)[number]

/** Ways a subscription can end; a failed payment is involuntary churn. */
export const CHURN_REASONS = ['voluntary', 'payment_failure'] as const
export type ChurnReason = (typeof CHURN_REASONS)[number]
