import type { PriceClass, RuleKind } from '../../contract/lists.ts'
import { roundHalfEven } from '../money.ts'
import { demand } from './demand.ts'
import { type Draft, move, note } from './draft.ts'
import { placeOf } from './law.ts'
import { market } from './market.ts'
import { comesBefore } from './rulebook.ts'
import { segment } from './segment.ts'
import type { PriceRule, PricingContext, PricingFacts, ProductSlice, RuleCondition } from './types.ts'

/** A kind of price rule: one file, one line in the array below, and the laws in the tests hold for it. */
export interface RuleKindTerms {
  kind: RuleKind
  /** Class in law of a price this kind has moved. */
  priceClass: PriceClass
  /** Parts of the condition that may be used; others are refused on save. */
  conditions: readonly (keyof RuleCondition)[]
  /** What the price is multiplied by, above 0; null when there is nothing to go by. */
  factor(rule: PriceRule, slice: ProductSlice): number | null
  /** Why the price moved, without anything personal. */
  describe(rule: PriceRule, slice: ProductSlice): string
}

/** In the order in which they are applied. */
export const RULE_KIND_TERMS: readonly RuleKindTerms[] = [market, segment, demand]

const IMPERSONAL: readonly (keyof RuleCondition)[] = ['countries', 'devices']

/** Parts of a condition that are in use: an empty list asks nothing. */
export const usedConditions = (condition: RuleCondition): (keyof RuleCondition)[] =>
  (Object.keys(condition) as (keyof RuleCondition)[]).filter((part) => {
    const asked = condition[part]
    return Array.isArray(asked) ? asked.length > 0 : asked !== undefined
  })

/** Class of a rule's price. A condition on the person makes any kind personal, however the rule was stored. */
export const classOf = (terms: RuleKindTerms, rule: PriceRule): PriceClass =>
  usedConditions(rule.condition).every((part) => IMPERSONAL.includes(part)) ? terms.priceClass : 'personal'

/** Every named part holds: one of the countries, one of the devices, all of the flags. */
export function holds(condition: RuleCondition, facts: PricingFacts, context: PricingContext): boolean {
  const { countries, devices, behaviorFlags, newVisitor, hasSubscription } = condition
  if (countries?.length && (context.country === null || !countries.includes(context.country))) return false
  if (devices?.length && (context.device === null || !devices.includes(context.device))) return false
  if (behaviorFlags?.length && !behaviorFlags.every((flag) => context.behaviorFlags.includes(flag))) return false
  if (newVisitor !== undefined && newVisitor !== (facts.orders === 0)) return false
  return hasSubscription === undefined || hasSubscription === Object.keys(facts.contracts).length > 0
}

/** The first rule of a kind that holds: highest priority, then smallest id, wherever it stands in the list. */
function firstThatHolds(kind: RuleKind, draft: Draft, takes: (rule: PriceRule) => boolean): PriceRule | null {
  let best: PriceRule | null = null
  for (const rule of draft.slice.rules) {
    if (rule.kind !== kind || (best && !comesBefore(rule, best))) continue
    if (rule.productIds && !rule.productIds.includes(draft.slice.product.id)) continue
    if ((rule.startsAt !== null && draft.now < rule.startsAt) || (rule.endsAt !== null && draft.now >= rule.endsAt)) continue
    if (takes(rule) && holds(rule.condition, draft.facts, draft.context)) best = rule
  }
  return best
}

/** Multiplies the price by the factor of the first rule of this kind that holds and that the law takes. */
export function applyRules(draft: Draft, terms: RuleKindTerms): void {
  if (draft.law[terms.priceClass] === 'off') {
    note(
      draft,
      terms.kind,
      'skipped',
      `${terms.priceClass === 'personal' ? 'Personal' : 'Optimised'} prices are off in ${placeOf(draft.context)}`,
    )
    return
  }
  const rule = firstThatHolds(terms.kind, draft, (candidate) => draft.law[classOf(terms, candidate)] !== 'off')
  if (!rule) {
    note(draft, terms.kind, 'kept', `No ${terms.kind} rule holds`)
    return
  }
  const factor = terms.factor(rule, draft.slice)
  if (factor === null) {
    note(draft, terms.kind, 'skipped', `Rule ${rule.id} has nothing to go by yet`)
    return
  }
  const priceMinor = roundHalfEven(draft.priceMinor * factor)
  if (priceMinor === draft.priceMinor) {
    note(draft, terms.kind, 'kept', `Rule ${rule.id} holds and leaves the price`)
    return
  }
  move(draft, terms.kind, priceMinor, `Rule ${rule.id}: ${terms.describe(rule, draft.slice)}, price × ${Number(factor.toFixed(4))}`)
  draft.reason = terms.kind
  if (classOf(terms, rule) === 'personal') draft.priceClass = 'personal'
}
