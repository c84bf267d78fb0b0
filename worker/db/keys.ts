import { and, eq, isNull, sql } from 'drizzle-orm'
import type { KeyKind, Scope } from '../contract/lists.ts'
import { type AuditLine, audit } from './audit.ts'
import { connect } from './client.ts'
import { apiKeys } from './tables.ts'

export interface StoredKey {
  id: string
  hash: string
  name: string
  kind: KeyKind
  scopes: Scope[]
  createdAt: number
  expiresAt: number | null
  revokedAt: number | null
  lastUsedDay: string | null
}

type KeyRow = typeof apiKeys.$inferSelect
const keyOf = (row: KeyRow): StoredKey => ({ ...row, scopes: JSON.parse(row.scopes) as Scope[] })

export async function readKeys(binding: D1Database): Promise<StoredKey[]> {
  return (await connect(binding).select().from(apiKeys).orderBy(apiKeys.createdAt, apiKeys.id)).map(keyOf)
}

export async function readKey(binding: D1Database, id: string): Promise<StoredKey | null> {
  const row = await connect(binding).select().from(apiKeys).where(eq(apiKeys.id, id)).get()
  return row ? keyOf(row) : null
}

/** Adds a key. False, with nothing written, when a key with this hash is there already. */
export async function addKey(binding: D1Database, key: StoredKey, line: AuditLine): Promise<boolean> {
  const db = connect(binding)
  const taken = await db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.hash, key.hash)).get()
  if (taken) return false
  await db.batch([db.insert(apiKeys).values({ ...key, scopes: JSON.stringify(key.scopes) }), audit(db, line)])
  return true
}

/** Ends a key at an instant, or replaces it: the new one is there before the old one ends. */
export async function endKey(
  binding: D1Database,
  id: string,
  end: { revokedAt: number } | { expiresAt: number },
  line: AuditLine,
  successor?: StoredKey,
): Promise<void> {
  const db = connect(binding)
  const ended = db.update(apiKeys).set(end).where(eq(apiKeys.id, id))
  if (successor) {
    await db.batch([db.insert(apiKeys).values({ ...successor, scopes: JSON.stringify(successor.scopes) }), ended, audit(db, line)])
  } else {
    await db.batch([ended, audit(db, line)])
  }
}

/** Notes that a key was used on a UTC day; callers do so at most once a day and isolate. */
export async function touchKey(binding: D1Database, id: string, day: string): Promise<void> {
  await connect(binding)
    .update(apiKeys)
    .set({ lastUsedDay: day })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt), sql`${apiKeys.lastUsedDay} IS NOT ${day}`))
}
