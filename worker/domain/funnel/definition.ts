import type { FunnelOrder } from '../../contract/lists.ts'
import type { MetricDefinition } from '../experiments/metric.ts'

export interface FunnelStep {
  key: string
  name: string
  /** Canonical names of events; any of them reaches the step. `purchase` is a verified one. */
  events: readonly string[]
  /** In the targeting language, over `productId`, `country`, `device`, `source` and `metadata`; null: every such event. */
  condition: Record<string, unknown> | null
  /** Whoever passes it by is not lost. */
  optional: boolean
  /** Longest time since the step before; null: only the funnel's own. */
  windowMs: number | null
}

/** A funnel, never edited: another one is another version, with sums of its own. */
export interface FunnelDefinition {
  id: string
  version: number
  name: string
  steps: readonly FunnelStep[]
  order: FunnelOrder
  /** From entry; after it, or after the last step, the next visit enters anew. */
  windowMs: number
}

/** What a deployment counts beside what every one does; archived ones are not among them. */
export interface Definitions {
  metrics: readonly MetricDefinition[]
  funnels: readonly FunnelDefinition[]
}
