import type {
  AnalyticsAnswer,
  AnalyticsQuery,
  BatchAnswer,
  ChainAnswer,
  ChainQuery,
  CompareAnswer,
  CompareInput,
  CostInput,
  CostRecorded,
  CostsAnswer,
  CostsQuery,
  DemandAnswer,
  DemandQuery,
  Done,
  ElasticityAnswer,
  ElasticityInput,
  ErasureAnswer,
  EventResult,
  ExperimentInput,
  ExperimentItem,
  ExperimentPatch,
  ExperimentStarted,
  ExperimentsAnswer,
  ExportAnswer,
  ExportQuery,
  ExportTable,
  FlagAnswer,
  FlagContext,
  FlagsAnswer,
  ForecastAnswer,
  FunnelAnswer,
  FunnelQuery,
  HoldoutAnswer,
  HoldoutQuery,
  IdentifyAnswer,
  IncomingEvent,
  MarketSignalsInput,
  MarketSignalsSaved,
  OffPolicyAnswer,
  OffPolicyInput,
  PageQuery,
  PricesAnswer,
  PricesInput,
  PriceTestInput,
  PriceTestItem,
  PriceTestStarted,
  PricingAnswer,
  ProblemCode,
  RevenueEventAnswer,
  RuleAnswer,
  RuleInput,
  RulePreviewAnswer,
  RulePreviewInput,
  RulesAnswer,
  SampleRatioAnswer,
  SampleRatioInput,
  SampleSizeAnswer,
  SampleSizeInput,
  SequentialAnswer,
  SequentialInput,
  UpliftAnswer,
  UpliftInput,
  VerifyQuoteAnswer,
  VerifyQuoteInput,
} from './words.ts'

/**
 * The server's problem codes, and ours: `network` nobody answered, `timeout` nobody answered in time, `unreadable` an answer
 * of somebody else, `http_<status>` a refusal that is not of the Worker but of something before it.
 */
export type ErrorCode = ProblemCode | 'network' | 'timeout' | 'unreadable' | `http_${number}`

export interface ServerClientOptions {
  /** Address of the Worker, as in `https://prices.example`. */
  url: string
  /** Secret key, `sk_…`. With a publishable one (`pk_…`) only what a browser may do is answered. */
  key: string
  /** Signs customer tokens; the answer of `POST /api/settings/identity-secret`, shown once. */
  identitySecret?: string | undefined
  /** Sends a request, as `env.FAIRLEAD.fetch` of a service binding does. Default: the platform's own. */
  fetch?: typeof fetch
  /** How often a request is sent again that was not answered, or with 429, 502, 503 or 504: 0 to 10. Default 3. */
  retries?: number
  /** Milliseconds each try may take. Default 10,000. */
  timeoutMs?: number
}

/** For one call in place of the client's own: a price on the way to a page can wait less long than a report. */
export interface CallOptions {
  retries?: number
  timeoutMs?: number
}

/** Whatever is made under one key is made once, however often it is asked for within a day. */
export interface OnceOptions extends CallOptions {
  /** 1 to 255 visible ASCII characters. Default: one minted for this call, so that only its retries are the same request. */
  idempotencyKey?: string
}

/** Whom a price is for, and what it may depend on. */
export interface PriceContext
  extends Pick<
    PricesInput,
    'visitorId' | 'customerId' | 'token' | 'currency' | 'country' | 'region' | 'device' | 'behaviorFlags' | 'consent'
  > {
  /** Another name of `customerId`. */
  userId?: string
}

/** What became of one event. `code` and `message` are those of the refusal, or say why it could not be sent. */
export interface TrackResult extends Omit<EventResult, 'code'> {
  code?: ErrorCode
}
export interface TrackAnswer extends Omit<BatchAnswer, 'results'> {
  /** In the order of the events. */
  results: TrackResult[]
}

export interface AnalyticsQuestion extends Omit<AnalyticsQuery, 'includeCohorts' | 'includeForecasts' | 'convert'> {
  includeCohorts?: boolean
  /** The newest stored forecasts of the currency, in short. */
  includeForecasts?: boolean
  /** Every currency that has a rate in the settings, converted into this one. */
  convert?: boolean
}

/**
 * Every method answers what its route answers, and rejects with a `FairleadError`. All may be sent again without harm, and
 * are: events carry an id, whatever is made an idempotency key, both minted before the first try.
 */
