import { type Arrival, advance, type FunnelAttempt, isThrough, isWithin, type Reached } from '../funnel/attempt.ts'
import { bucketOfTime } from '../funnel/duration.ts'
import { DEFAULT_PLAN, type FunnelPlan } from '../funnel/plan.ts'
import { dayOf, HOUR_MS } from '../time.ts'
import type { AcceptedEvent } from './event.ts'
import type { CustomerFacts } from './facts.ts'
import { groupsOf } from './funnel-groups.ts'
import { earn } from './funnel-revenue.ts'
import { planIn, variantsOf } from './funnel-variants.ts'
import { KNOWN_BEHAVIOUR } from './known-behaviour.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** What one attempt remembers at most: facts must stay small whatever is sent. */
const MAXIMUM_SEEN = 30
/**
 * An event says something of a step for this long after it was reached. Whoever goes on leaves the step, and whoever is lost
 * has all the time there is: without an end, everything would seem to go along with being lost.
 */
const SEEN_WITHIN_MS = HOUR_MS

/**
 * Moves this person on in every funnel that an event is of: the default one, and those that their log defines. A purchase ends
 * an attempt and never begins one, unless a funnel begins with it: renewals and imported orders are no visits.
 */
export function travel(facts: CustomerFacts, event: AcceptedEvent, contributions: Contributions): void {
  facts.funnel = walk(facts, DEFAULT_PLAN, facts.funnel, event, contributions)
  travelOwn(facts, event, contributions)
}

/** The same in the deployment's own funnels alone. */
export function travelOwn(facts: CustomerFacts, event: AcceptedEvent, contributions: Contributions): void {
  for (const reference in facts.funnels) {
    const attempt = walk(facts, planIn(facts, reference), facts.journeys[reference] ?? null, event, contributions)
    if (attempt) facts.journeys[reference] = attempt
  }
}

function walk(
  facts: CustomerFacts,
  plan: FunnelPlan,
  known: FunnelAttempt | null,
  event: AcceptedEvent,
  contributions: Contributions,
): FunnelAttempt | null {
  const steps = stepsOf(plan, event)
  // What is no step may still be seen on the way, or stand between the steps of a strict funnel.
  if (steps.length === 0 && (!known || !isDeed(event))) return known
  const arrival: Arrival = { at: event.occurredAt, steps }
  if (known && isWithin(plan, known, event.occurredAt)) {
    const isOver = isThrough(plan, known)
    const onward = isOver ? { ...arrival, steps: arrival.steps.filter((step) => step > plan.last) } : arrival
    const moved = move(facts, plan, known, onward, event, contributions)
    if (!isOver) noteSeen(facts, plan, known, event, contributions)
    if (moved || !isOver) return known
  }
  if (!mayEnter(plan, arrival, event)) return known
  const attempt: FunnelAttempt = { day: event.bookedDay, at: event.occurredAt, furthest: -1, by: entrantOf(facts, event) }
  const variants = variantsOf(facts, event.occurredAt)
  if (variants.length > 0) attempt.variants = variants
  move(facts, plan, attempt, arrival, event, contributions)
  noteSeen(facts, plan, attempt, event, contributions)
  return attempt
}

/** Whether it is something that a person did, and not what a provider or a page tells of them. */
const isDeed = ({ type, body }: AcceptedEvent): boolean =>
  body.kind === 'purchase' || (body.kind === 'behaviour' && type !== 'experiment_viewed')

const NO_STEPS: readonly number[] = []

/** Steps that an event is one of. */
function stepsOf(plan: FunnelPlan, event: AcceptedEvent): readonly number[] {
  const steps = plan.stepsOf.get(event.type)
  if (!steps || !plan.hasConditions) return steps ?? NO_STEPS
  const { country, device, source } = event.context
  const productId = 'productId' in event.body ? event.body.productId : null
  const attributes = { productId, country, device, source, metadata: event.metadata }
  return steps.filter((step) => plan.tests[step]?.(attributes) ?? true)
}

function mayEnter(plan: FunnelPlan, { steps }: Arrival, { body }: AcceptedEvent): boolean {
  if (steps[0] === 0) return true
  return plan.definition.order === 'implied' && body.kind !== 'purchase' && steps.some((step) => plan.isRequired[step])
}

