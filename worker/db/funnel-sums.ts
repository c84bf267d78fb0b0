import { METRIC } from '../domain/customer/metrics.ts'

/** People of a value of a dimension who reached a step; null: all the values that are not among the largest. */
export interface GroupSum {
  dimension: string
  value: string | null
  step: string
  sum: number
}

/** Minor units that a value of a dimension brought in; null: of the values not asked for. */
export interface RevenueSum {
  dimension: string
  value: string | null
  sum: number
}

export interface FunnelSums {
  /** People who reached each step, by day of entry. */
  days: { day: string; step: string; sum: number }[]
  /** Of country, device, source and visitor, known values alone. */
  groups: GroupSum[]
  /** `experiment@version|variant`, `event`; the latter also of those who went on, as `event_on`. */
  names: { dimension: 'variant' | 'event' | 'event_on'; value: string; sum: number }[]
  times: { value: string; sum: number }[]
}

/** Values of a dimension that are told apart; the others are one. */
export const LARGEST_VALUES = 50

const VALUES = `SELECT dimension, value, SUM(sum) AS sum FROM rollups
  WHERE metric = '${METRIC.funnelBy}' AND scope = ?1 AND dimension IN ('country', 'device', 'source', 'visitor') AND day BETWEEN ?2 AND ?3
  GROUP BY dimension, value`

/** A value ends with its step; keys of steps hold no separator. */
const BY_STEP = `SELECT dimension, substr(whole.value, 1, length(whole.value) - length(step.value) - 1) AS name, step.value AS step, sum
  FROM whole JOIN json_each(?4) AS step ON substr(whole.value, -length(step.value) - 1) = '|' || step.value`

/**
 * What one version of a funnel counted of the people who entered it in a period.
 *
 * @param scope `id@version`
 * @param steps keys in order; values are ranked by how many of them reached the first
 */
export async function readFunnelSums(
  db: D1Database,
  scope: string,
  steps: readonly string[],
  from: string,
  to: string,
): Promise<FunnelSums> {
  const [days, groups, names, times] = await db.batch([
    db
      .prepare(
        `SELECT day, value AS step, SUM(sum) AS sum FROM rollups
         WHERE metric = '${METRIC.funnel}' AND scope = ? AND dimension = 'step' AND day BETWEEN ? AND ? GROUP BY day, value`,
      )
      .bind(scope, from, to),
    db
      .prepare(
        `WITH whole AS MATERIALIZED (${VALUES}), split AS MATERIALIZED (${BY_STEP}), largest AS (
           SELECT dimension, name FROM (
             SELECT dimension, name, ROW_NUMBER() OVER (PARTITION BY dimension ORDER BY sum DESC, name) AS place FROM split WHERE step = ?5
           ) WHERE place <= ${LARGEST_VALUES}
         )
         SELECT dimension, CASE WHEN (dimension, name) IN (SELECT dimension, name FROM largest) THEN name END AS value, step, SUM(sum) AS sum
         FROM split GROUP BY 1, 2, 3`,
      )
      .bind(scope, from, to, JSON.stringify(steps), steps[0]),
    db
      .prepare(
        `SELECT dimension, value, SUM(sum) AS sum FROM rollups
         WHERE metric = '${METRIC.funnelBy}' AND scope = ? AND dimension IN ('variant', 'event', 'event_on') AND day BETWEEN ? AND ?
         GROUP BY dimension, value`,
      )
      .bind(scope, from, to),
    db
      .prepare(
        `SELECT value, SUM(sum) AS sum FROM rollups
         WHERE metric = '${METRIC.funnelTime}' AND scope = ? AND dimension = 'step' AND day BETWEEN ? AND ? GROUP BY value`,
      )
      .bind(scope, from, to),
  ])
  return {
    days: days?.results as FunnelSums['days'],
    groups: groups?.results as GroupSum[],
    names: names?.results as FunnelSums['names'],
    times: times?.results as FunnelSums['times'],
  }
}

/** What the purchases that ended a funnel brought in: all of it, and by the values asked for of one dimension. */
export async function readFunnelRevenue(
  db: D1Database,
  scope: string,
  { dimension, values }: { dimension: string; values: readonly string[] },
  from: string,
  to: string,
): Promise<RevenueSum[]> {
  const { results } = await db
    .prepare(
      `SELECT dimension, CASE WHEN value IN (SELECT value FROM json_each(?5)) THEN value END AS value, SUM(sum) AS sum FROM rollups
       WHERE metric = '${METRIC.funnelRevenue}' AND scope = ?1 AND dimension IN ('', ?4) AND day BETWEEN ?2 AND ?3 GROUP BY 1, 2`,
    )
    .bind(scope, from, to, dimension, JSON.stringify(values))
    .all<RevenueSum>()
  return results
}
