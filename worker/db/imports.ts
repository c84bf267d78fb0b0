import type { ImportProgress } from '../contract/events.ts'

/** An import that has not moved for this long is taken for given up. */
const STALE_MS = 120_000

export const saveProgress = (db: D1Database, importId: string, label: string, total: number | null, done: number, now: number) =>
  db
    .prepare(
      `INSERT INTO imports (import_id, label, total, done, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (import_id) DO UPDATE SET label = ?2, total = ?3, done = MAX(done, ?4), updated_at = ?5`,
    )
    .bind(importId, label, total, done, now)
    .run()

/** Imports of late; an unfinished one that stands still is left out. */
export async function readImports(db: D1Database, now: number): Promise<ImportProgress[]> {
  const { results } = await db
    .prepare(
      'SELECT import_id AS importId, label, total, done, updated_at AS updatedAt FROM imports WHERE updated_at > ? ORDER BY updated_at DESC LIMIT 5',
    )
    .bind(now - STALE_MS)
    .all<Omit<ImportProgress, 'finished'>>()
  return results.map((each) => ({ ...each, finished: each.total !== null && each.done >= each.total }))
}
