import { monthOf } from '../time.ts'
import type { AcceptedEvent, ReversalBody } from './event.ts'
import { reward } from './exposures.ts'
import type { CustomerFacts, ParkedReversal, Purchase } from './facts.ts'
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
    cumulative: body.cumulative,
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
  const taken = takenBy(entry, purchase)
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
  const cohort = facts.cohorts[entry.currency]
  if (cohort) add(contributions, rollupKey(METRIC.cohortRevenue, entry.currency, monthOf(entry.bookedDay), 'cohort', cohort.cohort), -taken)
  reward(facts, transactionId, contributions)
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
function takenBy({ kind, amountMinor, won, cumulative }: ParkedReversal, purchase: Purchase): number {
  if (kind === 'dispute_closed') return won ? -Math.min(amountMinor, purchase.disputedMinor) : 0
  const asked = cumulative ? Math.max(0, amountMinor - purchase.refundedMinor) : amountMinor
  return Math.min(asked, purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor)
}
