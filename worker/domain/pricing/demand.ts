import type { RuleKindTerms } from './rules.ts'

/** Price that follows demand for the product, measured against the same weekday's baseline (1 = usual). */
export const demand: RuleKindTerms = {
  kind: 'demand',
  priceClass: 'uniform',
  conditions: ['countries', 'devices'],
  factor: ({ sensitivity, minimum, maximum }, { demandIndex }) => {
    if (demandIndex === null || sensitivity === null || minimum === null || maximum === null) return null
    return Math.min(maximum, Math.max(minimum, 1 + sensitivity * (demandIndex - 1)))
  },
  describe: (rule, { demandIndex }) => `demand is ${Number((demandIndex ?? 1).toFixed(2))} times the usual ("${rule.name}")`,
}
