import type { AccountAnswer } from '../../contract/operations.ts'
import { toMajor } from '../money.ts'
import type { AcceptedEvent } from './event.ts'
import { refold } from './fold.ts'

/** What a shop shows customers of themselves: their orders, newest first, and their subscriptions. */
export function accountOf(events: readonly AcceptedEvent[]): Pick<AccountAnswer, 'orders' | 'subscriptions'> {
  const { purchases, subscriptions } = refold(events).facts
  return {
    orders: Object.entries(purchases)
      .map(([transactionId, { amountMinor, refundedMinor, currency, productId, occurredAt: at }]) => {
        return {
          transactionId,
          productId,
          amount: toMajor(amountMinor, currency),
          refunded: toMajor(refundedMinor, currency),
          currency,
          at,
        }
      })
      .sort((a, b) => b.at - a.at),
    subscriptions: Object.entries(subscriptions).map(([subscriptionId, { productId, amountMinor, currency, interval, status }]) => {
      return { subscriptionId, productId, amount: toMajor(amountMinor, currency), currency, interval, status }
    }),
  }
}
