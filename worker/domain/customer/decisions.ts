import { inputsOf } from '../pricing/decision-inputs.ts'
import type { PriceDecision, TestAssignment } from '../pricing/types.ts'
import { DAY_MS } from '../time.ts'
import { enterBlock, leaveBlock } from './blocks.ts'
import type { AcceptedEvent, DecisionBody, DecisionViewedBody, DecisionVoidedBody, QuoteRedeemedBody } from './event.ts'
import { contribute, isContradicted, settleOutcome } from './exposures.ts'
import type { CustomerFacts, Exposure, RecentDecision, Served } from './facts.ts'
import type { Effects } from './fold.ts'
import { askHoldout, leaveHoldout, viewHoldout } from './holdout.ts'
import { METRIC } from './metrics.ts'
import { rowIdOf } from './projection.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** Voids, views and redemptions follow a decision within minutes; after a day a test's needs no memory. */
const REMEMBERED_MS = DAY_MS

/** A price was decided. Shown on its own page it is an exposure at once; on a listing only when it is viewed. */
export function recordDecision(facts: CustomerFacts, event: AcceptedEvent, body: DecisionBody, effects: Effects): void {
  const { decision } = body
  const { contributions } = effects
  if (body.sampled) sample(facts, event, body, effects)
  add(contributions, rollupKey(METRIC.decisions, '', event.bookedDay, 'reason', decision.reason), 1)
  if (decision.reason === 'holdout') holdOut(facts, contributions)
  askHoldout(facts, event, body, contributions)
  const { test } = decision
  // Of a switchback from before there were blocks it is not known in which it was.
  if (!test || (test.mode === 'switchback' && !test.block)) return
  forget(facts.decisions, event.occurredAt)
  const recent: RecentDecision = {
    test: recentTest(decision, test),
    preview: body.preview,
    at: event.occurredAt,
    day: event.bookedDay,
  }
  facts.decisions[decision.id] = recent
  if (body.preview) rememberPreview(facts, decision.id, recent)
  else show(facts, decision.id, recent, contributions)
}

/** What is kept of a decision of a test. Records from before bandits say less, and so is less counted of them. */
function recentTest({ currency, productId }: PriceDecision, test: TestAssignment): RecentDecision['test'] {
  const { testId, version, arm, epoch, clamped, propensity, segment = null, conversionWindowMs: windowMs, unitCostMinor, block } = test
  return {
    key: `${testId}@${version}`,
    currency,
    arm,
    epoch,
    clamped,
    propensity,
    segment,
    windowMs,
    unit: typeof unitCostMinor === 'number' ? { productId, costMinor: unitCostMinor } : null,
    ...(block ? { block } : {}),
  }
}

/** A listing's price is sticky: the arm it was first to show is kept, as if a page had shown it. */
function rememberPreview(facts: CustomerFacts, id: string, { test }: RecentDecision): void {
  if (test.block || facts.previewed[test.key]) return
  const { arm, epoch, propensity, segment } = test
  facts.previewed[test.key] = { id, arm, epoch, ...(propensity === undefined ? {} : { propensity }), segment: segment ?? null }
}

/** A preview was never served: the arm is that of the next one, if there was one. */
function forgetPreview(facts: CustomerFacts, id: string, key: string): void {
  if (facts.previewed[key]?.id !== id) return
  delete facts.previewed[key]
  const others = Object.entries(facts.decisions).filter(([, { test }]) => test.key === key && !test.block)
  const [next] = others.sort(([a, { at: one }], [b, { at: other }]) => one - other || (a < b ? -1 : 1))
  if (next) rememberPreview(facts, ...next)
}

function sample(facts: CustomerFacts, event: AcceptedEvent, { decision, configVersion }: DecisionBody, { rows }: Effects): void {
  forget(facts.sampled, event.occurredAt)
  const rowId = rowIdOf(event)
  facts.sampled[decision.id] = { rowId, at: event.occurredAt }
  const { productId, currency, priceMinor, listMinor, reason, priceClass, test, propensity, context, decidedAt } = decision
  rows.set(rowId, {
    decisionId: decision.id,
    productId,
    currency,
    priceMinor,
    listMinor,
    reason,
    priceClass,
    testId: test?.testId ?? null,
    testVersion: test?.version ?? null,
    arm: test?.arm ?? null,
    propensity,
    country: context.country,
    device: context.device,
    decidedAt,
    configVersion,
    inputs: inputsOf(decision),
  })
}

