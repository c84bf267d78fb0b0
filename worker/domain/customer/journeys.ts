import { type Arrival, advance, type FunnelAttempt, hasReached, isThrough, isWithin, type Reached } from '../funnel/attempt.ts'
import { bucketOfTime } from '../funnel/duration.ts'
import { DEFAULT_PLAN, type FunnelPlan, planOf } from '../funnel/plan.ts'
import { DAY_MS, dayOf } from '../time.ts'
import type { AcceptedEvent, ExposureBody } from './event.ts'
import { isContradicted } from './exposures.ts'
import type { CustomerFacts, FunnelEnd, Purchase } from './facts.ts'
import { HOLDOUT_KEY } from './holdout.ts'
import { KNOWN_BEHAVIOUR } from './known-behaviour.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** By what entries are told apart; the order of `FunnelAttempt.by`. */
const ENTRY_DIMENSIONS = ['country', 'device', 'source', 'visitor'] as const
/** What one attempt remembers at most: facts must stay small whatever is sent. */
const MAXIMUM_SEEN = 30
const MAXIMUM_VARIANTS = 10
/** An experiment seen longer ago than this says nothing of a new attempt. */
const EXPOSURE_KEPT_MS = 90 * DAY_MS

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

const planIn = (facts: CustomerFacts, reference: string): FunnelPlan => planOf(facts.funnels[reference] as CustomerFacts['funnels'][string])

function walk(
  facts: CustomerFacts,
  plan: FunnelPlan,
  known: FunnelAttempt | null,
  event: AcceptedEvent,
  contributions: Contributions,
): FunnelAttempt | null {
  const steps = stepsOf(plan, event)
  // What is no step may still be seen on the way, or break a strict one.
  if (steps === NO_STEPS && !known) return null
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
    earn(plan, attempt, facts.purchases[body.transactionId] as Purchase, contributions)
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

/** All that an attempt is counted by beside its steps. What is unknown is what the known ones leave of the whole. */
function groupsOf({ by = [], variants = [] }: FunnelAttempt): [dimension: string, value: string][] {
  const groups: [string, string][] = []
  for (const [at, dimension] of ENTRY_DIMENSIONS.entries()) {
    const value = by[at]
    if (typeof value === 'string') groups.push([dimension, value])
  }
  for (const variant of variants) groups.push(['variant', variant])
  return groups
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
  if (attempt.seen?.includes(type) || !isNamed(facts, type)) return
  attempt.seen ??= []
  if (attempt.seen.length >= MAXIMUM_SEEN) return
  attempt.seen.push(type)
  const value = `${type}|${plan.keys[attempt.furthest]}`
  add(contributions, rollupKey(METRIC.funnelBy, plan.reference, attempt.day, 'event', value), 1)
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

// ── Revenue ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A purchase ended an attempt: what is left of it is revenue of the funnel, by the day of entry. */
function earn(plan: FunnelPlan, attempt: FunnelAttempt, purchase: Purchase, contributions: Contributions): void {
  const end: FunnelEnd = { funnel: plan.reference, day: attempt.day, at: attempt.at, by: groupsOf(attempt) }
  purchase.ended = [...(purchase.ended ?? []), end]
  addRevenue(end, purchase.currency, purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor, contributions)
}

function addRevenue({ funnel, day, by }: FunnelEnd, currency: string, amountMinor: number, contributions: Contributions): void {
  const scope = `${funnel}:${currency}`
  add(contributions, rollupKey(METRIC.funnelRevenue, scope, day), amountMinor)
  for (const [dimension, value] of by) add(contributions, rollupKey(METRIC.funnelRevenue, scope, day, dimension, value), amountMinor)
}

/** Takes back of the funnels that a purchase ended what a reversal took of it; below zero gives it back. */
export function earnLess({ ended, currency }: Purchase, takenMinor: number, contributions: Contributions): void {
  for (const end of ended ?? []) addRevenue(end, currency, -takenMinor, contributions)
}

// ── Variants ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The variant that somebody has been shown; null where it is none, or more than one. */
function variantIn({ experiments, measured }: CustomerFacts, key: string): { variant: string; at: number } | null {
  const view = experiments[key]
  if (view) return isContradicted(view) ? null : { variant: view.served[0].arm, at: view.served[0].at }
  const exposure = measured[key]
  return exposure && !exposure.excluded ? { variant: exposure.seen[0].variant, at: exposure.seen[0].at } : null
}

/** What has been shown to somebody who enters, the latest experiments first. The holdout is none of a funnel. */
function variantsOf(facts: CustomerFacts, at: number): string[] {
  const found: { name: string; at: number }[] = []
  for (const exposures of [facts.experiments, facts.measured]) {
    for (const key in exposures) {
      const known = key.startsWith(HOLDOUT_KEY) ? null : variantIn(facts, key)
      if (known && known.at >= at - EXPOSURE_KEPT_MS) found.push({ name: `${key}|${known.variant}`, at: known.at })
    }
  }
  if (found.length > MAXIMUM_VARIANTS) found.sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1)).splice(MAXIMUM_VARIANTS)
  return found.map(({ name }) => name)
}

