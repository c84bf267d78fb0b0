import type { ArmsAnalysis, ElasticityInput, OffPolicyInput, SalesAnalysis } from '../../../contract/analysis.ts'
import { DomainError } from '../../error.ts'
import type { LoggedAction } from '../off-policy.ts'
import { constantElasticityPrice, elasticities } from './elasticity.ts'
import { demandBySegment, elasticityAt, isSpoken, type LogitDemand, logitDemand } from './logit-demand.ts'
import { arcElasticity, type PricePoint, pricePoints } from './price-point.ts'
import { allowedPrices, type PriceBounds, suggestPrice } from './suggestion.ts'

/** Between the calculators' words and the domain: on callers' own numbers, in callers' own units. */

type Rows = NonNullable<ElasticityInput['rows']>
type Arms = NonNullable<ElasticityInput['arms']>
type Terms = Pick<ElasticityInput, 'unitCost' | 'listPrice' | 'stepLimit' | 'bounds'>

const MAXIMUM_GROUPS = 1_000

const boundsOf = ({ bounds }: Terms): PriceBounds => ({ low: bounds?.low ?? 0, high: bounds?.high ?? Number.POSITIVE_INFINITY })

/**
 * @throws DomainError missing_field      a row without a group, where others have one
 * @throws DomainError batch_too_large    more than a thousand groups
 * @throws DomainError insufficient_data  as `elasticities`
 */
export function analyseSales(rows: Rows, terms: Terms): SalesAnalysis {
  const grouped = rows.some(({ group }) => group !== undefined)
  const without = grouped ? rows.findIndex(({ group }) => group === undefined) : -1
  if (without >= 0) throw new DomainError('missing_field', 'other rows have a group, so this one needs one', `rows.${without}.group`)
  if (new Set(rows.map(({ group }) => String(group))).size > MAXIMUM_GROUPS)
    throw new DomainError('batch_too_large', `rows may have ${MAXIMUM_GROUPS} groups`, 'rows')
  const found = elasticities(
    rows.map(({ price, quantity, group }) => ({ price, quantity, group: group === undefined ? null : String(group) })),
  )
  const basis = found.within ? 'within' : 'pooled'
  const { value: elasticity } = found.within ?? found.pooled
  const unclamped = constantElasticityPrice(terms.unitCost, elasticity)
  const none = { method: 'log_log' as const, ...found, optimalPrice: null }
  if (elasticity >= -1)
    return {
      ...none,
      reason: 'Demand falls no faster than the price rises, so no price earns most: the model does not hold far from these prices',
    }
  if (unclamped === null) return { ...none, reason: 'Without a unit cost a demand this elastic earns the more the lower the price is' }
  // One by one: as arguments of a call fifty thousand prices would not fit.
  const seen = rows.reduce(({ low, high }, { price }) => ({ low: Math.min(low, price), high: Math.max(high, price) }), {
    low: Number.POSITIVE_INFINITY,
    high: 0,
  })
  const { low, high } = allowedPrices([seen.low, seen.high], terms.stepLimit, boundsOf(terms))
  if (low > high) return { ...none, reason: 'The bounds allow none of the prices of these rows' }
  const value = Math.min(high, Math.max(low, unclamped))
  return { ...none, optimalPrice: { basis, elasticity, unclamped, value, clamped: value !== unclamped }, reason: null }
}

export function analyseArms(arms: Arms, terms: Terms): ArmsAnalysis {
  const cells = arms.map(({ price, visitors, conversions, segment = null }) => ({
    price,
    visitors,
    buyers: conversions,
    weight: 1,
    segment,
  }))
  const points = pricePoints(cells)
  const listPrice = terms.listPrice ?? (arms[0] as Arms[number]).price
  const { demand, reason } = logitDemand(cells)
  const analysis: ArmsAnalysis = {
    method: 'logit',
    arms: points.map(armOf),
    arcElasticity: points.length === 2 ? arcElasticity(points[0] as PricePoint, points[1] as PricePoint) : null,
    demand: null,
    elasticity: null,
    segments: demandBySegment(cells, listPrice).map(({ buyers: conversions, ...each }) => ({ ...each, conversions })),
    suggestion: null,
    reason,
  }
  return demand ? withDemand(analysis, demand, points, listPrice, terms) : analysis
}

function withDemand(
  analysis: ArmsAnalysis,
  demand: LogitDemand,
  points: readonly PricePoint[],
  listPrice: number,
  terms: Terms,
): ArmsAnalysis {
  const tested = points.filter(isSpoken).map(({ price }) => price)
  const bounds = allowedPrices(tested, terms.stepLimit, boundsOf(terms))
  const { suggestion, reason } = suggestPrice(demand, terms.unitCost, listPrice, bounds)
  if (demand.slope >= 0) return { ...analysis, reason }
  const { level, slope, covariance, referencePrice } = demand
  return {
    ...analysis,
    demand: { level, slope, slopeStandardError: Math.sqrt(covariance.slope), referencePrice },
    elasticity: elasticityAt(demand, listPrice),
    suggestion: suggestion && {
      price: suggestion.price,
      gain: suggestion.gain.value,
      gainLow: suggestion.gain.low,
      gainHigh: suggestion.gain.high,
      clamped: suggestion.clamped,
    },
    reason,
  }
}

const armOf = ({ price, visitors, buyers, rate, low, high, revenuePerVisitor, standardError }: PricePoint) => ({
  price,
  visitors,
  conversions: buyers,
  conversionRate: rate,
  low,
  high,
  revenuePerVisitor,
  standardError,
})

/** Chances may miss 1 by this much: the error of adding shares in floating point, and of writing them down with six digits. */
const CHANCE_TOLERANCE = 1e-4

/**
 * The log as `offPolicyValue` reads it.
 *
 * @throws DomainError missing_field       a row for which nobody says how likely the policy would choose its action
 * @throws DomainError weights_do_not_sum  chances of all actions that do not sum to 1
 */
export function loggedActions({ rows, policy }: OffPolicyInput): LoggedAction[] {
  const shared = policy && chancesOf(policy, 'policy')
  return rows.map(({ action: name, reward, propensity, target, targets }, at) => {
    const action = String(name)
    const all = targets ? chancesOf(targets, `rows.${at}.targets`) : (shared ?? null)
    const own = target ?? (all ? (all.get(action) ?? 0) : undefined)
    if (own === undefined)
      throw new DomainError(
        'missing_field',
        'give the chance under the policy to value here, or all of its chances as policy',
        `rows.${at}.target`,
      )
    return { action, reward, propensity, target: own, targets: all }
  })
}

function chancesOf(chances: Readonly<Record<string, number>>, field: string): ReadonlyMap<string, number> {
  const map = new Map(Object.entries(chances))
  const sum = [...map.values()].reduce((total, chance) => total + chance, 0)
  if (!(Math.abs(sum - 1) <= CHANCE_TOLERANCE))
    throw new DomainError('weights_do_not_sum', `chances sum to 1, not to ${Number(sum.toPrecision(6))}`, field)
  return map
}