function entrantOf(facts: CustomerFacts, { occurredAt, context }: AcceptedEvent): (string | null)[] {
  const isNew = facts.firstSeenAt === null || dayOf(facts.firstSeenAt) >= dayOf(occurredAt)
  return [context.country, context.device, context.source, isNew ? 'new' : 'returning']
}

/** Moves an attempt, and counts what it reaches; whether there was anything new. */
function move(
  facts: CustomerFacts,
  plan: FunnelPlan,
  attempt: FunnelAttempt,
  arrival: Arrival,
  { body }: AcceptedEvent,
  contributions: Contributions,
): boolean {
  const from = attempt.furthest
  const reached = advance(plan, attempt, arrival)
  if (reached.length === 0) return false
  for (const each of reached) countReached(plan, attempt, each, contributions)
  if (attempt.furthest > from) countSeen(plan, attempt, from, contributions)
  if (body.kind === 'purchase' && from < plan.last && isThrough(plan, attempt)) {
    earn(facts, plan, attempt, body.transactionId, contributions)
  }
  return true
}

function countReached(plan: FunnelPlan, attempt: FunnelAttempt, { step, afterMs }: Reached, contributions: Contributions): void {
  const key = plan.keys[step] as string
  add(contributions, rollupKey(METRIC.funnel, plan.reference, attempt.day, 'step', key), 1)
  for (const [dimension, value] of groupsOf(attempt)) {
    add(contributions, rollupKey(METRIC.funnelBy, plan.reference, attempt.day, dimension, `${value}|${key}`), 1)
  }
  if (afterMs === null) return
  add(contributions, rollupKey(METRIC.funnelTime, plan.reference, attempt.day, 'step', `${key}|${bucketOfTime(afterMs)}`), 1)
}

/** Of what was seen before a step was left: who went on from it, and who reached the next with it. */
function countSeen(plan: FunnelPlan, { day, seen, furthest }: FunnelAttempt, from: number, contributions: Contributions): void {
  if (!seen) return
  for (const name of seen) {
    for (let step = Math.max(0, from); step <= furthest; step++) {
      if (!plan.isRequired[step]) continue
      const value = `${name}|${plan.keys[step]}`
      if (step > from && step < plan.last) add(contributions, rollupKey(METRIC.funnelBy, plan.reference, day, 'event', value), 1)
      if (step < furthest) add(contributions, rollupKey(METRIC.funnelBy, plan.reference, day, 'event_on', value), 1)
    }
  }
}

/** An event that is no required step of the funnel, seen for the first time on the way. */
function noteSeen(
  facts: CustomerFacts,
  plan: FunnelPlan,
  attempt: FunnelAttempt,
  event: AcceptedEvent,
  contributions: Contributions,
): void {
  const { type, body } = event
  if (body.kind !== 'behaviour' || plan.own.has(type) || attempt.furthest < 0 || isThrough(plan, attempt)) return
  if (attempt.seen?.includes(type) || !isNamed(facts, type) || isLongAfter(attempt, event.occurredAt)) return
  attempt.seen ??= []
  if (attempt.seen.length >= MAXIMUM_SEEN) return
  attempt.seen.push(type)
  const value = `${type}|${plan.keys[attempt.furthest]}`
  add(contributions, rollupKey(METRIC.funnelBy, plan.reference, attempt.day, 'event', value), 1)
}

/** Of a step that was passed by the time is that of the latest one that was not. */
function isLongAfter({ at, reached = [] }: FunnelAttempt, occurredAt: number): boolean {
  let latest = 0
  for (const offset of reached) if (offset !== null && offset > latest) latest = offset
  return occurredAt > at + latest + SEEN_WITHIN_MS
}

/** Names we know, or the deployment's own definitions; what strangers make up never becomes a key. */
function isNamed(facts: CustomerFacts, type: string): boolean {
  if (KNOWN_BEHAVIOUR.has(type)) return type !== 'experiment_viewed'
  for (const reference in facts.funnels) if (planIn(facts, reference).stepsOf.has(type)) return true
  for (const reference in facts.metrics) {
    const { numerator, denominator } = facts.metrics[reference] as CustomerFacts['metrics'][string]
    if (numerator.events?.includes(type) || denominator?.events?.includes(type)) return true
  }
  return false
}