export interface ServerClient {
  orchestrator: {
    /** The same as `analytics.recordRevenueEvent`. */
    processRevenueEvent(event: IncomingEvent, options?: CallOptions): Promise<RevenueEventAnswer>
    /** The same as `pricing.getOptimizedPrice`. */
    getOptimizedPricing(productId: string, context?: PriceContext, options?: CallOptions): Promise<PricingAnswer>
  }
  pricing: {
    /** The price of one product, with a signed quote to redeem with the purchase. Counts as shown to whom it is for. */
    getOptimizedPrice(productId: string, context?: PriceContext, options?: CallOptions): Promise<PricingAnswer>
    /** Prices of a listing of at most 100 products: previews, which count when the product is viewed. */
    getPrices(products: string[], context?: PriceContext, options?: CallOptions): Promise<PricesAnswer>
    /** Whether a quote holds, without spending it. */
    verifyQuote(question: VerifyQuoteInput, options?: CallOptions): Promise<VerifyQuoteAnswer>
    /** Amounts are decimal major units, the list price among them; `duration` is in days. */
    startPriceTest(test: PriceTestInput, options?: OnceOptions): Promise<PriceTestStarted>
    /** What each price earned a visitor, how sure that is, and the verdict so far. */
    getPriceTest(testId: string, options?: CallOptions): Promise<PriceTestItem>
    /** Everybody sees the list price again. */
    stopPriceTest(testId: string, options?: CallOptions): Promise<PriceTestStarted>
    /** The price of an arm becomes the list price, and the test is over. The same arm again changes nothing. */
    shipPriceTest(testId: string, arm: string, options?: CallOptions): Promise<PriceTestStarted>
    /** The test is over, and the list price from before it was shipped is back; rejects where that has changed since. */
    rollBackPriceTest(testId: string, options?: CallOptions): Promise<PriceTestStarted>
    /**
     * Demand by price, from the newest price test that says enough, with the price that would earn most and the interval of
     * its gain; what the past shows stands apart in `observational`. Where there is no number, `reason` says why.
     */
    getDemand(productId: string, question?: DemandQuery, options?: CallOptions): Promise<DemandAnswer>
    listRules(options?: CallOptions): Promise<RulesAnswer>
    /** What a rule would have done to the last 1,000 sampled decisions; nothing is saved. With the `id` of a rule it stands in for that one. */
    previewRule(rule: RulePreviewInput, options?: CallOptions): Promise<RulePreviewAnswer>
    /** Creates the rule, or replaces it whole, in force at once. Changing the configuration takes a secret key with the scope `admin`. */
    saveRule(id: string, rule: RuleInput, options?: CallOptions): Promise<RuleAnswer>
    removeRule(id: string, options?: CallOptions): Promise<Done>
    /** Stock, and what competitors ask, for rules to follow; at most 1,000 a call. Signals that are not named stay. */
    setMarketSignals(signals: MarketSignalsInput['signals'], options?: CallOptions): Promise<MarketSignalsSaved>
  }
  funnel: {
    /** Rejects when the event is refused. Without an `id` every call counts. */
    trackFunnelEvent(event: IncomingEvent, options?: CallOptions): Promise<TrackResult>
    /** The first variant is the control; `duration` is in days. It runs at once, unless it is a `draft`. */
    createFunnelTest(test: ExperimentInput, options?: OnceOptions): Promise<ExperimentStarted>
    /** The experiment, with its verdict and every figure behind it in `results`. */
    getFunnelTest(key: string, options?: CallOptions): Promise<ExperimentItem>
    /** A page of experiments by their keys, each with what it said as yesterday ended. */
    listFunnelTests(page?: PageQuery, options?: CallOptions): Promise<ExperimentsAnswer>
    /** Of a draft anything; of a running one its weights, coverage, condition, end, and who is left out. */
    changeFunnelTest(key: string, changes: ExperimentPatch, options?: CallOptions): Promise<ExperimentStarted>
    startFunnelTest(key: string, options?: CallOptions): Promise<ExperimentStarted>
    /** Everybody gets the control again. */
    stopFunnelTest(key: string, options?: CallOptions): Promise<ExperimentStarted>
    /** A draft or one that is over is put aside, with its figures. */
    archiveFunnelTest(key: string, options?: CallOptions): Promise<ExperimentStarted>
    /** Everybody gets this variant, and the experiment is over. The control takes back what was shipped before. */
    shipFunnelTest(key: string, variant: string, options?: CallOptions): Promise<ExperimentStarted>
    getFunnel(question?: FunnelQuery, options?: CallOptions): Promise<FunnelAnswer>
  }
  analytics: {
    /**
     * One event of money, a subscription or a payment. Refused for a publishable key, from which the Worker would keep it as
     * merely reported. Without an `id` every call counts: the answer then says `deduplicable: false`. `duplicate` means that
     * it was settled before, perhaps by a try of this very call whose answer was lost.
     */
    recordRevenueEvent(event: IncomingEvent, options?: CallOptions): Promise<RevenueEventAnswer>
    getDashboardData(question?: AnalyticsQuestion, options?: CallOptions): Promise<AnalyticsAnswer>
    /** What all levers together do to net revenue, by the customers whom none of them touches. */
    getHoldout(question?: HoldoutQuery, options?: CallOptions): Promise<HoldoutAnswer>
    /** What was spent to win customers, in major units, from its first to its last day; needs a key with the scope `admin`. */
    recordCost(cost: CostInput, options?: OnceOptions): Promise<CostRecorded>
    /** A page of what was recorded. */
    getCosts(question?: CostsQuery, options?: CallOptions): Promise<CostsAnswer>
    /** The text of a table as a file, CSV unless asked for as `ndjson`. It is read whole: give a long one more time. */
    exportTable(table: ExportTable, question?: ExportQuery, options?: CallOptions): Promise<string>
  }
  /** Calculators on numbers of your own, in units of your own; nothing is kept. */
  analysis: {
    /** From `rows` of sales the elasticity, pooled and within groups; from the `arms` of a price test a demand curve and the price that earns most. */
    elasticity(question: ElasticityInput, options?: CallOptions): Promise<ElasticityAnswer>
    /** What another policy would have brought, from the log of the one that ran. Rejects with `insufficient_data` where the log says too little. */
    offPolicy(question: OffPolicyInput, options?: CallOptions): Promise<OffPolicyAnswer>
    /** Each treatment with the control, from counts, sums or customers; where sums tell nothing, with a `reason` in place of figures. */
    compare(question: CompareInput, options?: CallOptions): Promise<CompareAnswer>
    /** Whether people were split as planned; with counts by dimension, whom a mismatch comes from. */
    sampleRatio(question: SampleRatioInput, options?: CallOptions): Promise<SampleRatioAnswer>
    /** With `mde` the people a test needs, with `total` the smallest effect so many find, with both the power. */
    sampleSize(question: SampleSizeInput, options?: CallOptions): Promise<SampleSizeAnswer>
    /** Intervals and p values that hold at every look, and boundaries of looks that are planned. */
    sequential(question: SequentialInput, options?: CallOptions): Promise<SequentialAnswer>
    /** The Qini curve of a score, from customers of a test by lot. */
    uplift(question: UpliftInput, options?: CallOptions): Promise<UpliftAnswer>
  }
  forecasting: {
    /**
     * Monthly recurring revenue as it is likely to go on, with 50, 80 and 95 % ranges, by the model that erred least on the past.
     *
     * @param horizon months ahead, 1–24
     * @param question the currency; default: the configured one
     */
    generateMRRForecast(horizon?: number, question?: { currency?: string }, options?: CallOptions): Promise<ForecastAnswer>
  }
  upsell: {
    /** Rejects when the event is refused. Without an `id` every call counts. */
    trackBehaviorEvent(event: IncomingEvent, options?: CallOptions): Promise<TrackResult>
  }
  success: {
    /** Rejects when the event is refused. Without an `id` every call counts. */
    trackCustomerActivity(event: IncomingEvent, options?: CallOptions): Promise<TrackResult>
  }
  flags: {
    /** One flag, or the price of a product as `price:<productId>`. Being drawn into an experiment counts as having seen it. */
    evaluate(key: string, context: FlagContext, options?: CallOptions): Promise<FlagAnswer>
    /** Every flag for one page view; it counts nobody as having seen one. Asked again for a context, it costs no body if nothing changed. */
    evaluateAll(context: FlagContext, options?: CallOptions): Promise<FlagsAnswer>
  }
  customers: {
    /** Says which customer a visitor is. Go on with the `visitorId` of the answer. */
    identify(visitorId: string, customerId: string, options?: CallOptions): Promise<IdentifyAnswer>
    /**
     * What this customer was offered, shown, paid and got back, newest first, with the sums of it. The `next` of an answer is
     * the `before` of the page behind it.
     */
    getChain(customerId: string, page?: ChainQuery, options?: CallOptions): Promise<ChainAnswer>
    /** Everything kept of a customer. */
    exportCustomer(customerId: string, options?: CallOptions): Promise<ExportAnswer>
    /** Forgets a customer for good: nothing can be sent under this id again. */
    eraseCustomer(customerId: string, options?: CallOptions): Promise<ErasureAnswer>
    /**
     * The token with which this customer's browser may speak for them: a JWT (HS256), signed here and sent nowhere.
     * It lives for an hour unless `expiresInSeconds` says otherwise, a day at most.
     */
    signCustomerToken(customerId: string, options?: { expiresInSeconds?: number }): Promise<string>
  }
  /**
   * Any number of events, a hundred a request; only what could not be settled is sent again. Every event has a result:
   * `accepted`, `duplicate`, `rejected` for good, or `retry` to be sent once more, with the id of its result. Rejects only
   * when not one event was settled.
   */
  track(events: IncomingEvent[], options?: CallOptions): Promise<TrackAnswer>
}
