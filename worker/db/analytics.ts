import type { EntryDay } from '../domain/analytics/overview.ts'
import { METRIC, MRR_MOVEMENTS } from '../domain/customer/metrics.ts'

/** One sum as the dashboard reads it. */
export interface Sum {
  metric: string
  dimension: string
  value: string
  day: string
  sum: number
}

/** Metrics of the overview, by day, in one currency or without one. */
const DAILY = [
  METRIC.gross,
  METRIC.refunded,
  METRIC.disputed,
  METRIC.orders,
  METRIC.visitorDay,
  METRIC.reportedRevenue,
  METRIC.subscribersWon,
  METRIC.subscribersLost,
  ...MRR_MOVEMENTS,
]

/** What a breakdown shows one by one; the rest stands together. */
const TOP = 50

export interface OverviewRows {
  days: Sum[]
  /** Sums over the period, by dimension and value. */
  breakdown: Sum[]
  /** Sums of everything before the first day: what MRR and subscribers opened with. */
  opening: Sum[]
  currencies: { currency: string; firstDay: string; lastDay: string }[]
  cohorts: Sum[]
  /** Orders of each product in all currencies together. */
  ordersByProduct: { productId: string; orders: number }[]
  /** Products of the catalogue that were viewed or sold in the period. */
  products: { id: string; name: string; interval: string | null }[]
  /** First day with any revenue or visit; null: there is none. */
  firstDay: string | null
}

/**
 * Everything the overview needs, in one round trip: daily sums from the day before the earlier period to the last day.
 *
 * @param from first day of the previous period
 * @param since first day of the period itself, from which the breakdowns count
 */
export async function readOverview(
  db: D1Database,
  currency: string,
  from: string,
  since: string,
  to: string,
  withCohorts: boolean,
): Promise<OverviewRows> {
  const scope = `(scope = ?1 OR scope = '')`
  const movements = JSON.stringify([...MRR_MOVEMENTS, METRIC.subscribersWon, METRIC.subscribersLost])
  const [days, breakdown, opening, currencies, cohorts, ordersByProduct, products, firstVisit] = await db.batch([
    db
      .prepare(
        `SELECT metric, '' AS dimension, '' AS value, day, SUM(sum) AS sum FROM rollups
         WHERE metric IN (SELECT value FROM json_each(?2)) AND ${scope} AND day BETWEEN ?3 AND ?4
           AND (dimension = '' OR metric IN ('${METRIC.subscribersWon}', '${METRIC.subscribersLost}'))
         GROUP BY metric, day`,
      )
      .bind(currency, JSON.stringify(DAILY), from, to),
    db
      .prepare(
        `SELECT metric, dimension, value, '' AS day, SUM(sum) AS sum FROM rollups
         WHERE metric IN ('${METRIC.gross}', '${METRIC.orders}', '${METRIC.productViews}') AND ${scope} AND day BETWEEN ?2 AND ?3
           AND dimension IN ('product', 'country', 'device', 'source')
         GROUP BY metric, dimension, value ORDER BY sum DESC LIMIT 2000`,
      )
      .bind(currency, since, to),
    db
      .prepare(
        `SELECT metric, '' AS dimension, '' AS value, '' AS day, SUM(sum) AS sum FROM rollups
         WHERE metric IN (SELECT value FROM json_each(?2)) AND ${scope} AND day < ?3
           AND (dimension = '' OR metric IN ('${METRIC.subscribersWon}', '${METRIC.subscribersLost}'))
         GROUP BY metric`,
      )
      .bind(currency, movements, from),
    db
      .prepare(
        `SELECT scope AS currency, MIN(day) AS firstDay, MAX(day) AS lastDay FROM rollups WHERE metric = ? AND dimension = ''
         GROUP BY scope ORDER BY SUM(sum) DESC`,
      )
      .bind(METRIC.gross),
    db
      .prepare(
        `SELECT metric, dimension, value, day, sum FROM rollups
         WHERE ?2 AND metric IN ('${METRIC.cohortSize}', '${METRIC.cohortActive}', '${METRIC.cohortRevenue}') AND ${scope} ORDER BY value, day`,
      )
      .bind(currency, withCohorts ? 1 : 0),
    db
      .prepare(
        `SELECT value AS productId, SUM(sum) AS orders FROM rollups
         WHERE metric = '${METRIC.orders}' AND dimension = 'product' AND day BETWEEN ?1 AND ?2 GROUP BY value`,
      )
      .bind(since, to),
    db
      .prepare(
        `SELECT id, name, interval FROM products WHERE id IN (SELECT value FROM rollups
         WHERE metric IN ('${METRIC.gross}', '${METRIC.productViews}') AND dimension = 'product' AND day BETWEEN ?1 AND ?2)`,
      )
      .bind(since, to),
    db
      .prepare(`SELECT MIN(day) AS day FROM rollups WHERE metric = ? AND scope = '' AND dimension = '' AND value = ''`)
      .bind(METRIC.visitorDay),
  ])
  const sold = rowsOf<OverviewRows['currencies'][number]>(currencies)
  const firstDays = [...rowsOf<{ day: string | null }>(firstVisit).map(({ day }) => day), ...sold.map(({ firstDay }) => firstDay)]
  return {
    days: rowsOf(days),
    breakdown: rowsOf(breakdown),
    opening: rowsOf(opening),
    currencies: sold,
    cohorts: rowsOf(cohorts),
    ordersByProduct: rowsOf(ordersByProduct),
    products: rowsOf(products),
    firstDay: firstDays.filter((day) => day !== null).sort()[0] ?? null,
  }
}

