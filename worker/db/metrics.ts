import { desc } from 'drizzle-orm'
import type { MetricDefinition } from '../domain/experiments/metric.ts'
import { type AuditLine, auditIfChanged } from './audit.ts'
import { connect, transact } from './client.ts'
import { metrics } from './tables.ts'

/** Every version of the metrics of this deployment, by id, newest first. Built-in ones are in none of its rows. */
export async function readMetrics(binding: D1Database): Promise<MetricDefinition[]> {
  const rows = await connect(binding).select({ body: metrics.body }).from(metrics).orderBy(metrics.id, desc(metrics.version))
  return rows.map(({ body }) => JSON.parse(body) as MetricDefinition)
}

/** Adds a version of a metric. False where somebody else was quicker. */
export async function addMetric(binding: D1Database, metric: MetricDefinition, now: number, line: AuditLine): Promise<boolean> {
  const { id, version } = metric
  const insert = connect(binding)
    .insert(metrics)
    .values({ id, version, body: JSON.stringify(metric), createdAt: now })
  const [added] = await transact(binding, [insert.onConflictDoNothing(), auditIfChanged(line)])
  return (added?.meta.changes ?? 0) > 0
}
