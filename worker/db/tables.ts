import { sql } from 'drizzle-orm'
import { check, index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import {
  CHURN_REASONS,
  DEVICES,
  EXPERIMENT_STATUSES,
  FORECAST_METRICS,
  FORECAST_WARNINGS,
  HEALTH_SEGMENTS,
  KEY_KINDS,
  MARKET_SIGNALS,
  MOVEMENTS,
  OPPORTUNITY_STATUSES,
  PRICE_CLASSES,
  PROVIDER_EVENT_STATUSES,
  PROVIDERS,
  ROUNDINGS,
  RULE_KINDS,
  RUN_OUTCOMES,
  TEST_MODES,
  TEST_STATUSES,
} from '../contract/lists.ts'

/**
 * The schema. Migrations are generated from here and then completed by hand: drizzle-kit writes neither STRICT nor
 * CHECK(typeof …), and D1 binds every JavaScript number as REAL, so without STRICT an INTEGER column keeps 4.99.
 */

// ── Projections: written only by the queue consumer, from what customer objects send ──────────────────────────────

/** One sum of one metric. `scope` is a currency, a definition with its version, or ''. Days are UTC; cohorts use months. */
export const rollups = sqliteTable(
  'rollups',
  {
    metric: text('metric').notNull(),
    scope: text('scope').notNull(),
    dimension: text('dimension').notNull(),
    value: text('value').notNull(),
    day: text('day').notNull(),
    sum: integer('sum').notNull(),
  },
  (t) => [primaryKey({ columns: [t.metric, t.scope, t.dimension, t.value, t.day] })],
)

/** What erased customers left in the sums: a rebuild from objects must add it again. Same key as `rollups`. */
export const departed = sqliteTable(
  'departed',
  {
    metric: text('metric').notNull(),
    scope: text('scope').notNull(),
    dimension: text('dimension').notNull(),
    value: text('value').notNull(),
    day: text('day').notNull(),
    sum: integer('sum').notNull(),
  },
  (t) => [primaryKey({ columns: [t.metric, t.scope, t.dimension, t.value, t.day] })],
)

/** How far each object's outbox has been applied, with the digest of all it has contributed up to there. */
export const applied = sqliteTable(
  'applied',
  {
    object: text('object').primaryKey(),
    lastSeq: integer('last_seq').notNull(),
    digest: text('digest').notNull(),
    batch: text('batch').notNull(),
    appliedAt: integer('applied_at').notNull(),
  },
  // Objects that contribute nothing, so that a daily sweep reads those alone.
  (t) => [index('applied_silent').on(t.appliedAt).where(sql`digest = '0000000000000000'`)],
)

export const revenueEvents = sqliteTable(
  'revenue_events',
  {
    id: text('id').primaryKey(),
    customerId: text('customer_id'),
    eventType: text('event_type').notNull(),
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    productId: text('product_id'),
    timestamp: integer('timestamp').notNull(),
    metadata: text('metadata').notNull(),
    object: text('object').notNull(),
    version: integer('version').notNull(),
    bookedDay: text('booked_day').notNull().default(''),
  },
  (t) => [
    index('revenue_events_by_customer').on(t.customerId, t.timestamp),
    index('revenue_events_by_day').on(t.bookedDay, t.timestamp),
    index('revenue_events_by_object').on(t.object),
    check('amount_in_range', sql`${t.amount} BETWEEN 0 AND 9007199254740991`),
  ],
)

/** What became of each customer's recurring revenue, a row a customer, currency and day on which it moved. Minor units. */
export const mrrMovements = sqliteTable(
  'mrr_movements',
  {
    id: text('id').primaryKey(),
    customerId: text('customer_id'),
    day: text('day').notNull(),
    currency: text('currency').notNull(),
    movement: text('movement', { enum: MOVEMENTS }).notNull(),
    amount: integer('amount').notNull(),
    opening: integer('opening').notNull(),
    closing: integer('closing').notNull(),
    reason: text('reason', { enum: CHURN_REASONS }),
    object: text('object').notNull(),
    version: integer('version').notNull(),
  },
  (t) => [
    index('mrr_movements_by_day').on(t.day),
    index('mrr_movements_by_customer').on(t.customerId, t.day),
    index('mrr_movements_by_object').on(t.object),
  ],
)

/**
 * A sample of the decisions that a test or a rule could have moved, for 90 days: previews of rules and the value of other policies are
 * computed from it. The record itself is in the object that `decision_id` names.
 */
export const priceDecisions = sqliteTable(
  'price_decisions',
  {
    id: text('id').primaryKey(),
    decisionId: text('decision_id').notNull(),
    productId: text('product_id').notNull(),
    currency: text('currency').notNull(),
    price: integer('price').notNull(),
    listPrice: integer('list_price').notNull(),
    reason: text('reason').notNull(),
    priceClass: text('price_class', { enum: PRICE_CLASSES }).notNull(),
    testId: text('test_id'),
    testVersion: integer('test_version'),
    arm: text('arm'),
    propensity: real('propensity').notNull(),
    country: text('country'),
    device: text('device', { enum: DEVICES }),
    decidedAt: integer('decided_at').notNull(),
    configVersion: integer('config_version').notNull(),
    /** JSON: what the decision knew, without whose it was; null in rows of before. */
    inputs: text('inputs'),
    object: text('object').notNull(),
    version: integer('version').notNull(),
  },
  (t) => [
    index('price_decisions_by_product').on(t.productId, t.decidedAt),
    index('price_decisions_by_test').on(t.testId, t.decidedAt),
    index('price_decisions_by_time').on(t.decidedAt),
    index('price_decisions_by_object').on(t.object),
  ],
)

/** Identified customers; anonymous visitors have no row. */
export const customers = sqliteTable(
  'customers',
  {
    id: text('id').primaryKey(),
    object: text('object').notNull(),
    subject: text('subject').notNull(),
    firstSeenAt: integer('first_seen_at').notNull(),
    lastSeenAt: integer('last_seen_at').notNull(),
    orders: integer('orders').notNull(),
    /** Minor units by currency, as JSON: {"USD": {"gross": …, "net": …, "mrr": …}}. */
    money: text('money').notNull(),
    version: integer('version').notNull(),
  },
  (t) => [index('customers_by_last_seen').on(t.lastSeenAt), index('customers_by_object').on(t.object)],
)

export const customerHealthScores = sqliteTable(
  'customer_health_scores',
  {
    customerId: text('customer_id').primaryKey(),
    score: real('score').notNull(),
    segment: text('segment', { enum: HEALTH_SEGMENTS }).notNull(),
    lastUpdated: integer('last_updated').notNull(),
    componentScores: text('component_scores').notNull(),
  },
  (t) => [index('customer_health_scores_by_segment').on(t.segment, t.score)],
)

export const upsellOpportunities = sqliteTable(
  'upsell_opportunities',
  {
    id: text('id').primaryKey(),
    customerId: text('customer_id').notNull(),
    triggerType: text('trigger_type').notNull(),
    score: real('score').notNull(),
    status: text('status', { enum: OPPORTUNITY_STATUSES }).notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    index('upsell_opportunities_by_customer').on(t.customerId, t.createdAt),
    index('upsell_opportunities_by_status').on(t.status, t.createdAt),
  ],
)

/** Outbox entries that cannot be applied, parked once with their reason until someone replays them. */
export const deadLetters = sqliteTable(
  'dead_letters',
  {
    object: text('object').notNull(),
    seq: integer('seq').notNull(),
    reason: text('reason').notNull(),
    body: text('body').notNull(),
    parkedAt: integer('parked_at').notNull(),
    replayedAt: integer('replayed_at'),
  },
  (t) => [primaryKey({ columns: [t.object, t.seq] })],
)

/** Refused events, kept for 30 days so that nothing sent is lost without a trace. */
export const rejectedEvents = sqliteTable(
  'rejected_events',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    receivedAt: integer('received_at').notNull(),
    source: text('source').notNull(),
    code: text('code').notNull(),
    field: text('field'),
    body: text('body').notNull(),
  },
  (t) => [index('rejected_events_by_time').on(t.receivedAt)],
)

