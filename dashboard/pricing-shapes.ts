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
}

interface Interval {
  value: number
  low: number
  high: number
}

export interface Demand {
  productId: string
  currency: string
  source: 'test' | 'history' | null
  testId: string | null
  points: { amount: number; visitors: number; buyers: number; rate: number; low: number; high: number }[]
  model: 'logit' | 'log_log' | null
  curve: { amount: number; rate: number; low: number; high: number }[]
  elasticity: Interval | null
  suggestion: { amount: number; gain: number; gainLow: number; gainHigh: number; clamped: boolean } | null
  observational: { pooled: Interval; within: Interval | null } | null
  reason: string | null
}
