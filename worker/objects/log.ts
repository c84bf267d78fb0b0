import { type AcceptedEvent, compareEvents } from '../domain/customer/event.ts'
import { type CustomerFacts, emptyFacts, guardFacts } from '../domain/customer/facts.ts'
import { noEffects, refold, rowIdOf, step } from '../domain/customer/fold.ts'
import { type Contributions, difference } from '../domain/customer/rollup.ts'
import { EVENT_COLUMNS, type EventRow, packEvent, unpackEvent } from './event-row.ts'
import { addAll, type Ledger } from './ledger.ts'
import { jsonParts, MAXIMUM_CHARACTERS } from './schema.ts'
import { BEFORE_ALL, CARRIED_NOTHING, type Carried, type Position, type Self, type SelfRecord } from './self.ts'

/** Events folded since the last checkpoint before another one is kept; bounds what a late event must refold. */
const CHECKPOINT_EVERY = 500
const CHECKPOINTS_KEPT = 3
/** Up to so many events go in one by one: a decision is large, and SQLite need not parse it then. */
const FEW = 3

const isAfter = (a: Position, b: Position) => compareEvents(a as AcceptedEvent, b as AcceptedEvent) > 0
const isBehaviour = ({ body }: AcceptedEvent) => body.kind === 'behaviour'
const startOf = (carried: Carried): CustomerFacts => ({ ...emptyFacts(), ...carried })
const earlier = <T extends number | string>(a: T | null, b: T | null) => (a === null || (b !== null && b < a) ? b : a)
const later = <T extends number | string>(a: T | null, b: T | null) => (a === null || (b !== null && b > a) ? b : a)

/** What a visitor's object hands to the customer's when they turn out to be one person. */
export interface Estate {
  object: string
  subject: string
  bornAt: number
  events: AcceptedEvent[]
  /** Events of which only the id is kept, so that they are not taken again. */
  compacted: Position[]
  frozen: [string, number][]
  carried: Carried
  rowIds: string[]
  quotes: Record<string, SqlStorageValue>[]
}

/**
 * One customer's log of accepted events and the fold over it, in the object's SQLite. The log is the truth; facts,
 * contributions and rows are kept beside it only so that an event in order costs one step instead of a refold.
 * Every method that writes must run inside `SelfRecord.transact`.
 */
export class CustomerLog {
  readonly #sql: SqlStorage
  readonly #self: SelfRecord
  readonly #ledger: Ledger
  readonly #object: string

  constructor(sql: SqlStorage, self: SelfRecord, ledger: Ledger, object: string) {
    this.#sql = sql
    this.#self = self
    this.#ledger = ledger
    this.#object = object
  }

  has(eventId: string): boolean {
    return this.known([eventId]).size > 0
  }

  /** Which of these ids the log has ever taken, compacted ones too, each with the day it is booked under. */
  known(eventIds: readonly string[]): Map<string, string> {
    if (!this.#self.current || eventIds.length === 0) return new Map()
    const rows = this.#sql.exec<{ id: string; booked_day: string }>(
      'SELECT id, booked_day FROM events WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(eventIds),
    )
    return new Map(rows.toArray().map(({ id, booked_day }) => [id, booked_day]))
  }

