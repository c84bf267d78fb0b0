import { desc, lt, sql } from 'drizzle-orm'
import { connect, type Database } from './client.ts'
import { auditLog } from './tables.ts'

/** One line of the audit log: who did what to which thing, and how it looked before and after. Secrets never go in. */
export interface AuditLine {
  at: number
  actor: string
  /** `thing.done`, as in price_rule.saved. */
  action: string
  subject: string
  before?: unknown
  after?: unknown
}

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

const auditRow = ({ at, actor, action, subject, before, after }: AuditLine) => ({
  at,
  actor,
  action,
  subject,
  before: json(before),
  after: json(after),
})

/** The insert that belongs into the same batch as the change it tells of. */
export const audit = (db: Database, line: AuditLine) => db.insert(auditLog).values(auditRow(line))

/** The audit row, written only when the statement before it in the batch changed something. */
export const auditIfChanged = (line: AuditLine) => {
  const row = auditRow(line)
  return sql`
    INSERT INTO audit_log (at, actor, action, subject, before, after)
    SELECT ${row.at}, ${row.actor}, ${row.action}, ${row.subject}, ${row.before}, ${row.after} WHERE changes() > 0`
}

/** Entries newest first, one more than `limit` when there are more. */
export async function readAudit(binding: D1Database, { before, limit }: { before?: number | undefined; limit: number }) {
  const rows = await connect(binding)
    .select()
    .from(auditLog)
    .where(before === undefined ? undefined : lt(auditLog.id, before))
    .orderBy(desc(auditLog.id))
    .limit(limit)
  return rows.map((row) => ({ ...row, before: parsed(row.before), after: parsed(row.after) }))
}

const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text))
