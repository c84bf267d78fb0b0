import { DAY_MS } from '../time.ts'
import type { AcceptedEvent, ExposureBody } from './event.ts'
import type { CustomerFacts, Exposure, Purchase } from './facts.ts'
import type { Effects } from './fold.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** Purchases count for a test when they come within this time of the first exposure. */
export const CONVERSION_WINDOW_MS = 14 * DAY_MS

/** Σy² leaves the safe integers at a hundred customers of $100,000; sums of smaller parts stay exact. */
const SQUARES_BASE = 100_000_000n

/** Parts of y² whose sums stay exact over 90 million customers: y² = high × 10¹⁶ + middle × 10⁸ + low. */
export function squareParts(value: number): { high: number; middle: number; low: number } {
  const square = BigInt(value) * BigInt(value)
  const upper = square / SQUARES_BASE
  return { high: Number(upper / SQUARES_BASE), middle: Number(upper % SQUARES_BASE), low: Number(square % SQUARES_BASE) }
}

/** What one person gives to a test: net revenue inside its conversion window, minor units. */
export const rewardOf = (exposure: Exposure): number => Object.values(exposure.rewards).reduce((sum, value) => sum + value, 0)

/** Whether somebody saw two arms of a test, or a price that guardrails had clamped: then they leave the analysis. */
export const isContradicted = ({ served, excluded }: Exposure): boolean =>
  excluded || served.some(({ arm, clamped }) => clamped || arm !== served[0].arm)

/** Adds or withdraws all that one customer gives to a test: n, Σy, Σy², and whether there was any reward. */
export function contribute(key: string, exposure: Exposure, contributions: Contributions, sign: 1 | -1): void {
  const { arm, epoch, day } = exposure.served[0]
  const scope = `${key}:${epoch}`
  if (isContradicted(exposure)) return add(contributions, rollupKey(METRIC.exposedTwice, scope, day), sign)
  const name = (metric: string) => rollupKey(metric, scope, day, 'arm', arm)
  const total = rewardOf(exposure)
  const { high, middle, low } = squareParts(total)
  add(contributions, name(METRIC.exposed), sign)
  add(contributions, name(METRIC.rewardSum), sign * total)
  add(contributions, name(METRIC.rewardSquaresHigh), sign * high)
  add(contributions, name(METRIC.rewardSquaresMiddle), sign * middle)
  add(contributions, name(METRIC.rewardSquaresLow), sign * low)
  if (total > 0) add(contributions, name(METRIC.rewarded), sign)
}

const netOf = ({ amountMinor, refundedMinor, disputedMinor }: Purchase): number => amountMinor - refundedMinor - disputedMinor

const inWindow = ({ currency, served: [first] }: Exposure, purchase: Purchase): boolean =>
  purchase.currency === currency && purchase.occurredAt >= first.at && purchase.occurredAt <= first.at + CONVERSION_WINDOW_MS

/** Tells every exposure whose window holds the purchase what is left of it now. */
export function reward(facts: CustomerFacts, transactionId: string, contributions: Contributions): void {
  const purchase = facts.purchases[transactionId] as Purchase
  for (const [key, exposure] of [...Object.entries(facts.exposures), ...Object.entries(facts.experiments)]) {
    if (!inWindow(exposure, purchase)) continue
    contribute(key, exposure, contributions, -1)
    exposure.rewards[transactionId] = netOf(purchase)
    contribute(key, exposure, contributions, 1)
  }
}

/** All rewards anew, when the first exposure has moved. */
export function rewardsSince(facts: CustomerFacts, exposure: Exposure): Record<string, number> {
  const rewards: Record<string, number> = Object.create(null)
  for (const [transactionId, purchase] of Object.entries(facts.purchases)) {
    if (inWindow(exposure, purchase)) rewards[transactionId] = netOf(purchase)
  }
  return rewards
}

/** A variant was seen. The first one counts; whoever sees another, on whatever device, leaves the analysis. */
export function viewVariant(facts: CustomerFacts, event: AcceptedEvent, body: ExposureBody, { contributions }: Effects): void {
  const key = `${body.experiment}@${body.version}`
  const known = facts.experiments[key]
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
  exposure.rewards = rewardsSince(facts, exposure)
  facts.experiments[key] = exposure
  contribute(key, exposure, contributions, 1)
}
