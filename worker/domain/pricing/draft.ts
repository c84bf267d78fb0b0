import { exponentOf, toMajor } from '../money.ts'
import type { ListSource } from './price-book.ts'
import type { RuleAttributes } from './rule-condition.ts'
import type { UniformPrice } from './step-limit.ts'
import type {
  ExplainStep,
  LawTerms,
  PriceBook,
  PriceDecision,
  PricingContext,
  PricingFacts,
  PricingSettings,
  ProductSlice,
  PurchasingPowerTier,
} from './types.ts'

/** A price on its way through the pipeline. Steps change it through `move` and `note` alone, so each leaves its line. */
export interface Draft {
  readonly slice: ProductSlice
  readonly settings: PricingSettings
  readonly facts: PricingFacts
  readonly context: PricingContext
  readonly now: number
  /** The currency's, with the list price of the country. */
  readonly book: PriceBook
  /** Where that list price comes from. */
  readonly listSource: ListSource
  /** What people in the country can afford. */
  readonly tier: PurchasingPowerTier
  readonly law: LawTerms
  /** What the step limit counts from; null where nothing does. */
  dayBefore: UniformPrice | null
  priceMinor: number
  reason: PriceDecision['reason']
  priceClass: PriceDecision['priceClass']
  test: PriceDecision['test']
  disclosure: string | null
  /** Where rounding may move the price to; set by the guardrails. */
  range: PriceRange
  explain: ExplainStep[]
  /** What conditions of rules look at; null until one asks. */
  attributes: RuleAttributes | null
}

/** Integers in minor units, both ends included. */
export interface PriceRange {
  lowMinor: number
  highMinor: number
}

/** Prices that nothing has optimised: the other reasons are a test or a kind of rule. */
const AS_IT_STANDS: ReadonlySet<PriceDecision['reason']> = new Set(['list', 'contract', 'kill_switch', 'consent', 'holdout'])

/** Whether a test or a rule has set the price. */
export const isOptimised = (reason: PriceDecision['reason']): boolean => !AS_IT_STANDS.has(reason)

type StepName = ExplainStep['step']

/** Leaves a line for a step that did not change the price. */
export function note(draft: Draft, step: StepName, outcome: ExplainStep['outcome'], detail: string): void {
  draft.explain.push({ step, outcome, beforeMinor: draft.priceMinor, afterMinor: draft.priceMinor, detail })
}

/** Sets the price and leaves the line. */
export function move(draft: Draft, step: StepName, priceMinor: number, detail: string): void {
  draft.explain.push({ step, outcome: 'applied', beforeMinor: draft.priceMinor, afterMinor: priceMinor, detail })
  draft.priceMinor = priceMinor
}

/** An amount as people read it. @example describeAmount(49950, 'USD') // => '499.50 USD' */
export const describeAmount = (amountMinor: number, currency: string): string =>
  `${toMajor(amountMinor, currency).toFixed(exponentOf(currency) ?? 2)} ${currency}`

/** A share as people read it. @example describeShare(0.125) // => '12.5 %' */
export const describeShare = (share: number): string => `${Number((share * 100).toPrecision(4))} %`
