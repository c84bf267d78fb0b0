import { figure, follow } from './follow.ts'
import type { RuleKindTerms } from './rules.ts'

/** Price that follows demand for the product, measured against the same hours of the same weekday (1 = usual). */
export const demand: RuleKindTerms = {
  kind: 'demand',
  priceClass: 'uniform',
  needs: ['sensitivity', 'minimum', 'maximum'],
  effect(rule, { demandIndex }) {
    if (demandIndex === null) return { missing: 'demand for this product is not known yet' }
    const factor = follow(rule, demandIndex - 1)
    if (factor === null) return { missing: 'it lacks its bounds' }
    return { factor, because: `demand is ${figure(demandIndex)} times the usual ("${rule.name}")` }
  },
}
