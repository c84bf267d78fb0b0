import { DAY_MS } from '../time.ts'
import type { AcceptedEvent, ExposureBody } from './event.ts'
import type { CustomerFacts, Exposure, Outcome, Purchase, Served, Unit } from './facts.ts'
import type { Effects } from './fold.ts'
import { viewMeasured } from './measured.ts'
import { METRIC } from './metrics.ts'
import { partsOf } from './moments.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** Purchases count for a test when they come within this time of the first exposure, unless the test says otherwise. */
export const CONVERSION_WINDOW_MS = 14 * DAY_MS

const totalOf = (byTransaction: Record<string, number> | undefined): number => {
  let total = 0
  for (const transactionId in byTransaction) total += byTransaction[transactionId] as number
  return total
}

const hasAnyOf = (record: object | undefined): boolean => {
  for (const _ in record) return true
  return false
}

/** Net revenue of one person inside the conversion window of a test, minor units. */
export const revenueOf = (outcome: Outcome): number => totalOf(outcome.rewards)

/**
 * What one person gives to a test, minor units: net revenue inside its conversion window, less, where the test is to raise
 * margin, what the units sold cost. May be below zero.
 */
export const rewardOf = (outcome: Outcome): number => totalOf(outcome.rewards) - totalOf(outcome.costs)

/** Whether somebody saw two arms of a test, or a price that guardrails had clamped: then they leave the analysis. */
export const isContradicted = ({ served, excluded }: Exposure): boolean =>
  excluded || served.some(({ arm, clamped }) => clamped || arm !== served[0].arm)

type NameOf = (metric: string) => string

/** Adds or withdraws n, Σy, Σy² and, where y is not it, the revenue under one name. */
function giveMoments(outcome: Outcome, name: NameOf, contributions: Contributions, sign: 1 | -1): void {
  const total = rewardOf(outcome)
  const { high, middle, low } = partsOf(total, total)
  add(contributions, name(METRIC.exposed), sign)
  add(contributions, name(METRIC.rewardSum), sign * total)
  add(contributions, name(METRIC.rewardSquaresHigh), sign * high)
  add(contributions, name(METRIC.rewardSquaresMiddle), sign * middle)
  add(contributions, name(METRIC.rewardSquaresLow), sign * low)
  if (outcome.costs) add(contributions, name(METRIC.testRevenue), sign * revenueOf(outcome))
}

/** Adds or withdraws whether somebody bought, got money back, or failed to pay: a person counts once in each. */
export function giveSafety(outcome: Outcome, name: NameOf, contributions: Contributions, sign: 1 | -1): void {
  const bought = hasAnyOf(outcome.rewards)
  if (bought) {
    add(contributions, name(METRIC.testBuyers), sign)
    if (hasAnyOf(outcome.refunded)) add(contributions, name(METRIC.testRefunded), sign)
    if (hasAnyOf(outcome.disputed)) add(contributions, name(METRIC.testDisputed), sign)
  }
  if (bought || outcome.attempts) add(contributions, name(METRIC.testPayers), sign)
  if (outcome.failures) add(contributions, name(METRIC.testPaymentFailed), sign)
}

/**
 * Adds or withdraws all that one customer gives to a test: n, Σy, Σy², and whether there was any reward; for a price test
 * also what tells of harm, and all of it once more by segment where it is read by one.
 */
export function contribute(key: string, exposure: Exposure, contributions: Contributions, sign: 1 | -1): void {
  const { arm, epoch, day, segment = null, windowMs } = exposure.served[0]
  const scope = `${key}:${epoch}`
  if (isContradicted(exposure)) return add(contributions, rollupKey(METRIC.exposedTwice, scope, day), sign)
  const name: NameOf = (metric) => rollupKey(metric, scope, day, 'arm', arm)
  giveMoments(exposure, name, contributions, sign)
  if (rewardOf(exposure) > 0) add(contributions, name(METRIC.rewarded), sign)
  // Of decisions from before there were windows nothing was ever counted beyond that.
  if (windowMs === undefined) return
  giveSafety(exposure, name, contributions, sign)
  if (segment === null) return
  const inSegment: NameOf = (metric) => rollupKey(metric, scope, day, 'segment', `${segment}|${arm}`)
  giveMoments(exposure, inSegment, contributions, sign)
  if (hasAnyOf(exposure.rewards)) add(contributions, inSegment(METRIC.testBuyers), sign)
}

const netOf = ({ amountMinor, refundedMinor, disputedMinor }: Purchase): number => amountMinor - refundedMinor - disputedMinor

/** Net revenue of somebody in a window from some moment, minor units. */
export function netRevenueWithin({ purchases }: CustomerFacts, currency: string, at: number, windowMs: number): number {
  let total = 0
  for (const transactionId in purchases) {
    const purchase = purchases[transactionId] as Purchase
    if (purchase.currency === currency && purchase.occurredAt >= at && purchase.occurredAt <= at + windowMs) total += netOf(purchase)
  }
  return total
}

