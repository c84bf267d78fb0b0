import { abandonCheckout, visit } from './behaviour.ts'
import { recordDecision, redeemDecision, viewDecision, voidDecision } from './decisions.ts'
import { define } from './definitions.ts'
import type { AcceptedEvent } from './event.ts'
import { viewVariant } from './exposures.ts'
import { type CustomerFacts, emptyFacts } from './facts.ts'
import { tellVariant } from './funnel-variants.ts'
import { travelOwn } from './journeys.ts'
import { KNOWN_BEHAVIOUR } from './known-behaviour.ts'
import { countEvent } from './measured.ts'
import { METRIC } from './metrics.ts'
import { payment } from './payments.ts'
import type { EventRow } from './projection.ts'
import { purchase } from './purchases.ts'
import { reversal } from './reversals.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'
import { subscription, trial } from './subscriptions.ts'

/**
 * What a step gives off beside the new facts: additions to contributions, and rows for D1, null for one that goes.
 * Steps only ever add, never read, so a fold may begin with empty effects and yield just the difference.
 */
export interface Effects {
  contributions: Contributions
  rows: Map<string, EventRow | null>
}

export const noEffects = (): Effects => ({ contributions: new Map(), rows: new Map() })

/**
 * Folds one event into the facts, which it changes in place. Events must come in canonical order (`compareEvents`);
 * it reads no clock, no rates and no configuration, so the same events give the same facts wherever they are folded.
 */
export function step(facts: CustomerFacts, event: AcceptedEvent, effects: Effects): void {
  if (event.body.kind === 'definition') return define(facts, event.body)
  facts.events++
  facts.firstSeenAt = Math.min(facts.firstSeenAt ?? event.occurredAt, event.occurredAt)
  facts.lastSeenAt = Math.max(facts.lastSeenAt ?? event.occurredAt, event.occurredAt)
  add(effects.contributions, rollupKey(METRIC.events, '', event.bookedDay, 'type', typeLabel(event)), 1)
  const { body } = event
  countEvent(facts, event, effects.contributions)
  switch (body.kind) {
    case 'behaviour':
      return visit(facts, event, body, effects)
    case 'purchase':
      return purchase(facts, event, body, effects)
    case 'refund':
    case 'dispute_opened':
    case 'dispute_closed':
      return reversal(facts, event, body, effects)
    case 'subscription':
      subscription(facts, event, body, effects)
      return travelVouched(facts, event, effects)
    case 'trial':
      trial(facts, event, body, effects)
      return travelVouched(facts, event, effects)
    case 'payment':
      payment(facts, event, body, effects)
      return travelVouched(facts, event, effects)
    case 'decision':
      return recordDecision(facts, event, body, effects)
    case 'decision_viewed':
      return viewDecision(facts, event, body, effects)
    case 'decision_voided':
      return voidDecision(facts, event, body, effects)
    case 'quote_redeemed':
      return redeemDecision(facts, body)
    case 'exposure':
      viewVariant(facts, event, body, effects)
      return tellVariant(facts, event, body, effects.contributions)
    case 'checkout_abandoned':
      return abandonCheckout(facts, event, body, effects)
  }
}

/** What a server vouches for may be a step of the deployment's own funnels. */
const travelVouched = (facts: CustomerFacts, event: AcceptedEvent, { contributions }: Effects): void => {
  if (event.verified) travelOwn(facts, event, contributions)
}

export interface Folded {
  facts: CustomerFacts
  effects: Effects
}

/** Folds a whole log, already in canonical order, on top of a start, which it takes over. */
export function refold(events: Iterable<AcceptedEvent>, start: CustomerFacts = emptyFacts()): Folded {
  const folded: Folded = { facts: start, effects: noEffects() }
  for (const event of events) step(folded.facts, event, folded.effects)
  return folded
}

const typeLabel = (event: AcceptedEvent): string =>
  event.body.kind !== 'behaviour' || KNOWN_BEHAVIOUR.has(event.type) ? event.type : 'custom'
