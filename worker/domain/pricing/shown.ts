import type { Pricing } from '../../contract/pricing.ts'
import { toMajor } from '../money.ts'
import type { PriceDecision } from './types.ts'

/** A decision as its caller is told of it: amounts in decimal major units, and nothing of what it knew about the person. */
export function shownOf(decision: PriceDecision, configVersion: number): Omit<Pricing, 'decisionId' | 'quote' | 'expiresAt'> {
  const major = (amountMinor: number) => toMajor(amountMinor, decision.currency)
  return {
    productId: decision.productId,
    optimizedPrice: major(decision.priceMinor),
    listPrice: major(decision.listMinor),
    // Records from before it was kept, and those of other systems, have none.
    lowest30Days: typeof decision.lowest30DaysMinor === 'number' ? major(decision.lowest30DaysMinor) : null,
    currency: decision.currency,
    personalized: decision.personalized,
    priceClass: decision.priceClass,
    disclosure: decision.disclosure,
    reason: decision.reason,
    test: decision.test && { id: decision.test.testId, version: decision.test.version, variant: decision.test.arm },
    propensity: decision.propensity,
    explain: decision.explain.map(({ step, outcome, beforeMinor, afterMinor, detail }) => ({
      step,
      outcome,
      before: major(beforeMinor),
      after: major(afterMinor),
      detail,
    })),
    fallback: false,
    configVersion,
  }
}