/**
 * What the units of the tested product in a purchase cost, minor units. A purchase that was refunded whole costs nothing:
 * the goods came back. One that a dispute took costs what it did: they rarely do. What else is bought has no cost here.
 */
function costOf(unit: Unit, { productId, quantity = 1, amountMinor, refundedMinor }: Purchase): number {
  const isReturned = amountMinor > 0 && refundedMinor >= amountMinor
  return productId !== unit.productId || isReturned ? 0 : unit.costMinor * quantity
}

/** Writes down what is left of a purchase now. */
export function note(outcome: Outcome, transactionId: string, purchase: Purchase, unit: Unit | null | undefined): void {
  outcome.rewards[transactionId] = netOf(purchase)
  if (unit) outcome.costs = mark(outcome.costs, transactionId, costOf(unit, purchase))
  if (purchase.refundedMinor > 0) outcome.refunded = mark(outcome.refunded, transactionId, true)
  if (purchase.disputedMinor > 0) outcome.disputed = mark(outcome.disputed, transactionId, true)
  else if (outcome.disputed) delete outcome.disputed[transactionId]
}

function mark<T>(known: Record<string, T> | undefined, transactionId: string, value: T): Record<string, T> {
  const marked = known ?? (Object.create(null) as Record<string, T>)
  marked[transactionId] = value
  return marked
}

const isWithin = ({ at, windowMs = CONVERSION_WINDOW_MS }: Served, occurredAt: number): boolean =>
  occurredAt >= at && occurredAt <= at + windowMs

const inWindow = ({ currency, served: [first] }: Exposure, purchase: Purchase): boolean =>
  purchase.currency === currency && isWithin(first, purchase.occurredAt)

/** Tells every exposure whose window holds the purchase what is left of it now. */
export function reward(facts: CustomerFacts, transactionId: string, contributions: Contributions): void {
  const purchase = facts.purchases[transactionId] as Purchase
  for (const [key, exposure] of [...Object.entries(facts.exposures), ...Object.entries(facts.experiments)]) {
    if (!inWindow(exposure, purchase)) continue
    contribute(key, exposure, contributions, -1)
    note(exposure, transactionId, purchase, exposure.served[0].unit)
    contribute(key, exposure, contributions, 1)
  }
}

/** Tells every exposure to a price test whose window holds an attempt to pay of it. */
export function countAttempt(facts: CustomerFacts, occurredAt: number, hasFailed: boolean, contributions: Contributions): void {
  for (const [key, exposure] of Object.entries(facts.exposures)) {
    if (!isWithin(exposure.served[0], occurredAt)) continue
    contribute(key, exposure, contributions, -1)
    noteAttempt(exposure, hasFailed)
    contribute(key, exposure, contributions, 1)
  }
}

export function noteAttempt(outcome: Outcome, hasFailed: boolean): void {
  outcome.attempts = (outcome.attempts ?? 0) + 1
  if (hasFailed) outcome.failures = (outcome.failures ?? 0) + 1
}

/** What came of an exposure, anew from all there is: when it is first told of, or its first decision has moved. */
export function settleOutcome(facts: CustomerFacts, exposure: Exposure): void {
  const [first] = exposure.served
  resetOutcome(exposure)
  for (const transactionId in facts.purchases) {
    const purchase = facts.purchases[transactionId] as Purchase
    if (inWindow(exposure, purchase)) note(exposure, transactionId, purchase, first.unit)
  }
  for (const [occurredAt, failed] of facts.attempts) if (isWithin(first, occurredAt)) noteAttempt(exposure, failed === 1)
}

export function resetOutcome(outcome: Outcome): void {
  outcome.rewards = Object.create(null) as Outcome['rewards']
  delete outcome.costs
  delete outcome.refunded
  delete outcome.disputed
  delete outcome.attempts
  delete outcome.failures
}

/** A variant was seen. The first one counts; whoever sees another, on whatever device, leaves the analysis. */
export function viewVariant(facts: CustomerFacts, event: AcceptedEvent, body: ExposureBody, { contributions }: Effects): void {
  const key = `${body.experiment}@${body.version}`
  const known = facts.experiments[key]
  if (!known && (body.metrics || facts.measured[key])) return viewMeasured(facts, event, body, contributions)
  if (known) {
    if (known.excluded || known.served[0].arm === body.variant) return
    contribute(key, known, contributions, -1)
    known.excluded = true
    return contribute(key, known, contributions, 1)
  }
  const { occurredAt: at, bookedDay: day } = event
  const exposure: Exposure = {
    currency: body.currency,
    served: [{ id: event.id, at, day, arm: body.variant, epoch: '', clamped: false }],
    excluded: false,
    rewards: Object.create(null),
  }
  // A view that was told late may find its purchases there already.
  settleOutcome(facts, exposure)
  facts.experiments[key] = exposure
  contribute(key, exposure, contributions, 1)
}
