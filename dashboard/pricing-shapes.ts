import type { Product as StoredProduct } from '../worker/contract/configuration.ts'
import type { Rule, ShownRule } from '../worker/contract/price-rules.ts'

/** Answers of the pricing routes, as the dashboard reads them. Amounts are decimal major units. */

export type Product = StoredProduct

export type PriceRule = ShownRule
/** A rule as it is sent. */
export type RuleDraft = Rule

export interface Ladder {
  prices: { currency: string; country: string | null; amount: number; effectiveAt: number; reason: string }[]
  lowest30Days: { currency: string; country: string | null; amount: number }[]
  /** Not null: older prices there are, which are not among these. */
  next?: number | null
}
