import { decide } from './decide.ts'
import type { ExplainStep, PriceDecision, PricingSettings, ProductSlice } from './types.ts'

export interface Replay {
  identical: boolean
  /** Names of the fields that come out differently, in the order of the record. */
  differences: (keyof PriceDecision)[]
  /** What the same inputs give under the configuration passed in. */
  decision: PriceDecision
}

/**
 * Makes a recorded decision again from its own facts, context and time. With the slice and settings of its version the
 * answer is identical; with others it shows what they would have changed. Wording of the explanation does not count:
 * a sentence may be improved between releases, a step or an amount may not.
 *
 * @throws DomainError unknown_currency  the configuration passed in has no price in the decision's currency
 */
export function replay(recorded: PriceDecision, slice: ProductSlice, settings: PricingSettings): Replay {
  const { facts, context, id, decidedAt } = recorded
  const decision = decide(slice, settings, facts, context, id, decidedAt)
  const differences = (Object.keys(decision) as (keyof PriceDecision)[]).filter((field) => !sameField(field, recorded, decision))
  return { identical: differences.length === 0, differences, decision }
}

function sameField(field: keyof PriceDecision, recorded: PriceDecision, again: PriceDecision): boolean {
  return field === 'explain'
    ? same(recorded.explain.map(withoutWords), again.explain.map(withoutWords))
    : same(recorded[field], again[field])
}

const withoutWords = ({ step, outcome, beforeMinor, afterMinor }: ExplainStep) => ({ step, outcome, beforeMinor, afterMinor })

/** Equal as JSON, whatever the order of keys: records come back from storage. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]))
}
