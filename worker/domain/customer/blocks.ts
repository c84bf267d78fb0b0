import { OPEN_MS } from './booking.ts'
import { giveSafety, note, noteAttempt, resetOutcome, revenueOf, rewardOf } from './exposures.ts'
import type { BlockVisit, CustomerFacts, Purchase, RecentDecision } from './facts.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/*
 * Switchbacks. Everybody in one place sees one price for some hours, then perhaps another: a block. Blocks are compared, not
 * people, so a person counts once in each block they come by in, with what they buy in it after that:
 *
 *   block 41 | control           block 42 | variant_1
 *   ──●decision──$purchase──────┼──────●decision──────────▶        a purchase before the block's own decision counts nowhere
 */

/** Adds or withdraws what one person gives to a block, and to what tells of harm. */
function contributeVisit(visit: BlockVisit, contributions: Contributions, sign: 1 | -1): void {
  const { key, value, day, arm, epoch } = visit
  const name = (metric: string) => rollupKey(metric, key, day, 'block', value)
  add(contributions, name(METRIC.blockVisitors), sign)
  add(contributions, name(METRIC.blockRevenue), sign * revenueOf(visit))
  add(contributions, name(METRIC.blockCost), sign * (revenueOf(visit) - rewardOf(visit)))
  giveSafety(visit, (metric) => rollupKey(metric, `${key}:${epoch}`, day, 'arm', arm), contributions, sign)
}

const startOf = ({ served }: BlockVisit): number => served[0]?.[0] ?? Number.POSITIVE_INFINITY

const isIn = (visit: BlockVisit, occurredAt: number): boolean => occurredAt >= startOf(visit) && occurredAt < visit.endsAt

const counts = (visit: BlockVisit, { currency, occurredAt }: Purchase): boolean => currency === visit.currency && isIn(visit, occurredAt)

/** A price of a switchback was shown. Clamped ones are in no analysis, nor is anybody whom no lever should touch. */
export function enterBlock(facts: CustomerFacts, id: string, { test, at, day }: RecentDecision, contributions: Contributions): void {
  const { block, key, arm, epoch, currency, unit = null } = test
  if (!block || test.clamped || facts.heldOut) return
  forgetVisits(facts, at)
  const name = `${key}|${block.window}|${block.place}`
  const known = facts.blocks[name]
  if (known) {
    known.served.push([at, id])
    return
  }
  const visit: BlockVisit = {
    key,
    value: `${block.window}|${block.place}|${arm}`,
    arm,
    epoch,
    currency,
    unit,
    endsAt: block.endsAt,
    day,
    served: [[at, id]],
    rewards: Object.create(null) as BlockVisit['rewards'],
  }
  settleVisit(facts, visit)
  facts.blocks[name] = visit
  contributeVisit(visit, contributions, 1)
}

/** What came of a visit, anew from all there is. */
function settleVisit(facts: CustomerFacts, visit: BlockVisit): void {
  resetOutcome(visit)
  for (const transactionId in facts.purchases) {
    const purchase = facts.purchases[transactionId] as Purchase
    if (counts(visit, purchase)) note(visit, transactionId, purchase, visit.unit)
  }
  for (const [at, failed] of facts.attempts) if (isIn(visit, at)) noteAttempt(visit, failed === 1)
}

/** A day takes events for two days; what comes later about a block without a purchase changes nothing in it. */
function forgetVisits({ blocks }: CustomerFacts, now: number): void {
  for (const name in blocks) {
    const { endsAt, rewards } = blocks[name] as BlockVisit
    if (endsAt < now - OPEN_MS && Object.keys(rewards).length === 0) delete blocks[name]
  }
}

/** A decision of a block was never served after all. */
export function leaveBlock(facts: CustomerFacts, id: string, { test }: RecentDecision, contributions: Contributions): void {
  const name = test.block && `${test.key}|${test.block.window}|${test.block.place}`
  const visit = name === undefined ? undefined : facts.blocks[name]
  if (name === undefined || !visit?.served.some(([, served]) => served === id)) return
  contributeVisit(visit, contributions, -1)
  visit.served = visit.served.filter(([, served]) => served !== id)
  if (visit.served.length === 0) {
    delete facts.blocks[name]
    return
  }
  settleVisit(facts, visit)
  contributeVisit(visit, contributions, 1)
}

/** Tells every block that holds the purchase what is left of it now. */
export function rewardBlocks(facts: CustomerFacts, transactionId: string, contributions: Contributions): void {
  const purchase = facts.purchases[transactionId] as Purchase
  for (const name in facts.blocks) {
    const visit = facts.blocks[name] as BlockVisit
    if (!counts(visit, purchase)) continue
    contributeVisit(visit, contributions, -1)
    note(visit, transactionId, purchase, visit.unit)
    contributeVisit(visit, contributions, 1)
  }
}

/** Tells every block that holds an attempt to pay of it. */
export function attemptInBlocks(facts: CustomerFacts, occurredAt: number, hasFailed: boolean, contributions: Contributions): void {
  for (const name in facts.blocks) {
    const visit = facts.blocks[name] as BlockVisit
    if (!isIn(visit, occurredAt)) continue
    contributeVisit(visit, contributions, -1)
    noteAttempt(visit, hasFailed)
    contributeVisit(visit, contributions, 1)
  }
}
