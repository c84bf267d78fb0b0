import { type Bounded, bounded, errorOf, type LogitDemand, profitAt, RISING, rateAt } from './logit-demand.ts'

export interface PriceBounds {
  low: number
  high: number
}

export interface Suggestion {
  price: number
  /** What a visitor brings more than at the present price, less the cost of what they buy; with its 95 % interval. */
  gain: Bounded
  /** The price that would earn most lies outside of what was tested or is allowed, so this is the nearest that does not. */
  clamped: boolean
}

/**
 * Prices that may be suggested: the tested ones and those between, beyond them by no more than the share a price may move in
 * a step, and inside the guardrails. Low above high where they contradict each other.
 *
 * @param step share of the price, 0–1; 0 where no step limit is set
 * @example allowedPrices([449, 549], 0.1, { low: 299, high: 600 }) // => { low: 404.1, high: 600 }
 */
export const allowedPrices = (tested: readonly number[], step: number, guardrails: PriceBounds): PriceBounds => ({
  low: Math.max(guardrails.low, Math.min(...tested) * (1 - step)),
  high: Math.min(guardrails.high, Math.max(...tested) * (1 + step)),
})

/**
 * Price inside the bounds at which a visitor brings most: (price − unit cost) × share of buyers. Where demand is logit in the
 * log price and falls, that rises to one top and then falls, so the sign of its slope leads there.
 *
 * Units: those of the demand's prices. Precise to 1e-12 of the price.
 */
export function bestPrice(demand: LogitDemand, unitCost: number, bounds: PriceBounds): { price: number; clamped: boolean } {
  /** Above 0 where a higher price brings more: the slope of the log profit × (price − cost), so that the cost is no pole. */
  const uphill = (price: number) => price <= unitCost || 1 + (demand.slope * (1 - rateAt(demand, price)) * (price - unitCost)) / price > 0
  let { low, high } = bounds
  if (!uphill(low)) return { price: low, clamped: true }
  if (uphill(high)) return { price: high, clamped: true }
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (uphill(middle)) low = middle
    else high = middle
  }
  return { price: (low + high) / 2, clamped: false }
}

/**
 * The price to charge, and what it would bring against the present one; or the reason, as a sentence, why none is suggested.
 *
 * The interval is that of the gain of this very price (delta method over both parameters); that the price itself was chosen
 * by the same data is not in it.
 *
 * @param end makes a price one that may stand in a shop, inside the bounds
 */
export function suggestPrice(
  demand: LogitDemand,
  unitCost: number,
  presentPrice: number,
  bounds: PriceBounds,
  end: (price: number) => number = (price) => price,
): { suggestion: Suggestion; reason: null } | { suggestion: null; reason: string } {
  const none = (reason: string) => ({ suggestion: null, reason })
  if (demand.slope >= 0) return none(RISING)
  if (!(bounds.low <= bounds.high)) return none('The guardrails allow none of the prices that were tested')
  if (!(presentPrice >= bounds.low && presentPrice <= bounds.high))
    return none('The present price is none of those that were tested or lie between them, so no gain against it can be told')
  const { price: best, clamped } = bestPrice(demand, unitCost, bounds)
  const price = Math.min(bounds.high, Math.max(bounds.low, end(best)))
  const there = profitAt(demand, price, unitCost)
  const here = profitAt(demand, presentPrice, unitCost)
  const error = errorOf(demand, there.byLevel - here.byLevel, there.bySlope - here.bySlope)
  return { suggestion: { price, gain: bounded(there.value - here.value, error), clamped }, reason: null }
}
