import { DAY_MS } from '../time.ts'
import type { AcceptedEvent, DecisionBody, DecisionViewedBody, DecisionVoidedBody, QuoteRedeemedBody } from './event.ts'
import { contribute, rewardsSince } from './exposures.ts'
import type { CustomerFacts, RecentDecision } from './facts.ts'
import type { Effects } from './fold.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** Voids, views and redemptions follow a decision within minutes; after a day it needs no memory. */
const REMEMBERED_MS = DAY_MS

/** A price was decided. Shown on its own page it is an exposure at once; on a listing only when it is viewed. */
export function recordDecision(facts: CustomerFacts, event: AcceptedEvent, body: DecisionBody, { contributions }: Effects): void {
  const { decision } = body
  for (const [id, known] of Object.entries(facts.decisions)) if (known.at < event.occurredAt - REMEMBERED_MS) delete facts.decisions[id]
  // A switchback is analysed by its windows, not by who happened to come by in which of them.
  const test = decision.test?.mode === 'randomised' ? decision.test : null
  const recent: RecentDecision = {
    productId: decision.productId,
    test: test && {
      key: `${test.testId}@${test.version}`,
      arm: test.arm,
      epoch: test.epoch,
      clamped: test.clamped,
      currency: decision.currency,
    },
    preview: body.preview,
    at: event.occurredAt,
    day: event.bookedDay,
  }
  facts.decisions[decision.id] = recent
  add(contributions, rollupKey(METRIC.decisions, '', event.bookedDay, 'reason', decision.reason), 1)
  if (!body.preview) expose(facts, decision.id, recent, contributions)
}

export function viewDecision(facts: CustomerFacts, event: AcceptedEvent, body: DecisionViewedBody, { contributions }: Effects): void {
  const recent = facts.decisions[body.decisionId]
  if (!recent?.preview) return
  recent.preview = false
  recent.at = event.occurredAt
  recent.day = event.bookedDay
  expose(facts, body.decisionId, recent, contributions)
}

/** First exposure wins; whoever sees a second arm, or a clamped price, leaves the analysis. */
function expose(facts: CustomerFacts, id: string, recent: RecentDecision, contributions: Contributions): void {
  const { test } = recent
  if (!test) return
  const served = { id, at: recent.at, day: recent.day }
  const known = facts.exposures[test.key]
  if (!known) {
    const exposure = {
      arm: test.arm,
      epoch: test.epoch,
      currency: test.currency,
      day: recent.day,
      at: recent.at,
      served: [served],
      excluded: test.clamped,
      rewards: Object.create(null) as Record<string, number>,
    }
    facts.exposures[test.key] = exposure
    return contribute(test.key, exposure, contributions, 1)
  }
  // The first says when the exposure began; of the rest only those that could still be voided matter.
  known.served = known.served.filter((each, index) => index === 0 || each.at >= recent.at - REMEMBERED_MS)
  known.served.push(served)
  if ((known.arm !== test.arm || test.clamped) && !known.excluded) {
    contribute(test.key, known, contributions, -1)
    known.excluded = true
    contribute(test.key, known, contributions, 1)
  }
}

/** The caller had already fallen back: as if the decision had never been served. */
export function voidDecision(facts: CustomerFacts, event: AcceptedEvent, body: DecisionVoidedBody, { contributions }: Effects): void {
  const recent = facts.decisions[body.decisionId]
  if (!recent) return
  delete facts.decisions[body.decisionId]
  add(contributions, rollupKey(METRIC.decisions, '', event.bookedDay, 'reason', 'voided'), 1)
  const exposure = recent.test && facts.exposures[recent.test.key]
  if (!recent.test || !exposure || !exposure.served.some(({ id }) => id === body.decisionId)) return
  const { key } = recent.test
  contribute(key, exposure, contributions, -1)
  exposure.served = exposure.served.filter(({ id }) => id !== body.decisionId)
  const first = exposure.served[0]
  if (!first) {
    delete facts.exposures[key]
    return
  }
  exposure.at = first.at
  exposure.day = first.day
  exposure.rewards = rewardsSince(facts, exposure)
  contribute(key, exposure, contributions, 1)
}

/** The quote itself is spent in the object's own table; the fold only remembers which purchase it became. */
export function redeemDecision(facts: CustomerFacts, body: QuoteRedeemedBody): void {
  delete facts.decisions[body.decisionId]
}
