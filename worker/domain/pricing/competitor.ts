import { figure, follow } from './follow.ts'
import type { RuleKindTerms } from './rules.ts'
import { readSignal } from './signal.ts'

/** Price that follows what competitors ask: their price ÷ our list price, as the business tells it. Dearer ones let ours rise. */
export const competitor: RuleKindTerms = {
  kind: 'competitor',
  priceClass: 'uniform',
  needs: ['sensitivity', 'minimum', 'maximum'],
  effect(rule, slice, _context, now) {
    const signal = readSignal(slice, 'competitor', now)
    if ('missing' in signal) return signal
    const factor = follow(rule, signal.value - 1)
    if (factor === null) return { missing: 'it lacks its bounds' }
    return { factor, because: `competitors ask ${figure(signal.value)} times our list price ("${rule.name}")` }
  },
}
