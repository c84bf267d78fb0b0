import type { MeasureId, MetricDirection, MetricKind } from '../../contract/lists.ts'
import { DAY_MS } from '../time.ts'

/** What is counted of one person inside a metric's window. */
export interface Measure {
  /** `net_revenue`: purchases less refunds and disputes, minor units. The others are counts. */
  of: MeasureId
  /** Of `events`: canonical names; any of them counts. */
  events?: readonly string[]
  /** Of money and orders: of these products alone. */
  productIds?: readonly string[] | null
  /** Of `events`, in the targeting language, over `productId`, `country`, `device`, `source` and `metadata`. */
  condition?: Record<string, unknown> | null
}

/** A metric, never edited: another one is another version, with sums of its own. */
export interface MetricDefinition {
  id: string
  version: number
  name: string
  kind: MetricKind
  /** Of a proportion: whether it is above zero. */
  numerator: Measure
  /** Of a ratio alone. */
  denominator: Measure | null
  direction: MetricDirection
  /** From first exposure. */
  windowMs: number
  /** Of money; null: that of the experiment. */
  currency: string | null
  /** What one person counts for at most, minor units or number; null: no limit but what an experiment freezes at its start. */
  cap: number | null
}

/** Names a definition in keys of sums. @example referenceOf({ id: 'net_revenue', version: 1 }) // => 'net_revenue@1' */
export const referenceOf = ({ id, version }: { id: string; version: number }): string => `${id}@${version}`

const builtIn = (
  definition: Pick<MetricDefinition, 'id' | 'name' | 'kind' | 'numerator'> & Partial<MetricDefinition>,
): MetricDefinition => ({
  version: 1,
  denominator: null,
  direction: 'up',
  windowMs: 14 * DAY_MS,
  currency: null,
  cap: null,
  ...definition,
})

const reached = (step: string, name: string, events: readonly string[]): MetricDefinition =>
  builtIn({ id: `reached_${step}`, name, kind: 'proportion', numerator: { of: 'events', events } })

/** Metrics that every deployment has. Of the steps of the funnel, those that the default one counts. */
export const BUILT_IN_METRICS: readonly MetricDefinition[] = [
  builtIn({ id: 'net_revenue', name: 'Net revenue per visitor', kind: 'mean', numerator: { of: 'net_revenue' } }),
  builtIn({ id: 'orders', name: 'Orders per visitor', kind: 'mean', numerator: { of: 'orders' } }),
  builtIn({ id: 'purchase', name: 'Buyers', kind: 'proportion', numerator: { of: 'orders' } }),
  builtIn({
    id: 'average_order_value',
    name: 'Average order value',
    kind: 'ratio',
    numerator: { of: 'net_revenue' },
    denominator: { of: 'orders' },
  }),
  builtIn({ id: 'refunded', name: 'People with a refund or dispute', kind: 'proportion', numerator: { of: 'refunds' }, direction: 'down' }),
  builtIn({
    id: 'payment_failed',
    name: 'People with a failed payment',
    kind: 'proportion',
    numerator: { of: 'payment_failures' },
    direction: 'down',
  }),
  builtIn({
    id: 'net_revenue_90d',
    name: 'Net revenue per visitor in 90 days',
    kind: 'mean',
    numerator: { of: 'net_revenue' },
    windowMs: 90 * DAY_MS,
  }),
  reached('product_view', 'Reached a product', ['view_item']),
  reached('cart', 'Reached the cart', ['add_to_cart', 'view_cart']),
  reached('checkout', 'Reached the checkout', ['begin_checkout', 'add_shipping_info']),
  reached('payment', 'Reached payment', ['add_payment_info']),
]
