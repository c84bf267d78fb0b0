import type { RuleKindTerms } from './rules.ts'

/** Same price for everybody in a market: a country, a kind of device, a season. */
export const market: RuleKindTerms = {
  kind: 'market',
  priceClass: 'uniform',
  needs: [],
  effect: ({ multiplier, name }) => ({ factor: multiplier, because: `market condition "${name}"` }),
}
