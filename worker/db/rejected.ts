/** A refused event as it came, with the reason. */
export interface Rejected {
  source: string
  code: string
  field: string | null
  body: string
  /** Salted hash of the customer it names: what an erased customer would have sent is not kept. */
  tombstone?: string | null
}

/** Longest body kept of a refused event. */
const KEPT_CHARACTERS = 4_000

/** Rows a statement: a parameter may have 2 MB, and a body may grow sixfold when it is escaped. */
const ROWS_A_STATEMENT = 80

/** Keeps refused events for 30 days, so that a badly wired shop can see, mend and send them again. */
export async function keepRejected(db: D1Database, rejected: readonly Rejected[], now: number): Promise<void> {
  for (let at = 0; at < rejected.length; at += ROWS_A_STATEMENT) await keepSome(db, rejected.slice(at, at + ROWS_A_STATEMENT), now)
}

/** Of what pages send only the newest stay: their key is printed for everybody to read. */
const KEPT_OF_PAGES = 10_000

async function keepSome(db: D1Database, rejected: readonly Rejected[], now: number): Promise<void> {
  const rows = rejected.map((each) => ({ ...each, body: each.body.slice(0, KEPT_CHARACTERS).replace(/[\ud800-\udbff]$/, '') }))
  const insert = db
    .prepare(
      `INSERT INTO rejected_events (received_at, source, code, field, body)
       SELECT ?1, value ->> 'source', value ->> 'code', value ->> 'field', value ->> 'body' FROM json_each(?2)
       WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE hash = value ->> 'tombstone')`,
    )
    .bind(now, JSON.stringify(rows))
  if (!rejected.some(({ source }) => source === 'browser')) await insert.run()
  else
    await db.batch([
      insert,
      db
        .prepare(`DELETE FROM rejected_events WHERE id <= (SELECT MAX(id) FROM rejected_events) - ? AND source = 'browser'`)
        .bind(KEPT_OF_PAGES),
    ])
}

export interface KeptRejected extends Omit<Rejected, 'tombstone'> {
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
