import { SEGMENT_DIMENSIONS, type SegmentDimension } from '../contract/lists.ts'
import { METRIC } from '../domain/customer/metrics.ts'
import { sumsByValue } from './analytics.ts'

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
const LARGEST_VALUES = 50

/** Of one scope, which is ?3. */
const sumsIn = (metric: string, dimensions: readonly string[]) =>
  `WITH RECURSIVE ${sumsByValue([metric], '(SELECT ?3 AS value)', dimensions)}`

/** A value ends with its step; keys of steps hold no separator. */
const BY_STEP = `SELECT dimension, substr(whole.value, 1, length(whole.value) - length(step.value) - 1) AS name, step.value AS step, sum
  FROM sums_by_value AS whole JOIN json_each(?4) AS step ON substr(whole.value, -length(step.value) - 1) = '|' || step.value
  WHERE sum IS NOT NULL`

/**
 * What one version of a funnel counted of the people who entered it in a period. What it reads is bounded by the days of that and
 * by values, however long the history.
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
         WHERE metric = '${METRIC.funnel}' AND scope = ?3 AND dimension = 'step' AND value IN (SELECT value FROM json_each(?4))
           AND day BETWEEN ?1 AND ?2 GROUP BY day, value`,
      )
      .bind(from, to, scope, JSON.stringify(steps)),
    db
      .prepare(
        `${sumsIn(METRIC.funnelBy, SEGMENT_DIMENSIONS)}, split AS MATERIALIZED (${BY_STEP}), largest AS (
           SELECT dimension, name FROM (
             SELECT dimension, name, ROW_NUMBER() OVER (PARTITION BY dimension ORDER BY sum DESC, name) AS place FROM split WHERE step = ?5
           ) WHERE place <= ${LARGEST_VALUES}
         )
         SELECT dimension, CASE WHEN (dimension, name) IN (SELECT dimension, name FROM largest) THEN name END AS value, step, SUM(sum) AS sum
         FROM split GROUP BY 1, 2, 3`,
      )
      .bind(from, to, scope, JSON.stringify(steps), steps[0]),
    db
      .prepare(
        `${sumsIn(METRIC.funnelBy, ['variant', 'event', 'event_on'])} SELECT dimension, value, sum FROM sums_by_value WHERE sum IS NOT NULL`,
      )
      .bind(from, to, scope),
    db.prepare(`${sumsIn(METRIC.funnelTime, ['step'])} SELECT value, sum FROM sums_by_value WHERE sum IS NOT NULL`).bind(from, to, scope),
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
  { dimension, values }: { dimension: SegmentDimension | 'variant' | null; values: readonly string[] },
  from: string,
  to: string,
): Promise<RevenueSum[]> {
  const { results } = await db
    .prepare(
      `${sumsIn(METRIC.funnelRevenue, dimension === null ? [''] : ['', dimension])}
       SELECT dimension, CASE WHEN value IN (SELECT value FROM json_each(?4)) THEN value END AS value, SUM(sum) AS sum FROM sums_by_value
       WHERE sum IS NOT NULL GROUP BY 1, 2`,
    )
    .bind(from, to, scope, JSON.stringify(values))
    .all<RevenueSum>()
  return results
}
