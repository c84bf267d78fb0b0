import { DAY_MS } from '../domain/time.ts'

const REJECTED_MS = 30 * DAY_MS
const AUDIT_MS = 366 * DAY_MS
const IMPORTS_MS = 30 * DAY_MS
const DECISIONS_MS = 90 * DAY_MS
const IDEMPOTENCY_MS = DAY_MS

/** Deletes what is older than its time: refused events and letters that were replayed 30 days, sampled decisions 90, answers to repeatable requests a day, sessions their own, the audit log a year. */
export async function deleteExpired(db: D1Database, now: number): Promise<void> {
  await db.batch([
    db.prepare('DELETE FROM rejected_events WHERE received_at < ?').bind(now - REJECTED_MS),
    db.prepare('DELETE FROM admin_sessions WHERE expires_at < ?').bind(now),
    db.prepare('DELETE FROM login_attempts WHERE locked_until < ?').bind(now - DAY_MS),
    db.prepare('DELETE FROM audit_log WHERE at < ?').bind(now - AUDIT_MS),
    db.prepare('DELETE FROM imports WHERE updated_at < ?').bind(now - IMPORTS_MS),
    db.prepare('DELETE FROM dead_letters WHERE replayed_at < ?').bind(now - REJECTED_MS),
    db.prepare('DELETE FROM idempotent_requests WHERE created_at < ?').bind(now - IDEMPOTENCY_MS),
    db.prepare('DELETE FROM price_decisions WHERE decided_at < ?').bind(now - DECISIONS_MS),
  ])
}
