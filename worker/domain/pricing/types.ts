import type {
  Allocation,
  Device,
  Interval,
  LawMode,
  MarketSignal,
  PriceClass,
  Rounding,
  RuleKind,
  TestMetric,
  TestMode,
  TestSegment,
} from '../../contract/lists.ts'

/** Prices and bounds of a product in one currency, all in minor units. */
export interface PriceBook {
  listMinor: number
  floorMinor: number | null
  ceilingMinor: number | null
  unitCostMinor: number | null
  /** List prices of single countries, by ISO 3166 alpha-2, where they are not that of the currency. */
  countries?: Record<string, number>
  /** Lowest prior list prices (see `lowestPrior`), of the currency ('') and by country, where they are not the list price. */
  lowest?: Record<string, number>
}

export interface ProductTerms {
  id: string
  name: string
  interval: Interval | null
  /** Least share of the price that stays after the unit cost, 0–1. */
  minimumMargin: number | null
  /** Most the price may move against the day before, as a share of it, 0–1. */
  maximumStepPerDay: number | null
  /** How a price that rules have made ends. */
  rounding: Rounding
  /** Whether a country without a price of its own pays its tier's share of the list price. */
  purchasingPower: boolean
  prices: Record<string, PriceBook>
}

/** Whom a rule is for, in the targeting language over the attributes of `rule-condition.ts`. Empty means everybody. */
export type RuleCondition = Record<string, unknown>

export interface PriceRule {
  id: string
  kind: RuleKind
  name: string
  /** Null: every product. */
  productIds: string[] | null
  /** Higher first; of each kind the first rule that holds is applied. */
  priority: number
  condition: RuleCondition
  /** market, segment: the price is multiplied by this. */
  multiplier: number
  /** Of the kinds that follow a figure: factor = 1 + sensitivity × how far the figure is from usual, kept within [minimum, maximum]. */
  sensitivity: number | null
  minimum: number | null
  maximum: number | null
  /** What is usual. inventory: units in stock; exchange_rate: units of the default currency for one of the rule's own. */
  reference: number | null
  startsAt: number | null
  endsAt: number | null
}

export interface PriceArm {
  key: string
  amountMinor: number
  /** 0–1; the weights of a test sum to 1. With these a test begins; those of a day are in its epochs. */
  weight: number
  /** Epoch ms from which nobody is drawn into it, and whoever was sees the list price. */
  closedAt?: number
}

/** Weights in force from the beginning of a UTC day on, by arm; so that moments never mix propensities. */
export interface WeightEpoch {
  day: string
  weights: Record<string, number>
  /** By segment, where one has weights of its own. */
  bySegment: Record<string, Record<string, number>>
}

export interface PriceTest {
  id: string
  /** Raised with every change of what is hashed or paid; part of every rollup key. */
  version: number
  productId: string
  currency: string
  seed: string
  mode: TestMode
  eligibility: 'new' | 'all'
  /** The first arm is the control. */
  arms: PriceArm[]
  allocation: Allocation
  /** Oldest first, the first from the day of the start; the snapshot carries the one in force and those that follow. */
  epochs: WeightEpoch[]
  metric: TestMetric
  /** Purchases count this long after the first exposure. */
  conversionWindowMs: number
  /** What it is read by, and learns, apart; null for everybody together. */
  segments: TestSegment | null
  /** Customers an arm must have before anything is said of it. */
  minimumSample: number
  /** Share of eligible people who are in the test, 0–1, default 1. Raising it moves nobody who already has an arm. */
  coverage?: number
  /** Length of a switchback window. */
  windowMs: number
  startsAt: number
  endsAt: number
  /** When it was stopped, shipped or rolled back, or had come to its end. */
  endedAt?: number
  /** The arm that became the list price, what that was before, and when. */
  shipped?: { arm: string; beforeMinor: number; at: number }
}

/** What a price may follow: demand, what the business tells of the market, or what a currency is worth. */
export type FigureName = 'demand' | MarketSignal | `rate:${string}`

/**
 * What uniform prices were made of when earlier UTC days closed, as far as that was something else: the step limit works
 * out from it where a price comes from.
 */
export interface PastTerms {
  /** List prices: until then, a time in epoch ms, this was that of the currency, or of the country; null: there was none. */
  prices?: { currency: string; country: string; untilAt: number; listMinor: number | null }[]
  /** Every version of the rules that have changed; its window is the time in which it was in force and held. */
  rules?: PriceRule[]
  /** What rules follow: until then, this was it, as told at `at`; null: nothing was known. */
  figures?: { name: FigureName; untilAt: number; value: number | null; at: number }[]
}

/** What concerns every product; stored once a configuration, under its content hash. */
export interface Rulebook {
  /** '' where it is empty. */
  hash: string
  /** Rules for every product, highest priority first. */
  rules: PriceRule[]
  /** Rules for every product as they were. */
  past?: Pick<PastTerms, 'rules'>
}

/**
 * All a price decision needs of one product. In a content-addressed shard it stands without what concerns every product;
 * `completeSlice` adds that.
 */
