import { monthOf } from '../time.ts'
import { addByDimension, completeJourney } from './behaviour.ts'
import { rewardBlocks } from './blocks.ts'
import type { AcceptedEvent, PurchaseBody } from './event.ts'
import { reward } from './exposures.ts'
import type { CustomerFacts, MoneyTotals, Purchase } from './facts.ts'
import type { Effects } from './fold.ts'
import { measurePurchase } from './measured.ts'
import { METRIC } from './metrics.ts'
import { rowIdOf } from './projection.ts'
import { applyReversal } from './reversals.ts'
import { add, rollupKey } from './rollup.ts'

export const totalsOf = (facts: CustomerFacts, currency: string): MoneyTotals => {
  facts.money[currency] ??= { grossMinor: 0, refundedMinor: 0, disputedMinor: 0 }
  return facts.money[currency]
}

/** Reports remembered of one customer: a browser can send what it likes, and facts must stay small. */
const MAXIMUM_REPORTED = 1_000

/** Whether a purchase pays for a subscription that had begun on an earlier day. */
export const isRenewal = ({ subscriptions }: CustomerFacts, { subscriptionId }: PurchaseBody, bookedDay: string): boolean =>
  subscriptionId !== null && (subscriptions[subscriptionId]?.startedDay ?? bookedDay) < bookedDay

/** Money taken. A transaction counts once, whatever the number of events that tell of it. */
export function purchase(facts: CustomerFacts, event: AcceptedEvent, body: PurchaseBody, effects: Effects): void {
  const { contributions, rows } = effects
  if (!event.verified) {
    if (facts.reported[body.transactionId] || Object.keys(facts.reported).length >= MAXIMUM_REPORTED) return
    facts.reported[body.transactionId] = true
    add(contributions, rollupKey(METRIC.reportedOrders, body.currency, event.bookedDay), 1)
    add(contributions, rollupKey(METRIC.reportedRevenue, body.currency, event.bookedDay), body.amountMinor)
    // Whoever says that they have bought is not abandoning a checkout; whether they have, their server says.
    facts.checkoutStartedAt = null
    return
  }
  if (facts.purchases[body.transactionId]) return
  const bought: Purchase = {
    amountMinor: body.amountMinor,
    currency: body.currency,
    productId: body.productId,
    quantity: body.quantity,
    occurredAt: event.occurredAt,
    bookedDay: event.bookedDay,
    refundedMinor: 0,
    refundedOf: [],
    disputedMinor: 0,
    decisionId: body.decisionId,
  }
  facts.purchases[body.transactionId] = bought
  facts.orders++
  totalsOf(facts, body.currency).grossMinor += body.amountMinor
  addByDimension(contributions, METRIC.orders, body.currency, event, 1)
  addByDimension(contributions, METRIC.gross, body.currency, event, body.amountMinor)
  const product = body.productId ?? 'unknown'
  add(contributions, rollupKey(METRIC.orders, body.currency, event.bookedDay, 'product', product), 1)
  add(contributions, rollupKey(METRIC.gross, body.currency, event.bookedDay, 'product', product), body.amountMinor)
  countCustomer(facts, event, body, effects)
  reward(facts, body.transactionId, contributions)
  measurePurchase(facts, null, bought, contributions)
  rewardBlocks(facts, body.transactionId, contributions)
  if (!isRenewal(facts, body, event.bookedDay)) completeJourney(facts, event, body, contributions)
  rows.set(rowIdOf(event), {
    customerId: null,
    eventType: event.type,
    amount: body.amountMinor,
    currency: body.currency,
    productId: body.productId,
    timestamp: event.occurredAt,
    bookedDay: event.bookedDay,
    metadata: { transactionId: body.transactionId, quantity: body.quantity, decisionId: body.decisionId },
  })
  for (const parked of facts.parked[body.transactionId] ?? []) {
    applyReversal(facts, body.transactionId, { ...parked, bookedDay: event.bookedDay }, effects)
  }
  delete facts.parked[body.transactionId]
}

/**
 * Cohort = month of the first order in this currency; a customer is active in each month that has one of their orders. Kept
 * apart by currency, so that revenue of a cohort is of the customers it counts.
 */
function countCustomer(
  facts: CustomerFacts,
  event: AcceptedEvent,
  { currency, amountMinor }: PurchaseBody,
  { contributions }: Effects,
): void {
  const month = monthOf(event.bookedDay)
  let known = facts.cohorts[currency]
  if (!known) {
    known = { cohort: month, active: '' }
    facts.cohorts[currency] = known
    addByDimension(contributions, METRIC.customersNew, currency, event, 1)
    add(contributions, rollupKey(METRIC.cohortSize, currency, month, 'cohort', month), 1)
  }
  if (known.active !== month) {
    known.active = month
    add(contributions, rollupKey(METRIC.cohortActive, currency, month, 'cohort', known.cohort), 1)
  }
  add(contributions, rollupKey(METRIC.cohortRevenue, currency, month, 'cohort', known.cohort), amountMinor)
}
