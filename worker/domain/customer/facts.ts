import type { ChurnReason, Interval } from '../../contract/lists.ts'
import type { MetricDefinition } from '../experiments/metric.ts'
import type { FunnelAttempt } from '../funnel/attempt.ts'
import type { FunnelDefinition } from '../funnel/definition.ts'

/** State of one customer that the fold builds from the log; plain JSON. */
export interface CustomerFacts {
  events: number
  firstSeenAt: number | null
  lastSeenAt: number | null
  /** Last day and month on which a visit was counted; the fold runs in day order, so one of each suffices. */
  visitDay: string | null
  visitMonth: string | null
  orders: number
  cohorts: Record<string, CohortMonths>
  money: Record<string, MoneyTotals>
  purchases: Record<string, Purchase>
  /** Reversals whose purchase is not known yet. */
  parked: Record<string, ParkedReversal[]>
  /** Transactions a browser reported, so that a repeat is not counted again. */
  reported: Record<string, true>
  subscriptions: Record<string, Subscription>
  mrr: Record<string, MrrDay>
  /** Whether a decision ever found them in the universal holdout: then they are in no test's analysis. */
  heldOut: boolean
  /** To price tests, by `test@version`. */
  exposures: Record<string, Exposure>
  /** To variants of experiments, by `experiment@version`. */
  experiments: Record<string, Exposure>
  /** To variants of experiments that have metrics, and to the universal holdout, by `experiment@version`. */
  measured: Record<string, MeasuredExposure>
  /** When events came that metrics count, oldest first and only the latest, by measure: for exposures that are yet to come, or come late. */
  trails: Record<string, number[]>
  /** What behaviour that is no longer kept had counted for exposures that are. */
  counted?: Record<string, MetricTotals[]>
  /** What a listing's prices said of the universal holdout to somebody who has not looked at a product yet. */
  holdoutPreview?: { key: string; variant: string; currency: string }
  /** Recent decisions of tests, so that a void, a view or a redemption finds its own. */
  decisions: Record<string, RecentDecision>
  /** Rows of recent sampled decisions, by decision: one that turns out not to have been served loses its row. */
  sampled: Record<string, { rowId: string; at: number }>
  /** Arms of price tests that a listing was first to show, by `test@version`: they are kept as if a page had. */
  previewed: Record<string, Previewed>
  /** Time windows of switchbacks in which they were shown a price, by `test@version|window|place`. */
  blocks: Record<string, BlockVisit>
  /** When they tried to pay by invoice or session, and whether it failed; as long ago as a conversion window may reach. */
  attempts: [at: number, failed: 0 | 1][]
  /** Their latest attempt of the default funnel, and of those that are defined here, by reference. */
  funnel: FunnelAttempt | null
  journeys: Record<string, FunnelAttempt>
  /** Funnels that purchases have ended by behaviour that is no longer kept; what they brought in is counted already. */
  pastEnds?: [transactionId: string, ends: FunnelEnd[]][]
  /** Checkout begun and not yet bought or given up, and the day it was booked under. */
  checkoutStartedAt: number | null
  checkoutDay: string | null
  /** The same of imported history. */
  pastCheckout: { at: number; day: string } | null
  /** Invoices in payment recovery. */
  dunning: Record<string, number>
  /** What is counted of them beside what always is, by reference. */
  metrics: Record<string, MetricDefinition>
  funnels: Record<string, FunnelDefinition>
}

export interface MoneyTotals {
  grossMinor: number
  refundedMinor: number
  disputedMinor: number
}

/** Of one currency: month of the first order, which names the cohort, and the last one counted as active in it. */
export interface CohortMonths {
  cohort: string
  active: string
}

export interface Purchase {
  amountMinor: number
  currency: string
  productId: string | null
  /** Of purchases from before it was kept: one. */
  quantity?: number
  occurredAt: number
  bookedDay: string
  refundedMinor: number
  /** Totals that were told of single payments of it. */
  refundedOf: [paymentId: string, amountMinor: number][]
  disputedMinor: number
  decisionId: string | null
  /** Funnels that it ended. */
  ended?: FunnelEnd[]
}

export interface ParkedReversal {
  kind: 'refund' | 'dispute_opened' | 'dispute_closed'
  rowId: string
  amountMinor: number
  currency: string
  won: boolean
  cumulative: boolean
  paymentId: string | null
  occurredAt: number
  bookedDay: string
}

export interface Subscription {
  version: number
  productId: string
  amountMinor: number
  currency: string
  interval: Interval
  intervalCount: number
  quantity: number
  status: 'active' | 'cancelled' | 'ended'
  trial: boolean
  suspended: boolean
  startedDay: string
  /** Why it is worth nothing any more, or for now. */
  churnReason: ChurnReason | null
}

/** MRR of one currency, with what the current day opened with: movements are per customer and day. */
export interface MrrDay {
  balanceMinor: number
  day: string
  openingMinor: number
  /** Whether a day before this one closed above zero: coming back is reactivation, not new. */
  paidBefore: boolean
  /** Why a customer leaves who leaves on this day. */
  reason: ChurnReason
  /** What each month opened with, since they last began to pay: a month without an entry opened as the one before it. */
  monthOpenings: [month: string, openingMinor: number][]
  /** Row of the day's movement; null while there is none. */
  rowId: string | null
}