  event(eventId: string): AcceptedEvent | null {
    if (!this.#self.current) return null
    const row = this.#sql.exec<EventRow>(`SELECT ${EVENT_COLUMNS} FROM events WHERE id = ? AND body IS NOT NULL`, eventId).toArray()[0]
    return row ? unpackEvent(row, this.#object) : null
  }

  /** Kept events booked since a day: the measure of a flood. */
  countSince(day: string): number {
    return this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM events WHERE booked_day >= ? AND body IS NOT NULL', day).one().n
  }

  /** All kept events in canonical order. */
  events(): AcceptedEvent[] {
    return this.#self.current ? this.#eventsAfter(BEFORE_ALL) : []
  }

  #eventsAfter(from: Position): AcceptedEvent[] {
    return (
      this.#sql
        .exec<EventRow>(
          `SELECT ${EVENT_COLUMNS} FROM events WHERE (booked_day, occurred_at) >= (?, ?) AND body IS NOT NULL`,
          from.bookedDay,
          from.occurredAt,
        )
        .toArray()
        .map((row) => unpackEvent(row, this.#object))
        // Ties are broken by id as JavaScript compares text; SQLite's order differs beyond the basic plane.
        .filter((event) => isAfter(event, from))
        .sort(compareEvents)
    )
  }

  #insert(events: readonly AcceptedEvent[]): void {
    const into = 'INSERT OR IGNORE INTO events (id, booked_day, occurred_at, is_behaviour, body)'
    const rows = events.map((event) => packEvent(event, this.#object))
    if (rows.length <= FEW) {
      for (const [id, day, at, behaves, body] of rows)
        this.#sql.exec(`${into} VALUES (?, ?, ?, ?, ?)`, id, day, at, behaves, JSON.stringify(body))
      return
    }
    for (const part of jsonParts(rows)) {
      this.#sql.exec(`${into} SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`, part)
    }
  }

  /**
   * Adds events to the log and folds them: by steps where they follow the tail, else by a refold from the last
   * checkpoint before the earliest. `known` are the ids the log has already; by default they are looked up.
   */
  append(events: readonly AcceptedEvent[], now: number, known = this.known(events.map(({ id }) => id))): void {
    const fresh = new Map<string, AcceptedEvent>()
    for (const event of events) if (!known.has(event.id) && !fresh.has(event.id)) fresh.set(event.id, event)
    const ordered = [...fresh.values()].sort(compareEvents)
    const [first] = ordered
    if (!first) return
    this.#insert(ordered)
    const self = this.#self.changing
    this.#note(self, ordered, now)
    if (isAfter(first, self.tail)) this.#stepAll(self, ordered)
    else this.#refoldFrom(self, first)
  }

  #note(self: Self, ordered: readonly AcceptedEvent[], now: number): void {
    self.oldestBehaviourDay = earlier(self.oldestBehaviourDay, ordered.find(isBehaviour)?.bookedDay ?? null)
    if (ordered.some(({ origin }) => origin === 'import')) self.importedAt = now
  }

  #stepAll(self: Self, ordered: readonly AcceptedEvent[]): void {
    const effects = noEffects()
    for (const event of ordered) step(self.facts, event, effects)
    this.#moveTail(self, ordered, self.eventsSinceCheckpoint + ordered.length)
    this.#ledger.add(effects.contributions)
    this.#ledger.save(effects.rows)
    if (self.eventsSinceCheckpoint >= CHECKPOINT_EVERY) this.#keepCheckpoint(self)
  }

  #moveTail(self: Self, ordered: readonly AcceptedEvent[], eventsSinceCheckpoint: number, from = BEFORE_ALL): void {
    const { bookedDay, occurredAt, id } = ordered.at(-1) ?? from
    self.tail = { bookedDay, occurredAt, id }
    self.eventsSinceCheckpoint = eventsSinceCheckpoint
  }

  #refoldFrom(self: Self, earliest: Position): void {
    this.#sql.exec('DELETE FROM checkpoints WHERE (booked_day, occurred_at) >= (?, ?)', earliest.bookedDay, earliest.occurredAt)
    const checkpoint = this.#sql
      .exec<{ booked_day: string; occurred_at: number; event_id: string; facts: string; contributions: string }>(
        'SELECT * FROM checkpoints ORDER BY booked_day DESC, occurred_at DESC, event_id DESC LIMIT 1',
      )
      .toArray()[0]
    const from: Position = checkpoint
      ? { bookedDay: checkpoint.booked_day, occurredAt: checkpoint.occurred_at, id: checkpoint.event_id }
      : BEFORE_ALL
    const start = checkpoint ? guardFacts(JSON.parse(checkpoint.facts) as CustomerFacts) : startOf(self.carried)
    const events = this.#eventsAfter(from)
    const { facts, effects } = refold(events, start)
    const total: Contributions = new Map(checkpoint ? JSON.parse(checkpoint.contributions) : [])
    addAll(total, effects.contributions)
    addAll(total, this.#ledger.frozen())
    self.facts = facts
    this.#moveTail(self, events, events.length, from)
    this.#ledger.add(difference(this.#ledger.contributions(), total))
    this.#ledger.save(effects.rows, events.map(rowIdOf))
    if (events.length >= CHECKPOINT_EVERY) this.#keepCheckpoint(self)
  }

  #keepCheckpoint(self: Self): void {
    self.eventsSinceCheckpoint = 0
    const facts = JSON.stringify(self.facts)
    const contributions = JSON.stringify([...addAll(this.#ledger.contributions(), this.#ledger.frozen(), -1)])
    // Too much for a row: such a customer refolds from the start.
    if (facts.length + contributions.length > MAXIMUM_CHARACTERS) return
    const { bookedDay, occurredAt, id } = self.tail
    this.#sql.exec(
      'INSERT OR REPLACE INTO checkpoints (booked_day, occurred_at, event_id, facts, contributions) VALUES (?, ?, ?, ?, ?)',
      bookedDay,
      occurredAt,
      id,
      facts,
      contributions,
    )
    this.#sql.exec(
      `DELETE FROM checkpoints WHERE rowid NOT IN (SELECT rowid FROM checkpoints ORDER BY booked_day DESC, occurred_at DESC, event_id DESC LIMIT ?)`,
      CHECKPOINTS_KEPT,
    )
  }

  /**
   * Drops behaviour booked before a day and keeps what it had contributed as a frozen remainder: after it the fold of
   * what is kept, plus the remainder, is to the digit what the fold of everything was. Ids stay.
   */
  compact(beforeDay: string): void {
    const self = this.#self.changing
    const all = this.events()
    const isOld = (event: AcceptedEvent) => isBehaviour(event) && event.bookedDay < beforeDay
    const kept = all.filter((event) => !isOld(event))
    self.oldestBehaviourDay = kept.find(isBehaviour)?.bookedDay ?? null
    if (kept.length === all.length) return
    const before = refold(
      all.filter(({ bookedDay }) => bookedDay < beforeDay),
      startOf(self.carried),
    ).facts
    self.carried = {
      firstSeenAt: before.firstSeenAt,
      lastSeenAt: before.lastSeenAt,
      visitDay: before.visitDay,
      visitMonth: before.visitMonth,
    }
    const { facts, effects } = refold(kept, startOf(self.carried))
    this.#ledger.freeze(difference(effects.contributions, this.#ledger.contributions()))
    self.facts = facts
    this.#moveTail(self, kept, kept.length)
    this.#sql.exec('UPDATE events SET body = NULL WHERE is_behaviour = 1 AND booked_day < ?', beforeDay)
    this.#sql.exec('DELETE FROM checkpoints')
  }

  /** Everything another object needs to go on with this log; repeatable until the other side has confirmed. */
  estate(): Estate {
    const { identity, carried } = this.#self.current as Self
    return {
      object: this.#object,
      subject: identity.subject,
      bornAt: identity.bornAt,
      events: this.events(),
      compacted: this.#sql
        .exec<{ bookedDay: string; occurredAt: number; id: string }>(
          'SELECT booked_day AS bookedDay, occurred_at AS occurredAt, id FROM events WHERE body IS NULL',
        )
        .toArray(),
      frozen: [...this.#ledger.frozen()],
      carried,
      rowIds: this.#ledger.rowIds(),
      quotes: this.#sql.exec('SELECT * FROM quotes').toArray(),
    }
  }

  /** Takes in a visitor's estate and folds the union. Idempotent by `identity.absorbed`, which the caller checks. */
  absorb(estate: Estate, now: number): void {
    const self = this.#self.changing
    this.#insert(estate.events)
    this.#note(self, estate.events, now)
    for (const part of jsonParts(estate.compacted)) {
      this.#sql.exec(
        `INSERT OR IGNORE INTO events (id, booked_day, occurred_at, is_behaviour, body)
         SELECT value ->> 'id', value ->> 'bookedDay', value ->> 'occurredAt', 1, NULL FROM json_each(?)`,
        part,
      )
    }
    this.#ledger.freeze(addAll(this.#ledger.frozen(), estate.frozen))
    self.carried = {
      firstSeenAt: earlier(self.carried.firstSeenAt, estate.carried.firstSeenAt),
      lastSeenAt: later(self.carried.lastSeenAt, estate.carried.lastSeenAt),
      visitDay: later(self.carried.visitDay, estate.carried.visitDay),
      visitMonth: later(self.carried.visitMonth, estate.carried.visitMonth),
    }
    for (const part of jsonParts(estate.quotes)) {
      this.#sql.exec(
        `INSERT OR IGNORE INTO quotes (slot, decision_id, inputs, valid_until, expires_at, viewed, answer)
         SELECT value ->> 'slot', value ->> 'decision_id', value ->> 'inputs', value ->> 'valid_until', value ->> 'expires_at', value ->> 'viewed', value ->> 'answer'
         FROM json_each(?)`,
        part,
      )
    }
    this.#ledger.adopt(estate.rowIds, () => this.#refoldFrom(self, BEFORE_ALL))
  }

  /** The log goes, and what was made of it; the caller has shipped what must outlive it. Identity and outbox stay. */
  empty(): void {
    for (const table of ['events', 'checkpoints', 'quotes', 'frozen']) this.#sql.exec(`DELETE FROM ${table}`)
    this.#ledger.empty()
    const self = this.#self.changing
    self.facts = emptyFacts()
    self.carried = CARRIED_NOTHING
    self.oldestBehaviourDay = null
    this.#moveTail(self, [], 0)
  }
}
