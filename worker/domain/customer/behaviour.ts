import { DAY_MS, HOUR_MS, monthOf } from '../time.ts'
import { type AcceptedEvent, type BehaviourBody, type CheckoutAbandonedBody, SYSTEM_PREFIX } from './event.ts'
import type { CustomerFacts } from './facts.ts'
import type { Effects } from './fold.ts'
import { DIMENSIONS, METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** The funnel every shop has. Immutable: another one is another version, with keys of its own. */
export const DEFAULT_FUNNEL = {
  id: 'default',
  version: 1,
  name: 'Landing to purchase',
  steps: ['landing', 'product_view', 'cart', 'checkout', 'payment', 'purchase'],
  /** From entry; after it, or after a purchase, the next visit enters anew. */
  windowMs: 7 * DAY_MS,
} as const

export const funnelScope = `${DEFAULT_FUNNEL.id}@${DEFAULT_FUNNEL.version}`

/** A map and no object: a custom event may be called `constructor`. */
const STEP_OF_TYPE = new Map<string, number>([
  ['page_view', 0],
  ['view_item_list', 0],
  ['view_item', 1],
  ['add_to_cart', 2],
  ['view_cart', 2],
  ['begin_checkout', 3],
  ['add_shipping_info', 3],
  ['add_payment_info', 4],
])
const PURCHASE_STEP = DEFAULT_FUNNEL.steps.length - 1

/** An hour without a purchase makes a begun checkout an abandoned one. */
export const CHECKOUT_PATIENCE_MS = HOUR_MS

/** A sum under '' and the same under each dimension, one at a time. */
export function addByDimension(contributions: Contributions, metric: string, scope: string, event: AcceptedEvent, amount: number): void {
  add(contributions, rollupKey(metric, scope, event.bookedDay), amount)
  for (const dimension of DIMENSIONS) {
    add(contributions, rollupKey(metric, scope, event.bookedDay, dimension, event.context[dimension] ?? 'unknown'), amount)
  }
}

export function visit(facts: CustomerFacts, event: AcceptedEvent, body: BehaviourBody, { contributions }: Effects): void {
  if (facts.visitDay !== event.bookedDay) {
    facts.visitDay = event.bookedDay
    addByDimension(contributions, METRIC.visitorDay, '', event, 1)
  }
  const month = monthOf(event.bookedDay)
  if (facts.visitMonth !== month) {
    facts.visitMonth = month
    add(contributions, rollupKey(METRIC.visitorMonth, '', month), 1)
  }
  if (event.type === 'view_item' && body.productId) {
    add(contributions, rollupKey(METRIC.productViews, '', event.bookedDay, 'product', body.productId), 1)
  }
  if (event.type === 'begin_checkout') beginCheckout(facts, event, contributions)
  const reached = STEP_OF_TYPE.get(event.type)
  if (reached !== undefined) advanceFunnel(facts, event, reached, contributions)
}

/**
 * Moves the customer's attempt through the funnel; a later step implies the earlier ones, so the counts never rise
 * from step to step. A purchase ends an attempt and never begins one: renewals and imported orders are no visits.
 */
function advanceFunnel(facts: CustomerFacts, event: AcceptedEvent, reached: number, contributions: Contributions): void {
  const open = facts.funnel && facts.funnel.furthest < PURCHASE_STEP && event.occurredAt <= facts.funnel.at + DEFAULT_FUNNEL.windowMs
  if (!open) {
    if (reached === PURCHASE_STEP) return
    facts.funnel = { day: event.bookedDay, at: event.occurredAt, furthest: -1 }
  }
  const attempt = facts.funnel as NonNullable<CustomerFacts['funnel']>
  for (let step = attempt.furthest + 1; step <= reached; step++) {
    add(contributions, rollupKey(METRIC.funnel, funnelScope, attempt.day, 'step', DEFAULT_FUNNEL.steps[step]), 1)
  }
  attempt.furthest = Math.max(attempt.furthest, reached)
}

/** A verified purchase completes the attempt and the checkout. One that a browser reports only ends the checkout: conversion is of orders. */
export function completeJourney(facts: CustomerFacts, event: AcceptedEvent, contributions: Contributions): void {
  facts.checkoutStartedAt = null
  completePastCheckout(facts, event, contributions)
  advanceFunnel(facts, event, PURCHASE_STEP, contributions)
}

function beginCheckout(facts: CustomerFacts, event: AcceptedEvent, contributions: Contributions): void {
  if (event.origin === 'import') return beginPastCheckout(facts, event, contributions)
  if (facts.checkoutStartedAt === null) add(contributions, rollupKey(METRIC.checkoutsBegun, '', event.bookedDay), 1)
  facts.checkoutStartedAt = event.occurredAt
  facts.checkoutDay = event.bookedDay
}

const isPatient = (begun: { at: number }, at: number): boolean => at <= begun.at + CHECKOUT_PATIENCE_MS

/** History brings no timers: a checkout in it counts as abandoned until its purchase is found. */
function beginPastCheckout(facts: CustomerFacts, event: AcceptedEvent, contributions: Contributions): void {
  if (facts.pastCheckout && isPatient(facts.pastCheckout, event.occurredAt)) return
  facts.pastCheckout = { at: event.occurredAt, day: event.bookedDay }
  for (const metric of [METRIC.checkoutsBegun, METRIC.checkoutsAbandoned]) add(contributions, rollupKey(metric, '', event.bookedDay), 1)
}

function completePastCheckout(facts: CustomerFacts, event: AcceptedEvent, contributions: Contributions): void {
  const begun = facts.pastCheckout
  // What comes in late today must not change a day that is closed.
  if (event.origin !== 'import') return
  if (begun && isPatient(begun, event.occurredAt)) add(contributions, rollupKey(METRIC.checkoutsAbandoned, '', begun.day), -1)
  facts.pastCheckout = null
}

export function abandonCheckout(facts: CustomerFacts, event: AcceptedEvent, body: CheckoutAbandonedBody, { contributions }: Effects): void {
  if (facts.checkoutStartedAt !== body.startedAt) return
  facts.checkoutStartedAt = null
  add(contributions, rollupKey(METRIC.checkoutsAbandoned, '', event.bookedDay), 1)
}

export interface Timer {
  id: string
  at: number
  /** Earliest day under which its event may be booked: canonical order must find it behind what set it. */
  notBefore: string
}

/** What must happen later if nothing else does; the object keeps one alarm for the earliest. */
export const timersOf = (facts: CustomerFacts): Timer[] =>
  facts.checkoutStartedAt === null
    ? []
    : [
        {
          id: `${SYSTEM_PREFIX}checkout_abandoned:${facts.checkoutStartedAt}`,
          at: facts.checkoutStartedAt + CHECKOUT_PATIENCE_MS,
          notBefore: facts.checkoutDay ?? '',
        },
      ]
