import type { Product as StoredProduct } from '../worker/contract/configuration.ts'
import type { Rule, ShownRule } from '../worker/contract/price-rules.ts'

/** What the pricing pages are about, by the names they have here. */

export type Product = StoredProduct
export type PriceRule = ShownRule
/** A rule as it is sent. */
export type RuleDraft = Rule
