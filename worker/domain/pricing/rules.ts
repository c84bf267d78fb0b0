import type { PriceClass, RuleKind } from '../../contract/lists.ts'
import { roundHalfEven } from '../money.ts'
import { competitor } from './competitor.ts'
import { demand } from './demand.ts'
import { type Draft, move, note } from './draft.ts'
import { exchangeRate } from './exchange-rate.ts'
import { inventory } from './inventory.ts'
import { placeOf } from './law.ts'
import { market } from './market.ts'
import { attributesOf, compiledCondition, type RuleAttributes } from './rule-condition.ts'
import { segment } from './segment.ts'
import { rulesOf } from './slice-rules.ts'
import type { PriceRule, PricingContext, ProductSlice } from './types.ts'

/** What the price is multiplied by, above 0, and why, without anything personal; or why there is nothing to go by. */
export type Effect = { factor: number; because: string } | { missing: string }

/** A kind of price rule: one file, one line in the array below, and the laws in the tests hold for it. */
export interface RuleKindTerms {
  kind: RuleKind
  /** Class in law of a price this kind has moved. A personal kind may look at the person, a uniform one may not. */
  priceClass: PriceClass
  /** What a rule of this kind must say; the others stay null. */
  needs: readonly ('sensitivity' | 'minimum' | 'maximum' | 'reference')[]
  effect(rule: PriceRule, slice: ProductSlice, context: PricingContext, now: number): Effect
}

/** In the order in which they are applied: conditions of the market, whom the price is for, demand. */
export const RULE_KIND_TERMS: readonly RuleKindTerms[] = [market, exchangeRate, competitor, inventory, segment, demand]

export const termsOf = (kind: RuleKind): RuleKindTerms => RULE_KIND_TERMS.find((terms) => terms.kind === kind) as RuleKindTerms

/** Class of a rule's price. A condition on the person makes any kind personal, however the rule was stored. */
export const classOf = (terms: RuleKindTerms, { condition }: PriceRule): PriceClass =>
  compiledCondition(condition).personal ? 'personal' : terms.priceClass

/** Whether a rule is for this product, now and for such a visit. What the law says of it is asked apart. */
export function applies(rule: PriceRule, productId: string, now: number, attributes: () => RuleAttributes): boolean {
  if (rule.productIds && !rule.productIds.includes(productId)) return false
  if ((rule.startsAt !== null && now < rule.startsAt) || (rule.endsAt !== null && now >= rule.endsAt)) return false
  const { holds, reads } = compiledCondition(rule.condition)
  return holds(reads.size === 0 ? null : attributes())
}

/** What conditions look at in a decision, put together when the first of them asks. */
export function attributesIn(draft: Draft): () => RuleAttributes {
  return () => {
    draft.attributes ??= attributesOf(draft.settings, draft.facts, draft.context, draft.now)
    return draft.attributes
  }
}

/** The first rule of a kind that holds: highest priority, then smallest id, wherever it stands in the list. */
function firstThatHolds(terms: RuleKindTerms, draft: Draft): PriceRule | undefined {
  const { slice, law, now } = draft
  const attributes = attributesIn(draft)
  return rulesOf(slice)
    .byKind.get(terms.kind)
    ?.find((rule) => law[classOf(terms, rule)] !== 'off' && applies(rule, slice.product.id, now, attributes))
}

/** Multiplies the price by the factor of the first rule of this kind that holds and that the law takes. */
export function applyRules(draft: Draft, terms: RuleKindTerms): void {
  const { kind, priceClass } = terms
  if (draft.law[priceClass] === 'off') {
    note(draft, kind, 'skipped', `${priceClass === 'personal' ? 'Personal' : 'Optimised'} prices are off in ${placeOf(draft.context)}`)
    return
  }
  const rule = firstThatHolds(terms, draft)
  if (!rule) {
    note(draft, kind, 'kept', `No ${kind.replaceAll('_', ' ')} rule holds`)
    return
  }
  const effect = terms.effect(rule, draft.slice, draft.context, draft.now)
  if ('missing' in effect) {
    note(draft, kind, 'skipped', `Rule ${rule.id} has nothing to go by: ${effect.missing}`)
    return
  }
  const { factor, because } = effect
  const priceMinor = roundHalfEven(draft.priceMinor * factor)
  if (priceMinor === draft.priceMinor) {
    note(draft, kind, 'kept', `Rule ${rule.id} holds and leaves the price: ${because}`)
    return
  }
  move(draft, kind, priceMinor, `Rule ${rule.id}: ${because}, price × ${Number(factor.toFixed(4))}`)
  draft.reason = kind
  if (classOf(terms, rule) === 'personal') draft.priceClass = 'personal'
}
