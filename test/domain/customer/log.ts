import { bookedDayOf } from '../../../worker/domain/customer/booking.ts'
import {
  type AcceptedEvent,
  compareEvents,
  type EventBody,
  type PaymentBody,
  type PurchaseBody,
  type ReversalBody,
  type SubscriptionBody,
} from '../../../worker/domain/customer/event.ts'
import { type Folded, refold } from '../../../worker/domain/customer/fold.ts'
import type { PriceDecision, TestAssignment } from '../../../worker/domain/pricing/types.ts'

/** 2027-03-10T12:00:00Z, a Wednesday. */
export const NOON = Date.parse('2027-03-10T12:00:00Z')
export const DAY = '2027-03-10'
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY_MS = 86_400_000

let count = 0

/** An accepted event; booked under its own day unless told otherwise. */
export function event(body: EventBody, at = NOON, over: Partial<AcceptedEvent> = {}): AcceptedEvent {
  return {
    id: `e${count++}`,
    type: body.kind,
    occurredAt: at,
    bookedDay: bookedDayOf(at, 'import', at),
    origin: 'server',
    verified: true,
    home: 'home',
    context: { country: 'US', device: 'desktop', source: null, sessionId: null },
    body,
    metadata: {},
    ...over,
  }
}

export const behaviour = (type: string, at = NOON, over: Partial<AcceptedEvent> = {}) =>
  event({ kind: 'behaviour', productId: null, funnelStep: null }, at, { type, ...over })

export const purchase = (over: Partial<PurchaseBody> = {}, at = NOON, rest: Partial<AcceptedEvent> = {}) =>
  event(
    {
      kind: 'purchase',
      transactionId: 't1',
      amountMinor: 10_000,
      currency: 'USD',
      productId: 'pro',
      quantity: 1,
      subscriptionId: null,
      decisionId: null,
      ...over,
    },
    at,
    rest,
  )

export const reversal = (over: Partial<ReversalBody> = {}, at = NOON + HOUR, rest: Partial<AcceptedEvent> = {}) =>
  event(
    { kind: 'refund', transactionId: 't1', amountMinor: 4_000, currency: 'USD', won: false, cumulative: false, paymentId: null, ...over },
    at,
    rest,
  )

export const subscription = (over: Partial<SubscriptionBody> = {}, at = NOON, rest: Partial<AcceptedEvent> = {}) =>
  event(
    {
      kind: 'subscription',
      change: 'started',
      subscriptionId: 's1',
      version: 1,
      productId: 'pro_monthly',
      amountMinor: 7_900,
      currency: 'USD',
      interval: 'month',
      intervalCount: 1,
      quantity: 1,
      trial: null,
      suspended: false,
      churnReason: null,
      ...over,
    },
    at,
    rest,
  )

/** What a decision of a price test looks like, as far as the fold reads it. */
export const decision = (id: string, arm: string | null = 'a', over: Partial<PriceDecision> = {}): PriceDecision => ({
  id,
  productId: 'pro',
  currency: 'USD',
  listMinor: 49_900,
  lowest30DaysMinor: null,
  priceMinor: 49_900,
  reason: arm === null ? 'list' : 'test',
  priceClass: arm === null ? 'uniform' : 'randomised',
  personalized: false,
  disclosure: null,
  test:
    arm === null
      ? null
      : {
          testId: 'test_1',
          version: 1,
          arm,
          mode: 'randomised',
          epoch: '2027-03-01',
          propensity: 0.5,
          weights: { a: 0.5, b: 0.5 },
          segment: null,
          conversionWindowMs: 14 * 86_400_000,
          unitCostMinor: null,
          block: null,
          clamped: false,
        },
  propensity: 0.5,
  explain: [],
  sliceHash: '',
  facts: { subject: 'v', contracts: {}, arms: {}, firstSeenAt: null, orders: 0, inDunning: false, lastQuote: null },
  context: { country: 'US', region: null, device: null, currency: 'USD', behaviorFlags: [], profilingRefused: false },
  decidedAt: NOON,
  ...over,
})

/** The same with other terms of its test. */
export const testDecision = (id: string, arm: string, test: Partial<TestAssignment>, over: Partial<PriceDecision> = {}): PriceDecision => {
  const made = decision(id, arm, over)
  return { ...made, test: { ...(made.test as TestAssignment), ...test } }
}

export const payment = (change: PaymentBody['change'], at = NOON, over: Partial<PaymentBody> = {}) =>
  event({ kind: 'payment', change, invoiceId: 'in_1', attempt: 1, amountMinor: null, currency: null, declineCode: null, ...over }, at)

export const decided = (made: PriceDecision, at = NOON, preview = false) =>
  event({ kind: 'decision', preview, decision: made, configVersion: 1 }, at, { type: 'price_decided', origin: 'system' })

/** Folds events in canonical order, whatever the order given. */
export const fold = (...events: AcceptedEvent[]): Folded => refold([...events].sort(compareEvents))

/** Sums of one metric by the rest of the key: `{ 'USD|2027-03-10||': 100 }`. */
export function sums({ effects }: Folded, metric: string): Record<string, number> {
  const found = [...effects.contributions].filter(([key]) => key.startsWith(`${metric}|`))
  return Object.fromEntries(found.map(([key, value]) => [key.slice(metric.length + 1), value]))
}
