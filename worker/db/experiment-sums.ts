import { METRIC } from '../domain/customer/metrics.ts'
import type { SumsRow } from '../domain/experiments/experiment-sums.ts'

const COUNTED = [METRIC.exposed, METRIC.exposedTwice]
const OUTCOME = [
  METRIC.rewardSum,
  METRIC.rewardSquaresHigh,
  METRIC.rewardSquaresMiddle,
  METRIC.rewardSquaresLow,
  METRIC.denominatorSum,
  METRIC.denominatorSquaresHigh,
  METRIC.denominatorSquaresMiddle,
  METRIC.denominatorSquaresLow,
  METRIC.denominatorCrossHigh,
  METRIC.denominatorCrossMiddle,
  METRIC.denominatorCrossLow,
]
const COVARIATE = [
  METRIC.covariateSum,
  METRIC.covariateSquaresHigh,
  METRIC.covariateSquaresMiddle,
  METRIC.covariateSquaresLow,
  METRIC.covariateCrossHigh,
  METRIC.covariateCrossMiddle,
  METRIC.covariateCrossLow,
]

/** Names an experiment's version as the sums do: the universal holdout is one, too. */
export interface ExperimentVersion {
  key: string
  version: number
}

/** Sums of one scope, value and day as one row: as many as variants, metrics and days, whatever the number of people. */
const PACKED = `SELECT scope, dimension, value, day, json_group_object(metric, sum) AS sums FROM rollups
  WHERE metric IN (SELECT value FROM json_each(?1)) AND scope >= ?2 AND scope < ?2 || char(1114111)`

/**
 * Every sum of one version of an experiment, for `experimentSumsOf`.
 *
 * @param withSegments also by country, device, source and whether people were new; whoever looks often leaves them out
 */
export async function readExperimentSums(
  binding: D1Database,
  { key, version }: ExperimentVersion,
  { withSegments = true }: { withSegments?: boolean } = {},
): Promise<SumsRow[]> {
  const scope = `${key}@${version}:`
  const byDay = binding
    .prepare(`${PACKED} AND dimension IN ('arm', '') AND sum <> 0 GROUP BY scope, dimension, value, day`)
    .bind(JSON.stringify([...COUNTED, ...OUTCOME, ...COVARIATE]), scope)
  const bySegment = binding
    .prepare(`${PACKED} AND dimension IN ('country', 'device', 'source', 'visitor') AND sum <> 0 GROUP BY scope, dimension, value, day`)
    .bind(JSON.stringify([METRIC.exposed, ...OUTCOME]), scope)
  const answers = await binding.batch<SumsRow>(withSegments ? [byDay, bySegment] : [byDay])
  return answers.flatMap(({ results }) => results)
}

/**
 * Of every sum of a version those of some metrics alone, over all its days at once, for `experimentSumsOf`: guardrails are
 * looked at every ten minutes.
 */
export async function readWholeSums(
  binding: D1Database,
  { key, version }: ExperimentVersion,
  metrics: readonly string[],
): Promise<SumsRow[]> {
  const scopes = ['', ...metrics].map((metric) => `${key}@${version}:${metric}`)
  const { results } = await binding
    .prepare(
      `SELECT scope, 'arm' AS dimension, value, '' AS day, json_group_object(metric, total) AS sums FROM (
         SELECT scope, value, metric, SUM(sum) AS total FROM rollups
         WHERE metric IN (SELECT value FROM json_each(?1)) AND scope IN (SELECT value FROM json_each(?2)) AND dimension = 'arm'
         GROUP BY scope, value, metric
       ) GROUP BY scope, value`,
    )
    .bind(JSON.stringify([METRIC.exposed, ...OUTCOME]), JSON.stringify(scopes))
    .all<SumsRow>()
  return results
}

/**
 * Versions whose keys begin with a prefix, with the number of people on each side.
 *
 * @example readExposedUnder(db, 'universal_holdout.') // => [{ key: 'universal_holdout.usd', version: 50, variant: 'treated', exposed: 950 }, …]
 */
export async function readExposedUnder(
  binding: D1Database,
  prefix: string,
): Promise<(ExperimentVersion & { variant: string; exposed: number })[]> {
  const { results } = await binding
    .prepare(
      `SELECT scope, value AS variant, SUM(sum) AS exposed FROM rollups
       WHERE metric = ?1 AND scope >= ?2 AND scope < ?2 || char(1114111) AND dimension = 'arm' GROUP BY scope, value HAVING SUM(sum) > 0`,
    )
    .bind(METRIC.exposed, prefix)
    .all<{ scope: string; variant: string; exposed: number }>()
  return results.map(({ scope, variant, exposed }) => {
    const at = scope.lastIndexOf('@')
    return { key: scope.slice(0, at), version: Number.parseInt(scope.slice(at + 1), 10), variant, exposed }
  })
}
