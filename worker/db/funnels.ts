import { and, desc, eq, isNull, lt } from 'drizzle-orm'
import type { FunnelDefinition } from '../domain/funnel/definition.ts'
import type { StoredFunnel } from '../domain/funnel/find.ts'
import { type AuditLine, auditIfChanged } from './audit.ts'
import { connect, transact } from './client.ts'
import { funnels } from './tables.ts'

/** Every version of the funnels of this deployment, archived ones too, by id, newest first. The default one is in no row. */
export async function readFunnels(binding: D1Database): Promise<StoredFunnel[]> {
  const rows = await connect(binding)
    .select({ body: funnels.body, archivedAt: funnels.archivedAt })
    .from(funnels)
    .orderBy(funnels.id, desc(funnels.version))
  return rows.map(({ body, archivedAt }) => ({ funnel: JSON.parse(body) as FunnelDefinition, archivedAt }))
}

/** Adds a version of a funnel, which takes the place of those before it. False where somebody else was quicker. */
export async function addFunnel(binding: D1Database, funnel: FunnelDefinition, now: number, line: AuditLine): Promise<boolean> {
  const { id, version } = funnel
  const db = connect(binding)
  const insert = db.insert(funnels).values({ id, version, body: JSON.stringify(funnel), createdAt: now })
  const archiveOlder = db
    .update(funnels)
    .set({ archivedAt: now })
    .where(and(eq(funnels.id, id), lt(funnels.version, version), isNull(funnels.archivedAt)))
  const [added] = await transact(binding, [insert.onConflictDoNothing(), auditIfChanged(line), archiveOlder])
  return (added?.meta.changes ?? 0) > 0
}

/** Takes every version of a funnel out of force; its sums stay. False where none was in force. */
export async function archiveFunnel(binding: D1Database, id: string, now: number, line: AuditLine): Promise<boolean> {
  const archive = connect(binding)
    .update(funnels)
    .set({ archivedAt: now })
    .where(and(eq(funnels.id, id), isNull(funnels.archivedAt)))
  const [archived] = await transact(binding, [archive, auditIfChanged(line)])
  return (archived?.meta.changes ?? 0) > 0
}
