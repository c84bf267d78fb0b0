import { logistic, logisticRegression } from '../../statistics/logistic.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'
import type { Unfitted } from '../../statistics/scoring.ts'
import { type PriceCell, pricePoints } from './price-point.ts'

/** Share of visitors who buy as a function of the price: log odds = level + slope × log (price ÷ reference). */
export interface LogitDemand {
  /** Log odds at the reference price. */
  level: number
  /** Change of the log odds a unit of log price: below 0 where demand falls with the price. */
  slope: number
  /** Covariance of level and slope, by the sandwich. */
  covariance: { level: number; both: number; slope: number }
  /** Geometric mean of the prices seen, so that level and slope hardly hang together. */
  referencePrice: number
}

/** Ninety-five per cent interval of an estimate. */
export interface Bounded {
  value: number
  low: number
  high: number
}

/** Visitors a price must have, so that its share of buyers says something. */
export const MINIMUM_VISITORS = 100
/** Buyers over all prices, ten for each of the two parameters. */
export const MINIMUM_BUYERS = 20

const REACH = normalQuantile(0.975)

const UNFITTED: Record<Unfitted['reason'], string> = {
  separated: 'At one of the prices nobody, or everybody, bought: the slope of demand would be infinite',
  collinear: 'Only one price was shown: demand has no slope',
  not_converged: 'The fit of the demand curve does not converge',
}

/**
 * Logit demand from what people did who were shown a price by lot; or the reason, as a sentence, why there is none. Prices
 * that too few people saw yet are left out.
 *
 * @example logitDemand([{ price: 19, visitors: 8000, buyers: 280, weight: 1 }, { price: 24, visitors: 8000, buyers: 232, weight: 1 }])
 *          // => { demand: { slope: -0.8298…, … }, reason: null }
 */
export function logitDemand(cells: readonly PriceCell[]): { demand: LogitDemand; reason: null } | { demand: null; reason: string } {
  const none = (reason: string) => ({ demand: null, reason })
  const spoken = new Set(pricePoints(cells).flatMap((point) => (isSpoken(point) ? [point.price] : [])))
  const used = cells.filter(({ price, visitors }) => spoken.has(price) && visitors > 0)
  if (spoken.size < 2) return none(`Fewer than two prices above 0 have been shown to ${MINIMUM_VISITORS} people yet`)
  const buyers = used.reduce((sum, cell) => sum + cell.buyers, 0)
  if (buyers < MINIMUM_BUYERS)
    return none(`Only ${buyers} people have bought; ${MINIMUM_BUYERS} are needed to see how demand follows the price`)
  const weighed = used.reduce((sum, { visitors, weight }) => sum + visitors * weight, 0)
  const logReference = used.reduce((sum, { price, visitors, weight }) => sum + visitors * weight * Math.log(price), 0) / weighed
  const fitted = logisticRegression(
    used.map(({ price, visitors, buyers: count, weight }) => ({
      x: [1, Math.log(price) - logReference],
      count,
      exposure: visitors,
      weight,
    })),
  )
  if (!fitted.converged) return none(UNFITTED[fitted.reason])
  const [level = 0, slope = 0] = fitted.coefficients
  const [levels = 0, both = 0, , slopes = 0] = fitted.robustCovariance
  return {
    demand: { level, slope, covariance: { level: levels, both, slope: slopes }, referencePrice: Math.exp(logReference) },
    reason: null,
  }
}

/** A curve that rises is chance, or something that the price stands for: nothing is told of it but that. */
export const RISING = 'Demand does not fall with the price in these data, so no price earns most'

export interface SegmentDemand {
  segment: string
  visitors: number
  buyers: number
  elasticity: Bounded | null
  /** Why there is no elasticity, as a sentence. */
  reason: string | null
}

/** Demand of each segment by itself, with its elasticity at a price, in the order of their names. */
export function demandBySegment(cells: readonly PriceCell[], price: number): SegmentDemand[] {
  const named = cells.flatMap(({ segment, ...cell }) => (segment === null ? [] : [{ ...cell, segment }]))
  const bySegment = [...Map.groupBy(named, ({ segment }) => segment)].sort(([a], [b]) => (a < b ? -1 : 1))
  return bySegment.map(([segment, of]) => {
    const { demand, reason } = logitDemand(of)
    const isFalling = demand !== null && demand.slope < 0
    return {
      segment,
      visitors: of.reduce((sum, { visitors }) => sum + visitors, 0),
      buyers: of.reduce((sum, { buyers }) => sum + buyers, 0),
      elasticity: isFalling ? elasticityAt(demand, price) : null,
      reason: isFalling ? null : (reason ?? RISING),
    }
  })
}

export const isSpoken = ({ price, effectiveVisitors }: { price: number; effectiveVisitors: number }): boolean =>
  price > 0 && effectiveVisitors >= MINIMUM_VISITORS

const logPrice = ({ referencePrice }: LogitDemand, price: number): number => Math.log(price / referencePrice)

/** Share of visitors who buy at a price, 0–1. */
export const rateAt = (demand: LogitDemand, price: number): number => logistic(demand.level + demand.slope * logPrice(demand, price))

/** The share with its interval, made on the scale of log odds, so that it stays inside 0–1. */
export function rateWithin(demand: LogitDemand, price: number): Bounded {
  const x = logPrice(demand, price)
  const predictor = demand.level + demand.slope * x
  const half = REACH * errorOf(demand, 1, x)
  return { value: logistic(predictor), low: logistic(predictor - half), high: logistic(predictor + half) }
}

/** Per cent by which the share of buyers changes with a price higher by one per cent, at a price: slope × (1 − share). */
export function elasticityAt(demand: LogitDemand, price: number): Bounded {
  const rate = rateAt(demand, price)
  const value = demand.slope * (1 - rate)
  const byLevel = -demand.slope * rate * (1 - rate)
  return bounded(value, errorOf(demand, byLevel, 1 - rate + byLevel * logPrice(demand, price)))
}

/** Standard error of a figure by its derivatives for level and slope (delta method). */
export const errorOf = ({ covariance }: LogitDemand, byLevel: number, bySlope: number): number =>
  Math.sqrt(Math.max(0, byLevel ** 2 * covariance.level + 2 * byLevel * bySlope * covariance.both + bySlope ** 2 * covariance.slope))

export const bounded = (value: number, error: number): Bounded => ({ value, low: value - REACH * error, high: value + REACH * error })

/** What a visitor brings at a price, less the cost of what they buy, with its derivatives for level and slope. */
export function profitAt(demand: LogitDemand, price: number, unitCost: number) {
  const rate = rateAt(demand, price)
  const byLevel = (price - unitCost) * rate * (1 - rate)
  return { value: (price - unitCost) * rate, byLevel, bySlope: byLevel * logPrice(demand, price) }
}
