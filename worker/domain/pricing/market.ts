import type { RuleKindTerms } from './rules.ts'

/** Same price for everybody in a market: a country, a kind of device. */
export const market: RuleKindTerms = {
  kind: 'market',
  priceClass: 'uniform',
  conditions: ['countries', 'devices'],
  factor: (rule) => rule.multiplier,
  describe: (rule) => `market condition "${rule.name}"`,
}
