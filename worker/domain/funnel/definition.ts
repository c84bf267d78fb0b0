import type { FunnelOrder } from '../../contract/lists.ts'
import type { MetricDefinition } from '../experiments/metric.ts'
import { DAY_MS } from '../time.ts'

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
  /** References of funnels by which nobody is counted any longer. */
  retired: readonly string[]
}

const step = (key: string, name: string, ...events: string[]): FunnelStep => ({
  key,
  name,
  events,
  condition: null,
  optional: false,
  windowMs: null,
})

/** The funnel every shop has. */
export const DEFAULT_FUNNEL: FunnelDefinition = {
  id: 'default',
  version: 1,
  name: 'Landing to purchase',
  steps: [
    step('landing', 'Landing', 'page_view', 'view_item_list'),
    step('product_view', 'Product view', 'view_item'),
    step('cart', 'Cart', 'add_to_cart', 'view_cart'),
    step('checkout', 'Checkout', 'begin_checkout', 'add_shipping_info'),
    step('payment', 'Payment', 'add_payment_info'),
    step('purchase', 'Verified purchase', 'purchase'),
  ],
  order: 'implied',
  windowMs: 7 * DAY_MS,
}
