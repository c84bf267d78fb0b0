import type { PricingFacts } from '../pricing/types.ts'
import { hasAny } from '../records.ts'
import type { CustomerFacts, Exposure, Subscription } from './facts.ts'

/** What the pricing pipeline may know of a customer, read from the fold. */
export function pricingFactsOf(facts: CustomerFacts, subject: string, lastQuote: PricingFacts['lastQuote']): PricingFacts {
  const contracts: [string, PricingFacts['contracts'][string]][] = []
  for (const subscriptionId in facts.subscriptions) {
    const { status, productId, amountMinor, currency } = facts.subscriptions[subscriptionId] as Subscription
    if (status !== 'ended' && productId) contracts.push([productId, { subscriptionId, amountMinor, currency }])
  }
  const arms: [string, PricingFacts['arms'][string]][] = []
  for (const key in facts.exposures) {
    const at = key.lastIndexOf('@')
    const [first] = (facts.exposures[key] as Exposure).served
    arms.push([key.slice(0, at), { arm: first.arm, version: Number(key.slice(at + 1)) }])
  }
  return {
    subject,
    contracts: recordOf(contracts),
    arms: recordOf(arms),
    firstSeenAt: facts.firstSeenAt,
    orders: facts.orders,
    inDunning: hasAny(facts.dunning),
    lastQuote,
  }
}

/** From entries, so that a product called `__proto__` is just a product; a bare object would not cross RPC. */
const recordOf = <T>(entries: [string, T][]): Record<string, T> => (entries.length === 0 ? {} : Object.fromEntries(entries))
