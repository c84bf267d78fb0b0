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
  METRIC.reportedOrders,
  METRIC.subscribersWon,
  METRIC.subscribersLost,
  METRIC.productViews,
  METRIC.checkoutsAbandoned,
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
  currencies: string[]
  cohorts: Sum[]
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
  const [days, breakdown, opening, currencies, cohorts] = await db.batch([
    db
      .prepare(
        `SELECT metric, '' AS dimension, '' AS value, day, SUM(sum) AS sum FROM rollups
         WHERE metric IN (SELECT value FROM json_each(?2)) AND ${scope} AND day BETWEEN ?3 AND ?4
           AND (dimension = '' OR metric IN ('${METRIC.subscribersWon}', '${METRIC.subscribersLost}') OR (metric = '${METRIC.productViews}' AND dimension = 'product'))
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
         WHERE metric IN (SELECT value FROM json_each(?2)) AND ${scope} AND day < ?3 GROUP BY metric`,
      )
      .bind(currency, movements, from),
    db
      .prepare(`SELECT scope AS value, SUM(sum) AS sum FROM rollups WHERE metric = ? AND dimension = '' GROUP BY scope ORDER BY sum DESC`)
      .bind(METRIC.gross),
    db
      .prepare(
        `SELECT metric, dimension, value, day, sum FROM rollups
         WHERE ?2 AND metric IN ('${METRIC.cohortSize}', '${METRIC.cohortActive}', '${METRIC.cohortRevenue}') AND ${scope} ORDER BY value, day`,
      )
      .bind(currency, withCohorts ? 1 : 0),
  ])
  return {
    days: rowsOf(days),
    breakdown: rowsOf(breakdown),
    opening: rowsOf(opening),
    currencies: rowsOf(currencies).map(({ value }) => value),
    cohorts: rowsOf(cohorts),
  }
}

const rowsOf = (result: D1Result | undefined): Sum[] => (result?.results ?? []) as Sum[]

/** The largest values of a breakdown, the rest as `other`. */
export function topOf(sums: readonly Sum[]): { value: string; sum: number }[] {
  const ordered = [...sums].sort((a, b) => b.sum - a.sum)
  const rest = ordered.slice(TOP).reduce((total, { sum }) => total + sum, 0)
  return [...ordered.slice(0, TOP).map(({ value, sum }) => ({ value, sum })), ...(rest === 0 ? [] : [{ value: 'other', sum: rest }])]
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

/** First day with any revenue or visit, and how many events the sums count. */
export async function readExtent(db: D1Database): Promise<{ firstDay: string | null; events: number }> {
  const row = await db
    .prepare(
      `SELECT MIN(day) AS firstDay, COALESCE(SUM(sum), 0) AS events FROM rollups WHERE metric = '${METRIC.events}' AND scope = '' AND dimension = 'type'`,
    )
    .first<{ firstDay: string | null; events: number }>()
  return row ?? { firstDay: null, events: 0 }
}
