import type { LiveEvent } from '../contract/analytics.ts'
import type { AcceptedEvent } from '../domain/customer/event.ts'
import { liveLineOf } from '../domain/customer/live-line.ts'
import { type FactRow, MAXIMUM_ENTRY_BYTES, type ProjectionMessage } from '../domain/customer/projection.ts'
import { digestAdd, EMPTY_DIGEST, formatDigest } from '../domain/customer/rollup.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../domain/time.ts'
import type { Ledger } from './ledger.ts'
import type { SelfRecord } from './self.ts'

/** First wait for an acknowledgement; it doubles up to an hour. */
const FIRST_WAIT_MS = 20 * SECOND_MS
const LONGEST_WAIT_MS = HOUR_MS
/** Acknowledged entries stay this long, so that a database restored from a backup can be caught up. */
const KEPT_MS = 30 * DAY_MS
const LIVE_LINES = 5

interface Head {
  seq: number
  state: 'queued' | 'sent' | 'parked'
  attempts: number
  nextAt: number
}

/**
 * Entries for D1, one in flight at a time. What has changed since the last entry was sealed is no entry yet: it is what
 * the ledger has pending, so later changes coalesce. The queue is a hint, this table the truth.
 *
 *   ledger ──seal──▶ queued ──send──▶ sent ──ack──▶ acked (kept 30 days)
 *                      ▲               │ no ack in time, or D1 says it lacks an earlier entry
 *                      └───────────────┘          sent ──park──▶ parked ──replay──▶ queued
 */
export class Outbox {
  readonly #sql: SqlStorage
  readonly #self: SelfRecord
  readonly #ledger: Ledger
  readonly #object: string
  /** First entry that is not acknowledged; undefined: not known in this memory. */
  #head: Head | null | undefined
  #sweptAt = 0
  /** Lines for the live feed: a sample, lost without harm. */
  #live: LiveEvent[] = []

  constructor(sql: SqlStorage, self: SelfRecord, ledger: Ledger, object: string) {
    this.#sql = sql
    this.#self = self
    this.#ledger = ledger
    this.#object = object
  }

  forget(): void {
    this.#head = undefined
  }

  notice(event: AcceptedEvent): void {
    if (this.#live.length < LIVE_LINES) this.#live.push(liveLineOf(event))
  }

  #open(): Head | null {
    if (this.#head !== undefined) return this.#head
    this.#head = this.#self.current
      ? (this.#sql
          .exec<Head & Record<string, SqlStorageValue>>(
            `SELECT seq, state, attempts, next_at AS nextAt FROM outbox WHERE state <> 'acked' ORDER BY seq LIMIT 1`,
          )
          .toArray()[0] ?? null)
      : null
    return this.#head
  }

  /** When the outbox next wants to run; null when it has nothing to do, or waits for somebody to mend a parked entry. */
  dueAt(now: number): number | null {
    const head = this.#open()
    if (head) return head.state === 'parked' ? null : head.state === 'queued' ? now : head.nextAt
    return this.#ledger.hasPending() ? now : null
  }

  /** Whether nothing is under way, and something waits to be. */
  get isGathering(): boolean {
    return this.#open() === null && this.#ledger.hasPending()
  }

  get isSettled(): boolean {
    return this.#open() === null && !this.#ledger.hasPending()
  }

  /**
   * The entry to send now, marked as sent, or null. Where nothing is in flight it seals what is pending. The caller sends
   * it after this and after the alarm that sends it again: then one commit holds both.
   */
  next(now: number): ProjectionMessage | null {
    const sealed = !this.#open() && this.#ledger.hasPending() ? this.#self.transact(() => this.#seal(now, null, true)) : null
    const message = sealed ?? this.#again(now)
    if (!message) return null
    const live = this.#live
    this.#live = []
    return { ...message, live }
  }

  /** An entry sealed before whose time has come. */
  #again(now: number): ProjectionMessage | null {
    const head = this.#open()
    if (!head || head.state === 'parked' || (head.state === 'sent' && head.nextAt > now)) return null
    this.#head = { ...head, state: 'sent', attempts: head.attempts + 1, nextAt: nextAttempt(now, head.attempts) }
    const { body } = this.#sql
      .exec<{ body: string }>(
        `UPDATE outbox SET state = 'sent', attempts = attempts + 1, next_at = ? WHERE seq = ? RETURNING body`,
        this.#head.nextAt,
        head.seq,
      )
      .one()
    return JSON.parse(body) as ProjectionMessage
  }

