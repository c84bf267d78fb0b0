import type { LiveEvent } from '../contract/analytics.ts'
import { type FactRow, MAXIMUM_ENTRY_BYTES, type ProjectionMessage } from '../domain/customer/projection.ts'
import { formatDigest } from '../domain/customer/rollup.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../domain/time.ts'
import type { CustomerLog } from './log.ts'

/** First wait for an acknowledgement; it doubles up to an hour. */
const FIRST_WAIT_MS = 20 * SECOND_MS
const LONGEST_WAIT_MS = HOUR_MS
/** Acknowledged entries stay this long, so that a database restored from a backup can be caught up. */
const KEPT_MS = 30 * DAY_MS
const LIVE_LINES = 5

interface Entry {
  seq: number
  body: string | null
  state: 'queued' | 'sent' | 'acked' | 'parked'
  attempts: number
  nextAt: number
}

/**
 * Entries for D1, one in flight at a time. What has changed since the last entry was sealed is no entry yet: it is the
 * difference between `value` and `shipped`, so later changes coalesce. The queue is a hint, this table the truth.
 *
 *   log ──seal──▶ queued ──send──▶ sent ──ack──▶ acked (kept 30 days)
 *                    ▲               │ no ack in time, or D1 says it lacks an earlier entry
 *                    └───────────────┘          sent ──park──▶ parked ──replay──▶ queued
 */
export class Outbox {
  readonly #storage: DurableObjectStorage
  readonly #log: CustomerLog
  readonly #object: string
  readonly #queue: Queue<ProjectionMessage>
  /** Lines for the live feed: a sample, lost without harm. */
  #live: LiveEvent[] = []

  constructor(storage: DurableObjectStorage, log: CustomerLog, object: string, queue: Queue<ProjectionMessage>) {
    this.#storage = storage
    this.#log = log
    this.#object = object
    this.#queue = queue
  }

  notice(line: LiveEvent): void {
    if (this.#live.length < LIVE_LINES) this.#live.push(line)
  }

  get #sql(): SqlStorage {
    return this.#storage.sql
  }

