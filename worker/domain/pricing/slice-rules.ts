import type { RuleAttribute, RuleKind } from '../../contract/lists.ts'
import { compiledCondition } from './rule-condition.ts'
import { inOrder } from './rulebook.ts'
import type { PriceRule, ProductSlice } from './types.ts'

/** The rules of a product as its decisions ask for them. */
export interface SliceRules {
  /** Those of a kind, in the order in which they are asked. */
  byKind: ReadonlyMap<RuleKind, readonly PriceRule[]>
  /** All that their conditions look at. */
  reads: ReadonlySet<RuleAttribute>
  /** One of them looks at the clock. */
  timed: boolean
  /** Instants at which one begins or ends, ascending. */
  edges: readonly number[]
}

const known = new WeakMap<ProductSlice, SliceRules>()

/** Sorted out once a slice, which never changes once it is read: two hundred rules are not looked through for each price. */
export function rulesOf(slice: ProductSlice): SliceRules {
  let sorted = known.get(slice)
  if (!sorted) {
    sorted = sortOut(slice)
    known.set(slice, sorted)
  }
  return sorted
}

/** A slice that differs in figures alone has the rules of the one it was made from, which are not sorted out again. */
export function withRulesOf(made: ProductSlice, from: ProductSlice): ProductSlice {
  known.set(made, rulesOf(from))
  return made
}

function sortOut({ rules, product }: ProductSlice): SliceRules {
  const own = rules.filter(({ productIds }) => productIds === null || productIds.includes(product.id))
  const byKind = new Map<RuleKind, PriceRule[]>()
  for (const rule of inOrder(own)) {
    const ofKind = byKind.get(rule.kind)
    if (ofKind) ofKind.push(rule)
    else byKind.set(rule.kind, [rule])
  }
  const conditions = own.map(({ condition }) => compiledCondition(condition))
  return {
    byKind,
    reads: new Set(conditions.flatMap(({ reads }) => [...reads])),
    timed: conditions.some(({ timed }) => timed),
    edges: own.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt].filter((at) => at !== null)).sort((a, b) => a - b),
  }
}
