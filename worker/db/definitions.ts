/** How far the customers of before have been told of a set of definitions. */
export interface Backfill {
  hash: string
  /** Last object that was told; '' before the first. */
  cursor: string
  done: number
  total: number
  /** Objects that could not be told. */
  failed: string[]
  startedAt: number
  finishedAt: number | null
}

type BackfillRow = Omit<Backfill, 'failed'> & { failed: string }

/** Null where nobody has begun yet. */
export async function readBackfill(db: D1Database, hash: string): Promise<Backfill | null> {
  const row = await db
    .prepare(
      'SELECT hash, cursor, done, total, failed, started_at AS startedAt, finished_at AS finishedAt FROM definition_backfills WHERE hash = ?',
    )
    .bind(hash)
    .first<BackfillRow>()
  return row && { ...row, failed: JSON.parse(row.failed) as string[] }
}

/** Begins with every object that D1 knows now. Of two that begin at once one does. */
export async function beginBackfill(db: D1Database, hash: string, now: number): Promise<Backfill> {
  await db
    .prepare(
      `INSERT INTO definition_backfills (hash, cursor, done, total, failed, started_at)
       SELECT ?1, '', 0, COUNT(*), '[]', ?2 FROM applied WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(hash, now)
    .run()
  return (await readBackfill(db, hash)) as Backfill
}

/** What was told is told for good: a run that is cut off costs no more than the page it was at. */
export async function keepBackfill(db: D1Database, { hash, cursor, done, total, failed, finishedAt }: Backfill): Promise<void> {
  await db
    .prepare(
      'UPDATE definition_backfills SET cursor = ?2, done = ?3, total = max(total, ?3, ?4), failed = ?5, finished_at = ?6 WHERE hash = ?1',
    )
    .bind(hash, cursor, done, total, JSON.stringify(failed), finishedAt)
    .run()
}

/** A page of the objects that D1 knows. */
export async function objectsAfter(db: D1Database, after: string, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare('SELECT object FROM applied WHERE object > ? ORDER BY object LIMIT ?')
    .bind(after, limit)
    .all<{ object: string }>()
  return results.map(({ object }) => object)
}

/** When a set of definitions first came into force; null for one that never did. */
export const inForceSince = (db: D1Database, hash: string): Promise<number | null> =>
  db.prepare('SELECT created_at AS createdAt FROM config_shards WHERE hash = ?').bind(hash).first<number>('createdAt')

/** How many of the customers of before are counted by the definitions in force; null once all are. */
export async function readProgress(db: D1Database, hash: string): Promise<{ done: number; total: number } | null> {
  const [row, known] = await db.batch<{ done?: number; total?: number; finishedAt?: number | null; objects?: number }>([
    db.prepare('SELECT done, total, finished_at AS finishedAt FROM definition_backfills WHERE hash = ?').bind(hash),
    db.prepare('SELECT COUNT(*) AS objects FROM applied'),
  ])
  const found = row?.results[0]
  if (found) return found.finishedAt === null ? { done: found.done as number, total: found.total as number } : null
  const total = known?.results[0]?.objects ?? 0
  return total === 0 ? null : { done: 0, total }
}
