import { DomainError } from '../error.ts'
import { applyDisclosure } from './disclosure.ts'
import { type Draft, describeAmount, describeShare, note } from './draft.ts'
import { ENDINGS } from './endings.ts'
import { applyGuardrails } from './guardrails.ts'
import { explainLaw, lawOf } from './law.ts'
import { bookIn, type CountryBook, lowestPriorIn } from './price-book.ts'
import { applyTest } from './price-test.ts'
import { applyRounding } from './rounding.ts'
import { applyRules, RULE_KIND_TERMS } from './rules.ts'
import { dayBeforeOf } from './step-limit.ts'
import type { PriceDecision, PricingContext, PricingFacts, PricingSettings, ProductSlice } from './types.ts'

/**
 * The price of one product for one customer, with the reason for each step. Same arguments, same answer.
 *
 * Units: amounts are integer minor units of `context.currency`; `now` is epoch ms, UTC; propensity is 0–1.
 *
 *   list → contract ┐
 *          kill switch, consent, holdout ┤ end here
 *   → law → price test, else market conditions → segment → demand → guardrails → rounding → disclosure
 *
 * @throws DomainError unknown_currency  the product has no price in `context.currency`; falling back is the caller's choice
 */
export function decide(
  slice: ProductSlice,
  settings: PricingSettings,
  facts: PricingFacts,
  context: PricingContext,
  decisionId: string,
  now: number,
): PriceDecision {
  const draft = startAtList(slice, settings, facts, context, now)
  if (!ENDINGS.some((ends) => ends(draft))) {
    explainLaw(draft)
    if (applyTest(draft)) for (const { kind } of RULE_KIND_TERMS) note(draft, kind, 'skipped', 'A price test sets the price')
    else for (const terms of RULE_KIND_TERMS) applyRules(draft, terms)
    if (draft.reason !== 'test' && slice.product.maximumStepPerDay !== null) draft.dayBefore = dayBeforeOf(draft)
    applyGuardrails(draft)
    applyRounding(draft)
    applyDisclosure(draft)
  }
  return {
    id: decisionId,
    productId: slice.product.id,
    currency: context.currency,
    listMinor: draft.book.listMinor,
    lowest30DaysMinor: lowestPriorIn(slice.product, context.currency, context.country, {
      book: draft.book,
      source: draft.listSource,
      tier: draft.tier,
    }),
    priceMinor: draft.priceMinor,
    reason: draft.reason,
    priceClass: draft.priceClass,
    personalized: draft.priceClass !== 'uniform',
    disclosure: draft.disclosure,
    test: draft.test,
    propensity: draft.test && draft.priceClass === 'randomised' ? draft.test.propensity : 1,
    explain: draft.explain,
    sliceHash: slice.hash,
    facts,
    context,
    decidedAt: now,
  }
}

function startAtList(slice: ProductSlice, settings: PricingSettings, facts: PricingFacts, context: PricingContext, now: number): Draft {
  const { product } = slice
  const found = bookIn(product, settings, context.currency, context.country)
  if (!found) throw new DomainError('unknown_currency', `${product.id} has no price in ${context.currency}`, 'currency')
  const { book, source, tier } = found
  const { listMinor } = book
  const draft: Draft = {
    slice,
    settings,
    facts,
    context,
    now,
    book,
    listSource: source,
    tier,
    dayBefore: null,
    law: lawOf(settings, context),
    priceMinor: listMinor,
    reason: 'list',
    priceClass: 'uniform',
    test: null,
    disclosure: null,
    range: { lowMinor: listMinor, highMinor: listMinor },
    explain: [],
    attributes: null,
  }
  note(draft, 'list', 'applied', `The list price${describeSource(found, context)} is ${describeAmount(listMinor, context.currency)}`)
  return draft
}

function describeSource({ source, tier }: CountryBook, { country }: PricingContext): string {
  if (source === 'country') return ` of ${country}`
  return source === 'tier' ? ` of ${country}, ${describeShare(tier.share)} by purchasing power (${tier.id}),` : ''
}
