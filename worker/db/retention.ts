import { DAY_MS, dayOf, HOUR_MS } from '../domain/time.ts'

const REJECTED_MS = 30 * DAY_MS
/** Thirty days on top of those that a webhook may have waited. */
const REFUSED_WEBHOOKS_MS = 60 * DAY_MS
const AUDIT_MS = 366 * DAY_MS
const IMPORTS_MS = 30 * DAY_MS
const DECISIONS_MS = 90 * DAY_MS
const IDEMPOTENCY_MS = DAY_MS
/** Demand looks back on four weeks. */
const HOURS_KEPT_MS = 35 * DAY_MS
/** A day more than a snapshot remembers. */
const CLOSES_MS = 61 * DAY_MS

const RUNS_MS = 30 * DAY_MS
/** A forecast reaches two years ahead, and is looked back upon for one more. */
const FORECASTS_MS = 3 * 365 * DAY_MS

/**
 * Deletes what is older than its time: refused events, webhooks (refused ones 60), letters that were replayed and runs of jobs 30 days, sampled decisions
 * 90, what days closed with two months, answers to repeatable requests a day, running totals of products five weeks, sessions their own, the audit log a year, forecasts three. Answers how many rows went.
 */
export async function deleteExpired(db: D1Database, now: number): Promise<number> {
  const results = await db.batch([
    db.prepare('DELETE FROM rejected_events WHERE received_at < ?').bind(now - REJECTED_MS),
    db.prepare('DELETE FROM admin_sessions WHERE expires_at < ?').bind(now),
    db.prepare('DELETE FROM login_attempts WHERE locked_until < ?').bind(now - DAY_MS),
    db.prepare('DELETE FROM audit_log WHERE at < ?').bind(now - AUDIT_MS),
    db.prepare('DELETE FROM imports WHERE updated_at < ?').bind(now - IMPORTS_MS),
    db.prepare('DELETE FROM dead_letters WHERE replayed_at < ?').bind(now - REJECTED_MS),
    db.prepare('DELETE FROM idempotent_requests WHERE created_at < ?').bind(now - IDEMPOTENCY_MS),
    db
      .prepare(
        `DELETE FROM provider_events WHERE received_at < ?1 AND (status IN ('settled', 'ignored') OR (status = 'refused' AND received_at < ?2))`,
      )
      .bind(now - REJECTED_MS, now - REFUSED_WEBHOOKS_MS),
    db.prepare('DELETE FROM price_decisions WHERE decided_at < ?').bind(now - DECISIONS_MS),
    db.prepare('DELETE FROM product_hours WHERE hour < ?').bind(Math.floor((now - HOURS_KEPT_MS) / HOUR_MS)),
    db.prepare('DELETE FROM job_runs WHERE started_at < ?').bind(now - RUNS_MS),
    db.prepare('DELETE FROM day_closes WHERE day < ?').bind(dayOf(now - CLOSES_MS)),
    db.prepare('DELETE FROM forecasts WHERE confirmed_at < ?').bind(now - FORECASTS_MS),
  ])
  return results.reduce((rows, { meta }) => rows + meta.changes, 0)
}
