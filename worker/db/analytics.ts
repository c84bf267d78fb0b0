import { FORECAST_METRICS, type ForecastMetric, type ForecastWarning } from '../contract/lists.ts'
import type {
  AnalyticsRows,
  CohortSum,
  CostDays,
  EntryDay,
  KeptSum,
  LevelSum,
  MetricSum,
  SumsByTime,
  ValueSum,
} from '../domain/analytics/rows.ts'
import { DIMENSIONS, METRIC, MRR_MOVEMENTS } from '../domain/customer/metrics.ts'
import type { MonthForecast } from '../domain/forecast/score.ts'
import { addDays } from '../domain/time.ts'

/** Metrics by day whose sum stands under ''; the ways of those that have two stand under `how`. */
const DAILY = JSON.stringify([
  METRIC.gross,
  METRIC.refunded,
  METRIC.disputed,
  METRIC.orders,
  METRIC.customersNew,
  METRIC.visitorDay,
  METRIC.reportedRevenue,
  METRIC.checkoutsBegun,
  METRIC.checkoutsAbandoned,
  ...MRR_MOVEMENTS,
])
/** What a value of a dimension is told of. */
const BROKEN_DOWN = [METRIC.gross, METRIC.refunded, METRIC.disputed, METRIC.orders, METRIC.productViews]
const MOVED = JSON.stringify(MRR_MOVEMENTS)
const TWO_WAYS = `'${METRIC.subscribersWon}', '${METRIC.subscribersLost}'`

/**
 * Values of a dimension that are read one by one, of each currency; more than are shown, as the largest of several currencies
 * together need not be among the largest of one.
 */
const READ_VALUES = 200

export interface OverviewQuestion {
  /** Currencies to read. */
  scopes: readonly string[]
  period: { from: string; to: string }
  previous: { from: string; to: string }
  /** First month of the trend. */
  firstMonth: string
  /** Days at whose beginning a level is asked for, in order; the last one begins the period. */
  cuts: readonly [string, string, string, string]
  /** Months whose opening subscribers are followed through all months after. */
  since: readonly string[]
  funnel: { scope: string; first: string; last: string }
  /** All of the cohorts, or only what lifetime value needs: the revenue of so many months of age. */
  cohorts: 'all' | { ages: number }
  /** Currency of the forecasts; null: none are asked for. */
  forecasts: string | null
}

export interface ForecastRow {
  id: string
  metric: ForecastMetric
  currency: string
  model: string
  madeAt: number
  confirmedAt: number
  warning: ForecastWarning | null
  points: MonthForecast[]
}

/**
 * Both kinds of daily sums between two days, in the order of the key, so that nothing has to be sorted to be added up.
 * Numbered: ?1 currencies, ?2 metrics, ?3 and ?4 days.
 */
const sumsByDay = (columns: string, by = '') => `
  SELECT metric, scope, '' AS how, ${columns} FROM rollups
  WHERE metric IN (SELECT value FROM json_each(?2)) AND scope IN (SELECT value FROM json_each(?1)) AND dimension = '' AND value = ''
    AND day BETWEEN ?3 AND ?4 GROUP BY metric, scope ${by}
  UNION ALL
  SELECT metric, scope, value AS how, ${columns} FROM rollups
  WHERE metric IN (${TWO_WAYS}) AND scope IN (SELECT value FROM json_each(?1)) AND dimension = 'how'
    AND day BETWEEN ?3 AND ?4 GROUP BY metric, scope, value ${by}`

/** Scopes of some metrics, each found by one look into the key, however many rows it has. */
const SCOPES = (metrics: readonly string[]) => `
  WITH RECURSIVE found(metric, scope) AS (
    SELECT wanted.value, (SELECT MIN(scope) FROM rollups WHERE metric = wanted.value) FROM json_each('${JSON.stringify(metrics)}') AS wanted
    UNION ALL
    SELECT metric, (SELECT MIN(scope) FROM rollups WHERE rollups.metric = found.metric AND rollups.scope > found.scope)
    FROM found WHERE scope IS NOT NULL
  ), scopes(scope) AS (SELECT DISTINCT scope FROM found WHERE scope IS NOT NULL)`

/**
 * Sums over some days (?1 to ?2) of metrics under each value of dimensions: each value is found by one look into the key, and of
 * its days only those asked for are read, however long the history. Stands behind `WITH RECURSIVE`.
 */
export const sumsByValue = (metrics: readonly string[], scopes: string, dimensions: readonly string[]) => `
  found_values(metric, scope, dimension, value) AS (
    SELECT metrics.value, scopes.value, dimensions.value, (
      SELECT MIN(value) FROM rollups
      WHERE rollups.metric = metrics.value AND rollups.scope = scopes.value AND rollups.dimension = dimensions.value
    )
    FROM json_each('${JSON.stringify(metrics)}') AS metrics, ${scopes} AS scopes, json_each('${JSON.stringify(dimensions)}') AS dimensions
    UNION ALL
    SELECT metric, scope, dimension, (
      SELECT MIN(value) FROM rollups
      WHERE rollups.metric = found.metric AND rollups.scope = found.scope AND rollups.dimension = found.dimension AND rollups.value > found.value
    )
    FROM found_values AS found WHERE value IS NOT NULL
  ), sums_by_value(metric, scope, dimension, value, sum) AS MATERIALIZED (
    SELECT metric, scope, dimension, value, (
      SELECT SUM(sum) FROM rollups
      WHERE rollups.metric = found.metric AND rollups.scope = found.scope AND rollups.dimension = found.dimension AND rollups.value = found.value
        AND day BETWEEN ?1 AND ?2
    )
    FROM found_values AS found WHERE value IS NOT NULL
  )`

