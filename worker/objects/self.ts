import type { AcceptedEvent } from '../domain/customer/event.ts'
import { type CustomerFacts, emptyFacts, guardFacts } from '../domain/customer/facts.ts'
import { IDENTIFIED_VERSION, type Identity } from '../domain/customer/identity.ts'
import { type Contributions, type Digest, EMPTY_DIGEST } from '../domain/customer/rollup.ts'
import { MAXIMUM_CHARACTERS, SCHEMA } from './schema.ts'

export type Position = Pick<AcceptedEvent, 'bookedDay' | 'occurredAt' | 'id'>
export const BEFORE_ALL: Position = { bookedDay: '', occurredAt: 0, id: '' }

/** What the fold of the kept events begins with, once behaviour before them has been compacted away. */
export type Carried = Pick<CustomerFacts, 'firstSeenAt' | 'lastSeenAt' | 'visitDay' | 'visitMonth'> &
  Partial<Pick<CustomerFacts, 'trails' | 'counted' | 'pastEnds'>>
export const CARRIED_NOTHING: Carried = { firstSeenAt: null, lastSeenAt: null, visitDay: null, visitMonth: null }

export interface Self {
  identity: Identity
  facts: CustomerFacts
  /** Position of the last folded event. */
  tail: Position
  /** Last batch of the log that is folded into this record. */
  foldedThrough: number
  eventsSinceCheckpoint: number
  digest: Digest
  /** Digest of what D1 has been told, the last sealed entry included. */
  shippedDigest: Digest
  carried: Carried
  /** Contributions beyond those D1 has been told. */
  pending: Contributions
  /** Whether rows of money wait to be told, and the customer's own row with the version it was last told under. */
  hasPendingRows: boolean
  customerRow: { version: number; isStale: boolean }
  /** First day of behaviour that is kept event by event, and when the last import came: both say when to compact. */
  oldestBehaviourDay: string | null
  importedAt: number
  /** Hash of the definitions that were in force when they were last looked through; all of them are in the log. */
  adopted?: string
}

interface Listener {
  /** The record has been read; what the log holds beyond it is folded on. */
  onRead: (self: Self) => void
  /** Whoever else keeps in memory what storage has just taken back forgets it here. */
  onRollback: () => void
}

/**
 * The one record of this object: who it is and what its log has folded to. Kept in memory; written once a transaction,
 * if anything in it has changed, cut into rows where a customer of many years outgrows one. What the log alone can tell
 * again need not be written at once: then memory is ahead, and a memory that begins anew catches up.
 */
export class SelfRecord {
  readonly #storage: DurableObjectStorage
  readonly #listener: Listener
  #self: Self | null | undefined
  #parts = 0
  #isChanged = false
  #isOpen = false

  constructor(storage: DurableObjectStorage, listener: Listener) {
    this.#storage = storage
    this.#listener = listener
  }

  /** Null before the first write: then there are no tables either. */
  get current(): Self | null {
    if (this.#self === undefined) this.#self = this.#read()
    return this.#self
  }

  #read(): Self | null {
    const { sql } = this.#storage
    if (sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'self'`).toArray().length === 0) return null
    const rows = sql.exec<{ body: string }>('SELECT body FROM self ORDER BY part').toArray()
    this.#parts = rows.length
    if (rows.length === 0) return null
    const self = JSON.parse(rows.map(({ body }) => body).join('')) as Self
    guardFacts(self.facts)
    self.pending = new Map(self.pending)
    this.#listener.onRead(self)
    return self
  }

  /** The record, to be changed: it is written when the transaction ends. */
  get changing(): Self {
    const self = this.current
    if (!self || !this.#isOpen) throw new Error('a change requires a begun object and a transaction')
    this.#isChanged = true
    return self
  }

  /** The record, to be changed by what the log alone can tell again. */
  get ahead(): Self {
    const self = this.current
    if (!self || !this.#isOpen) throw new Error('a change requires a begun object and a transaction')
    return self
  }

  /** First write: from here on this object stands for somebody. */
  begin(identity: Identity): Self {
    this.#storage.sql.exec(SCHEMA)
    this.#self = {
      identity,
      facts: emptyFacts(),
      tail: BEFORE_ALL,
      foldedThrough: 0,
      eventsSinceCheckpoint: 0,
      digest: EMPTY_DIGEST,
      shippedDigest: EMPTY_DIGEST,
      carried: CARRIED_NOTHING,
      pending: new Map(),
      hasPendingRows: false,
      customerRow: { version: IDENTIFIED_VERSION, isStale: false },
      oldestBehaviourDay: null,
      importedAt: 0,
    }
    return this.changing
  }

  /** Everything `work` writes, or nothing of it; after a rollback memory is read anew. Within a transaction it is part of that. */
  transact<T>(work: () => T): T {
    if (this.#isOpen) return work()
    this.#isOpen = true
    try {
      return this.#storage.transactionSync(() => {
        const result = work()
        if (this.#isChanged) this.#write()
        return result
      })
    } catch (error) {
      this.forget()
      this.#listener.onRollback()
      throw error
    } finally {
      this.#isOpen = false
      this.#isChanged = false
    }
  }

  forget(): void {
    this.#self = undefined
    this.#parts = 0
  }

  #write(): void {
    const { sql } = this.#storage
    const self = this.#self as Self
    const text = JSON.stringify({ ...self, pending: [...self.pending] })
    let part = 0
    for (let at = 0; at < text.length; part++) {
      let end = Math.min(at + MAXIMUM_CHARACTERS, text.length)
      // No cut between the two halves of a surrogate pair: alone they would not survive storage.
      if (end < text.length && /[\udc00-\udfff]/.test(text.charAt(end))) end--
      sql.exec('INSERT INTO self (part, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body', part, text.slice(at, end))
      at = end
    }
    if (part < this.#parts) sql.exec('DELETE FROM self WHERE part >= ?', part)
    this.#parts = part
  }
}
