import type { Product as StoredProduct } from '../worker/contract/configuration.ts'
import type { MarketSignal, RuleKind } from '../worker/contract/lists.ts'

/** Answers of the pricing routes, as the dashboard reads them. Amounts are decimal major units. */

export type Product = StoredProduct

export interface PriceRule {
  id: string
  kind: RuleKind
  name: string
  productIds: string[] | null
  priority: number
  /** In the targeting language; empty holds always. */
  condition: Record<string, unknown>
  multiplier: number
  sensitivity: number | null
  minimum: number | null
  maximum: number | null
  /** inventory: usual stock; exchange_rate: usual rate. */
  reference: number | null
  startsAt: string | null
  endsAt: string | null
  lawClass?: 'uniform' | 'personal'
}
export type RuleDraft = Omit<PriceRule, 'lawClass'>

export interface RulePreview {
  decisions: number
  changed: number
  raised: number
  lowered: number
  /** Moved back by a guardrail. */
  clamped: number
  /** Where the law of the place takes no such price. */
  forbidden: number
  products: { productId: string; currency: string; decisions: number; changed: number; averageBefore: number; averageAfter: number }[]
  examples: {
    decisionId: string
    productId: string
    currency: string
    country: string | null
    before: number
    after: number
    why: string
  }[]
}

export interface SignalValue {
  productId: string | null
  signal: MarketSignal
  value: number
  updatedAt: number
}

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