export interface ProductSlice {
  /** Content hash of everything below: a quote lives on while it stays the same. */
  hash: string
  product: ProductTerms
  /** In a shard: those that name this product. */
  rules: PriceRule[]
  test: PriceTest | null
  /** Demand against the same weekday's baseline, 1 = usual; null before there is history. */
  demandIndex: number | null
  /** Newest signals, of those kinds alone that a rule of this product follows. */
  signals?: Partial<Record<MarketSignal, SignalValue>>
  /** Units of the default currency that one unit is worth, by currency; of those alone that an exchange-rate rule of this product is about. */
  exchangeRates?: Record<string, number>
  /** Of a product with a step limit: what was otherwise in the last two months. */
  past?: PastTerms
}

/** What the business last told of the market, and when (epoch ms). */
export interface SignalValue {
  value: number
  at: number
}

/** How each class of price is treated in a jurisdiction. */
export type LawTerms = Record<PriceClass, LawMode>

export interface PurchasingPowerTier {
  id: string
  /** ISO 3166 alpha-2. */
  countries: string[]
  /** Of the list price, above 0 and at most 1. */
  share: number
}

/** Settings that every price depends on; part of the configuration root. */
export interface PricingSettings {
  /** Kill switch: false means list and contract prices only. */
  optimizationEnabled: boolean
  /** Share of customers no lever touches, 0–1, hashed on the subject. */
  holdoutShare: number
  holdoutSeed: string
  defaultCurrency: string
  /** ISO 3166 alpha-2 country, or country-region such as US-NY, → terms. Unlisted: uniform prices only. */
  law: Record<string, LawTerms>
  /** Countries by what people there can afford, and the share of the list price they pay where a product heeds that. */
  purchasingPowerTiers: PurchasingPowerTier[]
  quoteLifetimeMs: number
  /** Share of the decisions that a test or a rule could have moved of which D1 keeps a row, 0–1. */
  decisionSampleShare: number
}

/** What the pricing pipeline may know of the customer. Every field used is stored in the decision. */
export interface PricingFacts {
  /** What tests and the holdout hash on. */
  subject: string
  /** Active subscriptions by product: their contract price. */
  contracts: Record<string, { subscriptionId: string; amountMinor: number; currency: string }>
  /** Arms already seen, on a page or in a listing, by test id: kept for the whole test. */
  arms: Record<string, KeptArm>
  /** No purchase and no earlier exposure before the test began. */
  firstSeenAt: number | null
  orders: number
  /** A customer in payment recovery gets no test price. */
  inDunning: boolean
  /** Health score, 0–1; missing where there is none. */
  health?: number
  /** Last living quote of this product and currency, which caps the next price. */
  lastQuote: { amountMinor: number; expiresAt: number } | null
}

/** An arm as it was drawn. What records from before bandits do not say of it is taken from the weights in force. */
export interface KeptArm {
  arm: string
  version: number
  propensity?: number | undefined
  epoch?: string | undefined
  segment?: string | null | undefined
}

export interface PricingContext {
  currency: string
  /** ISO 3166 alpha-2, or null when unknown. */
  country: string | null
  /** Region code as US-NY, or null. */
  region: string | null
  device: Device | null
  behaviorFlags: string[]
  /** Global Privacy Control or denied consent: list price, nothing stored. */
  profilingRefused: boolean
}

/** One line of the explanation: the price before and after a step, and why. */
export interface ExplainStep {
  step:
    | 'list'
    | 'contract'
    | 'kill_switch'
    | 'consent'
    | 'holdout'
    | 'test'
    | RuleKind
    | 'step_limit'
    | 'floor'
    | 'ceiling'
    | 'margin'
    | 'living_quote'
    | 'rounding'
    | 'law'
    | 'disclosure'
  /** `applied` moved or set the price, `kept` looked and left it, `skipped` did not look, with the reason in `detail`. */
  outcome: 'applied' | 'kept' | 'skipped'
  beforeMinor: number
  afterMinor: number
  detail: string
}

export interface TestAssignment {
  testId: string
  version: number
  arm: string
  /** Probability with which this arm was drawn, 0–1; of one that is kept, when it was drawn. */
  propensity: number
  /** UTC day from which the weights it was drawn with have applied. */
  epoch: string
  mode: TestMode
  /** Weights of all arms in force when the price was decided. */
  weights: Record<string, number>
  /** Value of what the test is read by; null where it is read as one. */
  segment: string | null
  conversionWindowMs: number
  /** What one unit sold costs, where the test counts margin; else null. */
  unitCostMinor: number | null
  /** Of a switchback: number of the time window, the place in which everybody has this arm, and when that ends, epoch ms. */
  block: { window: number; place: string; endsAt: number } | null
  /** The guardrails moved the arm's price after the test was saved: excluded from analysis. */
  clamped: boolean
}

export interface PriceDecision {
  id: string
  productId: string
  currency: string
  /** The list price in the customer's country. */
  listMinor: number
  /** Lowest list price there in the 30 days before the present one came into force. */
  lowest30DaysMinor: number | null
  priceMinor: number
  /** The last step that set the price; `step_limit` where no rule holds any more and the price is still on its way back. */
  reason: 'list' | 'contract' | 'kill_switch' | 'consent' | 'holdout' | 'test' | 'step_limit' | RuleKind
  priceClass: PriceClass
  /** True when personal data or a draw made the price. */
  personalized: boolean
  /** Text that must stand beside the price, or null. */
  disclosure: string | null
  test: TestAssignment | null
  propensity: number
  explain: ExplainStep[]
  sliceHash: string
  /** Everything `decide` was given of the customer, for replay. */
  facts: PricingFacts
  context: PricingContext
  decidedAt: number
}
