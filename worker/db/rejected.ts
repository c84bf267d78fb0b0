/** A refused event as it came, with the reason. */
export interface Rejected {
  source: string
  code: string
  field: string | null
  body: string
}

/** Longest body kept of a refused event. */
const KEPT_CHARACTERS = 4_000

/** Keeps refused events for 30 days, so that a badly wired shop can see, mend and send them again. */
export async function keepRejected(db: D1Database, rejected: readonly Rejected[], now: number): Promise<void> {
  if (rejected.length === 0) return
  const rows = rejected.map((each) => ({ ...each, body: each.body.slice(0, KEPT_CHARACTERS).replace(/[\ud800-\udbff]$/, '') }))
  await db
    .prepare(
      `INSERT INTO rejected_events (received_at, source, code, field, body)
       SELECT ?1, value ->> 'source', value ->> 'code', value ->> 'field', value ->> 'body' FROM json_each(?2)`,
    )
    .bind(now, JSON.stringify(rows))
    .run()
}

export interface KeptRejected extends Rejected {
  id: number
  receivedAt: number
}

export async function listRejected(db: D1Database, limit: number): Promise<KeptRejected[]> {
  const { results } = await db
    .prepare('SELECT id, received_at AS receivedAt, source, code, field, body FROM rejected_events ORDER BY id DESC LIMIT ?')
    .bind(limit)
    .all<KeptRejected>()
  return results
}
