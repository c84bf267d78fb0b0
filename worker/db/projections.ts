import type { FactRow, ProjectionMessage } from '../domain/customer/projection.ts'
import {
  type Digest,
  digestAdd,
  EMPTY_DIGEST,
  formatDigest,
  parseDigest,
  parseRollupKey,
  type RollupName,
  rollupKey,
  sumDigests,
} from '../domain/customer/rollup.ts'

/** A parameter may have 2 MB, a character three bytes; what is more goes into several statements of the one transaction. */
const PARAMETER_CHARACTERS = 600_000

/** As the index over silent objects has it. */
const NO_CONTRIBUTIONS = formatDigest(EMPTY_DIGEST)

/** In the error that rolls back a batch of which some entry is not the next one of its object. */
const NOT_ALL_MOVE = 'not every entry is the next of its object'
/** Fails, and so rolls everything back: a path without `$` is an error that is quoted. */
const FAIL = `json_extract('{}', '${NOT_ALL_MOVE}')`

/**
 * Applies outbox entries in one transaction, exactly once each, and answers the last entry D1 has of each object. `applied`
 * moves forward only from entry n − 1 to n and takes this batch's id; only entries whose object carries that id add their
 * sums. An entry that was applied before moves nothing and so adds nothing, however often the queue brings it.
 *
 * Nearly always every entry moves. So the first try adds up the entries beforehand, which is far cheaper, and is rolled back
 * where one of them would not move; the second then asks for each.
 *
 * At most one entry of an object may be in `messages`.
 */
export async function applyEntries(
  db: D1Database,
  messages: readonly ProjectionMessage[],
  batch: string,
  now: number,
): Promise<Map<string, number>> {
  try {
    await db.batch(statements(db, messages, batch, now, true))
    return new Map(messages.map(({ object, seq }) => [object, seq]))
  } catch (error) {
    if (!(error instanceof Error && error.message.includes(NOT_ALL_MOVE))) throw error
  }
  const heads = headsOf(messages)
  const results = await db.batch<{ object: string; lastSeq: number }>([
    ...statements(db, messages, batch, now, false),
    db.prepare(`SELECT object, last_seq AS lastSeq FROM applied WHERE object IN (SELECT value ->> 0 FROM json_each(?))`).bind(heads),
  ])
  return new Map(results.at(-1)?.results.map(({ object, lastSeq }) => [object, lastSeq]))
}

const headsOf = (messages: readonly ProjectionMessage[]): string =>
  JSON.stringify(messages.map(({ object, seq, digest }) => [object, seq, digest]))

const statements = (
  db: D1Database,
  messages: readonly ProjectionMessage[],
  batch: string,
  now: number,
  allMove: boolean,
): D1PreparedStatement[] => [
  db.prepare(allMove ? MOVE_ALL : MOVE_THOSE_NEXT).bind(headsOf(messages), batch, now),
  ...sums(db, 'rollups', messages, batch, allMove, ({ deltas }) => deltas),
  ...sums(db, 'departed', messages, batch, allMove, ({ departed }) => departed ?? []),
  ...facts(db, messages, batch),
  ...departures(db, messages, batch),
]

const IS_KNOWN = `EXISTS (SELECT 1 FROM applied WHERE object = value ->> 0)`
const UPDATE = 'digest = excluded.digest, batch = excluded.batch, applied_at = excluded.applied_at'

const MOVE_THOSE_NEXT = `INSERT INTO applied (object, last_seq, digest, batch, applied_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, ?2, ?3 FROM json_each(?1) WHERE value ->> 1 = 1 OR ${IS_KNOWN}
  ON CONFLICT (object) DO UPDATE SET last_seq = excluded.last_seq, ${UPDATE} WHERE excluded.last_seq = applied.last_seq + 1`

const MOVE_ALL = `INSERT INTO applied (object, last_seq, digest, batch, applied_at)
  SELECT value ->> 0, CASE WHEN value ->> 1 = 1 OR ${IS_KNOWN} THEN value ->> 1 ELSE ${FAIL} END, value ->> 2, ?2, ?3 FROM json_each(?1) WHERE true
  ON CONFLICT (object) DO UPDATE SET last_seq = CASE excluded.last_seq WHEN applied.last_seq + 1 THEN excluded.last_seq ELSE ${FAIL} END, ${UPDATE}`

/** Only what was moved by this very batch counts: the guard of every statement after the first. */
const MOVED = `JOIN applied ON applied.object = entry.value ->> 0 AND applied.last_seq = entry.value ->> 1 AND applied.batch = ?2`

