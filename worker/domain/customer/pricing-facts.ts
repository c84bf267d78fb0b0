import type { PricingFacts } from '../pricing/types.ts'
import type { CustomerFacts } from './facts.ts'

/** What the pricing pipeline may know of a customer, read from the fold. */
export function pricingFactsOf(facts: CustomerFacts, subject: string, lastQuote: PricingFacts['lastQuote']): PricingFacts {
  const contracts = Object.entries(facts.subscriptions)
    .filter(([, { status, productId }]) => status !== 'ended' && productId)
    .map(([subscriptionId, { productId, amountMinor, currency }]) => [productId, { subscriptionId, amountMinor, currency }] as const)
  const arms = Object.entries(facts.exposures).map(([key, { served }]) => {
    const at = key.lastIndexOf('@')
    return [key.slice(0, at), { arm: served[0].arm, version: Number(key.slice(at + 1)) }] as const
  })
  return {
    subject,
    // From entries, so that a product called `__proto__` is just a product; a bare object would not cross RPC.
    contracts: Object.fromEntries(contracts),
    arms: Object.fromEntries(arms),
    firstSeenAt: facts.firstSeenAt,
    orders: facts.orders,
    inDunning: Object.keys(facts.dunning).length > 0,
    lastQuote,
  }
}
