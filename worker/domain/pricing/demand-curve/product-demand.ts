import type { Demand } from '../../../contract/analysis.ts'
import { toMajor } from '../../money.ts'
import { hardRange } from '../guardrails.ts'
import type { PriceTest, ProductTerms } from '../types.ts'
import { type Observational, observe, type PricedDay } from './history.ts'
import { type Bounded, demandBySegment, elasticityAt, isSpoken, type LogitDemand, logitDemand, rateWithin } from './logit-demand.ts'
import { type PriceCell, type PricePoint, pricePoints } from './price-point.ts'
import { allowedPrices, type PriceBounds, suggestPrice } from './suggestion.ts'
import { type ArmCount, testEvidence } from './test-evidence.ts'

/** A price test with what became of those who were in it. */
export interface Evidence {
  test: PriceTest
  counts: readonly ArmCount[]
}

export interface DemandQuestion {
  product: ProductTerms
  currency: string
  /** Newest first. The first that says enough is taken; of those that do not, the newest is shown with what it lacks. */
  evidence: readonly Evidence[]
  days: readonly PricedDay[]
  /** Makes an amount one that may stand in a shop, inside the bounds; both in minor units. */
  end: (amountMinor: number, bounds: { lowMinor: number; highMinor: number }) => number
}

/** Points of a curve, evenly spaced by ratio. */
const CURVE_POINTS = 41

/**
 * Demand of a product in a currency, as the API tells it: from a price test where one says enough, else what its past shows,
 * of which no price is suggested. The observational slopes stand beside either and are mixed with neither.
 */
export function productDemand(question: DemandQuestion): Demand {
  const { product, currency, evidence, days } = question
  const fits = evidence.map(({ test, counts }) => {
    const cells = testEvidence(test, counts)
    return { test, cells, ...logitDemand(cells) }
  })
  const chosen = fits.find(({ demand }) => demand) ?? fits.find(({ cells }) => cells.length > 0)
  const observed = product.interval === null ? observe(days) : null
  const blank: Demand = {
    productId: product.id,
    currency,
    source: null,
    testId: null,
    points: [],
    model: null,
    curve: [],
    elasticity: null,
    suggestion: null,
    segments: [],
    observational: observed && { pooled: observed.pooled, within: observed.within },
    reason: 'No price test of this product has been seen by anybody, and its list price has not moved for long enough to tell of demand',
  }
  if (chosen?.demand) return fromTest(question, blank, chosen.test, chosen.cells, chosen.demand)
  if (observed) return fromHistory(blank, observed, currency, chosen?.reason ?? null)
  if (!chosen) return blank
  const points = pricePoints(chosen.cells).map((point) => pointOf(point, currency))
  return { ...blank, source: 'test', testId: chosen.test.id, points, reason: chosen.reason }
}

function fromTest(
  { product, currency, end }: DemandQuestion,
  blank: Demand,
  test: PriceTest,
  cells: readonly PriceCell[],
  demand: LogitDemand,
): Demand {
  const book = product.prices[currency] as ProductTerms['prices'][string]
  const points = pricePoints(cells)
  const tested = points.filter(isSpoken).map(({ price }) => price)
  const middle = Math.min(Math.max(...tested), Math.max(Math.min(...tested), book.listMinor))
  const answer: Demand = {
    ...blank,
    source: 'test',
    testId: test.id,
    points: points.map((point) => pointOf(point, currency)),
    segments: demandBySegment(cells, middle),
  }
  const step = product.maximumStepPerDay ?? 0
  const { lowMinor, highMinor } = hardRange(product, book)
  const bounds = wholeBounds(allowedPrices(tested, step, { low: lowMinor, high: highMinor }))
  const { suggestion, reason } = suggestPrice(demand, book.unitCostMinor ?? 0, book.listMinor, bounds, (price) =>
    end(Math.round(price), { lowMinor: bounds.low, highMinor: bounds.high }),
  )
  if (demand.slope >= 0) return { ...answer, reason }
  const shown = allowedPrices(tested, step, { low: 1, high: Number.POSITIVE_INFINITY })
  return {
    ...answer,
    model: 'logit',
    curve: curveOf(shown, (price) => rateWithin(demand, price), currency),
    elasticity: elasticityAt(demand, middle),
    suggestion: suggestion && {
      amount: toMajor(suggestion.price, currency),
      gain: toMajor(suggestion.gain.value, currency),
      gainLow: toMajor(suggestion.gain.low, currency),
      gainHigh: toMajor(suggestion.gain.high, currency),
      clamped: suggestion.clamped,
    },
    reason,
  }
}

function fromHistory(blank: Demand, { points, rateAt }: Observational, currency: string, testReason: string | null): Demand {
  const prices = points.map(({ price }) => price)
  const observational =
    'From the past alone no price is suggested: what else changed with the list price is in its slope. A price test tells'
  return {
    ...blank,
    source: 'history',
    points: points.map((point) => pointOf(point, currency)),
    model: 'log_log',
    curve: curveOf({ low: Math.min(...prices), high: Math.max(...prices) }, rateAt, currency),
    reason: testReason === null ? observational : `${testReason}. ${observational}`,
  }
}

const wholeBounds = ({ low, high }: PriceBounds): PriceBounds => ({
  low: Math.ceil(low * (1 - 1e-12)),
  high: Math.floor(high * (1 + 1e-12)),
})

const pointOf = ({ price, visitors, buyers, rate, low, high }: PricePoint, currency: string) => ({
  amount: toMajor(price, currency),
  visitors,
  buyers,
  rate,
  low,
  high,
})

function curveOf({ low, high }: PriceBounds, rateAt: (price: number) => Bounded, currency: string): Demand['curve'] {
  const amounts = Array.from({ length: CURVE_POINTS }, (_, at) => Math.round(low * (high / low) ** (at / (CURVE_POINTS - 1))))
  return [...new Set(amounts)].map((amountMinor) => {
    const { value, ...interval } = rateAt(amountMinor)
    return { amount: toMajor(amountMinor, currency), rate: value, ...interval }
  })
}
