import type { MarketSignal } from '../../contract/lists.ts'
import { fingerprint } from '../fingerprint.ts'
import { hasAny } from '../records.ts'
import { DAY_MS, HOUR_MS } from '../time.ts'
import { drawForPerson, isRunning } from './price-test.ts'
import { STALE_AFTER_MS } from './signal.ts'
import { rulesOf } from './slice-rules.ts'
import type { PricingContext, PricingFacts, ProductSlice } from './types.ts'
import { nextTurn } from './weight-epochs.ts'

export interface PricingInputs {
  /** Equal keys, asked before `validUntil`: the decision would be the same, the cap by the last quote aside. */
  key: string
  /** First instant, epoch ms, at which the same key may mean another price; the largest safe integer when none lies ahead. */
  validUntil: number
}

/**
 * A short key of everything a decision depends on but the time and the last quote, for the warm path: while the key
 * stays and `validUntil` lies ahead, a living quote still holds. Slice and settings enter by their hashes. An arm enters
 * as the one the person has or would draw, so that recording the first exposure does not change the key.
 */
export function pricingInputsKey(
  slice: ProductSlice,
  settingsHash: string,
  facts: PricingFacts,
  context: PricingContext,
  now: number,
): PricingInputs {
  const { test, product } = slice
  const contract = Object.hasOwn(facts.contracts, product.id) ? facts.contracts[product.id] : undefined
  const draw = test && isRunning(test, now) ? drawForPerson(test, facts, context, now) : null
  const { country, region, device, behaviorFlags } = context
  const { reads } = rulesOf(slice)
  const flags = behaviorFlags.length === 0 ? '' : behaviorFlags.length === 1 ? behaviorFlags : [...behaviorFlags].sort()
  return {
    key: fingerprint(
      JSON.stringify([
        slice.hash,
        settingsHash,
        facts.subject,
        contract ? `${contract.amountMinor}${contract.currency}` : 0,
        reads.has('orders') ? facts.orders : facts.orders === 0,
        reads.has('plans') ? Object.keys(facts.contracts).sort() : hasAny(facts.contracts),
        reads.has('health') ? (facts.health ?? null) : null,
        facts.inDunning,
        draw && 'arm' in draw ? draw.arm.key : null,
        context.currency,
        country,
        region,
        device,
        flags,
        context.profilingRefused,
      ]),
    ),
    validUntil: nextBoundary(slice, now),
  }
}

/**
 * The next start or end of a rule or of the test, new weights or the closing of an arm, or the end of the switchback
 * window, of the hour where a rule looks at the clock, or of what a signal of the market is good for. A randomised test counts by
 * windows too: whether it runs as switchback depends on the jurisdiction.
 */
function nextBoundary(slice: ProductSlice, now: number): number {
  let next = Number.MAX_SAFE_INTEGER
  const ahead = (at: number | null) => {
    if (at !== null && at > now && at < next) next = at
  }
  const { edges, timed } = rulesOf(slice)
  ahead(edges.find((at) => at > now) ?? null)
  if (timed) ahead((Math.floor(now / HOUR_MS) + 1) * HOUR_MS)
  // A signal is still good at the very millisecond at which it is as old as it may be.
  for (const signal in slice.signals) ahead((slice.signals[signal as MarketSignal]?.at ?? 0) + STALE_AFTER_MS + 1)
  // Where the step limit counts from is another price once the day has closed.
  if (slice.product.maximumStepPerDay !== null && (slice.rules.length > 0 || slice.past)) ahead((Math.floor(now / DAY_MS) + 1) * DAY_MS)
  const { test } = slice
  if (test) {
    ahead(test.startsAt)
    ahead(test.endsAt)
    ahead(nextTurn(test, now))
    if (isRunning(test, now)) ahead((Math.floor(now / test.windowMs) + 1) * test.windowMs)
  }
  return next
}