/** Erased ids as salted hashes: nothing can be sent again under them. */
export const tombstones = sqliteTable('tombstones', { hash: text('hash').primaryKey(), erasedAt: integer('erased_at').notNull() })

// ── Payment providers: written by the routes that take their webhooks ─────────────────────────────────────────────

/** Whose an object of a provider is, and the transaction it belongs to: later webhooks name the object alone. */
export const providerLinks = sqliteTable(
  'provider_links',
  {
    provider: text('provider', { enum: PROVIDERS }).notNull(),
    objectId: text('object_id').notNull(),
    customerId: text('customer_id').notNull(),
    transactionId: text('transaction_id'),
    seenAt: integer('seen_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.objectId] }), index('provider_links_by_customer').on(t.customerId)],
)

/** Webhooks that came, for 30 days; the body is kept only while somebody has to do something about it. */
export const providerEvents = sqliteTable(
  'provider_events',
  {
    /** provider:event id */
    id: text('id').primaryKey(),
    provider: text('provider', { enum: PROVIDERS }).notNull(),
    eventId: text('event_id').notNull(),
    type: text('type').notNull(),
    status: text('status', { enum: PROVIDER_EVENT_STATUSES }).notNull(),
    /** Object of the provider that must be known first. */
    waitsFor: text('waits_for'),
    code: text('code'),
    body: text('body'),
    receivedAt: integer('received_at').notNull(),
  },
  (t) => [
    index('provider_events_by_time').on(t.receivedAt),
    index('provider_events_waiting').on(t.provider, t.waitsFor).where(sql`status = 'waiting'`),
  ],
)

export const imports = sqliteTable('imports', {
  importId: text('import_id').primaryKey(),
  label: text('label').notNull(),
  total: integer('total'),
  done: integer('done').notNull(),
  updatedAt: integer('updated_at').notNull(),
})

// ── The clock: written by scheduled jobs ──────────────────────────────────────────────────────────────────────────

/** Who may do a job now, and the last slot for which it was done. One statement takes the lease, so only one run holds it. */
export const jobLeases = sqliteTable('job_leases', {
  job: text('job').primaryKey(),
  /** Start of the slot the lease was last taken for; slots never go back. */
  slot: integer('slot').notNull(),
  /** The run that holds it, or held it last. */
  run: text('run').notNull(),
  /** Until then nobody else may begin; 0 once the run has ended. */
  heldUntil: integer('held_until').notNull(),
  finishedSlot: integer('finished_slot'),
})

/** What each run did, for 30 days. */
export const jobRuns = sqliteTable(
  'job_runs',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    run: text('run').notNull().unique(),
    job: text('job').notNull(),
    slot: integer('slot').notNull(),
    startedAt: integer('started_at').notNull(),
    endedAt: integer('ended_at'),
    outcome: text('outcome', { enum: RUN_OUTCOMES }).notNull(),
    /** What was done, in words. */
    summary: text('summary'),
    error: text('error'),
  },
  (t) => [index('job_runs_by_job').on(t.job, t.id), index('job_runs_by_time').on(t.startedAt)],
)

/**
 * Every forecast with what it was made from. The same figures make the same forecast, so the id holds their hash, and a day
 * on which nothing has changed confirms what stands there.
 */
export const forecasts = sqliteTable(
  'forecasts',
  {
    id: text('id').primaryKey(),
    metric: text('metric', { enum: FORECAST_METRICS }).notNull(),
    currency: text('currency').notNull(),
    /** Months ahead. */
    horizon: integer('horizon').notNull(),
    model: text('model').notNull(),
    inputsHash: text('inputs_hash').notNull(),
    madeAt: integer('made_at').notNull(),
    /** Last slot at which it was still what the figures say. */
    confirmedAt: integer('confirmed_at').notNull(),
    /** JSON: the months it was made from, in minor units. */
    history: text('history').notNull(),
    /** JSON: the months ahead with their ranges, in minor units. */
    points: text('points').notNull(),
    /** JSON: what each model would have been worth on the end of the history. */
    backtest: text('backtest'),
    warning: text('warning', { enum: FORECAST_WARNINGS }),
    /** JSON: how far it was off, over the months that have come since; with the last of these. */
    error: text('error'),
    scoredThrough: text('scored_through'),
  },
  (t) => [index('forecasts_by_metric').on(t.metric, t.currency, t.confirmedAt)],
)

// ── Configuration: written by admin routes, compiled into the snapshot ────────────────────────────────────────────

export const products = sqliteTable('products', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  interval: text('interval'),
  minimumMargin: real('minimum_margin'),
  maximumStepPerDay: real('maximum_step_per_day'),
  rounding: text('rounding', { enum: ROUNDINGS }).notNull().default('auto'),
  /** Whether prices follow the purchasing power of the country, by the tiers of the settings. */
  purchasingPower: integer('purchasing_power').notNull().default(0),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
})

