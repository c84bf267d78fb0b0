import { isObject } from './coercion.ts'
import { openLedger, type StickyLedger } from './sticky-ledger.ts'
import type { Evaluation, EvaluationContext, Exposure } from './types.ts'

/** One evaluation under way: the person, and what it found out so far. */
export interface Visit {
  readonly context: EvaluationContext
  readonly attributes: Record<string, unknown>
  /** Null: nothing is sticky. */
  readonly sticky: StickyLedger | null
  readonly exposures: Exposure[] | null
  /** Which variation is all that is asked: answers are shared ones that do not tell of whom, and nothing is made for them. */
  readonly isTerse: boolean
  /** The flags that wait for this one, as their prerequisites. */
  trail: Trail | null
}

export interface Trail {
  readonly key: string
  readonly above: Trail | null
  readonly length: number
}

/** Evaluates another flag for the same visit. */
export type Evaluate = (key: string, visit: Visit) => Evaluation

const NOTHING_KNOWN: Record<string, unknown> = Object.freeze({})

export const visitOf = (context: EvaluationContext, exposures: Exposure[] | null, isTerse = false): Visit => ({
  context,
  attributes: isObject(context.attributes) ? context.attributes : NOTHING_KNOWN,
  sticky: isObject(context.stickyAssignments) ? openLedger(context.stickyAssignments) : null,
  exposures,
  isTerse,
  trail: null,
})

/** No chain of prerequisites that somebody meant is as long; one that is counts as a cycle, for the stack's sake. */
const LONGEST_TRAIL = 100

/** Whether a flag waits for itself. */
export function isCycle(trail: Trail | null, key: string): boolean {
  if (trail !== null && trail.length >= LONGEST_TRAIL) return true
  for (let at = trail; at !== null; at = at.above) if (at.key === key) return true
  return false
}

export const below = (trail: Trail | null, key: string): Trail => ({ key, above: trail, length: (trail?.length ?? 0) + 1 })