function sums(
  db: D1Database,
  table: 'rollups' | 'departed',
  messages: readonly ProjectionMessage[],
  batch: string,
  allMove: boolean,
  read: (message: ProjectionMessage) => [string, number][],
): D1PreparedStatement[] {
  const columns = `INSERT INTO ${table} (metric, scope, dimension, value, day, sum)`
  const upsert = 'ON CONFLICT DO UPDATE SET sum = sum + excluded.sum'
  if (allMove) {
    // Counted in place: each key is looked up once an addition.
    const totals = new Map<string, { sum: number }>()
    for (const message of messages) {
      for (const [key, amount] of read(message)) {
        const total = totals.get(key)
        if (total) total.sum += amount
        else totals.set(key, { sum: amount })
      }
    }
    const entries: (string | number)[][] = []
    for (const [key, { sum }] of totals) if (sum !== 0) entries.push([...rollupColumns(key), sum])
    const select = 'SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?1) WHERE true'
    return parameters(entries).map((parameter) => db.prepare(`${columns} ${select} ${upsert}`).bind(parameter))
  }
  const entries = messages.flatMap((message) =>
    read(message).map(([key, amount]) => [message.object, message.seq, ...rollupColumns(key), amount]),
  )
  const select = `SELECT entry.value ->> 2, entry.value ->> 3, entry.value ->> 4, entry.value ->> 5, entry.value ->> 6, SUM(entry.value ->> 7)
         FROM json_each(?1) AS entry ${MOVED} GROUP BY 1, 2, 3, 4, 5`
  return parameters(entries).map((parameter) => db.prepare(`${columns} ${select} ${upsert}`).bind(parameter, batch))
}

function rollupColumns(key: string): string[] {
  const { metric, scope, dimension, value, day } = parseRollupKey(key)
  return [metric, scope, dimension, value, day]
}

/** Tables of rows that objects own: their columns beside id, object and version, and what fills each. */
const OWNED = {
  revenue_events: {
    customer_id: 'customerId',
    event_type: 'eventType',
    amount: 'amount',
    currency: 'currency',
    product_id: 'productId',
    timestamp: 'timestamp',
    booked_day: 'bookedDay',
    metadata: 'metadata',
  },
  mrr_movements: {
    customer_id: 'customerId',
    day: 'day',
    currency: 'currency',
    movement: 'movement',
    amount: 'amount',
    opening: 'opening',
    closing: 'closing',
    reason: 'reason',
  },
  price_decisions: {
    decision_id: 'decisionId',
    product_id: 'productId',
    currency: 'currency',
    price: 'priceMinor',
    list_price: 'listMinor',
    reason: 'reason',
    price_class: 'priceClass',
    test_id: 'testId',
    test_version: 'testVersion',
    arm: 'arm',
    propensity: 'propensity',
    country: 'country',
    device: 'device',
    decided_at: 'decidedAt',
    config_version: 'configVersion',
    inputs: 'inputs',
  },
  customers: { subject: 'subject', first_seen_at: 'firstSeenAt', last_seen_at: 'lastSeenAt', orders: 'orders', money: 'money' },
} as const
const OWNED_TABLES = Object.keys(OWNED) as FactRow['table'][]

function facts(db: D1Database, messages: readonly ProjectionMessage[], batch: string): D1PreparedStatement[] {
  const told = new Map<FactRow['table'], { present: unknown[][]; gone: unknown[][] }>()
  for (const { object, seq, rows } of messages) {
    for (const { table, id, version, row } of rows) {
      const entries = told.get(table) ?? { present: [], gone: [] }
      told.set(table, entries)
      const list = row === null ? entries.gone : entries.present
      list.push([object, seq, id, version, row])
    }
  }
  return [...told].flatMap(([table, { present, gone }]) => [...upserts(db, table, present, batch), ...removals(db, table, gone, batch)])
}

function upserts(db: D1Database, table: FactRow['table'], entries: unknown[][], batch: string): D1PreparedStatement[] {
  const columns = Object.keys(OWNED[table])
  const values = Object.values(OWNED[table]).map((field) => `entry.value ->> '$[4].${field}'`)
  const updates = columns.map((column) => `${column} = excluded.${column}`)
  return parameters(entries).map((parameter) =>
    db
      .prepare(
        `INSERT INTO ${table} (id, object, version, ${columns})
         SELECT entry.value ->> 2, entry.value ->> 0, entry.value ->> 3, ${values} FROM json_each(?1) AS entry ${MOVED} WHERE true
         ON CONFLICT (id) DO UPDATE SET object = excluded.object, version = excluded.version, ${updates} WHERE excluded.version > ${table}.version`,
      )
      .bind(parameter, batch),
  )
}

function removals(db: D1Database, table: FactRow['table'], entries: unknown[][], batch: string): D1PreparedStatement[] {
  return parameters(entries).map((parameter) =>
    db
      .prepare(
        `DELETE FROM ${table} WHERE EXISTS (
           SELECT 1 FROM json_each(?1) AS entry ${MOVED} WHERE entry.value ->> 2 = ${table}.id AND entry.value ->> 3 > ${table}.version)`,
      )
      .bind(parameter, batch),
  )
}

/** An erased customer's rows go by owner, whatever their ids. */
function departures(db: D1Database, messages: readonly ProjectionMessage[], batch: string): D1PreparedStatement[] {
  const gone = messages.filter(({ departed }) => departed !== null).map(({ object, seq }) => [object, seq])
  if (gone.length === 0) return []
  return OWNED_TABLES.map((table) =>
    db
      .prepare(`DELETE FROM ${table} WHERE object IN (SELECT entry.value ->> 0 FROM json_each(?1) AS entry ${MOVED})`)
      .bind(JSON.stringify(gone), batch),
  )
}

