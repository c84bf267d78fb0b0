import { meets } from '../experiments/event-condition.ts'
import { BUILT_IN_METRICS, type Measure, type MetricDefinition, referenceOf } from '../experiments/metric.ts'
import { DAY_MS } from '../time.ts'
import type { AcceptedEvent } from './event.ts'
import type { CustomerFacts, Purchase } from './facts.ts'

/** Which of somebody's totals a moment counts for: its index in `MetricTotals`. */
export const AFTER = 0
export const BEFORE = 1
export const DENOMINATOR = 2
export type Slot = typeof AFTER | typeof BEFORE | typeof DENOMINATOR

/** A metric, or what it is divided by, that listens to events of some name. */
export interface Listener {
  reference: string
  definition: MetricDefinition
  measure: Measure
  isDenominator: boolean
  /** Name of its trail. */
  trail: string
  /** Moments kept in the trail. */
  kept: number
}

/**
 * Moments kept of somebody before they are exposed. Of a share it matters whether there was any: the last one before an exposure,
 * and one after it. Of other behaviour, nobody counts for more than so many before their exposure.
 */
const KEPT_OF_PROPORTION = 2
const KEPT = 64

/** Exposures that come later than this after other events of the same person find what was before them gone. */
const LATE_MS = 8 * DAY_MS

const BUILT_IN = new Map(BUILT_IN_METRICS.map((metric) => [referenceOf(metric), metric]))

/** The definition of a metric, if this log has been told of it: null until then. */
export const definitionOf = (facts: CustomerFacts, reference: string): MetricDefinition | null =>
  BUILT_IN.get(reference) ?? facts.metrics[reference] ?? null

type Listeners = ReadonlyMap<string, readonly Listener[]>

function listenersOf(metrics: Iterable<MetricDefinition>): Listeners {
  const byName = new Map<string, Listener[]>()
  for (const definition of metrics) {
    const reference = referenceOf(definition)
    for (const measure of [definition.numerator, definition.denominator]) {
      if (measure?.of !== 'events') continue
      const isDenominator = measure !== definition.numerator
      const kept = definition.kind === 'proportion' ? KEPT_OF_PROPORTION : KEPT
      const listener = { reference, definition, measure, isDenominator, trail: trailOf(reference, isDenominator), kept }
      for (const name of measure.events ?? []) byName.set(name, [...(byName.get(name) ?? []), listener])
    }
  }
  return byName
}

export const trailOf = (reference: string, isDenominator: boolean): string => (isDenominator ? `${reference}/` : reference)

const BUILT_IN_LISTENERS = listenersOf(BUILT_IN_METRICS)
/** Made once for each set of definitions that is in memory. */
const customListeners = new WeakMap<object, Listeners>()
const NOBODY: readonly Listener[] = []

/** A definition has come to those of these facts. */
export function forgetListeners({ metrics }: CustomerFacts): void {
  customListeners.delete(metrics)
}

function customOf({ metrics }: CustomerFacts): Listeners {
  let known = customListeners.get(metrics)
  if (!known) {
    known = listenersOf(Object.values(metrics))
    customListeners.set(metrics, known)
  }
  return known
}

/** Whether metrics may listen to an event: what a page says of money is hearsay, and what we write ourselves nobody did. */
const isHeard = ({ body, verified }: AcceptedEvent): boolean => {
  switch (body.kind) {
    case 'behaviour':
      return true
    case 'purchase':
    case 'refund':
    case 'dispute_opened':
    case 'dispute_closed':
    case 'subscription':
    case 'payment':
    case 'trial':
      return verified
    default:
      return false
  }
}

/** Metrics that count an event. */
export function listenersTo(facts: CustomerFacts, event: AcceptedEvent): readonly Listener[] {
  const builtIn = BUILT_IN_LISTENERS.get(event.type) ?? NOBODY
  const custom = customOf(facts).get(event.type) ?? NOBODY
  if ((builtIn.length === 0 && custom.length === 0) || !isHeard(event)) return NOBODY
  if (custom.length === 0) return builtIn
  return [...builtIn, ...custom].filter(({ measure: { condition } }) => !condition || meets(condition, event))
}

/** Keeps a moment for exposures that are yet to come, or come late. */
export function leaveTrail(facts: CustomerFacts, { trail, kept, definition }: Listener, at: number): void {
  const known = facts.trails[trail] ?? []
  if (kept === KEPT_OF_PROPORTION && known.includes(at)) return
  let place = known.length
  while (place > 0 && (known[place - 1] as number) > at) place--
  known.splice(place, 0, at)
  const oldest = (known.at(-1) as number) - definition.windowMs - LATE_MS
  let drop = Math.max(0, known.length - kept)
  while ((known[drop] as number) < oldest) drop++
  if (drop > 0) known.splice(0, drop)
  facts.trails[trail] = known
}

/** No metric has a longer window, as `MetricInput` says: of exposures further away nothing needs to be looked at. */
const LONGEST_WINDOW_MS = 90 * DAY_MS

export const isOutOfReach = (exposedAt: number, at: number): boolean => Math.abs(at - exposedAt) > LONGEST_WINDOW_MS

/** Where a moment lies seen from an exposure, or null where outside both windows. */
export function slotOf({ windowMs }: MetricDefinition, exposedAt: number, at: number): typeof AFTER | typeof BEFORE | null {
  if (at >= exposedAt) return at <= exposedAt + windowMs ? AFTER : null
  return at >= exposedAt - windowMs ? BEFORE : null
}

/**
 * Currency in which a metric counts purchases: its own, or else the experiment's. Null, which is any, where it sums no money and
 * names none: an order is an order.
 */
export function currencyOf({ currency, numerator, denominator }: MetricDefinition, ofExperiment: string): string | null {
  const sumsMoney = numerator.of === 'net_revenue' || denominator?.of === 'net_revenue'
  return currency ?? (sumsMoney ? ofExperiment : null)
}

/** What a purchase counts for, minor units or number, as it stands now. */
export function countOf({ of, productIds }: Measure, currency: string | null, purchase: Purchase): number {
  if (currency !== null && purchase.currency !== currency) return 0
  if (productIds && (purchase.productId === null || !productIds.includes(purchase.productId))) return 0
  const { amountMinor, refundedMinor, disputedMinor } = purchase
  switch (of) {
    case 'net_revenue':
      return amountMinor - refundedMinor - disputedMinor
    case 'orders':
      return 1
    case 'refunds':
      return refundedMinor > 0 || disputedMinor > 0 ? 1 : 0
    default:
      return 0
  }
}
