import { poissonRegression } from '../../statistics/poisson.ts'
import { studentQuantile } from '../../statistics/student-quantile.ts'
import { DAY_MS, startOfDay } from '../../time.ts'
import type { Bounded } from './logit-demand.ts'
import { type PricePoint, pricePoints } from './price-point.ts'

/** One UTC day of a product on which everybody saw its list price. */
export interface PricedDay {
  day: string
  price: number
  views: number
  orders: number
}

/** What a price's past says of demand. Nobody drew the price by lot: what else changed with it is in the slope, too. */
export interface Observational {
  points: PricePoint[]
  /** Over all days as if they were alike. */
  pooled: Bounded
  /** Between days of the same weekday and month alone; null where the price moved in no month. */
  within: Bounded | null
  /** Orders a view at a price, by the slope within where there is one, else the pooled one. */
  rateAt: (price: number) => Bounded
}

/** Days, and views, that a price must have had. */
const MINIMUM_DAYS = 7
const MINIMUM_VIEWS = 100
const MINIMUM_ORDERS = 20

/** Days on which a product had one list price all day long and no test of it ran. Price changes and tests in epoch ms. */
export function pricedDays(
  days: readonly { day: string; views: number; orders: number }[],
  ledger: readonly { effectiveAt: number; price: number }[],
  tests: readonly { startsAt: number; endsAt: number }[],
): PricedDay[] {
  const changes = [...ledger].sort((a, b) => a.effectiveAt - b.effectiveAt)
  return days.flatMap(({ day, views, orders }) => {
    const begin = startOfDay(day)
    const end = begin + DAY_MS
    const price = changes.findLast(({ effectiveAt }) => effectiveAt <= begin)?.price
    if (price === undefined || !(price > 0) || !(views > 0)) return []
    if (changes.some((change) => change.effectiveAt > begin && change.effectiveAt < end && change.price !== price)) return []
    if (tests.some(({ startsAt, endsAt }) => startsAt < end && endsAt > begin)) return []
    return [{ day, price, views, orders }]
  })
}

/**
 * Elasticity of orders a view with the list price, from days gone by: pooled, and within weekday and month. Residuals of one
 * week may hang together. Null where there are too few days, views or orders at two prices, and where more was ordered than
 * viewed at one: then orders came from elsewhere.
 */
export function observe(days: readonly PricedDay[]): Observational | null {
  const spoken = [...Map.groupBy(days, ({ price }) => price)].flatMap(([, of]) =>
    of.length >= MINIMUM_DAYS && sumOf(of, 'views') >= MINIMUM_VIEWS ? [of] : [],
  )
  const used = spoken.flat()
  if (spoken.length < 2 || sumOf(used, 'orders') < MINIMUM_ORDERS) return null
  if (spoken.some((of) => sumOf(of, 'orders') > sumOf(of, 'views'))) return null
  const logReference = used.reduce((sum, { price, views }) => sum + views * Math.log(price), 0) / sumOf(used, 'views')
  const logPrice = ({ price }: PricedDay) => Math.log(price) - logReference
  const plain = regress(used, (day) => [logPrice(day)])
  if (!plain) return null
  const adjusted = adjust(used, logPrice)
  const chosen = adjusted ?? plain
  return {
    points: pricePoints(used.map(({ price, views, orders }) => ({ price, visitors: views, buyers: orders, weight: 1, segment: null }))),
    pooled: plain.slope,
    within: adjusted?.slope ?? null,
    rateAt: (price) => {
      const x = Math.log(price) - logReference
      const log = plain.level + chosen.slope.value * x
      const half = chosen.reach * Math.hypot(plain.levelError, x * chosen.slopeError)
      return { value: Math.exp(log), low: Math.exp(log - half), high: Math.exp(log + half) }
    },
  }
}

const sumOf = (days: readonly PricedDay[], figure: 'views' | 'orders'): number => days.reduce((sum, day) => sum + day[figure], 0)

const weekdayOf = (day: string): string => String((startOfDay(day) / DAY_MS) % 7)
const monthOf = (day: string): string => day.slice(0, 7)

/** With a level of its own for each weekday and month. One without an order says nothing of the slope, and has no level. */
function adjust(days: readonly PricedDay[], logPrice: (day: PricedDay) => number): Regression | null {
  let used = days
  for (let before = -1; before !== used.length; ) {
    before = used.length
    for (const levelOf of [weekdayOf, monthOf]) {
      const sold = new Set(used.flatMap(({ day, orders }) => (orders > 0 ? [levelOf(day)] : [])))
      used = used.filter(({ day }) => sold.has(levelOf(day)))
    }
  }
  const levels = [weekdayOf, monthOf].flatMap((levelOf) => {
    const others = [...new Set(used.map(({ day }) => levelOf(day)))].sort().slice(1)
    return others.map((level) => ({ levelOf, level }))
  })
  return regress(used, (day) => [logPrice(day), ...levels.map(({ levelOf, level }) => (levelOf(day.day) === level ? 1 : 0))])
}

interface Regression {
  slope: Bounded
  slopeError: number
  /** Log orders a view at the reference price, on the first weekday and month where these have levels. */
  level: number
  levelError: number
  /** Standard errors to either side of a 95 % interval. */
  reach: number
}

/** Null where the price says nothing that weekdays and months do not. */
function regress(days: readonly PricedDay[], regressorsOf: (day: PricedDay) => number[]): Regression | null {
  const observations = days.map((day) => {
    const [logPrice = 0, ...levels] = regressorsOf(day)
    return { x: [logPrice, 1, ...levels], count: day.orders, exposure: day.views }
  })
  const weeks = days.map(({ day }) => Math.floor((startOfDay(day) / DAY_MS + 3) / 7))
  const fitted = poissonRegression(observations, weeks)
  if (!fitted.converged) return null
  const { coefficients, covariance, robustCovariance } = fitted
  // Of few weeks the sandwich makes too little; counts vary at least as Poisson's do.
  const errorOf = (at: number) => Math.sqrt(Math.max(covariance[at] as number, robustCovariance[at] as number))
  const [value = 0, level = 0] = coefficients
  const slopeError = errorOf(0)
  const reach = studentQuantile(0.975, Math.max(1, new Set(weeks).size - 2))
  return {
    slope: { value, low: value - reach * slopeError, high: value + reach * slopeError },
    slopeError,
    level,
    levelError: errorOf(coefficients.length + 1),
    reach,
  }
}
