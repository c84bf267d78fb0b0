import { DomainError } from '../../error.ts'
import { regressWithin, type Slopes } from '../../statistics/least-squares.ts'
import { studentQuantile } from '../../statistics/student-quantile.ts'

/** How much was sold at a price, in whatever units: an elasticity has none. */
export interface Sale {
  price: number
  quantity: number
  /** What is compared only with its like, such as a brand, a country or a season; null where all is alike. */
  group: string | null
}

/** Per cent by which the quantity changes with a price higher by one per cent. */
export interface Elasticity {
  value: number
  standardError: number
  /** Whatever the residuals vary by (HC1); the interval is made of it. */
  robustStandardError: number
  /** 95 % interval, by Student's distribution. */
  low: number
  high: number
}

export interface Elasticities {
  observations: number
  /** Over all sales as if they were alike: it takes what sells at low prices for what low prices sell. */
  pooled: Elasticity
  /** One elasticity, from changes inside groups alone; null without two groups, or where prices move in none. */
  within: Elasticity | null
  /** By group, in the order of their names; null where its price never moved. */
  groups: { group: string; observations: number; elasticity: Elasticity | null }[]
  /** Share of the variance of the log quantity that is explained: pooled, within with the groups' levels, and by groups' own slopes. */
  rSquared: { pooled: number; within: number | null; groups: number | null }
}

/**
 * Price elasticity by least squares of the log quantity on the log price: pooled, within groups, and of each group.
 *
 * Source: the model of Business Data Science (Taddy 2019), ch. 2, examples/oj.R.
 *
 * @throws DomainError invalid_field      a price or quantity that is not above 0: it has no logarithm
 * @throws DomainError insufficient_data  fewer than three sales, or all at one price
 * @example elasticities([1, 2, 4].map((price) => ({ price, quantity: price ** -2, group: null }))).pooled.value // => -2
 */
export function elasticities(sales: readonly Sale[]): Elasticities {
  const unfit = sales.findIndex(({ price, quantity }) => !(price > 0 && quantity > 0 && price * quantity < Number.POSITIVE_INFINITY))
  if (unfit >= 0) throw new DomainError('invalid_field', 'an elasticity requires prices and quantities above 0', `rows.${unfit}`)
  if (sales.length < 3) throw new DomainError('insufficient_data', 'an elasticity requires at least three sales', 'rows')
  const x = Float64Array.from(sales, ({ price }) => Math.log(price))
  const y = Float64Array.from(sales, ({ quantity }) => Math.log(quantity))
  const names = [...new Set(sales.map(({ group }) => group ?? ''))].sort((a, b) => (a < b ? -1 : 1))
  const numbers = new Map(names.map((name, at) => [name, at]))
  const strata = Uint32Array.from(sales, ({ group }) => numbers.get(group ?? '') as number)

  const plain = regressWithin(x, y, new Uint8Array(sales.length), [0])
  const [pooled] = estimates(plain)
  if (!pooled) throw new DomainError('insufficient_data', 'an elasticity requires at least two prices', 'rows')
  const compared = names.length > 1
  const common = compared ? regressed(x, y, strata, new Uint32Array(names.length)) : null
  const own = compared ? regressed(x, y, strata, Uint32Array.from(names.keys())) : null
  const byGroup = own ? estimates(own) : []
  const counts = new Uint32Array(names.length)
  for (const stratum of strata) counts[stratum] = (counts[stratum] as number) + 1
  return {
    observations: sales.length,
    pooled,
    within: (common && estimates(common)[0]) ?? null,
    groups: compared ? names.map((group, at) => ({ group, observations: counts[at] as number, elasticity: byGroup[at] ?? null })) : [],
    rSquared: { pooled: plain.rSquared, within: common?.rSquared ?? null, groups: own?.rSquared ?? null },
  }
}

/** Null where there are as many parameters as sales. */
function regressed(x: Float64Array, y: Float64Array, strata: Uint32Array, classes: Uint32Array): Slopes | null {
  try {
    return regressWithin(x, y, strata, classes)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'insufficient_data') return null
    throw error
  }
}

function estimates({ slopes, freedom }: Slopes): (Elasticity | null)[] {
  const reach = studentQuantile(0.975, freedom)
  return slopes.map(
    (slope) =>
      slope && {
        ...slope,
        low: slope.value - reach * slope.robustStandardError,
        high: slope.value + reach * slope.robustStandardError,
      },
  )
}

/**
 * Price at which a product of constant elasticity earns most: c·e ÷ (1 + e). Null where demand falls no faster than the
 * price rises (e ≥ −1), so that a higher price always earns more, and where a unit costs nothing, so that a lower one does.
 *
 * @example constantElasticityPrice(1, -3) // => 1.5
 */
export const constantElasticityPrice = (unitCost: number, elasticity: number): number | null =>
  elasticity < -1 && unitCost > 0 ? (unitCost * elasticity) / (1 + elasticity) : null