export const productPrices = sqliteTable(
  'product_prices',
  {
    productId: text('product_id').notNull(),
    currency: text('currency').notNull(),
    listMinor: integer('list_minor').notNull(),
    floorMinor: integer('floor_minor'),
    ceilingMinor: integer('ceiling_minor'),
    unitCostMinor: integer('unit_cost_minor'),
  },
  (t) => [primaryKey({ columns: [t.productId, t.currency] })],
)

/** List prices of single countries, where they are not that of the currency. */
export const productCountryPrices = sqliteTable(
  'product_country_prices',
  {
    productId: text('product_id').notNull(),
    currency: text('currency').notNull(),
    country: text('country').notNull(),
    listMinor: integer('list_minor').notNull(),
  },
  (t) => [primaryKey({ columns: [t.productId, t.currency, t.country] })],
)

/** What a business tells of the market: the newest value of each signal, of a product or ('') of all. */
export const marketSignals = sqliteTable(
  'market_signals',
  {
    productId: text('product_id').notNull(),
    signal: text('signal', { enum: MARKET_SIGNALS }).notNull(),
    value: real('value').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.productId, t.signal] })],
)

/**
 * Views and purchases of a product's UTC day as far as it had come by the slot of an hour (hours since the epoch), of those that
 * a demand rule follows; kept for five weeks.
 */
