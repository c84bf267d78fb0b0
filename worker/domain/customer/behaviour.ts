import { HOUR_MS, monthOf } from '../time.ts'
import { type AcceptedEvent, type BehaviourBody, type CheckoutAbandonedBody, type PurchaseBody, SYSTEM_PREFIX } from './event.ts'
import type { CustomerFacts } from './facts.ts'
import type { Effects } from './fold.ts'
import { recallEnds } from './funnel-revenue.ts'
import { travel } from './journeys.ts'
import { DIMENSIONS, METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

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
  travel(facts, event, contributions)
}

/** A verified purchase completes the attempt and the checkout. One that a browser reports only ends the checkout: conversion is of orders. */
export function completeJourney(
  facts: CustomerFacts,
  event: AcceptedEvent,
  { transactionId }: PurchaseBody,
  contributions: Contributions,
): void {
  facts.checkoutStartedAt = null
  completePastCheckout(facts, event, contributions)
  travel(facts, event, contributions)
  recallEnds(facts, transactionId)
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
