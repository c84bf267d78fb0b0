import type { Interval } from '../../contract/lists.ts'
import { roundHalfEven } from '../money.ts'
import type { AcceptedEvent, SubscriptionBody, TrialBody } from './event.ts'
import type { CustomerFacts, MrrDay, Subscription } from './facts.ts'
import type { Effects } from './fold.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/**
 * Monthly recurring revenue of an amount paid each interval, in minor units, halves to even.
 *
 * @example monthlyRecurring(200_000, 'year') // => 16667, that is $166.67 of a $2,000 year
 */
export const monthlyRecurring = (amountMinor: number, interval: Interval): number =>
  interval === 'year' ? roundHalfEven(amountMinor / 12) : amountMinor

/** Applies a change by the subscription's own version: what arrives late and is older changes nothing. */
export function subscription(facts: CustomerFacts, event: AcceptedEvent, body: SubscriptionBody, { contributions }: Effects): void {
  if (!event.verified) return
  const known = facts.subscriptions[body.subscriptionId]
  if (known && body.version < known.version) return
  facts.subscriptions[body.subscriptionId] = {
    version: body.version,
    productId: body.productId,
    amountMinor: body.amountMinor,
    currency: body.currency,
    interval: body.interval,
    quantity: body.quantity,
    status: statusAfter(body, known),
    trial: known?.trial ?? false,
    startedDay: known?.startedDay ?? event.bookedDay,
    churnReason: body.change === 'ended' ? (body.churnReason ?? 'voluntary') : null,
  }
  restateRecurring(facts, event.bookedDay, contributions, body.subscriptionId, [known?.currency, body.currency])
}

function statusAfter(body: SubscriptionBody, known: Subscription | undefined): Subscription['status'] {
  if (body.change === 'ended') return 'ended'
  if (body.change === 'cancelled') return 'cancelled'
  // A price change of a subscription that runs out is still a subscription that runs out.
  if (body.change === 'changed' && known) return known.status
  return 'active'
}

/** A trial is worth nothing until it converts. */
export function trial(facts: CustomerFacts, event: AcceptedEvent, body: TrialBody, { contributions }: Effects): void {
  if (!event.verified) return
  const known = facts.subscriptions[body.subscriptionId]
  if (!known) {
    // The trial may be told before its subscription: remember it as one without a price.
    if (body.change === 'started') {
      facts.subscriptions[body.subscriptionId] = {
        version: -1,
        productId: '',
        amountMinor: 0,
        currency: '',
        interval: 'month',
        quantity: 0,
        status: 'active',
        trial: true,
        startedDay: event.bookedDay,
        churnReason: null,
      }
    }
    return
  }
  known.trial = body.change === 'started'
  restateRecurring(facts, event.bookedDay, contributions, body.subscriptionId, [known.currency])
}

const recurringMinor = (each: Subscription): number =>
  each.status === 'ended' || each.trial ? 0 : monthlyRecurring(each.amountMinor * each.quantity, each.interval)

/**
 * Books the movement of the customer's day anew. Movements belong to a customer and a day: what opened the day and
 * what closes it decide, so an upgrade and a downgrade on one day leave their sum, and one day holds one movement.
 */
function restateRecurring(
  facts: CustomerFacts,
  day: string,
  contributions: Contributions,
  touched: string,
  currencies: (string | undefined)[],
): void {
  for (const currency of new Set(currencies)) {
    if (!currency) continue
    let balance = 0
    for (const each of Object.values(facts.subscriptions)) if (each.currency === currency) balance += recurringMinor(each)
    let state = facts.mrr[currency] ?? { balanceMinor: 0, day, openingMinor: 0, paidBefore: false }
    if (state.day !== day)
      state = {
        balanceMinor: state.balanceMinor,
        day,
        openingMinor: state.balanceMinor,
        paidBefore: state.paidBefore || state.balanceMinor > 0,
      }
    addMovement(state, currency, contributions, -1)
    state.balanceMinor = balance
    addMovement(state, currency, contributions, 1)
    facts.mrr[currency] = state
  }
  restateSubscriber(facts, day, contributions, facts.subscriptions[touched] as Subscription)
}

function addMovement(state: MrrDay, currency: string, contributions: Contributions, sign: 1 | -1): void {
  const change = state.balanceMinor - state.openingMinor
  if (change === 0) return
  let metric: string
  if (state.openingMinor === 0) metric = state.paidBefore ? METRIC.mrrReactivation : METRIC.mrrNew
  else if (state.balanceMinor === 0) metric = METRIC.mrrChurn
  else metric = change > 0 ? METRIC.mrrExpansion : METRIC.mrrContraction
  add(contributions, rollupKey(metric, currency, state.day), sign * change)
}

/**
 * Logo movements: somebody begins or ceases to pay for anything recurring, in whatever currency. Whoever leaves does so
 * for the reason of the subscription that ended last.
 */
function restateSubscriber(facts: CustomerFacts, day: string, contributions: Contributions, touched: Subscription): void {
  const active = Object.values(facts.subscriptions).some((each) => recurringMinor(each) > 0)
  let state = facts.subscriber
  if (state.day !== day) state = { ...state, day, opening: state.active, paidBefore: state.paidBefore || state.active }
  addSubscriber(state, contributions, -1)
  state = { ...state, active, reason: touched.churnReason ?? (state.active ? 'voluntary' : state.reason) }
  addSubscriber(state, contributions, 1)
  facts.subscriber = state
}

function addSubscriber(state: CustomerFacts['subscriber'], contributions: Contributions, sign: 1 | -1): void {
  if (state.active === state.opening) return
  const [metric, how] = state.active
    ? [METRIC.subscribersWon, state.paidBefore ? 'reactivated' : 'new']
    : [METRIC.subscribersLost, state.reason]
  add(contributions, rollupKey(metric, '', state.day, 'how', how), sign)
}