export const productHours = sqliteTable(
  'product_hours',
  {
    productId: text('product_id').notNull(),
    hour: integer('hour').notNull(),
    views: integer('views').notNull(),
    purchases: integer('purchases').notNull(),
  },
  (t) => [primaryKey({ columns: [t.productId, t.hour] }), index('product_hours_by_time').on(t.hour)],
)

/** Append-only: every list price there ever was. Where a country's own was taken away, the reason says so, and the amount is the currency's. */
export const priceLedger = sqliteTable(
  'price_ledger',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    productId: text('product_id').notNull(),
    currency: text('currency').notNull(),
    amountMinor: integer('amount_minor').notNull(),
    /** Country it is the price of; '' for that of the currency. */
    country: text('country').notNull().default(''),
    effectiveAt: integer('effective_at').notNull(),
    reason: text('reason').notNull(),
  },
  (t) => [index('price_ledger_by_product').on(t.productId, t.currency, t.effectiveAt), index('price_ledger_by_time').on(t.effectiveAt)],
)

/** What rules follow, as each UTC day closed with it: the step limit compares with the day before. Written by triggers, kept for two months. */
export const dayCloses = sqliteTable(
  'day_closes',
  {
    productId: text('product_id').notNull(),
    /** `demand`: the index in thousandths; a signal of the market; `rates`: exchange rates of the settings, of no product. */
    name: text('name').notNull(),
    day: text('day').notNull(),
    /** JSON; null: from then on there was none. */
    value: text('value'),
  },
  (t) => [primaryKey({ columns: [t.productId, t.name, t.day] }), index('day_closes_by_day').on(t.day)],
)

/** `body` is the JSON of the domain's PriceRule. */
export const priceRules = sqliteTable('price_rules', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: RULE_KINDS }).notNull(),
  body: text('body').notNull(),
  updatedAt: integer('updated_at').notNull(),
})

/** Append-only: what each rule said from when on; an empty body where it was removed. The step limit compares with the day before. */
export const priceRuleHistory = sqliteTable(
  'price_rule_history',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    ruleId: text('rule_id').notNull(),
    body: text('body').notNull(),
    effectiveAt: integer('effective_at').notNull(),
  },
  (t) => [index('price_rule_history_by_time').on(t.effectiveAt)],
)

/** What a test said on a day; `body` is the JSON of its results. The interval over time is read from here. */
export const testAnalyses = sqliteTable(
  'test_analyses',
  {
    testId: text('test_id').notNull(),
    version: integer('version').notNull(),
    day: text('day').notNull(),
    body: text('body').notNull(),
    madeAt: integer('made_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.testId, t.version, t.day] })],
)

/** `body` is the JSON of the domain's PriceTest. One running test a product and currency. */
export const priceTests = sqliteTable(
  'price_tests',
  {
    id: text('id').primaryKey(),
    productId: text('product_id').notNull(),
    currency: text('currency').notNull(),
    name: text('name').notNull(),
    mode: text('mode', { enum: TEST_MODES }).notNull(),
    status: text('status', { enum: TEST_STATUSES }).notNull(),
    version: integer('version').notNull(),
    body: text('body').notNull(),
    startsAt: integer('starts_at').notNull(),
    endsAt: integer('ends_at').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('price_tests_by_product').on(t.productId, t.status)],
)

/** `body` is the JSON of the domain's Experiment. */
export const experiments = sqliteTable('experiments', {
  key: text('key').primaryKey(),
  status: text('status', { enum: EXPERIMENT_STATUSES }).notNull(),
  version: integer('version').notNull(),
  body: text('body').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
})

/** `body` is the JSON of the domain's MetricDefinition. Append-only: a metric is never edited. */
export const metrics = sqliteTable(
  'metrics',
  {
    id: text('id').notNull(),
    version: integer('version').notNull(),
    body: text('body').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.id, t.version] })],
)