  /** Makes entries of what is pending. With `sends` the first of them is written as sent, and answered to be so. */
  #seal(now: number, departed: [string, number][] | null, sends = false): ProjectionMessage | null {
    const { deltas, rows } = this.#ledger.takePending()
    if (deltas.length + rows.length === 0 && departed === null) return null
    const self = this.#self.changing
    let seq = this.#sql.exec<{ seq: number }>('SELECT COALESCE(MAX(seq), 0) AS seq FROM outbox').one().seq
    let sent: ProjectionMessage | null = null
    this.#head = undefined
    for (const part of chunks(deltas, rows, departed)) {
      seq++
      for (const [key, amount] of part.deltas) self.shippedDigest = digestAdd(self.shippedDigest, key, amount)
      // What stays without its owner is the account of the `departed` table from here on.
      for (const [key, amount] of part.departed ?? []) self.shippedDigest = digestAdd(self.shippedDigest, key, -amount)
      const digest = formatDigest(self.shippedDigest)
      const message: ProjectionMessage = { object: this.#object, seq, digest, ...part, live: [] }
      const isSent = sends && sent === null
      const head: Head = isSent
        ? { seq, state: 'sent', attempts: 1, nextAt: nextAttempt(now, 0) }
        : { seq, state: 'queued', attempts: 0, nextAt: 0 }
      this.#sql.exec(
        'INSERT INTO outbox (seq, body, digest, state, attempts, next_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        seq,
        JSON.stringify(message),
        digest,
        head.state,
        head.attempts,
        head.nextAt,
        now,
      )
      if (!isSent) continue
      sent = message
      this.#head = head
    }
    // Once a waking is often enough, or with a last entry; and that stays: it says how far the count has got.
    if (this.#sweptAt === 0 || departed !== null) {
      this.#sweptAt = now
      this.#sql.exec(`DELETE FROM outbox WHERE state = 'acked' AND created_at < ? AND seq < ?`, now - KEPT_MS, seq)
    }
    return sent
  }

  /**
   * Seals the last entry of a person who is gone from here: D1 drops the rows this object owns, and keeps `staying` apart
   * where sums stay without their owner. What has been sealed before loses its rows, which nobody needs any more.
   * The caller empties the log in the same transaction.
   */
  leave(now: number, staying: Iterable<[string, number]>): void {
    const departed = [...staying]
    this.#seal(now, null)
    this.#ledger.empty()
    this.#seal(now, departed)
    this.#sql.exec(
      `UPDATE outbox SET body = json_set(body, '$.rows', json('[]')), state = CASE state WHEN 'parked' THEN 'queued' ELSE state END`,
    )
    this.#live = []
    this.#head = undefined
  }

  ack(seq: number): void {
    const head = this.#open()
    if (!head || head.seq > seq) return
    this.#sql.exec(`UPDATE outbox SET state = 'acked' WHERE seq <= ? AND state <> 'acked'`, seq)
    this.#head = undefined
  }

  /**
   * D1 has only got as far as `lastSeq`: a lost database, or an entry that overtook another. Entries after it go out
   * again. Where the next one is no longer kept but D1 has nothing at all, everything is told anew from entry 1.
   */
  catchUp(lastSeq: number): void {
    if (!this.#self.current) return
    const next = this.#sql.exec<{ seq: number | null }>('SELECT MIN(seq) AS seq FROM outbox WHERE seq > ?', lastSeq).one().seq
    if (next === null) return
    if (next === lastSeq + 1) {
      this.#sql.exec(`UPDATE outbox SET state = 'queued', attempts = 0 WHERE seq > ? AND state <> 'parked'`, lastSeq)
    } else if (lastSeq === 0) {
      this.#self.transact(() => {
        this.#sql.exec('DELETE FROM outbox')
        this.#ledger.unship()
        this.#self.changing.shippedDigest = EMPTY_DIGEST
      })
    } else console.error(`${this.#object} no longer keeps entry ${lastSeq + 1}, which the database lacks`)
    this.#head = undefined
  }

  park(seq: number): void {
    if (!this.#self.current) return
    this.#sql.exec(`UPDATE outbox SET state = 'parked' WHERE seq = ? AND state <> 'acked'`, seq)
    this.#head = undefined
  }

  replay(seq: number): boolean {
    if (!this.#self.current) return false
    const replayed = this.#sql.exec(
      `UPDATE outbox SET state = 'queued', attempts = 0 WHERE seq = ? AND state = 'parked' RETURNING seq`,
      seq,
    )
    this.#head = undefined
    return replayed.toArray().length > 0
  }

  /** Digest at an entry, for reconciliation; null once the entry is no longer kept. */
  digestAt(seq: number): string | null {
    if (!this.#self.current) return null
    return this.#sql.exec<{ digest: string }>('SELECT digest FROM outbox WHERE seq = ?', seq).toArray()[0]?.digest ?? null
  }

  lastAcked(): number {
    if (!this.#self.current) return 0
    return this.#sql.exec<{ seq: number }>(`SELECT COALESCE(MAX(seq), 0) AS seq FROM outbox WHERE state = 'acked'`).one().seq
  }
}

/** When an entry that has been sent so often before is sent once more, if nobody acknowledges it. */
function nextAttempt(now: number, attempts: number): number {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** attempts, LONGEST_WAIT_MS)
  return Math.round(now + wait * (0.75 + 0.5 * Math.random()))
}

type Part = Pick<ProjectionMessage, 'deltas' | 'rows' | 'departed'>
const emptyPart = (departs: boolean): Part => ({ deltas: [], rows: [], departed: departs ? [] : null })

/** Cuts what is pending into consecutive parts of at most 64 KB each. */
function* chunks(deltas: ProjectionMessage['deltas'], rows: FactRow[], departed: ProjectionMessage['departed']): Generator<Part> {
  let part = emptyPart(departed !== null)
  let size = 0
  const items = [
    ...deltas.map((item) => ['deltas', item] as const),
    ...rows.map((item) => ['rows', item] as const),
    ...(departed ?? []).map((item) => ['departed', item] as const),
  ]
  for (const [kind, item] of items) {
    const bytes = Buffer.byteLength(JSON.stringify(item)) + 1
    if (size > 0 && size + bytes > MAXIMUM_ENTRY_BYTES) {
      yield part
      part = emptyPart(departed !== null)
      size = 0
    }
    ;(part[kind] as unknown[]).push(item)
    size += bytes
  }
  yield part
}