/** JSON arrays of at most a parameter's size; none for nothing. */
function parameters(entries: readonly unknown[]): string[] {
  const result: string[] = []
  let part: string[] = []
  let size = 0
  for (const entry of entries) {
    const text = JSON.stringify(entry)
    if (size + text.length > PARAMETER_CHARACTERS && part.length > 0) {
      result.push(`[${part.join(',')}]`)
      part = []
      size = 0
    }
    part.push(text)
    size += text.length + 1
  }
  if (part.length > 0) result.push(`[${part.join(',')}]`)
  return result
}

export interface DeadLetter {
  object: string
  seq: number
  reason: string
  parkedAt: number
  replayedAt: number | null
}

/** Parks an entry once; parking it again keeps the first time and renews the reason. */
export const parkEntry = (db: D1Database, message: ProjectionMessage, reason: string, now: number) =>
  db
    .prepare(
      `INSERT INTO dead_letters (object, seq, reason, body, parked_at, replayed_at) VALUES (?, ?, ?, ?, ?, NULL)
       ON CONFLICT (object, seq) DO UPDATE SET reason = excluded.reason, replayed_at = NULL`,
    )
    .bind(message.object, message.seq, reason, JSON.stringify(message), now)
    .run()

export async function listDeadLetters(db: D1Database): Promise<DeadLetter[]> {
  const { results } = await db
    .prepare(
      `SELECT object, seq, reason, parked_at AS parkedAt, replayed_at AS replayedAt FROM dead_letters ORDER BY parked_at DESC LIMIT 500`,
    )
    .all<DeadLetter>()
  return results
}

interface Replay {
  object: string
  seq: number
  /** False where the object has nothing parked under this number any more. */
  isParked: boolean
  actor: string
  now: number
}

export const markReplayed = (db: D1Database, { object, seq, isParked, actor, now }: Replay) =>
  db.batch([
    isParked
      ? db.prepare('UPDATE dead_letters SET replayed_at = ? WHERE object = ? AND seq = ?').bind(now, object, seq)
      : db.prepare('DELETE FROM dead_letters WHERE object = ? AND seq = ?').bind(object, seq),
    db
      .prepare(`INSERT INTO audit_log (at, actor, action, subject) VALUES (?, ?, 'dead_letter.replayed', ?)`)
      .bind(now, actor, `${object}:${seq}`),
  ])

/** A page of objects with what D1 has of each, for reconciliation. */
export async function appliedAfter(
  db: D1Database,
  after: string,
  limit: number,
): Promise<{ object: string; lastSeq: number; digest: string }[]> {
  const { results } = await db
    .prepare('SELECT object, last_seq AS lastSeq, digest FROM applied WHERE object > ? ORDER BY object LIMIT ?')
    .bind(after, limit)
    .all<{ object: string; lastSeq: number; digest: string }>()
  return results
}

/** Last entry applied of one object; 0 for one we have nothing of. */
export async function appliedOf(db: D1Database, object: string): Promise<number> {
  return (await db.prepare('SELECT last_seq AS lastSeq FROM applied WHERE object = ?').bind(object).first<number>('lastSeq')) ?? 0
}

/**
 * Whether the whole rollup table is the sum of what the objects say they contribute and of what has departed: their digests
 * add up to the digest of the table. One pass, read from one point in time.
 */
export async function compareTableDigests(db: D1Database): Promise<{ objects: Digest; rollups: Digest }> {
  const [digests, departed, rollups] = await db.batch([
    db.prepare('SELECT digest FROM applied'),
    ...['departed', 'rollups'].map((table) => db.prepare(`SELECT metric, scope, dimension, value, day, sum FROM ${table} WHERE sum <> 0`)),
  ])
  let objects = digestOfRows(departed)
  for (const { digest } of (digests?.results ?? []) as { digest: string }[]) objects = sumDigests(objects, parseDigest(digest))
  return { objects, rollups: digestOfRows(rollups) }
}

function digestOfRows(result: D1Result | undefined): Digest {
  let digest = EMPTY_DIGEST
  for (const row of (result?.results ?? []) as (RollupName & { sum: number })[]) {
    digest = digestAdd(digest, rollupKey(row.metric, row.scope, row.day, row.dimension, row.value), row.sum)
  }
  return digest
}

/**
 * Forgets up to `limit` objects that have contributed nothing since a time, and names them: erased, departed or merged ones.
 * The queue no longer has any entry of theirs by then; one that speaks again is asked to begin at entry 1.
 */
export async function forgetSilent(db: D1Database, before: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare(
      `DELETE FROM applied WHERE object IN
         (SELECT object FROM applied WHERE digest = '${NO_CONTRIBUTIONS}' AND applied_at < ? LIMIT ?) RETURNING object`,
    )
    .bind(before, limit)
    .all<{ object: string }>()
  return results.map(({ object }) => object)
}