/** Drops what nothing can happen to any more. */
function forget(recent: Record<string, { at: number }>, now: number): void {
  for (const [id, { at }] of Object.entries(recent)) if (at < now - REMEMBERED_MS) delete recent[id]
}

/** Somebody whom no lever should touch, and whom one has touched before or will: two visitors became one, or the holdout grew. */
function holdOut(facts: CustomerFacts, contributions: Contributions): void {
  if (facts.heldOut) return
  facts.heldOut = true
  for (const [key, exposure] of Object.entries(facts.exposures)) {
    contribute(key, exposure, contributions, -1)
    exposure.excluded = true
    contribute(key, exposure, contributions, 1)
  }
}

export function viewDecision(facts: CustomerFacts, event: AcceptedEvent, body: DecisionViewedBody, { contributions }: Effects): void {
  viewHoldout(facts, event, body.decisionId, contributions)
  const recent = facts.decisions[body.decisionId]
  if (!recent?.preview) return
  recent.preview = false
  recent.at = event.occurredAt
  recent.day = event.bookedDay
  show(facts, body.decisionId, recent, contributions)
}

/** A page showed it. A switchback is analysed by its blocks, not by who happened to come by in which of them. */
function show(facts: CustomerFacts, id: string, recent: RecentDecision, contributions: Contributions): void {
  if (recent.test.block) enterBlock(facts, id, recent, contributions)
  else expose(facts, id, recent, contributions)
}

/** First exposure wins; whoever sees a second arm, or a clamped price, leaves the analysis. */
function expose(facts: CustomerFacts, id: string, { test, at, day }: RecentDecision, contributions: Contributions): void {
  const { key, currency, block: _, ...shown } = test
  const served: Served = { id, at, day, ...shown }
  const known = facts.exposures[key]
  if (!known) {
    const exposure: Exposure = { currency, served: [served], excluded: facts.heldOut, rewards: Object.create(null) }
    settleOutcome(facts, exposure)
    facts.exposures[key] = exposure
    return contribute(key, exposure, contributions, 1)
  }
  contribute(key, known, contributions, -1)
  const [first, ...rest] = known.served
  const recent = rest.filter((each) => each.at >= at - REMEMBERED_MS)
  // What is forgotten can no longer be voided, but what it showed was seen.
  if (recent.length < rest.length) known.excluded = isContradicted(known)
  known.served = [first, ...recent, served]
  contribute(key, known, contributions, 1)
}

/** The caller had already fallen back: as if the decision had never been served. Only the void of a decision in the log is ever accepted. */
export function voidDecision(facts: CustomerFacts, event: AcceptedEvent, body: DecisionVoidedBody, { contributions, rows }: Effects): void {
  const sampled = facts.sampled[body.decisionId]
  if (sampled) rows.set(sampled.rowId, null)
  delete facts.sampled[body.decisionId]
  add(contributions, rollupKey(METRIC.decisions, '', event.bookedDay, 'reason', 'voided'), 1)
  leaveHoldout(facts, body.decisionId, contributions)
  const recent = facts.decisions[body.decisionId]
  delete facts.decisions[body.decisionId]
  if (!recent) return
  const { key } = recent.test
  forgetPreview(facts, body.decisionId, key)
  leaveBlock(facts, body.decisionId, recent, contributions)
  const exposure = facts.exposures[key]
  if (!exposure?.served.some(({ id }) => id === body.decisionId)) return
  contribute(key, exposure, contributions, -1)
  const [first, ...rest] = exposure.served.filter(({ id }) => id !== body.decisionId)
  if (!first) {
    delete facts.exposures[key]
    return
  }
  exposure.served = [first, ...rest]
  settleOutcome(facts, exposure)
  contribute(key, exposure, contributions, 1)
}

/** The quote itself is spent in the object's own table; a decision that became a purchase was served for good. */
export function redeemDecision(facts: CustomerFacts, body: QuoteRedeemedBody): void {
  delete facts.decisions[body.decisionId]
}
