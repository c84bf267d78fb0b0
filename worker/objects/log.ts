import { OPEN_MS } from '../domain/customer/booking.ts'
import { type AcceptedEvent, compareEvents, isMoney, vouchedEventId } from '../domain/customer/event.ts'
import { type CustomerFacts, emptyFacts, guardFacts } from '../domain/customer/facts.ts'
import { noEffects, refold, step } from '../domain/customer/fold.ts'
import { endsOf, endsTogether } from '../domain/customer/funnel-revenue.ts'
import { countedBefore, countedTogether } from '../domain/customer/measured-past.ts'
import { type PackedEvent, packEvent, unpackEvent } from '../domain/customer/packed-event.ts'
import { rowIdsOf } from '../domain/customer/projection.ts'
import { type Contributions, difference } from '../domain/customer/rollup.ts'
import { dayOf } from '../domain/time.ts'
import { addAll, type Ledger } from './ledger.ts'
import { jsonParts, MAXIMUM_CHARACTERS, partsOf } from './schema.ts'
import { BEFORE_ALL, CARRIED_NOTHING, type Carried, type Position, type Self, type SelfRecord } from './self.ts'

/** Events folded since the last checkpoint before another one is kept; bounds what a late event must refold. */
const CHECKPOINT_EVERY = 500
const CHECKPOINTS_KEPT = 3
/** A log that has grown past this is compacted early, and takes no more behaviour where most of it is new. */
export const MAXIMUM_EVENTS = 10_000
/** Up to so many events have a row each, if they are short; more that come together share one. */
const FEW = 3
const SHORT_CHARACTERS = 400

interface EventRow {
  [column: string]: SqlStorageValue
  id: string
  bookedDay: string
  batch: number | null
  body: string | null
}

type BatchRow = { seq: number; body: string }

const EVENT_COLUMNS = 'id, booked_day AS bookedDay, batch, body'

const packedIn = (batch: string) => JSON.parse(batch) as PackedEvent[]

/** Whether a write failed because an event of that id is in the log already. */
export const isRepeat = (error: unknown): boolean => error instanceof Error && error.message.includes('UNIQUE constraint failed: events.id')

const isAfter = (a: Position, b: Position) => compareEvents(a as AcceptedEvent, b as AcceptedEvent) > 0
/** A decision made here and now, which is booked on its own day and contributes to sums alone. */
const isOwnDecision = ({ body, origin }: AcceptedEvent) => body.kind === 'decision' && origin === 'system' && !body.sampled
const isBehaviour = ({ body }: AcceptedEvent) => body.kind === 'behaviour'
/** Tells decisions that were shown on a listing alone: no exposure, nothing anybody will ask for after their quote has died. */
function unseenPreviewsIn(all: readonly AcceptedEvent[]): (event: AcceptedEvent) => boolean {
  const touched = new Set(all.flatMap(({ body }) => (body.kind !== 'decision' && 'decisionId' in body ? [body.decisionId] : [])))
  return ({ body, origin }) => body.kind === 'decision' && origin === 'system' && body.preview && !touched.has(body.decision.id)
}

/** A copy, as the fold changes what it is given. */
const startOf = (carried: Carried): CustomerFacts => guardFacts({ ...emptyFacts(), ...structuredClone(carried) })
const earlier = <T extends number | string>(a: T | null, b: T | null) => (a === null || (b !== null && b < a) ? b : a)
const later = <T extends number | string>(a: T | null, b: T | null) => (a === null || (b !== null && b > a) ? b : a)