  #head(): Entry | null {
    const row = this.#sql
      .exec<{ seq: number; body: string | null; state: Entry['state']; attempts: number; next_at: number }>(
        `SELECT seq, body, state, attempts, next_at FROM outbox WHERE state <> 'acked' ORDER BY seq LIMIT 1`,
      )
      .toArray()[0]
    return row ? { seq: row.seq, body: row.body, state: row.state, attempts: row.attempts, nextAt: row.next_at } : null
  }

  /** When the outbox next wants to run; null when it has nothing to do. */
  dueAt(now: number): number | null {
    const head = this.#head()
    if (head) return head.state === 'parked' ? null : head.state === 'queued' ? now : head.nextAt
    return this.#log.hasPending() ? now : null
  }

  get isSettled(): boolean {
    return this.#head() === null && !this.#log.hasPending()
  }

  /** Seals what is pending where nothing is in flight, and sends the head when it is due. */
  async flush(now: number): Promise<void> {
    const head = this.#head() ?? this.#seal(now)
    if (!head || head.state === 'parked' || (head.state === 'sent' && head.nextAt > now)) return
    const wait = Math.min(FIRST_WAIT_MS * 2 ** head.attempts, LONGEST_WAIT_MS)
    this.#sql.exec(
      `UPDATE outbox SET state = 'sent', attempts = attempts + 1, next_at = ? WHERE seq = ?`,
      Math.round(now + wait * (0.75 + 0.5 * Math.random())),
      head.seq,
    )
    if (head.body === null) throw new Error(`entry ${head.seq} is no longer kept: rebuild the projections`)
    // A failed send needs no more than the alarm that is set already.
    await this.#queue
      .send({ ...(JSON.parse(head.body) as ProjectionMessage), live: this.#takeLive() })
      .catch((error: unknown) => console.warn('queue', error))
  }

  #takeLive(): LiveEvent[] {
    const lines = this.#live
    this.#live = []
    return lines
  }

  #seal(now: number, departed: [string, number][] | null = null): Entry | null {
    return this.#storage.transactionSync(() => {
      const deltas = this.#log.pendingDeltas()
      const rows = this.#log
        .pendingRows()
        .map(({ id, target, body, version }) => ({ table: target, id, version, row: body === null ? null : JSON.parse(body) }) as FactRow)
      if (deltas.length + rows.length === 0 && departed === null) return null
      let seq = this.#sql.exec<{ seq: number }>('SELECT COALESCE(MAX(seq), 0) AS seq FROM outbox').one().seq
      for (const part of chunks(deltas, rows, departed)) {
        seq++
        const digest = formatDigest(this.#log.shippedDigestAfter(part.deltas))
        const message: ProjectionMessage = { object: this.#object, seq, digest, ...part, live: [] }
        this.#sql.exec(
          `INSERT INTO outbox (seq, body, digest, state, attempts, next_at, created_at) VALUES (?, ?, ?, 'queued', 0, 0, ?)`,
          seq,
          JSON.stringify(message),
          digest,
          now,
        )
      }
      this.#log.markShipped()
      return this.#head()
    })
  }

  /** Seals what an erased customer leaves behind: nothing more is taken from the sums, and D1 hears what stays. */
  depart(now: number): void {
    this.#seal(now)
    const staying = [...this.#log.contributions()]
    this.#log.empty()
    this.#seal(now, staying)
  }

  ack(seq: number, now: number): void {
    this.#sql.exec(`UPDATE outbox SET state = 'acked' WHERE seq <= ? AND state <> 'acked'`, seq)
    this.#sql.exec(`DELETE FROM outbox WHERE state = 'acked' AND created_at < ? AND seq < ?`, now - KEPT_MS, seq)
  }

  /** D1 has only got as far as `lastSeq`: a lost database, or an entry that overtook another. */
  catchUp(lastSeq: number): void {
    this.#sql.exec(`UPDATE outbox SET state = 'queued', attempts = 0 WHERE seq > ? AND state <> 'parked'`, lastSeq)
  }

  park(seq: number): void {
    this.#sql.exec(`UPDATE outbox SET state = 'parked' WHERE seq = ? AND state <> 'acked'`, seq)
  }

  replay(seq: number): boolean {
    return this.#sql.exec(`UPDATE outbox SET state = 'queued', attempts = 0 WHERE seq = ? AND state = 'parked'`, seq).rowsWritten > 0
  }

  /** Digest at an entry, for reconciliation; null once the entry is no longer kept. */
  digestAt(seq: number): string | null {
    return this.#sql.exec<{ digest: string }>('SELECT digest FROM outbox WHERE seq = ?', seq).toArray()[0]?.digest ?? null
  }

  lastAcked(): number {
    return this.#sql.exec<{ seq: number }>(`SELECT COALESCE(MAX(seq), 0) AS seq FROM outbox WHERE state = 'acked'`).one().seq
  }
}

type Part = Pick<ProjectionMessage, 'deltas' | 'rows' | 'departed'>
const emptyPart = (departs: boolean): Part => ({ deltas: [], rows: [], departed: departs ? [] : null })

/** Cuts what is pending into consecutive parts of at most 64 KB each. */
function* chunks(deltas: ProjectionMessage['deltas'], rows: FactRow[], departed: ProjectionMessage['departed']): Generator<Part> {
  const encoder = new TextEncoder()
  let part = emptyPart(departed !== null)
  let size = 0
  const items = [
    ...deltas.map((item) => ['deltas', item] as const),
    ...rows.map((item) => ['rows', item] as const),
    ...(departed ?? []).map((item) => ['departed', item] as const),
  ]
  for (const [kind, item] of items) {
    const bytes = encoder.encode(JSON.stringify(item)).length + 1
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