/** Everything the overview needs, in one round trip. What it reads is bounded by days and values, whatever the number of customers. */
export async function readOverview(db: D1Database, question: OverviewQuestion): Promise<AnalyticsRows & { forecasts: ForecastRow[] }> {
  const { period, previous, funnel, cuts, since } = question
  const currencies = JSON.stringify(question.scopes)
  const scopes = JSON.stringify([...question.scopes, ''])
  const ages = question.cohorts === 'all' ? 1200 : question.cohorts.ages - 1
  const statements = {
    days: db.prepare(sumsByDay('group_concat(day) AS times, group_concat(sum) AS sums')).bind(scopes, DAILY, period.from, period.to),
    before: db.prepare(sumsByDay('SUM(sum) AS sum')).bind(scopes, DAILY, previous.from, previous.to),
    months: db
      .prepare(
        `SELECT metric, scope, how, group_concat(month) AS times, group_concat(sum) AS sums
         FROM (${sumsByDay('substr(day, 1, 7) AS month, SUM(sum) AS sum', ', substr(day, 1, 7)')}) GROUP BY metric, scope, how`,
      )
      .bind(scopes, DAILY, `${question.firstMonth}-01`, addDays(period.from, -1)),
    levels: db
      .prepare(sumsByDay('(day >= ?5) + (day >= ?6) + (day >= ?7) AS cut, SUM(sum) AS sum', ', (day >= ?5) + (day >= ?6) + (day >= ?7)'))
      .bind(currencies, MOVED, '', addDays(cuts[3], -1), cuts[0], cuts[1], cuts[2]),
    kept: db
      .prepare(
        `SELECT metric, scope, value AS since, day AS month, sum FROM rollups
         WHERE metric IN ('${METRIC.mrrKeptNet}', '${METRIC.mrrKeptGross}') AND scope IN (SELECT value FROM json_each(?1))
           AND dimension = 'since' AND (value >= ?2 AND day = value OR value IN (SELECT value FROM json_each(?3)))`,
      )
      .bind(currencies, question.firstMonth, JSON.stringify(since)),
    values: db
      .prepare(
        `WITH RECURSIVE ${sumsByValue(BROKEN_DOWN, 'json_each(?3)', ['product', ...DIMENSIONS])}, sums AS (
           SELECT dimension, value, scope,
             SUM(CASE metric WHEN '${METRIC.gross}' THEN sum ELSE 0 END) AS gross,
             SUM(CASE metric WHEN '${METRIC.refunded}' THEN sum ELSE 0 END) AS refunds,
             SUM(CASE metric WHEN '${METRIC.disputed}' THEN sum ELSE 0 END) AS disputes,
             SUM(CASE metric WHEN '${METRIC.orders}' THEN sum ELSE 0 END) AS orders,
             SUM(CASE metric WHEN '${METRIC.productViews}' THEN sum ELSE 0 END) AS views
           FROM sums_by_value WHERE sum IS NOT NULL GROUP BY dimension, value, scope
         ), ranked AS (
           SELECT *, ROW_NUMBER() OVER (PARTITION BY dimension, scope ORDER BY gross DESC, views DESC, value) <= ${READ_VALUES} AS is_large FROM sums
         )
         SELECT dimension, CASE WHEN is_large THEN value END AS value, scope, SUM(gross) AS gross, SUM(refunds) AS refunds,
           SUM(disputes) AS disputes, SUM(orders) AS orders, SUM(views) AS views
         FROM ranked GROUP BY 1, 2, 3`,
      )
      .bind(period.from, period.to, scopes),
    currencies: db
      .prepare(
        `${SCOPES([METRIC.gross])}
         SELECT scope AS currency, MIN(day) AS firstDay, MAX(day) AS lastDay FROM rollups
         WHERE metric = ? AND scope IN scopes AND dimension = '' AND value = '' GROUP BY scope ORDER BY SUM(sum) DESC`,
      )
      .bind(METRIC.gross),
    recurring: db.prepare(`${SCOPES([METRIC.mrrNew])} SELECT scope AS currency,
        (SELECT MIN(day) FROM rollups WHERE metric = '${METRIC.mrrNew}' AND scope = scopes.scope AND dimension = '' AND value = '') AS firstDay FROM scopes`),
    cohorts: db
      .prepare(
        `SELECT metric, scope, value AS cohort, day AS month, sum FROM rollups
         WHERE metric IN ('${METRIC.cohortSize}', '${METRIC.cohortRevenue}', ${question.cohorts === 'all' ? `'${METRIC.cohortActive}'` : 'NULL'})
           AND scope IN (SELECT value FROM json_each(?1)) AND dimension = 'cohort' AND day <= strftime('%Y-%m', value || '-01', ?2)`,
      )
      .bind(currencies, `+${ages} months`),
    entries: db
      .prepare(
        `SELECT day, SUM(CASE value WHEN ?2 THEN sum ELSE 0 END) AS entered, SUM(CASE value WHEN ?3 THEN sum ELSE 0 END) AS bought
         FROM rollups WHERE metric = '${METRIC.funnel}' AND scope = ?1 AND dimension = 'step' AND value IN (?2, ?3) AND day BETWEEN ?4 AND ?5 GROUP BY day`,
      )
      .bind(funnel.scope, funnel.first, funnel.last, period.from, period.to),
    entriesBefore: db
      .prepare(
        `SELECT COALESCE(SUM(CASE value WHEN ?2 THEN sum END), 0) AS entered, COALESCE(SUM(CASE value WHEN ?3 THEN sum END), 0) AS bought
         FROM rollups WHERE metric = '${METRIC.funnel}' AND scope = ?1 AND dimension = 'step' AND value IN (?2, ?3) AND day BETWEEN ?4 AND ?5`,
      )
      .bind(funnel.scope, funnel.first, funnel.last, previous.from, previous.to),
    costs: db
      .prepare(
        `SELECT first_day AS firstDay, last_day AS lastDay, amount, currency FROM costs
         WHERE currency IN (SELECT value FROM json_each(?1)) AND last_day >= ?2 AND first_day <= ?3`,
      )
      .bind(currencies, previous.from, period.to),
    ordersByProduct: db
      .prepare(
        `${SCOPES([METRIC.orders])}, ${sumsByValue([METRIC.orders], '(SELECT scope AS value FROM scopes)', ['product'])}
         SELECT value AS productId, SUM(sum) AS orders FROM sums_by_value WHERE sum IS NOT NULL GROUP BY value`,
      )
      .bind(period.from, period.to),
    products: db
      .prepare(
        `${SCOPES([METRIC.gross, METRIC.productViews])}
         SELECT id, name, interval FROM products WHERE EXISTS (SELECT 1 FROM rollups
         WHERE metric IN ('${METRIC.gross}', '${METRIC.productViews}') AND scope IN scopes AND dimension = 'product' AND value = products.id
           AND day BETWEEN ?1 AND ?2)`,
      )
      .bind(period.from, period.to),
    firstVisit: db
      .prepare(`SELECT MIN(day) AS day FROM rollups WHERE metric = ? AND scope = '' AND dimension = '' AND value = ''`)
      .bind(METRIC.visitorDay),
    forecasts: db
      .prepare(
        `SELECT id, metric, currency, model, made_at AS madeAt, MAX(confirmed_at) AS confirmedAt, warning, points FROM forecasts
         WHERE metric IN (SELECT value FROM json_each(?1)) AND currency = ?2 GROUP BY metric`,
      )
      .bind(JSON.stringify(FORECAST_METRICS), question.forecasts),
  }
  const names = Object.keys(statements) as (keyof typeof statements)[]
  const results = await db.batch(Object.values(statements))
  const rowsOf = <Row>(name: keyof typeof statements) => (results[names.indexOf(name)]?.results ?? []) as Row[]
  const sold = rowsOf<AnalyticsRows['currencies'][number]>('currencies')
  const recurring = rowsOf<{ currency: string; firstDay: string | null }>('recurring')
  const begun = [...sold, ...recurring].map(({ firstDay }) => firstDay)
  const firstDays = [...rowsOf<{ day: string | null }>('firstVisit').map(({ day }) => day), ...begun]
  return {
    days: byTime(rowsOf('days')),
    before: rowsOf<MetricSum>('before'),
    months: byTime(rowsOf('months')),
    levels: rowsOf<LevelSum>('levels'),
    kept: rowsOf<KeptSum>('kept'),
    values: rowsOf<ValueSum>('values'),
    cohorts: rowsOf<CohortSum>('cohorts'),
    entries: rowsOf<EntryDay>('entries'),
    entriesBefore: rowsOf<Omit<EntryDay, 'day'>>('entriesBefore')[0] ?? { entered: 0, bought: 0 },
    costs: rowsOf<CostDays>('costs'),
    ordersByProduct: rowsOf('ordersByProduct'),
    products: rowsOf('products'),
    currencies: sold,
    recurring: recurring.map(({ currency }) => currency),
    firstDay: firstDays.filter((day) => day !== null).sort()[0] ?? null,
    forecasts: rowsOf<Omit<ForecastRow, 'points'> & { points: string }>('forecasts').map((row) => ({
      ...row,
      points: JSON.parse(row.points) as MonthForecast[],
    })),
  }
}

/** Joined by commas: a text inside JSON that holds no quotes is passed on as it is. */
type Packed = Omit<SumsByTime, 'times' | 'sums'> & { times: string; sums: string }
const byTime = (rows: readonly Packed[]): SumsByTime[] =>
  rows.map(({ times, sums, ...row }) => ({ ...row, times: times.split(','), sums: sums.split(',').map(Number) }))

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
