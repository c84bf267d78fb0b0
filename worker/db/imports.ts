import type { ImportProgress } from '../contract/events.ts'

/** An import that has not moved for this long is taken for given up. */
const STALE_MS = 120_000
/** A finished import that is heard of again after this long is another run of it; before, it is a batch that came late. */
const AGAIN_MS = 10_000

export const saveProgress = (db: D1Database, importId: string, label: string, total: number | null, done: number, now: number) =>
  db
    .prepare(
      `INSERT INTO imports (import_id, label, total, done, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (import_id) DO UPDATE SET label = ?2, total = ?3, updated_at = ?5,
         done = CASE WHEN done >= imports.total AND updated_at < ?5 - ?6 THEN ?4 ELSE MAX(done, ?4) END`,
    )
    .bind(importId, label, total, done, now, AGAIN_MS)
    .run()

/** The newest imports; one that has not moved for two minutes and is not finished has stalled. */
export async function readImports(db: D1Database, now: number): Promise<ImportProgress[]> {
  const { results } = await db
    .prepare('SELECT import_id AS importId, label, total, done, updated_at AS updatedAt FROM imports ORDER BY updated_at DESC LIMIT 5')
    .all<Pick<ImportProgress, 'importId' | 'label' | 'total' | 'done' | 'updatedAt'>>()
  return results.map((each) => {
    const finished = each.total !== null && each.done >= each.total
    return { ...each, finished, stalled: !finished && each.updatedAt < now - STALE_MS }
  })
}
