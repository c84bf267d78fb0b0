import type { AcceptedEvent, SubscriptionBody, TrialBody } from './event.ts'
import type { CustomerFacts, Subscription } from './facts.ts'
import type { Effects } from './fold.ts'
import { rowIdOf } from './projection.ts'
import { restateRecurring } from './recurring.ts'

/** Applies a change by the subscription's own version: what arrives late and is older changes nothing. */
export function subscription(facts: CustomerFacts, event: AcceptedEvent, body: SubscriptionBody, effects: Effects): void {
  if (!event.verified) return
  const known = facts.subscriptions[body.subscriptionId]
  if (known && body.version < known.version) return
  const isWorthless = body.change === 'ended' || body.suspended
  const next: Subscription = {
    version: body.version,
    productId: body.productId,
    amountMinor: body.amountMinor,
    currency: body.currency,
    interval: body.interval,
    intervalCount: body.intervalCount,
    quantity: body.quantity,
    status: statusAfter(body, known),
    trial: body.trial ?? known?.trial ?? false,
    suspended: body.suspended,
    startedDay: known?.startedDay ?? event.bookedDay,
    churnReason: isWorthless ? (body.churnReason ?? 'voluntary') : null,
  }
  facts.subscriptions[body.subscriptionId] = next
  effects.rows.set(rowIdOf(event), {
    customerId: null,
    eventType: `subscription_${body.change}`,
    amount: body.amountMinor * body.quantity,
    currency: body.currency,
    productId: body.productId,
    timestamp: event.occurredAt,
    bookedDay: event.bookedDay,
    metadata: {
      subscriptionId: body.subscriptionId,
      version: body.version,
      interval: body.interval,
      intervalCount: body.intervalCount,
      quantity: body.quantity,
      trial: next.trial,
      suspended: next.suspended,
      churnReason: next.churnReason,
    },
  })
  const before = known?.currency && known.currency !== body.currency ? [known.currency] : []
  restateRecurring(facts, event, effects, next, [body.currency, ...before])
}

function statusAfter(body: SubscriptionBody, known: Subscription | undefined): Subscription['status'] {
  if (body.change === 'ended') return 'ended'
  if (body.change === 'cancelled') return 'cancelled'
  // A price change of a subscription that runs out is still a subscription that runs out.
  if (body.change === 'changed' && known) return known.status
  return 'active'
}

/** A trial is worth nothing until it converts. */
export function trial(facts: CustomerFacts, event: AcceptedEvent, body: TrialBody, effects: Effects): void {
  if (!event.verified) return
  const known = facts.subscriptions[body.subscriptionId]
  if (known) {
    known.trial = body.change === 'started'
    return restateRecurring(facts, event, effects, known, known.currency === '' ? [] : [known.currency])
  }
  // The trial may be told before its subscription: remember it as one without a price.
  if (body.change === 'started') {
    facts.subscriptions[body.subscriptionId] = {
      version: -1,
      productId: '',
      amountMinor: 0,
      currency: '',
      interval: 'month',
      intervalCount: 1,
      quantity: 0,
      status: 'active',
      trial: true,
      suspended: false,
      startedDay: event.bookedDay,
      churnReason: null,
    }
  }
}