/** What a visitor's object hands to the customer's when they turn out to be one person. */
export interface Estate {
  object: string
  subject: string
  bornAt: number
  events: AcceptedEvent[]
  /** Events of which only the id is kept, so that they are not taken again. */
  compacted: Pick<AcceptedEvent, 'id' | 'bookedDay'>[]
  frozen: [string, number][]
  carried: Carried
  rowIds: string[]
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
    return this.#unpack(this.#sql.exec<EventRow>(`SELECT ${EVENT_COLUMNS} FROM events WHERE id = ?`, eventId).toArray())[0] ?? null
  }

  /** Kept events whose ids begin with `prefix` and that are booked under a day or later, in canonical order. */
  eventsNamed(prefix: string, fromDay: string): AcceptedEvent[] {
    if (!this.#self.current) return []
    const rows = this.#sql.exec<EventRow>(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE id >= ?1 AND id < ?1 || char(1114111) AND booked_day >= ?2`,
      prefix,
      fromDay,
    )
    return this.#unpack(rows.toArray()).sort(compareEvents)
  }

  /** Whether so many more would be too many: more than the log should hold, and most of them of the last two days. */
  isFlooded(more: number, now: number): boolean {
    const kept = this.#self.current?.facts.events ?? 0
    if (kept + more <= MAXIMUM_EVENTS) return false
    const recent = 'SELECT COUNT(*) AS n FROM events WHERE booked_day >= ? AND (body IS NOT NULL OR batch IS NOT NULL)'
    return (kept > 0 ? this.#sql.exec<{ n: number }>(recent, dayOf(now - OPEN_MS)).one().n : 0) + more > MAXIMUM_EVENTS
  }

  /** All kept events in canonical order. */
  events(): AcceptedEvent[] {
    return this.#self.current ? this.#eventsAfter(BEFORE_ALL) : []
  }

  #eventsAfter(from: Position): AcceptedEvent[] {
    const rows = this.#sql.exec<EventRow>(`SELECT ${EVENT_COLUMNS} FROM events WHERE booked_day >= ?`, from.bookedDay)
    // Ties are broken by id as JavaScript compares text; SQLite's order differs beyond the basic plane.
    return this.#unpack(rows.toArray())
      .filter((event) => isAfter(event, from))
      .sort(compareEvents)
  }

  /** The events of rows, in any order; of those that were compacted away nothing is left to tell. */
  #unpack(rows: readonly EventRow[]): AcceptedEvent[] {
    const events: AcceptedEvent[] = []
    const inBatches = new Map<string, EventRow>()
    for (const row of rows) {
      if (row.body !== null) events.push(unpackEvent(JSON.parse(row.body) as PackedEvent, row.bookedDay, this.#object))
      else if (row.batch !== null) inBatches.set(row.id, row)
    }
    if (inBatches.size === 0) return events
    const wanted = JSON.stringify([...new Set([...inBatches.values()].map(({ batch }) => batch))])
    for (const { body } of this.#sql.exec<BatchRow>(
      'SELECT seq, body FROM batches WHERE seq IN (SELECT value FROM json_each(?))',
      wanted,
    )) {
      for (const packed of packedIn(body)) {
        const row = inBatches.get(packed[0])
        if (row) events.push(unpackEvent(packed, row.bookedDay, this.#object))
      }
    }
    return events
  }

  /**
   * @param packed the events in JSON, as `packEvent` makes them, where the caller has it
   * @throws Error that `isRepeat` knows  an id is in the log already
   */
  #insert(events: readonly AcceptedEvent[], packed?: string): void {
    if (events.length <= FEW) {
      for (const event of events) {
        const text = JSON.stringify(this.#pack(event))
        if (text.length > SHORT_CHARACTERS || isOwnDecision(event)) this.#insertBatch([event], `[${text}]`)
        else this.#sql.exec('INSERT INTO events (id, booked_day, body) VALUES (?, ?, ?)', event.id, event.bookedDay, text)
      }
    } else if (packed !== undefined && packed.length <= MAXIMUM_CHARACTERS) this.#insertBatch(events, packed)
    else {
      for (const part of partsOf(events, (event) => JSON.stringify(this.#pack(event)))) this.#insertBatch(part.items, part.text)
    }
  }

  #insertBatch(events: readonly AcceptedEvent[], packed: string): void {
    const self = this.#self.ahead
    const seq = self.foldedThrough + 1
    this.#sql.exec('INSERT INTO batches (seq, body) VALUES (?, ?)', seq, packed)
    const [first] = events
    if (events.length === 1) {
      this.#sql.exec('INSERT INTO events (id, booked_day, batch) VALUES (?, ?, ?)', first?.id, first?.bookedDay, seq)
    } else if (events.every(({ bookedDay }) => bookedDay === first?.bookedDay)) {
      const ids = JSON.stringify(events.map(({ id }) => id))
      this.#sql.exec('INSERT INTO events (id, booked_day, batch) SELECT value, ?, ? FROM json_each(?)', first?.bookedDay, seq, ids)
    } else {
      const ids = JSON.stringify(events.map(({ id, bookedDay }) => [id, bookedDay]))
      this.#sql.exec('INSERT INTO events (id, booked_day, batch) SELECT value ->> 0, value ->> 1, ? FROM json_each(?)', seq, ids)
    }
    self.foldedThrough = seq
  }

  #pack(event: AcceptedEvent): PackedEvent {
    return packEvent(event, event.home === this.#object ? undefined : event.home)
  }

  /**
   * Adds events, of which none may be in the log, and folds them: by steps where they follow the tail, else by a refold
   * from the last checkpoint before the earliest. Decisions that follow the tail are left to `catchUp` and the next change
   * to be written down with: a visitor who looks around would otherwise have everything else rewritten with each look.
   *
   * @param packed the events in JSON, in any order, where the caller has it
   * @throws Error that `isRepeat` knows  one of them is in the log already
   */
  append(events: readonly AcceptedEvent[], now: number, packed?: string): void {
    const ordered = [...events].sort(compareEvents)
    const [first] = ordered
    if (!first) return
    this.#insert(events, packed)
    const follows = isAfter(first, this.#self.ahead.tail)
    if (follows && events.every(isOwnDecision)) return this.#stepAll(this.#self.ahead, ordered)
    const self = this.#self.changing
    this.#note(self, ordered, now)
    if (follows) this.#stepAll(self, ordered)
    else this.#refoldFrom(self, first)
    if (self.eventsSinceCheckpoint >= CHECKPOINT_EVERY) this.#keepCheckpoint(self)
  }

  /** Folds what was appended since the record was last written: decisions, each batch behind the one before. */
  catchUp(self: Self): void {
    for (const { seq, body } of this.#sql.exec<BatchRow>('SELECT seq, body FROM batches WHERE seq > ? ORDER BY seq', self.foldedThrough)) {
      const events = packedIn(body).map((packed) => unpackEvent(packed, dayOf(packed[1]), this.#object))
      this.#stepAll(self, events.sort(compareEvents))
      self.foldedThrough = seq
    }
  }

  #note(self: Self, ordered: readonly AcceptedEvent[], now: number): void {
    self.oldestBehaviourDay = earlier(self.oldestBehaviourDay, ordered.find(isBehaviour)?.bookedDay ?? null)
    if (ordered.some(({ origin }) => origin === 'import')) self.importedAt = now
  }

  #stepAll(self: Self, ordered: readonly AcceptedEvent[]): void {
    const effects = noEffects()
    for (const event of ordered) step(self.facts, event, effects)
    this.#moveTail(self, ordered, self.eventsSinceCheckpoint + ordered.length)
    this.#ledger.add(effects.contributions, self)
    this.#ledger.save(effects.rows)
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
    this.#ledger.add(difference(this.#ledger.contributions(), total), self)
    this.#ledger.save(effects.rows, events.flatMap(rowIdsOf))
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
   * Drops behaviour booked before a day, prices of listings that nobody looked at among it, and keeps what it had
   * contributed as a frozen remainder: after it the fold of what is kept, plus the remainder, is to the digit what the fold
   * of everything was. Ids stay.
   */
  compact(beforeDay: string): void {
    const self = this.#self.changing
    const all = this.events()
    const isUnseen = unseenPreviewsIn(all)
    const isOld = (event: AcceptedEvent) => (isBehaviour(event) || isUnseen(event)) && event.bookedDay < beforeDay
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
      ...countedBefore(before),
      ...endsOf(self.facts),
    }
    const { facts, effects } = refold(kept, startOf(self.carried))
    this.#ledger.freeze(difference(effects.contributions, this.#ledger.contributions()))
    self.facts = facts
    this.#moveTail(self, kept, kept.length)
    this.#dropBodies(new Set(all.filter(isOld).map(({ id }) => id)))
    // Of batches that are gone the numbers are given anew.
    self.foldedThrough = this.#sql.exec<{ seq: number }>('SELECT COALESCE(MAX(seq), 0) AS seq FROM batches').one().seq
    this.#sql.exec('DELETE FROM checkpoints')
  }

  #dropBodies(ids: ReadonlySet<string>): void {
    for (const { seq, body } of this.#sql.exec<BatchRow>('SELECT seq, body FROM batches').toArray()) {
      const all = packedIn(body)
      const kept = all.filter(([id]) => !ids.has(id))
      if (kept.length === 0) this.#sql.exec('DELETE FROM batches WHERE seq = ?', seq)
      else if (kept.length < all.length) this.#sql.exec('UPDATE batches SET body = ? WHERE seq = ?', JSON.stringify(kept), seq)
    }
    for (const part of jsonParts(ids)) {
      this.#sql.exec('UPDATE events SET body = NULL, batch = NULL WHERE id IN (SELECT value FROM json_each(?))', part)
    }
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
        .exec<{ id: string; bookedDay: string }>('SELECT id, booked_day AS bookedDay FROM events WHERE body IS NULL AND batch IS NULL')
        .toArray(),
      frozen: [...this.#ledger.frozen()],
      carried,
      rowIds: this.#ledger.rowIds(),
    }
  }

  /** Takes in a visitor's estate and folds the union. Idempotent by `identity.absorbed`, which the caller checks. */
  absorb(estate: Estate, now: number): void {
    const self = this.#self.changing
    const ours = this.known([...estate.events, ...estate.compacted].flatMap(({ id }) => [id, vouchedEventId(id)]))
    const events = estate.events.flatMap((event) => this.#besides(ours, event))
    this.#insert(events)
    this.#note(self, events, now)
    for (const part of jsonParts(estate.compacted.filter(({ id }) => !ours.has(id)))) {
      this.#sql.exec(`INSERT INTO events (id, booked_day) SELECT value ->> 'id', value ->> 'bookedDay' FROM json_each(?)`, part)
    }
    this.#ledger.freeze(addAll(this.#ledger.frozen(), estate.frozen))
    self.carried = {
      firstSeenAt: earlier(self.carried.firstSeenAt, estate.carried.firstSeenAt),
      lastSeenAt: later(self.carried.lastSeenAt, estate.carried.lastSeenAt),
      visitDay: later(self.carried.visitDay, estate.carried.visitDay),
      visitMonth: later(self.carried.visitMonth, estate.carried.visitMonth),
      ...countedTogether(self.carried, estate.carried),
      ...endsTogether(self.carried, estate.carried),
    }
    this.#ledger.adopt(estate.rowIds, () => this.#refoldFrom(self, BEFORE_ALL))
  }

  /** An event of another log beside ours. What both have is one event, and ours stays; but what a page said under a server's id does not stand for it. */
  #besides(ours: ReadonlyMap<string, string>, event: AcceptedEvent): AcceptedEvent[] {
    if (!ours.has(event.id)) return [event]
    const id = vouchedEventId(event.id)
    const isSquatted = isMoney(event) && !ours.has(id) && this.event(event.id)?.verified === false
    return isSquatted ? [{ ...event, id }] : []
  }

  /** The log goes, and what was made of it; the caller has shipped what must outlive it. Identity and outbox stay. */
  empty(): void {
    for (const table of ['events', 'batches', 'checkpoints', 'frozen']) this.#sql.exec(`DELETE FROM ${table}`)
    this.#ledger.empty()
    const self = this.#self.changing
    self.facts = emptyFacts()
    self.carried = CARRIED_NOTHING
    self.oldestBehaviourDay = null
    self.foldedThrough = 0
    delete self.adopted
    this.#moveTail(self, [], 0)
  }
}