const rowsOf = <Row = Sum>(result: D1Result | undefined): Row[] => (result?.results ?? []) as Row[]

/** The largest values of a breakdown, the rest as `other`. */
export function topOf(sums: readonly Sum[]): { value: string; sum: number }[] {
  const ordered = [...sums].sort((a, b) => b.sum - a.sum)
  const rest = ordered.slice(TOP).reduce((total, { sum }) => total + sum, 0)
  return [...ordered.slice(0, TOP).map(({ value, sum }) => ({ value, sum })), ...(rest === 0 ? [] : [{ value: 'other', sum: rest }])]
}

/** People who entered the funnel and people who reached its end, by day of entry. */
export async function readEntries(
  db: D1Database,
  scope: string,
  [first, last]: [string, string],
  from: string,
  to: string,
): Promise<EntryDay[]> {
  const { results } = await db
    .prepare(
      `SELECT day, SUM(CASE value WHEN ?3 THEN sum ELSE 0 END) AS entered, SUM(CASE value WHEN ?4 THEN sum ELSE 0 END) AS bought
       FROM rollups WHERE metric = ?1 AND scope = ?2 AND dimension = 'step' AND value IN (?3, ?4) AND day BETWEEN ?5 AND ?6 GROUP BY day`,
    )
    .bind(METRIC.funnel, scope, first, last, from, to)
    .all<EntryDay>()
  return results
}

/** People who reached each step, by day of entry. */
export async function readFunnel(db: D1Database, scope: string, from: string, to: string): Promise<Map<string, number>> {
  const { results } = await db
    .prepare(
      `SELECT value, SUM(sum) AS sum FROM rollups WHERE metric = ? AND scope = ? AND dimension = 'step' AND day BETWEEN ? AND ? GROUP BY value`,
    )
    .bind(METRIC.funnel, scope, from, to)
    .all<{ value: string; sum: number }>()
  return new Map(results.map(({ value, sum }) => [value, sum]))
}

/** Purchases that browsers reported, in all currencies. */
export async function readReportedPurchases(db: D1Database, from: string, to: string): Promise<number> {
  const row = await db
    .prepare(`SELECT COALESCE(SUM(sum), 0) AS purchases FROM rollups WHERE metric = ? AND dimension = '' AND day BETWEEN ? AND ?`)
    .bind(METRIC.reportedOrders, from, to)
    .first<{ purchases: number }>()
  return row?.purchases ?? 0
}

/** First day with any revenue or visit, and how many events the sums count. */
export async function readExtent(db: D1Database): Promise<{ firstDay: string | null; events: number }> {
  const row = await db
    .prepare(
      `SELECT MIN(day) AS firstDay, COALESCE(SUM(sum), 0) AS events FROM rollups WHERE metric = '${METRIC.events}' AND scope = '' AND dimension = 'type'`,
    )
    .first<{ firstDay: string | null; events: number }>()
  return row ?? { firstDay: null, events: 0 }
}
