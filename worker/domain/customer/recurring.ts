import type { ChurnReason, Interval, Movement } from '../../contract/lists.ts'
import { roundHalfEven } from '../money.ts'
import { addMonths, monthOf } from '../time.ts'
import type { AcceptedEvent } from './event.ts'
import type { CustomerFacts, MrrDay, Subscription } from './facts.ts'
import type { Effects } from './fold.ts'
import { METRIC, METRIC_OF_MOVEMENT } from './metrics.ts'
import { movementRowId } from './projection.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** Months of a common year that one interval is, as a fraction: 365 days are 12 months. */
const MONTHS_OF: Record<Interval, readonly [months: number, of: number]> = { day: [12, 365], week: [84, 365], month: [1, 1], year: [12, 1] }

/**
 * Monthly recurring revenue of an amount that pays for some intervals, in minor units, halves to even.
 *
 * @param count intervals that one payment covers
 * @example monthlyRecurring(200_000, 'year') // => 16667, that is $166.67 of a $2,000 year
 * @example monthlyRecurring(30_000, 'month', 3) // => 10000
 */
export function monthlyRecurring(amountMinor: number, interval: Interval, count = 1): number {
  const [months, of] = MONTHS_OF[interval]
  return roundHalfEven((amountMinor * of) / (months * count))
}

/** What a subscription is worth a month as it stands, in minor units. */
export const recurringMinor = ({ status, trial, suspended, amountMinor, quantity, interval, intervalCount }: Subscription): number =>
  status === 'ended' || trial || suspended ? 0 : monthlyRecurring(amountMinor * quantity, interval, intervalCount)

/** Longest time over which it is said what is kept of recurring revenue, in months. */
const MONTHS_KEPT = 12

/**
 * Books the movements of the customer's day anew. A movement belongs to a customer, a currency and a day: what opened the
 * day and what closes it decide, so an upgrade and a downgrade on one day leave their sum, and one day holds one movement.
 *
 * @param touched     the subscription that has changed: whoever leaves does so for its reason
 * @param currencies  those it was and is in
 */
export function restateRecurring(
  facts: CustomerFacts,
  event: AcceptedEvent,
  { contributions, rows }: Effects,
  touched: Subscription,
  currencies: readonly string[],
): void {
  for (const [index, currency] of currencies.entries()) {
    const state = dayOf(facts.mrr[currency], event.bookedDay)
    book(state, currency, contributions, -1)
    if (state.rowId !== null) rows.set(state.rowId, null)
    state.balanceMinor = 0
    for (const each of Object.values(facts.subscriptions)) if (each.currency === currency) state.balanceMinor += recurringMinor(each)
    state.reason = touched.churnReason ?? state.reason
    book(state, currency, contributions, 1)
    const movement = movementOf(state)
    state.rowId = movement && movementRowId(event, index)
    if (movement && state.rowId !== null) {
      rows.set(state.rowId, {
        customerId: null,
        day: state.day,
        currency,
        movement,
        amount: state.balanceMinor - state.openingMinor,
        opening: state.openingMinor,
        closing: state.balanceMinor,
        reason: movement === 'churn' ? state.reason : null,
      })
    }
    facts.mrr[currency] = state
  }
}

/** The state as a day finds it: what the last one closed with opens it. */
function dayOf(state: MrrDay | undefined, day: string): MrrDay {
  const opened = { day, reason: 'voluntary' as ChurnReason, rowId: null }
  if (!state) return { ...opened, balanceMinor: 0, openingMinor: 0, paidBefore: false, monthOpenings: [] }
  if (state.day === day) return state
  const { balanceMinor, paidBefore } = state
  return {
    ...opened,
    balanceMinor,
    openingMinor: balanceMinor,
    paidBefore: paidBefore || balanceMinor > 0,
    monthOpenings: balanceMinor > 0 ? openingsUntil(state, monthOf(day)) : [],
  }
}

/** The first month after the state's own opened with its balance, and so did all the others until this one. */
function openingsUntil({ day, balanceMinor, monthOpenings }: MrrDay, month: string): MrrDay['monthOpenings'] {
  if (monthOf(day) === month) return monthOpenings
  const all: MrrDay['monthOpenings'] = [...monthOpenings, [addMonths(monthOf(day), 1), balanceMinor]]
  const first = addMonths(month, 1 - MONTHS_KEPT)
  // Of those before the first month that is still asked for, the last one says what that month opened with.
  const begins = all.findLastIndex(([from]) => from <= first)
  return all.slice(Math.max(0, begins))
}

function movementOf({ openingMinor, balanceMinor, paidBefore }: MrrDay): Movement | null {
  if (balanceMinor === openingMinor) return null
  if (openingMinor === 0) return paidBefore ? 'reactivation' : 'new'
  if (balanceMinor === 0) return 'churn'
  return balanceMinor > openingMinor ? 'expansion' : 'contraction'
}

/** Adds, or takes back, all that the customer's day gives to the sums. */
function book(state: MrrDay, currency: string, contributions: Contributions, sign: 1 | -1): void {
  const movement = movementOf(state)
  if (movement === null) return
  const { day, reason, balanceMinor, openingMinor } = state
  const change = sign * (balanceMinor - openingMinor)
  add(contributions, rollupKey(METRIC_OF_MOVEMENT[movement], currency, day), change)
  if (movement === 'churn') {
    add(contributions, rollupKey(METRIC.mrrChurn, currency, day, 'how', reason), change)
    add(contributions, rollupKey(METRIC.subscribersLost, currency, day, 'how', reason), sign)
  }
  if (movement === 'new') add(contributions, rollupKey(METRIC.subscribersWon, currency, day, 'how', 'new'), sign)
  if (movement === 'reactivation') add(contributions, rollupKey(METRIC.subscribersWon, currency, day, 'how', 'reactivated'), sign)
  bookKept(state, currency, contributions, sign)
}

/**
 * What the customer has kept of what they paid at each start of a month of the last twelve. Whoever has left and come back
 * is not kept, and nobody counts for a month that they opened without paying: so the sums are of the opening customers alone.
 */
function bookKept(
  { day, balanceMinor, openingMinor, monthOpenings }: MrrDay,
  currency: string,
  contributions: Contributions,
  sign: 1 | -1,
): void {
  const month = monthOf(day)
  for (let back = 0, since = month; back < MONTHS_KEPT; since = addMonths(month, -++back)) {
    const openedMinor = monthOpenings.findLast(([from]) => from <= since)?.[1]
    if (openedMinor === undefined) return
    const keptMinor = Math.min(balanceMinor, openedMinor) - Math.min(openingMinor, openedMinor)
    add(contributions, rollupKey(METRIC.mrrKeptNet, currency, month, 'since', since), sign * (balanceMinor - openingMinor))
    add(contributions, rollupKey(METRIC.mrrKeptGross, currency, month, 'since', since), sign * keptMinor)
  }
}
