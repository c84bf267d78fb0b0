import { figure, follow } from './follow.ts'
import type { RuleKindTerms } from './rules.ts'
import { readSignal } from './signal.ts'

/** Price that follows the stock against the usual one (`reference`, in units): what is scarce is dearer, what lies about is cheaper. */
export const inventory: RuleKindTerms = {
  kind: 'inventory',
  priceClass: 'uniform',
  needs: ['sensitivity', 'minimum', 'maximum', 'reference'],
  effect(rule, slice, _context, now) {
    const signal = readSignal(slice, 'inventory', now)
    if ('missing' in signal) return signal
    const { reference } = rule
    const factor = reference === null || !(reference > 0) ? null : follow(rule, 1 - signal.value / reference)
    if (factor === null) return { missing: 'it lacks its reference or its bounds' }
    return { factor, because: `${figure(signal.value)} in stock, usually ${figure(reference ?? 0)} ("${rule.name}")` }
  },
}
