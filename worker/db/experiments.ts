import { and, eq, gt, sql } from 'drizzle-orm'
import { METRIC } from '../domain/customer/metrics.ts'
import type { Experiment } from '../domain/experiments/definition.ts'
import type { ExposedDay } from '../domain/experiments/experiment-sums.ts'
import type { DaySaid } from '../domain/experiments/results/results.ts'
import type { Summary } from '../domain/experiments/results/summary.ts'
import { type AuditLine, auditIfChanged } from './audit.ts'
import { connect, transact } from './client.ts'
import { experiments, testAnalyses } from './tables.ts'

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

export async function readRunningExperiments(binding: D1Database): Promise<Experiment[]> {
  const isRunning = eq(experiments.status, 'running')
  return (await connect(binding).select({ body: experiments.body }).from(experiments).where(isRunning).orderBy(experiments.key)).map(
    experimentOf,
  )
}

/** Experiments that run, and those whose end lies no further back than `since`, epoch ms. */
export async function readRecentExperiments(binding: D1Database, since: number): Promise<Experiment[]> {
  const rows = await connect(binding)
    .select({ body: experiments.body })
    .from(experiments)
    .where(sql`${experiments.status} = 'running' OR (${experiments.status} <> 'draft' AND ${experiments.body} ->> '$.endedAt' >= ${since})`)
    .orderBy(experiments.key)
  return rows.map(experimentOf)
}

type Version = Pick<Experiment, 'key' | 'version'>

/** Keeps what an experiment said as a day ended; told again, the later telling stays. */
export async function saveSaid(binding: D1Database, { key, version }: Version, day: string, said: DaySaid, madeAt: number): Promise<void> {
  const row = { testId: key, version, day, body: JSON.stringify(said), madeAt }
  await connect(binding)
    .insert(testAnalyses)
    .values(row)
    .onConflictDoUpdate({ target: [testAnalyses.testId, testAnalyses.version, testAnalyses.day], set: row })
}

/** What a version of an experiment said day by day, oldest first. */
export async function readHistory(binding: D1Database, { key, version }: Version): Promise<{ day: string; said: DaySaid }[]> {
  const rows = await connect(binding)
    .select({ day: testAnalyses.day, body: testAnalyses.body })
    .from(testAnalyses)
    .where(and(eq(testAnalyses.testId, key), eq(testAnalyses.version, version)))
    .orderBy(testAnalyses.day)
  return rows.map(({ day, body }) => ({ day, said: JSON.parse(body) as DaySaid }))
}

/** What each of some versions said last, by key, without what only a result needs. */
export async function readLastSaid(binding: D1Database, versions: readonly Version[]): Promise<Map<string, Summary>> {
  const { results } = await binding
    .prepare(
      `SELECT test_id AS key, day, body ->> 'exposed' AS exposed, body ->> 'verdict' AS verdict, body ->> 'sentence' AS sentence
       FROM json_each(?1) AS asked JOIN test_analyses
         ON test_id = asked.value ->> 'key' AND version = asked.value ->> 'version'
         AND day = (SELECT MAX(day) FROM test_analyses AS last WHERE last.test_id = asked.value ->> 'key' AND last.version = asked.value ->> 'version')`,
    )
    .bind(JSON.stringify(versions.map(({ key, version }) => ({ key, version }))))
    .all<{ key: string } & Summary>()
  return new Map(results.map(({ key, ...said }) => [key, said]))
}

/** People of some versions by variant, by key. */
export async function readExposed(binding: D1Database, versions: readonly Version[]): Promise<Map<string, ExposedDay[]>> {
  const asked = versions.map(({ key, version }) => `${key}@${version}:`)
  const { results } = await binding
    .prepare(
      `SELECT scope, '' AS day, value AS variant, SUM(sum) AS exposed FROM rollups
       WHERE metric = '${METRIC.exposed}' AND scope IN (SELECT value FROM json_each(?1)) AND dimension = 'arm' GROUP BY scope, value`,
    )
    .bind(JSON.stringify(asked))
    .all<ExposedDay & { scope: string }>()
  return Map.groupBy(results, ({ scope }) => scope.slice(0, scope.lastIndexOf('@')))
}

/** Whether some experiment was changed after the snapshot in force was compiled: then that compile had failed. */
export async function hasUncompiledExperiment(binding: D1Database): Promise<boolean> {
  const row = await binding
    .prepare(
      `SELECT EXISTS (
         SELECT 1 FROM audit_log WHERE action LIKE 'experiment.%' AND at > (SELECT compiled_at FROM config_roots ORDER BY version DESC LIMIT 1)
       ) AS uncompiled`,
    )
    .first<{ uncompiled: number }>()
  return row?.uncompiled === 1
}
