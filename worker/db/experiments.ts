import { and, eq, gt } from 'drizzle-orm'
import { METRIC } from '../domain/customer/metrics.ts'
import type { Experiment } from '../domain/experiments/definition.ts'
import { type AuditLine, auditIfChanged } from './audit.ts'
import { connect, transact } from './client.ts'
import { experiments } from './tables.ts'

const experimentOf = (row: { body: string }): Experiment => JSON.parse(row.body) as Experiment

export async function readExperiments(binding: D1Database, { after = '', limit }: { after?: string | undefined; limit: number }) {
  const rows = await connect(binding)
    .select({ body: experiments.body })
    .from(experiments)
    .where(gt(experiments.key, after))
    .orderBy(experiments.key)
    .limit(limit)
  return rows.map(experimentOf)
}

export async function readExperiment(binding: D1Database, key: string): Promise<Experiment | null> {
  const row = await connect(binding).select({ body: experiments.body }).from(experiments).where(eq(experiments.key, key)).get()
  return row ? experimentOf(row) : null
}

const rowOf = (experiment: Experiment, now: number) => {
  const { key, status, version } = experiment
  return { key, status, version, body: JSON.stringify(experiment), updatedAt: now }
}

/** False where the key is taken. */
export async function addExperiment(binding: D1Database, experiment: Experiment, now: number, line: AuditLine): Promise<boolean> {
  const db = connect(binding)
  const insert = db.insert(experiments).values({ ...rowOf(experiment, now), createdAt: now })
  const [added] = await transact(binding, [insert.onConflictDoNothing(), auditIfChanged(line)])
  return (added?.meta.changes ?? 0) > 0
}

/** Replaces what was read as `before`. False where somebody else was quicker. */
export async function replaceExperiment(
  binding: D1Database,
  before: Experiment,
  after: Experiment,
  now: number,
  line: AuditLine,
): Promise<boolean> {
  const isAsRead = and(eq(experiments.key, before.key), eq(experiments.body, JSON.stringify(before)))
  const update = connect(binding).update(experiments).set(rowOf(after, now)).where(isAsRead)
  const [changed] = await transact(binding, [update, auditIfChanged(line)])
  return (changed?.meta.changes ?? 0) > 0
}

const COUNTED = [METRIC.exposed, METRIC.rewarded, METRIC.rewardSum, METRIC.exposedTwice]

/** Sums of one version of an experiment or a price test over all its days: how many saw each variant, how many of them bought, for how much; minor units. */
export async function readCounts(binding: D1Database, { key, version }: Pick<Experiment, 'key' | 'version'>) {
  const scope = `${key}@${version}:`
  const { results } = await binding
    .prepare(
      `SELECT metric, value AS variant, SUM(sum) AS sum FROM rollups
       WHERE metric IN (SELECT value FROM json_each(?1)) AND scope >= ?2 AND scope < ?2 || char(1114111) GROUP BY 1, 2`,
    )
    .bind(JSON.stringify(COUNTED), scope)
    .all<{ metric: string; variant: string; sum: number }>()
  const count = (metric: string, variant = '') => results.find((row) => row.metric === metric && row.variant === variant)?.sum ?? 0
  return {
    of: (variant: string) => ({
      exposed: count(METRIC.exposed, variant),
      buyers: count(METRIC.rewarded, variant),
      netMinor: count(METRIC.rewardSum, variant),
    }),
    excluded: count(METRIC.exposedTwice),
  }
}