/** `body` is the JSON of the domain's FunnelDefinition. Append-only: a funnel is never edited, only put aside. */
export const funnels = sqliteTable(
  'funnels',
  {
    id: text('id').notNull(),
    version: integer('version').notNull(),
    body: text('body').notNull(),
    createdAt: integer('created_at').notNull(),
    /** From then on nobody new is counted by it. */
    archivedAt: integer('archived_at'),
  },
  (t) => [primaryKey({ columns: [t.id, t.version] })],
)

/** How far customers of before have been told of definitions; one row for each set of them, by its content hash. */
export const definitionBackfills = sqliteTable('definition_backfills', {
  hash: text('hash').primaryKey(),
  /** Last object that was told. */
  cursor: text('cursor').notNull(),
  done: integer('done').notNull(),
  total: integer('total').notNull(),
  /** JSON array of objects that could not be told; they are asked again. */
  failed: text('failed').notNull(),
  startedAt: integer('started_at').notNull(),
  finishedAt: integer('finished_at'),
})

/** Answers to requests that carried an Idempotency-Key; without one yet, the request is under way. */
export const idempotentRequests = sqliteTable('idempotent_requests', {
  name: text('name').primaryKey(),
  requestHash: text('request_hash').notNull(),
  status: integer('status'),
  body: text('body'),
  createdAt: integer('created_at').notNull(),
})

/** What was spent to win customers, over the days it was spent on. Minor units. */
export const costs = sqliteTable(
  'costs',
  {
    id: text('id').primaryKey(),
    firstDay: text('first_day').notNull(),
    lastDay: text('last_day').notNull(),
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    channel: text('channel'),
    note: text('note'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [index('costs_by_day').on(t.currency, t.lastDay)],
)

/** Views against the same weekday's baseline, in thousandths: 1000 is usual. */
export const demandIndex = sqliteTable('demand_index', {
  productId: text('product_id').primaryKey(),
  indexThousandths: integer('index_thousandths').notNull(),
  computedAt: integer('computed_at').notNull(),
})

export const settings = sqliteTable('settings', { key: text('key').primaryKey(), value: text('value').notNull() })

/** Signing and identity secrets; never part of a snapshot version or an answer. */
export const secrets = sqliteTable('secrets', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
  createdAt: integer('created_at').notNull(),
})

/** SHA-256 of a key of 256 random bits; the key itself is shown once and never kept. */
export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  hash: text('hash').notNull().unique(),
  name: text('name').notNull(),
  kind: text('kind', { enum: KEY_KINDS }).notNull(),
  scopes: text('scopes').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
  lastUsedDay: text('last_used_day'),
})

export const adminSessions = sqliteTable('admin_sessions', {
  hash: text('hash').primaryKey(),
  actor: text('actor').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

export const loginAttempts = sqliteTable('login_attempts', {
  source: text('source').primaryKey(),
  failures: integer('failures').notNull(),
  lockedUntil: integer('locked_until').notNull(),
})

/** Append-only; triggers in the migration refuse UPDATE, and DELETE before a year has passed. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    before: text('before'),
    after: text('after'),
  },
  (t) => [index('audit_log_by_time').on(t.at)],
)

/** Roots of past and present snapshots; the newest version is in force. */
export const configRoots = sqliteTable('config_roots', {
  version: integer('version').primaryKey(),
  body: text('body').notNull(),
  compiledAt: integer('compiled_at').notNull(),
})

/** Content-addressed: unchanged shards are shared between versions. */
export const configShards = sqliteTable('config_shards', {
  hash: text('hash').primaryKey(),
  body: text('body').notNull(),
  createdAt: integer('created_at').notNull(),
})
