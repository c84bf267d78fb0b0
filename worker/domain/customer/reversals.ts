import type { AcceptedEvent, ReversalBody } from './event.ts'
import { reward } from './exposures.ts'
import type { CustomerFacts, ParkedReversal } from './facts.ts'
import type { Effects } from './fold.ts'
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
  const totals = totalsOf(facts, entry.currency)
  let taken: number
  if (entry.kind === 'dispute_closed') {
    taken = entry.won ? -Math.min(entry.amountMinor, purchase.disputedMinor) : 0
  } else {
    taken = Math.min(entry.amountMinor, purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor)
  }
  const metric = entry.kind === 'refund' ? METRIC.refunded : METRIC.disputed
  if (entry.kind === 'refund') {
    purchase.refundedMinor += taken
    totals.refundedMinor += taken
  } else {
    purchase.disputedMinor += taken
    totals.disputedMinor += taken
  }
  add(contributions, rollupKey(metric, entry.currency, entry.bookedDay), taken)
  add(contributions, rollupKey(metric, entry.currency, entry.bookedDay, 'product', purchase.productId ?? 'unknown'), taken)
  reward(facts, transactionId, contributions)
  rows.set(entry.rowId, {
    customerId: null,
    eventType: entry.kind,
    amount: Math.abs(taken),
    currency: entry.currency,
    productId: purchase.productId,
    timestamp: entry.occurredAt,
    metadata: { transactionId, won: entry.kind === 'dispute_closed' ? entry.won : undefined },
  })
}
