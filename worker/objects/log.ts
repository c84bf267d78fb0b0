import { type AcceptedEvent, compareEvents } from '../domain/customer/event.ts'
import { type CustomerFacts, emptyFacts, reviveFacts } from '../domain/customer/facts.ts'
import { type Effects, noEffects, refold, rowIdOf, step } from '../domain/customer/fold.ts'
import { IDENTIFIED_VERSION, type Identity } from '../domain/customer/identity.ts'
import type { CustomerRow } from '../domain/customer/projection.ts'
import {
  add,
  type Contributions,
  type Digest,
  difference,
  digestAdd,
  EMPTY_DIGEST,
  formatDigest,
  parseDigest,
} from '../domain/customer/rollup.ts'
import { SCHEMA } from './schema.ts'

/** Events folded since the last checkpoint before another one is kept; bounds what a late event must refold. */
const CHECKPOINT_EVERY = 500
const CHECKPOINTS_KEPT = 3
/** A checkpoint row must stay below the 2 MB a row may have. */
const CHECKPOINT_BYTES = 1_500_000

const INSERT_EVENTS = `INSERT OR IGNORE INTO events (id, booked_day, occurred_at, is_behaviour, body)
  SELECT value ->> 'id', value ->> 'bookedDay', value ->> 'occurredAt', value ->> '$.body.kind' = 'behaviour', value FROM json_each(?) WHERE true`

type Position = Pick<AcceptedEvent, 'bookedDay' | 'occurredAt' | 'id'>
const BEFORE_ALL: Position = { bookedDay: '', occurredAt: 0, id: '' }
/** Rows are filed under their table, so that no two tables' ids can meet. */
const revenueRow = (id: string) => `revenue_events/${id}`
const isAfter = (a: Position, b: Position) => compareEvents(a as AcceptedEvent, b as AcceptedEvent) > 0

/** What behaviour that has been compacted away left behind: it is added to every fold of what is still kept. */
interface Frozen {
  contributions: [string, number][]
  firstSeenAt: number | null
}

interface State {
  identity: Identity
  facts: CustomerFacts
  /** Position of the last folded event. */
  tail: Position & { sinceCheckpoint: number; writtenAt: number }
  digest: Digest
  shippedDigest: Digest
  frozen: Frozen
}

/** What a visitor's object hands to the customer's when they turn out to be one person. */
export interface Estate {
  object: string
  subject: string
  bornAt: number
  events: AcceptedEvent[]
  frozen: Frozen
  rowIds: string[]
  quotes: Record<string, SqlStorageValue>[]
}

/**
 * One customer's log of accepted events and the fold over it, in the object's SQLite. The log is the truth; facts,
 * contributions and rows are kept beside it only so that an event in order costs one step instead of a refold.
 * Every method that writes must run inside `storage.transactionSync`, and `forget` must follow a rollback.
 */
export class CustomerLog {
  readonly #sql: SqlStorage
  readonly #object: string
  #state: State | null | undefined

  constructor(storage: DurableObjectStorage, object: string) {
    this.#sql = storage.sql
    this.#object = object
    this.#sql.exec(SCHEMA)
  }

  /** After a rollback memory may be ahead of storage: read again. */
  forget(): void {
    this.#state = undefined
  }

  #load(): State | null {
    if (this.#state !== undefined) return this.#state
    const row = this.#sql
      .exec<Record<'identity' | 'facts' | 'tail' | 'digest' | 'shipped_digest' | 'frozen', string>>('SELECT * FROM self')
      .toArray()[0]
    this.#state = row
      ? {
          identity: JSON.parse(row.identity),
          facts: reviveFacts(row.facts),
          tail: JSON.parse(row.tail),
          digest: parseDigest(row.digest),
          shippedDigest: parseDigest(row.shipped_digest),
          frozen: JSON.parse(row.frozen),
        }
      : null
    return this.#state
  }

  get identity(): Identity | null {
    return this.#load()?.identity ?? null
  }

  get facts(): CustomerFacts {
    return this.#load()?.facts ?? emptyFacts()
  }

  get digest(): Digest {
    return this.#load()?.digest ?? EMPTY_DIGEST
  }

