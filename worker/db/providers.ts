import type { ProviderEventStatus, ProviderId } from '../contract/lists.ts'
import type { Link } from '../domain/payments/provider.ts'

/** A webhook as people see it in the list. */
export interface ProviderRow {
  provider: ProviderId
  eventId: string
  type: string
  status: ProviderEventStatus
  waitsFor: string | null
  code: string | null
  /** Kept while it waits or is refused. */
  body: string | null
  receivedAt: number
}

/** Whose an object is. */
export interface Owner {
  /** A customerId, or `visitor:` and a visitorId. */
  customerId: string
  transactionId: string
}

export interface OwnedLink extends Link {
  /** Stands for the owner, should they have been erased. */
  tombstone: string
  /** A customerId, or `visitor:` and a visitorId. */
  customerId: string
}

const rowId = ({ provider, eventId }: Pick<ProviderRow, 'provider' | 'eventId'>): string => `${provider}:${eventId}`

/** What is settled stays so; whatever else was known of a delivery, the last one says. */
const UPSERT = `ON CONFLICT (id) DO UPDATE SET type = excluded.type, status = excluded.status, waits_for = excluded.waits_for,
  code = excluded.code, body = excluded.body WHERE provider_events.status <> 'settled'`
const COLUMNS = 'id, provider, event_id, type, status, waits_for, code, body, received_at'

const parametersOf = (row: ProviderRow) => [
  rowId(row),
  row.provider,
  row.eventId,
  row.type,
  row.status,
  row.waitsFor,
  row.code,
  row.body,
  row.receivedAt,
]

const saving = (db: D1Database, row: ProviderRow): D1PreparedStatement =>
  db.prepare(`INSERT INTO provider_events (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ${UPSERT}`).bind(...parametersOf(row))

export async function saveProviderEvent(db: D1Database, row: ProviderRow): Promise<void> {
  await saving(db, row).run()
}

/**
 * Whose an object is; where nobody knows yet, the webhook is kept as waiting, in the same transaction. `linkObjects` looks
 * for what waits in the transaction of its links, so that of the two, whichever comes second sees the other.
 */
export async function findOwnerOrWait(db: D1Database, row: ProviderRow & { status: 'waiting'; waitsFor: string }): Promise<Owner | null> {
  const [, found] = await db.batch<Owner>([
    db
      .prepare(
        `INSERT INTO provider_events (${COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
         WHERE NOT EXISTS (SELECT 1 FROM provider_links WHERE provider = ?2 AND object_id = ?6) ${UPSERT}`,
      )
      .bind(...parametersOf(row)),
    db
      .prepare(
        `SELECT customer_id AS customerId, COALESCE(transaction_id, object_id) AS transactionId
         FROM provider_links WHERE provider = ? AND object_id = ?`,
      )
      .bind(row.provider, row.waitsFor),
  ])
  return found?.results[0] ?? null
}

/** What waits and can be settled now. */
export type Waiting = Pick<ProviderRow, 'provider' | 'eventId' | 'receivedAt'> & { body: string }
const WAITING = 'e.provider, e.event_id AS eventId, e.body, e.received_at AS receivedAt'
const MOST_AT_ONCE = 100

/** Says whose objects are, keeps the webhook that told it, and answers what has waited for that. The first to say whose stays right. */
export async function linkObjects(
  db: D1Database,
  provider: ProviderId,
  links: readonly OwnedLink[],
  row: ProviderRow | null,
  now: number,
): Promise<Waiting[]> {
  if (links.length === 0) {
    if (row) await saveProviderEvent(db, row)
    return []
  }
  const text = JSON.stringify(links)
  const results = await db.batch<Waiting>([
    db
      .prepare(
        `INSERT INTO provider_links (provider, object_id, customer_id, transaction_id, seen_at)
         SELECT ?1, value ->> 'objectId', value ->> 'customerId', value ->> 'transactionId', ?2 FROM json_each(?3)
         WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE hash = value ->> 'tombstone') ON CONFLICT DO NOTHING`,
      )
      .bind(provider, now, text),
    ...(row ? [saving(db, row)] : []),
    db
      .prepare(
        `SELECT ${WAITING} FROM provider_events e WHERE e.status = 'waiting' AND e.provider = ?
         AND e.waits_for IN (SELECT value ->> 'objectId' FROM json_each(?)) LIMIT ${MOST_AT_ONCE}`,
      )
      .bind(provider, text),
  ])
  return results.at(-1)?.results ?? []
}

/** Waiting webhooks whose object is known by now: whoever linked it was interrupted before they were settled. */
export async function readReleased(db: D1Database, limit: number): Promise<Waiting[]> {
  const { results } = await db
    .prepare(
      `SELECT ${WAITING} FROM provider_events e JOIN provider_links l ON l.provider = e.provider AND l.object_id = e.waits_for
       WHERE e.status = 'waiting' LIMIT ?`,
    )
    .bind(limit)
    .all<Waiting>()
  return results
}

/** Gives up on what has waited since before an instant; it can still be tried again by hand. Answers how many. */
export async function refuseLongWaiting(db: D1Database, before: number, code: string): Promise<number> {
  const { meta } = await db
    .prepare(`UPDATE provider_events SET status = 'refused', waits_for = NULL, code = ? WHERE status = 'waiting' AND received_at < ?`)
    .bind(code, before)
    .run()
  return meta.changes
}

const SHOWN = 'provider, event_id AS eventId, type, status, waits_for AS waitsFor, code, body, received_at AS receivedAt'

/** Webhooks newest first, behind a place in that order. */
export async function listProviderEvents(
  db: D1Database,
  { status, before, limit }: { status: ProviderEventStatus | null; before: { receivedAt: number; id: string } | null; limit: number },
): Promise<(ProviderRow & { id: string })[]> {
  const { results } = await db
    .prepare(
      `SELECT id, ${SHOWN} FROM provider_events
       WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR received_at < ?2 OR (received_at = ?2 AND id < ?3))
       ORDER BY received_at DESC, id DESC LIMIT ?4`,
    )
    .bind(status, before?.receivedAt ?? null, before?.id ?? null, limit)
    .all<ProviderRow & { id: string }>()
  return results
}

export const readProviderEvent = (db: D1Database, id: string): Promise<ProviderRow | null> =>
  db.prepare(`SELECT ${SHOWN} FROM provider_events WHERE id = ?`).bind(id).first<ProviderRow>()

export interface ProviderCount {
  provider: ProviderId
  status: ProviderEventStatus
  count: number
  lastAt: number
}

/** How many webhooks came since an instant, by provider and by what became of them. */
export async function countProviderEvents(db: D1Database, since: number): Promise<ProviderCount[]> {
  const { results } = await db
    .prepare(
      `SELECT provider, status, COUNT(*) AS count, MAX(received_at) AS lastAt FROM provider_events
       WHERE received_at >= ? GROUP BY provider, status`,
    )
    .bind(since)
    .all<ProviderCount>()
  return results
}
