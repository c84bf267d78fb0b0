import type { KeptArm, PricingFacts } from '../pricing/types.ts'
import { hasAny } from '../records.ts'
import type { CustomerFacts, Exposure, Previewed, Subscription } from './facts.ts'

/** What the pricing pipeline may know of a customer, read from the fold. */
export function pricingFactsOf(facts: CustomerFacts, subject: string, lastQuote: PricingFacts['lastQuote']): PricingFacts {
  const contracts: [string, PricingFacts['contracts'][string]][] = []
  for (const subscriptionId in facts.subscriptions) {
    const { status, productId, amountMinor, currency } = facts.subscriptions[subscriptionId] as Subscription
    if (status !== 'ended' && productId) contracts.push([productId, { subscriptionId, amountMinor, currency }])
  }
  const arms: [string, KeptArm][] = []
  for (const key in facts.previewed) if (!facts.exposures[key]) arms.push(keptArm(key, facts.previewed[key] as Previewed))
  for (const key in facts.exposures) arms.push(keptArm(key, (facts.exposures[key] as Exposure).served[0]))
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

/** An arm by the id of its test, with how it was drawn as far as that is known. */
function keptArm(key: string, { arm, propensity, epoch, segment }: Omit<Previewed, 'id'>): [string, KeptArm] {
  const at = key.lastIndexOf('@')
  const drawn = propensity === undefined ? {} : { propensity, epoch, segment: segment ?? null }
  return [key.slice(0, at), { arm, version: Number(key.slice(at + 1)), ...drawn }]
}

/** From entries, so that a product called `__proto__` is just a product; a bare object would not cross RPC. */
const recordOf = <T>(entries: [string, T][]): Record<string, T> => (entries.length === 0 ? {} : Object.fromEntries(entries))
