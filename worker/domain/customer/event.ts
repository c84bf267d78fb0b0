import type { ChurnReason, Device, Interval, Origin } from '../../contract/lists.ts'
import type { MetricDefinition } from '../experiments/metric.ts'
import type { FunnelDefinition } from '../funnel/definition.ts'
import type { PriceDecision } from '../pricing/types.ts'

/**
 * An accepted event: the truth of a customer's log. The fold reads nothing else.
 * Canonical order is (bookedDay, occurredAt, id): a late event is booked on its day of acceptance and so sorts
 * behind every closed day, which is why closed days stay closed.
 */
export interface AcceptedEvent {
  id: string
  /** Canonical name: GA4's for behaviour, ours for money; unknown names stay as they came. */
  type: string
  /** Epoch ms, UTC, as the caller said. */
  occurredAt: number
  /** UTC day under which every rollup counts this event. */
  bookedDay: string
  origin: Origin
  /** False: reported by a browser; kept and shown apart, never revenue. */
  verified: boolean
  /** Object that first accepted it; with `id` it names a row of D1. */
  home: string
  context: EventContext
  body: EventBody
  /** The caller's free fields, as sent. */
  metadata: Record<string, unknown>
}

export interface EventContext {
  country: string | null
  device: Device | null
  source: string | null
  sessionId: string | null
}

export type EventBody =
  | BehaviourBody
  | PurchaseBody
  | ReversalBody
  | SubscriptionBody
  | PaymentBody
  | TrialBody
  | DecisionBody
  | DecisionVoidedBody
  | DecisionViewedBody
  | QuoteRedeemedBody
  | ExposureBody
  | CheckoutAbandonedBody
  | DefinitionBody

/** page_view, view_item, add_to_cart … and every custom event. */
export interface BehaviourBody {
  kind: 'behaviour'
  productId: string | null
  /** Step number of the caller's own funnel, kept as sent. */
  funnelStep: number | null
}

export interface PurchaseBody {
  kind: 'purchase'
  transactionId: string
  amountMinor: number
  currency: string
  productId: string | null
  quantity: number
  /** Set when this purchase pays an interval of a subscription. */
  subscriptionId: string | null
  /** Decision whose quote was redeemed. */
  decisionId: string | null
}

/** A refund or dispute against a transaction. `amountMinor` is this reversal's own amount. */
export interface ReversalBody {
  kind: 'refund' | 'dispute_opened' | 'dispute_closed'
  transactionId: string
  amountMinor: number
  currency: string
  /** dispute_closed: won gives the money back. */
  won: boolean
  /** refund: the amount is the whole of what has been refunded so far, of the transaction or of the one payment named. */
  cumulative: boolean
  /** One of several payments of the transaction. */
  paymentId: string | null
}

export interface SubscriptionBody {
  kind: 'subscription'
  change: 'started' | 'renewed' | 'changed' | 'cancelled' | 'ended'
  subscriptionId: string
  /** The provider's own version of the subscription: older ones never overwrite newer ones. */
  version: number
  productId: string
  /** Price of one interval for one seat. */
  amountMinor: number
  currency: string
  interval: Interval
  /** Intervals that one payment covers. */
  intervalCount: number
  quantity: number
  /** Null: as trial events have said. */
  trial: boolean | null
  /** Worth nothing for now: paused or unpaid. */
  suspended: boolean
  churnReason: ChurnReason | null
}

export interface PaymentBody {
  kind: 'payment'
  change: 'failed' | 'succeeded' | 'action_required'
  /** Invoice or checkout session. */
  invoiceId: string
  attempt: number
  amountMinor: number | null
  currency: string | null
  declineCode: string | null
}

export interface TrialBody {
  kind: 'trial'
  change: 'started' | 'ended'
  subscriptionId: string
}

/** Decision and exposure in one record; a preview (a listing) is no exposure until it is viewed. */
export interface DecisionBody {
  kind: 'decision'
  preview: boolean
  decision: PriceDecision
  configVersion: number
  /** Drawn into the sample that D1 keeps. */
  sampled?: true
  /** Of the universal holdout, 0–1, where the decision asked whether they are in it. */
  holdoutShare?: number
  /** The quote it was answered with; none for a decision that was imported. */
  quote?: QuoteTerms
}

