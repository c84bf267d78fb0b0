import { desc, lt } from 'drizzle-orm'
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

/** Values of an audit row, for inserts that depend on another statement of their batch. */
export const auditRow = ({ at, actor, action, subject, before, after }: AuditLine) => ({
  at,
  actor,
  action,
  subject,
  before: json(before),
  after: json(after),
})

/** The insert that belongs into the same batch as the change it tells of. */
export const audit = (db: Database, line: AuditLine) => db.insert(auditLog).values(auditRow(line))

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
