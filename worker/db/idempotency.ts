import { MINUTE_MS } from '../domain/time.ts'

/** A request that has not been answered for so long was lost with its Worker: the next one may try. */
const LOST_AFTER_MS = MINUTE_MS

export interface StoredAnswer {
  requestHash: string
  /** Null while the request is under way. */
  status: number | null
  body: string | null
}

/** Takes a name for a request. Null: it is ours to answer; otherwise what is there under this name. */
export async function claimRequest(db: D1Database, name: string, requestHash: string, now: number): Promise<StoredAnswer | null> {
  const claimed = await db
    .prepare(
      `INSERT INTO idempotent_requests (name, request_hash, status, body, created_at) VALUES (?1, ?2, NULL, NULL, ?3)
       ON CONFLICT (name) DO UPDATE SET request_hash = excluded.request_hash, created_at = excluded.created_at
       WHERE status IS NULL AND created_at < ?4 RETURNING name`,
    )
    .bind(name, requestHash, now, now - LOST_AFTER_MS)
    .first()
  if (claimed) return null
  return db
    .prepare('SELECT request_hash AS requestHash, status, body FROM idempotent_requests WHERE name = ?')
    .bind(name)
    .first<StoredAnswer>()
}

export const keepAnswer = (db: D1Database, name: string, status: number, body: string) =>
  db.prepare('UPDATE idempotent_requests SET status = ?, body = ? WHERE name = ?').bind(status, body, name).run()

/** A refusal changed nothing: the same request, mended or not, may come again. */
export const releaseRequest = (db: D1Database, name: string) =>
  db.prepare('DELETE FROM idempotent_requests WHERE name = ? AND status IS NULL').bind(name).run()