/** What says whether a quote may be answered again. */
export interface QuoteTerms {
  /** Fingerprint of all the decision depended on, and until when that can be said. */
  inputs: string
  validUntil: number
  expiresAt: number
}

/** The caller had already fallen back to the list price when this decision arrived. */
export interface DecisionVoidedBody {
  kind: 'decision_voided'
  decisionId: string
}

/** A previewed price was shown on its product page: now it is an exposure. */
export interface DecisionViewedBody {
  kind: 'decision_viewed'
  decisionId: string
}

export interface QuoteRedeemedBody {
  kind: 'quote_redeemed'
  decisionId: string
  transactionId: string
}

/** Somebody saw a variant of an experiment. What is written of the experiment is how it stood at that moment. */
export interface ExposureBody {
  kind: 'exposure'
  experiment: string
  version: number
  variant: string
  /** Probability with which this variant was drawn, 0–1; null where the version is no longer the one in force. */
  propensity: number | null
  /** In which net revenue of this experiment is counted. */
  currency: string
  configVersion: number
  /** References of the metrics of this experiment, the first goal first, each with the cap frozen at its start. Absent in exposures from before there were metrics. */
  metrics?: [metric: string, cap: number | null][]
}

/**
 * What is to be counted of this person from their first event on. Definitions come as events, so that the same events fold
 * to the same sums wherever they lie; each stands before all others in the log.
 */
export type DefinitionBody =
  | { kind: 'definition'; metric: MetricDefinition }
  | { kind: 'definition'; funnel: FunnelDefinition }
  | RetirementBody

/** From here on this person is not counted by a funnel any more; what they have been counted for stays. The one definition with a day of its own. */
export interface RetirementBody {
  kind: 'definition'
  retired: string
}

/** A timer's event: checkout begun, not bought within the hour. */
export interface CheckoutAbandonedBody {
  kind: 'checkout_abandoned'
  startedAt: number
}

/** Canonical order of the fold. */
export function compareEvents(a: AcceptedEvent, b: AcceptedEvent): number {
  if (a.bookedDay !== b.bookedDay) return a.bookedDay < b.bookedDay ? -1 : 1
  if (a.occurredAt !== b.occurredAt) return a.occurredAt - b.occurredAt
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** Ids under this prefix are ours alone: a caller's event must never stand where a decision or a redemption will. */
export const SYSTEM_PREFIX = 'fl:'

/** Event ids of a decision's life: fixed by the decision, so that each thing happens to it once. */
export const decisionEventId = (decisionId: string) => `${SYSTEM_PREFIX}decision:${decisionId}`
export const viewedEventId = (decisionId: string) => `${SYSTEM_PREFIX}viewed:${decisionId}`
export const voidedEventId = (decisionId: string) => `${SYSTEM_PREFIX}voided:${decisionId}`
/** Money a server vouches for keeps its name even where a page was quicker to use it. */
export const vouchedEventId = (eventId: string) => `${SYSTEM_PREFIX}vouched:${eventId}`
export const redeemedEventId = (decisionId: string) => `${SYSTEM_PREFIX}redeemed:${decisionId}`
/** One for each variant that the person of one object has seen, however often. Sixteen of the name's random digits tell objects apart. */
export const exposureEventId = ({ experiment, version, variant }: ExposureBody, object: string) =>
  `${SYSTEM_PREFIX}exposure:${experiment}@${version}:${variant}:${object.slice(0, 16)}`

export const metricEventId = (reference: string) => `${SYSTEM_PREFIX}definition:metric:${reference}`
export const funnelEventId = (reference: string) => `${SYSTEM_PREFIX}definition:funnel:${reference}`
export const retiredEventId = (reference: string) => `${SYSTEM_PREFIX}definition:retired:${reference}`
/** Day under which definitions stand: before every other. */
export const DEFINITION_DAY = '0001-01-01'

/** Whether an event may move recurring revenue. */
export const isRecurring = ({ body }: Pick<AcceptedEvent, 'body'>): boolean => body.kind === 'subscription' || body.kind === 'trial'

/** What a server vouches for beside behaviour and exposures: it is never crowded out, nor kept out by what pages send. */
export const isMoney = ({ body, verified }: Pick<AcceptedEvent, 'body' | 'verified'>): boolean =>
  verified && body.kind !== 'behaviour' && body.kind !== 'exposure'
