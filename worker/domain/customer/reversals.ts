import { monthOf } from '../time.ts'
import { rewardBlocks } from './blocks.ts'
import type { AcceptedEvent, ReversalBody } from './event.ts'
import { reward } from './exposures.ts'
import type { CustomerFacts, ParkedReversal, Purchase } from './facts.ts'
import type { Effects } from './fold.ts'
import { earnLess } from './funnel-revenue.ts'
import { measurePurchase } from './measured.ts'
import { METRIC } from './metrics.ts'
import { rowIdOf } from './projection.ts'
import { totalsOf } from './purchases.ts'
import { add, rollupKey } from './rollup.ts'

/** A refund or dispute; one that comes before its purchase is parked until the purchase is known. */
export function reversal(facts: CustomerFacts, event: AcceptedEvent, body: ReversalBody, effects: Effects): void {
  if (!event.verified) return
  const entry: ParkedReversal = {
    kind: body.kind,
    rowId: rowIdOf(event),
    amountMinor: body.amountMinor,
    currency: body.currency,
    won: body.won,
    cumulative: body.cumulative,
    paymentId: body.paymentId,
    occurredAt: event.occurredAt,
    bookedDay: event.bookedDay,
  }
  if (facts.purchases[body.transactionId]) return applyReversal(facts, body.transactionId, entry, effects)
  facts.parked[body.transactionId] = [...(facts.parked[body.transactionId] ?? []), entry]
}

/**
 * Takes money back, never more than was captured: net = gross − refunds − disputes stays at or above zero for each
 * purchase. It is booked on the reversal's own day; one that was parked, on the day its purchase came in, because its own
 * may be closed by then. A dispute that is won gives back what its opening took.
 */
export function applyReversal(facts: CustomerFacts, transactionId: string, entry: ParkedReversal, { contributions, rows }: Effects): void {
  const purchase = facts.purchases[transactionId]
  if (!purchase || purchase.currency !== entry.currency) return
  const before = { ...purchase }
  const totals = totalsOf(facts, entry.currency)
  const taken = takenBy(entry, purchase)
  const metric = entry.kind === 'refund' ? METRIC.refunded : METRIC.disputed
  if (entry.kind === 'refund') {
    purchase.refundedMinor += taken
    if (entry.cumulative && entry.paymentId !== null) noteTotal(purchase.refundedOf, entry.paymentId, entry.amountMinor)
    totals.refundedMinor += taken
  } else {
    purchase.disputedMinor += taken
    totals.disputedMinor += taken
  }
  add(contributions, rollupKey(metric, entry.currency, entry.bookedDay), taken)
  add(contributions, rollupKey(metric, entry.currency, entry.bookedDay, 'product', purchase.productId ?? 'unknown'), taken)
  const cohort = facts.cohorts[entry.currency]
  if (cohort) add(contributions, rollupKey(METRIC.cohortRevenue, entry.currency, monthOf(entry.bookedDay), 'cohort', cohort.cohort), -taken)
  reward(facts, transactionId, contributions)
  earnLess(purchase, taken, contributions)
  measurePurchase(facts, before, purchase, contributions)
  rewardBlocks(facts, transactionId, contributions)
  rows.set(entry.rowId, {
    customerId: null,
    eventType: entry.kind,
    amount: Math.abs(taken),
    currency: entry.currency,
    productId: purchase.productId,
    timestamp: entry.occurredAt,
    bookedDay: entry.bookedDay,
    metadata: { transactionId, won: entry.kind === 'dispute_closed' ? entry.won : undefined },
  })
}

/** What an entry takes of a purchase, in minor units; negative where it gives back. */
function takenBy(entry: ParkedReversal, purchase: Purchase): number {
  if (entry.kind === 'dispute_closed') return entry.won ? -Math.min(entry.amountMinor, purchase.disputedMinor) : 0
  return Math.min(newIn(entry, purchase), purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor)
}

/** What a reversal adds to those before it: of a total only what is new in it. */
export function newIn(
  { amountMinor, cumulative, paymentId }: Pick<ReversalBody, 'amountMinor' | 'cumulative' | 'paymentId'>,
  { refundedMinor, refundedOf }: Pick<Purchase, 'refundedMinor' | 'refundedOf'>,
): number {
  if (!cumulative) return amountMinor
  const known = paymentId === null ? refundedMinor : (refundedOf.find(([id]) => id === paymentId)?.[1] ?? 0)
  return Math.max(0, amountMinor - known)
}

/** Keeps the largest total that was told of a payment; changed in place. */
export function noteTotal(totals: Purchase['refundedOf'], paymentId: string, amountMinor: number): void {
  const known = totals.find(([id]) => id === paymentId)
  if (known) known[1] = Math.max(known[1], amountMinor)
  else totals.push([paymentId, amountMinor])
}
