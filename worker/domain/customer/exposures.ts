import { DAY_MS } from '../time.ts'
import type { CustomerFacts, Exposure } from './facts.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** Purchases count for a test when they come within this time of the first exposure. */
export const CONVERSION_WINDOW_MS = 14 * DAY_MS

/** Σy² leaves the safe integers at a hundred customers of $100,000; two sums of smaller parts stay exact. */
const SQUARES_BASE = 1_000_000_000n

/** Parts of y² whose sums stay exact: y² = high × 10⁹ + low. */
export function squareParts(value: number): { high: number; low: number } {
  const square = BigInt(value) * BigInt(value)
  return { high: Number(square / SQUARES_BASE), low: Number(square % SQUARES_BASE) }
}

const rewardOf = (exposure: Exposure): number => Object.values(exposure.rewards).reduce((sum, value) => sum + value, 0)

/** Adds or withdraws all that one customer gives to a test: n, Σy, Σy², and whether there was any reward. */
export function contribute(key: string, exposure: Exposure, contributions: Contributions, sign: 1 | -1): void {
  const scope = `${key}:${exposure.epoch}`
  if (exposure.excluded) return add(contributions, rollupKey(METRIC.exposedTwice, scope, exposure.day), sign)
  const name = (metric: string) => rollupKey(metric, scope, exposure.day, 'arm', exposure.arm)
  const total = rewardOf(exposure)
  const { high, low } = squareParts(total)
  add(contributions, name(METRIC.exposed), sign)
  add(contributions, name(METRIC.rewardSum), sign * total)
  add(contributions, name(METRIC.rewardSquaresHigh), sign * high)
  add(contributions, name(METRIC.rewardSquaresLow), sign * low)
  if (total > 0) add(contributions, name(METRIC.rewarded), sign)
}

/** Gives money, or takes it back, to every exposure whose window holds the purchase. */
export function reward(
  facts: CustomerFacts,
  transactionId: string,
  purchasedAt: number,
  currency: string,
  amountMinor: number,
  contributions: Contributions,
): void {
  for (const [key, exposure] of Object.entries(facts.exposures)) {
    if (exposure.currency !== currency || purchasedAt < exposure.at || purchasedAt > exposure.at + CONVERSION_WINDOW_MS) continue
    contribute(key, exposure, contributions, -1)
    exposure.rewards[transactionId] = (exposure.rewards[transactionId] ?? 0) + amountMinor
    contribute(key, exposure, contributions, 1)
  }
}

/** All rewards anew, when the first exposure has moved. */
export function rewardsSince(facts: CustomerFacts, exposure: Exposure): Record<string, number> {
  const rewards: Record<string, number> = Object.create(null)
  for (const [transactionId, purchase] of Object.entries(facts.purchases)) {
    const { occurredAt, currency, amountMinor, refundedMinor, disputedMinor } = purchase
    if (currency !== exposure.currency || occurredAt < exposure.at || occurredAt > exposure.at + CONVERSION_WINDOW_MS) continue
    rewards[transactionId] = amountMinor - refundedMinor - disputedMinor
  }
  return rewards
}
