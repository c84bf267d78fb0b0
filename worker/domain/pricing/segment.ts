import type { RuleKindTerms } from './rules.ts'

/**
 * Price for people who share what is known of them. Personal in law whatever it looks at, so off unless a jurisdiction is
 * switched on: who a group is made for is as personal as what it is told apart by.
 */
export const segment: RuleKindTerms = {
  kind: 'segment',
  priceClass: 'personal',
  needs: [],
  effect: ({ multiplier, name }) => ({ factor: multiplier, because: `segment "${name}"` }),
}