/**
 * A variant was shown in the middle of attempts: they count under it with all they have reached. Once it turns out that somebody
 * has seen two variants, the attempts at hand no longer count under either.
 */
export function tellVariant(facts: CustomerFacts, event: AcceptedEvent, body: ExposureBody, contributions: Contributions): void {
  const key = `${body.experiment}@${body.version}`
  const shown = variantIn(facts, key)
  if (facts.funnel) tellAttempt(facts, DEFAULT_PLAN, facts.funnel, key, shown?.variant ?? null, event.occurredAt, contributions)
  for (const reference in facts.journeys) {
    const attempt = facts.journeys[reference] as FunnelAttempt
    tellAttempt(facts, planIn(facts, reference), attempt, key, shown?.variant ?? null, event.occurredAt, contributions)
  }
}

function tellAttempt(
  facts: CustomerFacts,
  plan: FunnelPlan,
  attempt: FunnelAttempt,
  key: string,
  variant: string | null,
  at: number,
  contributions: Contributions,
): void {
  const told = attempt.variants?.find((name) => name.startsWith(`${key}|`))
  if (variant === null) {
    if (told === undefined) return
    attempt.variants = attempt.variants?.filter((name) => name !== told) as string[]
    countUnder(plan, attempt, told, contributions, -1)
    return disown(facts, plan, attempt, told, contributions)
  }
  const isOpen = isWithin(plan, attempt, at) && !isThrough(plan, attempt)
  if (told !== undefined || !isOpen || (attempt.variants?.length ?? 0) >= MAXIMUM_VARIANTS) return
  const name = `${key}|${variant}`
  attempt.variants = [...(attempt.variants ?? []), name]
  countUnder(plan, attempt, name, contributions, 1)
}

function countUnder(plan: FunnelPlan, attempt: FunnelAttempt, variant: string, contributions: Contributions, sign: 1 | -1): void {
  for (const [step, key] of plan.keys.entries()) {
    if (!hasReached(plan, attempt, step)) continue
    add(contributions, rollupKey(METRIC.funnelBy, plan.reference, attempt.day, 'variant', `${variant}|${key}`), sign)
  }
}

/** The revenue of an attempt no longer counts under a variant. */
function disown(facts: CustomerFacts, plan: FunnelPlan, attempt: FunnelAttempt, variant: string, contributions: Contributions): void {
  for (const transactionId in facts.purchases) {
    const purchase = facts.purchases[transactionId] as Purchase
    for (const end of purchase.ended ?? []) {
      if (end.funnel !== plan.reference || end.at !== attempt.at || !end.by.some(([, value]) => value === variant)) continue
      const netMinor = purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor
      const under = end.by.filter(([dimension, value]) => dimension === 'variant' && value === variant)
      const scope = `${end.funnel}:${purchase.currency}`
      for (const [dimension, value] of under)
        add(contributions, rollupKey(METRIC.funnelRevenue, scope, end.day, dimension, value), -netMinor)
      end.by = end.by.filter((group) => !under.includes(group))
    }
  }
}
