import type { KeptArm, PriceDecision, PricingContext, PricingFacts, TestAssignment } from './types.ts'

/** What a decision knew, without whose it was: enough to make it again under another configuration. */
export interface DecisionInputs {
  facts: Omit<PricingFacts, 'subject' | 'contracts'> & { contracts: Record<string, { amountMinor: number; currency: string }> }
  context: PricingContext
}

/** The inputs of a decision for its sampled row. The arm it drew is among those seen: whoever makes it again keeps it. */
export function inputsOf({ facts, context, test }: PriceDecision): DecisionInputs {
  const { subject: _, contracts, arms, ...rest } = facts
  const drawn = test?.mode === 'randomised' ? { [test.testId]: keptOf(test) } : {}
  return {
    facts: {
      ...rest,
      contracts: Object.fromEntries(Object.entries(contracts).map(([id, { amountMinor, currency }]) => [id, { amountMinor, currency }])),
      arms: { ...arms, ...drawn },
    },
    context,
  }
}

const keptOf = ({ arm, version, propensity, epoch, segment }: TestAssignment): KeptArm => ({ arm, version, propensity, epoch, segment })

/** Facts to decide on again. Whoever draws by lot draws by the decision's own id, as the subject is not kept. */
export const factsAgain = ({ facts }: DecisionInputs, decisionId: string): PricingFacts => ({
  ...facts,
  subject: decisionId,
  contracts: Object.fromEntries(Object.entries(facts.contracts).map(([id, contract]) => [id, { ...contract, subscriptionId: '' }])),
})