/** What came of having seen a price or a variant, inside its window. */
export interface Outcome {
  /** Net revenue, by transaction. */
  rewards: Record<string, number>
  /** What the units sold cost, by transaction; only where a test is to raise margin. */
  costs?: Record<string, number>
  /** Transactions of which money went back, and those in a dispute that was not won. */
  refunded?: Record<string, true>
  disputed?: Record<string, true>
  /** Attempts to pay by invoice or session, and those that failed. */
  attempts?: number
  failures?: number
}

/** The tested product, and what one unit of it cost when the price was shown; minor units. */
export interface Unit {
  productId: string
  costMinor: number
}

export interface Exposure extends Outcome {
  currency: string
  /**
   * Served decisions of this exposure, oldest first, or the one view of a variant; without any the exposure never happened. The first is the exposure:
   * its arm and epoch, and its day, under which n and net revenue are booked. Of the rest only recent ones are kept.
   */
  served: [Served, ...Served[]]
  /** A decision that is no longer kept had shown another arm, or a clamped price; or they are held out. */
  excluded: boolean
}

/**
 * What somebody gave to one metric, uncapped: in its window from first exposure, in the equally long one before, and of a
 * ratio what it is divided by. Minor units and numbers.
 */
export type MetricTotals = [after: number, before: number, denominator: number]

/** A view of a variant, or a served decision. */
export interface Seen {
  id: string
  at: number
  day: string
  variant: string
}

/** Of an experiment that has metrics. */
export interface MeasuredExposure {
  currency: string
  /** Oldest first; the first is the exposure, the others are kept where they may yet be withdrawn, or contradict it. */
  seen: [Seen, ...Seen[]]
  /** They saw a second variant. */
  excluded: boolean
  /** References and caps, the first goal first. Absent of the universal holdout, which has one of its own. */
  metrics?: [metric: string, cap: number | null][]
  /** By metric. */
  totals: MetricTotals[]
  /** As they were when they saw it; absent where results are not read by segment. */
  segment?: { country: string; device: string; source: string; visitor: 'new' | 'returning'; half: 'a' | 'b' }
}

/** What a decision shows of a test. Decisions from before bandits, and views of variants, say the first three alone. */
export interface Shown {
  arm: string
  epoch: string
  clamped: boolean
  propensity?: number
  segment?: string | null
  /** Conversion window. */
  windowMs?: number | undefined
  /** Where the test is to raise margin. */
  unit?: Unit | null
}

export interface Served extends Shown {
  id: string
  at: number
  day: string
}

export interface Previewed extends Pick<Shown, 'arm' | 'epoch' | 'propensity' | 'segment'> {
  id: string
}

/**
 * One person in one time window of a switchback. Kept as long as late events can be about it, and with a purchase for as
 * long as that can be refunded.
 */
export interface BlockVisit extends Outcome {
  /** `test@version`. */
  key: string
  /** `window|place|arm`. */
  value: string
  arm: string
  epoch: string
  currency: string
  unit: Unit | null
  endsAt: number
  /** UTC day of the first decision in it, under which it is counted. */
  day: string
  /** Decisions served in it, oldest first. */
  served: [at: number, id: string][]
}

/** A decision of a test that may still be viewed or voided. */
export interface RecentDecision {
  test: Shown & { key: string; currency: string; block?: { window: number; place: string; endsAt: number } }
  preview: boolean
  at: number
  day: string
}

/** A funnel that a purchase has ended, and what its revenue counts under there. */
export interface FunnelEnd {
  /** `id@version`. */
  funnel: string
  /** Of the entry. */
  day: string
  at: number
  by: [dimension: string, value: string][]
}

export const emptyFacts = (): CustomerFacts =>
  guardFacts({
    events: 0,
    firstSeenAt: null,
    lastSeenAt: null,
    visitDay: null,
    visitMonth: null,
    orders: 0,
    cohorts: {},
    money: {},
    purchases: {},
    parked: {},
    reported: {},
    subscriptions: {},
    mrr: {},
    heldOut: false,
    exposures: {},
    experiments: {},
    measured: {},
    trails: {},
    decisions: {},
    sampled: {},
    previewed: {},
    blocks: {},
    attempts: [],
    funnel: null,
    journeys: {},
    checkoutStartedAt: null,
    checkoutDay: null,
    pastCheckout: null,
    dunning: {},
    metrics: {},
    funnels: {},
  })

/** Maps whose keys come from callers: without a prototype, so that a transaction called `constructor` is just a transaction. */
const CALLER_KEYED = [
  'purchases',
  'parked',
  'reported',
  'subscriptions',
  'exposures',
  'experiments',
  'measured',
  'trails',
  'decisions',
  'sampled',
  'previewed',
  'blocks',
  'dunning',
  'metrics',
  'funnels',
  'journeys',
] as const

const bare = <T extends object>(map: T): T => Object.assign(Object.create(null), map)

export const everyExposure = ({ exposures, experiments }: CustomerFacts): Exposure[] => [
  ...Object.values(exposures),
  ...Object.values(experiments),
]

/** Facts as stored, ready to be folded on; changed in place. */
export function guardFacts(facts: CustomerFacts): CustomerFacts {
  for (const name of CALLER_KEYED) Object.assign(facts, { [name]: bare(facts[name]) })
  // Records from before there were attempts have none.
  facts.attempts ??= []
  for (const outcome of [...everyExposure(facts), ...Object.values(facts.blocks)]) guardOutcome(outcome)
  return facts
}

function guardOutcome(outcome: Outcome): void {
  outcome.rewards = bare(outcome.rewards)
  for (const name of ['costs', 'refunded', 'disputed'] as const) if (outcome[name]) Object.assign(outcome, { [name]: bare(outcome[name]) })
}
