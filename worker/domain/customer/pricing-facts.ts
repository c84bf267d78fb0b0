import type { PricingFacts } from '../pricing/types.ts'
import type { CustomerFacts } from './facts.ts'

/** What the pricing pipeline may know of a customer, read from the fold. */
export function pricingFactsOf(facts: CustomerFacts, subject: string, lastQuote: PricingFacts['lastQuote']): PricingFacts {
  const contracts: PricingFacts['contracts'] = {}
  for (const [subscriptionId, each] of Object.entries(facts.subscriptions)) {
    if (each.status === 'ended' || !each.productId) continue
    contracts[each.productId] = { subscriptionId, amountMinor: each.amountMinor, currency: each.currency }
  }
  const arms: PricingFacts['arms'] = {}
  for (const [key, exposure] of Object.entries(facts.exposures)) {
    const at = key.lastIndexOf('@')
    arms[key.slice(0, at)] = { arm: exposure.arm, version: Number(key.slice(at + 1)) }
  }
  return {
    subject,
    contracts,
    arms,
    firstSeenAt: facts.firstSeenAt,
    orders: facts.orders,
    inDunning: Object.keys(facts.dunning).length > 0,
    lastQuote,
  }
}
