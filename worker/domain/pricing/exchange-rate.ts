import { figure, follow } from './follow.ts'
import { currencyOf } from './rule-condition.ts'
import type { RuleKindTerms } from './rules.ts'

/**
 * Price in one currency that follows what that currency is worth: where it has fallen to 0.9 of its reference, a
 * sensitivity of 1 asks for 1 ÷ 0.9 of the price, so that what comes in is worth the same. Rates and reference are units
 * of the default currency for one unit of the rule's; the rates are those of the settings.
 */
export const exchangeRate: RuleKindTerms = {
  kind: 'exchange_rate',
  priceClass: 'uniform',
  needs: ['sensitivity', 'minimum', 'maximum', 'reference'],
  effect(rule, { exchangeRates = {} }, { currency }) {
    // The reference of one currency says nothing of another, whatever the condition would let through.
    if (currencyOf(rule.condition) !== currency) return { missing: `its reference is not a rate of ${currency}` }
    const rate = Object.hasOwn(exchangeRates, currency) ? exchangeRates[currency] : undefined
    if (rate === undefined || !(rate > 0)) return { missing: `the settings hold no rate of ${currency}` }
    const factor = rule.reference === null ? null : follow(rule, rule.reference / rate - 1)
    if (factor === null) return { missing: 'it lacks its reference or its bounds' }
    return { factor, because: `one ${currency} is worth ${figure(rate)}, usually ${figure(rule.reference ?? rate)} ("${rule.name}")` }
  },
}