  /** First write: from here on this object stands for somebody. */
  begin(identity: Identity): void {
    const state: State = {
      identity,
      facts: emptyFacts(),
      tail: { ...BEFORE_ALL, sinceCheckpoint: 0, writtenAt: 0 },
      digest: EMPTY_DIGEST,
      shippedDigest: EMPTY_DIGEST,
      frozen: { contributions: [], firstSeenAt: null },
    }
    this.#state = state
    this.#sql.exec(
      'INSERT INTO self (id, identity, facts, tail, digest, shipped_digest, frozen) VALUES (1, ?, ?, ?, ?, ?, ?)',
      JSON.stringify(identity),
      JSON.stringify(state.facts),
      JSON.stringify(state.tail),
      formatDigest(state.digest),
      formatDigest(state.shippedDigest),
      JSON.stringify(state.frozen),
    )
  }

  saveIdentity(identity: Identity): void {
    this.#require().identity = identity
    this.#sql.exec('UPDATE self SET identity = ?', JSON.stringify(identity))
  }

  #require(): State {
    const state = this.#load()
    if (!state) throw new Error('this object has not begun')
    return state
  }

  has(eventId: string): boolean {
    return this.known([eventId]).size > 0
  }

  /** Which of these ids the log has ever taken, compacted ones too. */
  known(eventIds: readonly string[]): Map<string, string> {
    const rows = this.#sql.exec<{ id: string; booked_day: string }>(
      'SELECT id, booked_day FROM events WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(eventIds),
    )
    return new Map(rows.toArray().map(({ id, booked_day }) => [id, booked_day]))
  }

  event(eventId: string): AcceptedEvent | null {
    const row = this.#sql.exec<{ body: string | null }>('SELECT body FROM events WHERE id = ?', eventId).toArray()[0]
    return row?.body ? (JSON.parse(row.body) as AcceptedEvent) : null
  }

  /** Events booked since a day, compacted ones apart: the measure of a flood. */
  countSince(day: string): number {
    return this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM events WHERE booked_day >= ? AND body IS NOT NULL', day).one().n
  }

  /** First day of behaviour that is still kept event by event, and when the log was last written. */
  oldestBehaviour(): { day: string; writtenAt: number } | null {
    const { day } = this.#sql
      .exec<{ day: string | null }>('SELECT MIN(booked_day) AS day FROM events WHERE is_behaviour = 1 AND body IS NOT NULL')
      .one()
    return day === null ? null : { day, writtenAt: this.#require().tail.writtenAt }
  }

  /**
   * Adds events to the log and folds them: by steps where they follow the tail, else by a refold from the last
   * checkpoint before the earliest. Answers the ids that are new; the others were there.
   */
  append(events: readonly AcceptedEvent[]): Set<string> {
    const state = this.#require()
    const inserted = this.#sql.exec<{ id: string }>(`${INSERT_EVENTS} RETURNING id`, JSON.stringify(events)).toArray()
    const fresh = new Set(inserted.map(({ id }) => id))
    if (fresh.size === 0) return fresh
    const unique = new Map(events.map((event) => [event.id, event]))
    const ordered = [...unique.values()].filter(({ id }) => fresh.has(id)).sort(compareEvents)
    if (isAfter(ordered[0] as AcceptedEvent, state.tail)) this.#stepAll(state, ordered)
    else this.#refoldFrom(state, ordered[0] as AcceptedEvent)
    return fresh
  }

  #stepAll(state: State, ordered: readonly AcceptedEvent[]): void {
    const effects = noEffects()
    for (const event of ordered) step(state.facts, event, effects)
    const { bookedDay, occurredAt, id } = ordered.at(-1) as AcceptedEvent
    state.tail = { bookedDay, occurredAt, id, sinceCheckpoint: state.tail.sinceCheckpoint + ordered.length, writtenAt: Date.now() }
    this.#save(state, effects.contributions, effects)
    if (state.tail.sinceCheckpoint >= CHECKPOINT_EVERY) this.#keepCheckpoint(state)
  }

  #refoldFrom(state: State, earliest: Position): void {
    this.#sql.exec('DELETE FROM checkpoints WHERE (booked_day, occurred_at) >= (?, ?)', earliest.bookedDay, earliest.occurredAt)
    const checkpoint = this.#sql
      .exec<{ booked_day: string; occurred_at: number; event_id: string; facts: string; contributions: string }>(
        'SELECT * FROM checkpoints ORDER BY booked_day DESC, occurred_at DESC, event_id DESC LIMIT 1',
      )
      .toArray()[0]
    const from: Position = checkpoint
      ? { bookedDay: checkpoint.booked_day, occurredAt: checkpoint.occurred_at, id: checkpoint.event_id }
      : BEFORE_ALL
    const start = checkpoint ? reviveFacts(checkpoint.facts) : { ...emptyFacts(), firstSeenAt: state.frozen.firstSeenAt }
    const events = this.#eventsAfter(from)
    const { facts, effects } = refold(events, start)
    const total: Contributions = checkpoint ? new Map(JSON.parse(checkpoint.contributions)) : new Map()
    for (const [key, amount] of effects.contributions) add(total, key, amount)
    for (const [key, amount] of state.frozen.contributions) add(total, key, amount)
    state.facts = facts
    const { bookedDay, occurredAt, id } = events.at(-1) ?? from
    state.tail = { bookedDay, occurredAt, id, sinceCheckpoint: events.length, writtenAt: Date.now() }
    this.#save(state, difference(this.contributions(), total), effects, events.map(rowIdOf))
    if (events.length >= CHECKPOINT_EVERY) this.#keepCheckpoint(state)
  }

  #eventsAfter(from: Position): AcceptedEvent[] {
    return (
      this.#sql
        .exec<{ body: string }>(
          'SELECT body FROM events WHERE (booked_day, occurred_at) >= (?, ?) AND body IS NOT NULL',
          from.bookedDay,
          from.occurredAt,
        )
        .toArray()
        .map(({ body }) => JSON.parse(body) as AcceptedEvent)
        // Ties are broken by id as JavaScript compares text; SQLite's order differs beyond the basic plane.
        .filter((event) => isAfter(event, from))
        .sort(compareEvents)
    )
  }

  /** All kept events in canonical order. */
  events(): AcceptedEvent[] {
    return this.#eventsAfter(BEFORE_ALL)
  }

  contributions(): Contributions {
    const result: Contributions = new Map()
    for (const { key, value } of this.#sql.exec<{ key: string; value: number }>('SELECT key, value FROM contributions WHERE value <> 0'))
      result.set(key, value)
    return result
  }

  #save(state: State, deltas: Contributions, effects: Effects, replayedRows: readonly string[] = []): void {
    for (const [key, amount] of deltas) state.digest = digestAdd(state.digest, key, amount)
    if (deltas.size > 0) {
      this.#sql.exec(
        `INSERT INTO contributions (key, value, shipped) SELECT value ->> 0, value ->> 1, 0 FROM json_each(?) WHERE true
         ON CONFLICT (key) DO UPDATE SET value = value + excluded.value`,
        JSON.stringify([...deltas]),
      )
    }
    this.#saveRows(state, effects, replayedRows)
    this.#sql.exec(
      'UPDATE self SET facts = ?, tail = ?, digest = ?',
      JSON.stringify(state.facts),
      JSON.stringify(state.tail),
      formatDigest(state.digest),
    )
  }

  /** Rows of money as the fold sees them now; a replayed event that no longer counts loses its row. */
  #saveRows(state: State, effects: Effects, replayedRows: readonly string[]): void {
    const { customerId } = state.identity
    const rows: [id: string, target: string, body: string | null][] = []
    for (const [id, row] of effects.rows) rows.push([revenueRow(id), 'revenue_events', JSON.stringify({ ...row, customerId })])
    for (const id of replayedRows) if (!effects.rows.has(id)) rows.push([revenueRow(id), 'revenue_events', null])
    if (customerId !== null && effects.rows.size + replayedRows.length + state.facts.events > 0) {
      rows.push([`customers/${customerId}`, 'customers', JSON.stringify(customerRow(state))])
    }
    if (rows.length === 0) return
    // A row nobody has is not worth taking away; a row that says the same is not worth sending again.
    this.#sql.exec(
      `INSERT INTO rows (id, target, body, version, shipped_version)
       SELECT value ->> 0, value ->> 1, value ->> 2, ?, 0 FROM json_each(?)
       WHERE value ->> 2 IS NOT NULL OR EXISTS (SELECT 1 FROM rows WHERE rows.id = value ->> 0)
       ON CONFLICT (id) DO UPDATE SET body = excluded.body, version = version + 1 WHERE body IS NOT excluded.body`,
      customerId === null ? 1 : IDENTIFIED_VERSION,
      JSON.stringify(rows),
    )
  }

  #keepCheckpoint(state: State): void {
    const own = this.contributions()
    for (const [key, amount] of state.frozen.contributions) add(own, key, -amount)
    const facts = JSON.stringify(state.facts)
    const contributions = JSON.stringify([...own])
    if (facts.length + contributions.length > CHECKPOINT_BYTES) return
    this.#sql.exec(
      'INSERT OR REPLACE INTO checkpoints (booked_day, occurred_at, event_id, facts, contributions) VALUES (?, ?, ?, ?, ?)',
      state.tail.bookedDay,
      state.tail.occurredAt,
      state.tail.id,
      facts,
      contributions,
    )
    this.#sql.exec(
      `DELETE FROM checkpoints WHERE rowid NOT IN (SELECT rowid FROM checkpoints ORDER BY booked_day DESC, occurred_at DESC, event_id DESC LIMIT ?)`,
      CHECKPOINTS_KEPT,
    )
    state.tail.sinceCheckpoint = 0
    this.#sql.exec('UPDATE self SET tail = ?', JSON.stringify(state.tail))
  }

  /**
   * Drops behaviour booked before a day and keeps what it had contributed as a frozen remainder: after it the fold of
   * what is kept, plus the remainder, is to the digit what the fold of everything was.
   */
  compact(beforeDay: string): number {
    const state = this.#require()
    const dropped = this.#sql.exec(
      'UPDATE events SET body = NULL WHERE is_behaviour = 1 AND body IS NOT NULL AND booked_day < ?',
      beforeDay,
    ).rowsWritten
    if (dropped === 0) return 0
    const start = { ...emptyFacts(), firstSeenAt: state.facts.firstSeenAt }
    const events = this.events()
    const { facts, effects } = refold(events, start)
    state.frozen = { contributions: [...difference(effects.contributions, this.contributions())], firstSeenAt: state.facts.firstSeenAt }
    state.facts = facts
    const { bookedDay, occurredAt, id } = events.at(-1) ?? BEFORE_ALL
    state.tail = { bookedDay, occurredAt, id, sinceCheckpoint: events.length, writtenAt: Date.now() }
    this.#sql.exec('DELETE FROM checkpoints')
    this.#sql.exec(
      'UPDATE self SET facts = ?, tail = ?, frozen = ?',
      JSON.stringify(facts),
      JSON.stringify(state.tail),
      JSON.stringify(state.frozen),
    )
    return dropped
  }

  /** Hands everything over and withdraws its own contributions; repeatable until the other side has confirmed. */
  surrender(): Estate {
    const state = this.#require()
    return {
      object: this.#object,
      subject: state.identity.subject,
      bornAt: state.identity.bornAt,
      events: this.events(),
      frozen: state.frozen,
      rowIds: this.#sql
        .exec<{ id: string }>(`SELECT id FROM rows WHERE target = 'revenue_events'`)
        .toArray()
        .map(({ id }) => id),
      quotes: this.#sql.exec('SELECT * FROM quotes').toArray(),
    }
  }

  withdraw(): void {
    const state = this.#require()
    this.#sql.exec('UPDATE contributions SET value = 0')
    state.digest = EMPTY_DIGEST
    this.#sql.exec('UPDATE self SET digest = ?', formatDigest(EMPTY_DIGEST))
  }

  /** Takes in a visitor's estate and folds the union. Idempotent by `identity.absorbed`, which the caller checks. */
  absorb(estate: Estate): void {
    const state = this.#require()
    this.#sql.exec(INSERT_EVENTS, JSON.stringify(estate.events))
    const frozen: Contributions = new Map(state.frozen.contributions)
    for (const [key, amount] of estate.frozen.contributions) add(frozen, key, amount)
    const firsts = [state.frozen.firstSeenAt, estate.frozen.firstSeenAt].filter((at) => at !== null)
    state.frozen = { contributions: [...frozen], firstSeenAt: firsts.length > 0 ? Math.min(...firsts) : null }
    this.#sql.exec('UPDATE self SET frozen = ?', JSON.stringify(state.frozen))
    // The visitor's rows live on under this customer, or are taken away where the union counts them no more.
    this.#sql.exec(
      `INSERT OR IGNORE INTO rows (id, target, body, version, shipped_version) SELECT value, 'revenue_events', '', ?, 0 FROM json_each(?) WHERE true`,
      IDENTIFIED_VERSION,
      JSON.stringify(estate.rowIds),
    )
    for (const quote of estate.quotes) {
      const { slot, decision_id, inputs, valid_until, expires_at, viewed, answer } = quote as Record<string, SqlStorageValue>
      this.#sql.exec(
        'INSERT OR IGNORE INTO quotes VALUES (?, ?, ?, ?, ?, ?, ?)',
        slot,
        decision_id,
        inputs,
        valid_until,
        expires_at,
        viewed,
        answer,
      )
    }
    this.#refoldFrom(state, BEFORE_ALL)
    this.#sql.exec(`UPDATE rows SET body = NULL, version = version + 1 WHERE body = ''`)
  }

  /** Everything but identity and outbox goes; the caller has shipped what must outlive it. */
  empty(): void {
    for (const table of ['events', 'contributions', 'rows', 'checkpoints', 'quotes']) this.#sql.exec(`DELETE FROM ${table}`)
    const state = this.#require()
    state.facts = emptyFacts()
    state.tail = { ...BEFORE_ALL, sinceCheckpoint: 0, writtenAt: 0 }
    state.frozen = { contributions: [], firstSeenAt: null }
    this.#sql.exec(
      'UPDATE self SET facts = ?, tail = ?, frozen = ?',
      JSON.stringify(state.facts),
      JSON.stringify(state.tail),
      JSON.stringify(state.frozen),
    )
  }

  // ── What the outbox ships ──────────────────────────────────────────────────────────────────────────────────────

  pendingDeltas(): [string, number][] {
    return this.#sql
      .exec<{ key: string; delta: number }>('SELECT key, value - shipped AS delta FROM contributions WHERE value <> shipped')
      .toArray()
      .map(({ key, delta }) => [key, delta])
  }

  pendingRows(): { id: string; target: string; body: string | null; version: number }[] {
    return this.#sql
      .exec<{ id: string; target: string; body: string | null; version: number }>(
        'SELECT id, target, body, version FROM rows WHERE version <> shipped_version',
      )
      .toArray()
      .map((row) => ({ ...row, id: row.id.slice(row.target.length + 1) }))
  }

  hasPending(): boolean {
    return (
      this.#sql.exec('SELECT 1 FROM contributions WHERE value <> shipped LIMIT 1').toArray().length > 0 ||
      this.#sql.exec('SELECT 1 FROM rows WHERE version <> shipped_version LIMIT 1').toArray().length > 0
    )
  }

  /** Digest of what D1 has been told, moved on by one entry's deltas. */
  shippedDigestAfter(deltas: readonly [string, number][]): Digest {
    const state = this.#require()
    for (const [key, amount] of deltas) state.shippedDigest = digestAdd(state.shippedDigest, key, amount)
    this.#sql.exec('UPDATE self SET shipped_digest = ?', formatDigest(state.shippedDigest))
    return state.shippedDigest
  }

  markShipped(): void {
    this.#sql.exec('UPDATE contributions SET shipped = value WHERE value <> shipped')
    this.#sql.exec('UPDATE rows SET shipped_version = version WHERE version <> shipped_version')
    this.#sql.exec('DELETE FROM contributions WHERE value = 0')
  }
}

function customerRow({ identity, facts }: State): CustomerRow {
  const money: CustomerRow['money'] = {}
  for (const [currency, totals] of Object.entries(facts.money)) {
    money[currency] = {
      grossMinor: totals.grossMinor,
      netMinor: totals.grossMinor - totals.refundedMinor - totals.disputedMinor,
      mrrMinor: facts.mrr[currency]?.balanceMinor ?? 0,
    }
  }
  for (const [currency, { balanceMinor }] of Object.entries(facts.mrr))
    money[currency] ??= { grossMinor: 0, netMinor: 0, mrrMinor: balanceMinor }
  return {
    subject: identity.subject,
    firstSeenAt: facts.firstSeenAt ?? identity.bornAt,
    lastSeenAt: facts.lastSeenAt ?? identity.bornAt,
    orders: facts.orders,
    money,
  }
}
