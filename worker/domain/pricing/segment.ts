import type { RuleKindTerms } from './rules.ts'

/** Price for people who share what is known of them. Personal in law, so off unless a jurisdiction is switched on. */
export const segment: RuleKindTerms = {
  kind: 'segment',
  priceClass: 'personal',
  conditions: ['countries', 'devices', 'behaviorFlags', 'newVisitor', 'hasSubscription'],
  factor: (rule) => rule.multiplier,
  describe: (rule) => `segment "${rule.name}"`,
}
