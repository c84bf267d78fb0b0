import { customerRowOf } from '../domain/customer/customer-row.ts'
import { IDENTIFIED_VERSION } from '../domain/customer/identity.ts'
import { type EventRow, type FactRow, tableOfRow } from '../domain/customer/projection.ts'
import { add, type Contributions, digestAdd, EMPTY_DIGEST } from '../domain/customer/rollup.ts'
import { jsonParts } from './schema.ts'
import type { Self, SelfRecord } from './self.ts'

/**
 * What this object adds to D1: its contributions to sums and its rows, and which of them D1 has been told.
 * Every method that writes must run inside `SelfRecord.transact`.
 */
export class Ledger {
  readonly #sql: SqlStorage
  readonly #self: SelfRecord

  constructor(sql: SqlStorage, self: SelfRecord) {
    this.#sql = sql
    this.#self = self
  }

  #told(): Contributions {
    const rows = this.#sql.exec<{ key: string; value: number }>('SELECT key, value FROM contributions').toArray()
    return new Map(rows.map(({ key, value }) => [key, value]))
  }

  contributions(): Contributions {
    const self = this.#self.current
    return self ? addAll(this.#told(), self.pending) : new Map()
  }

  add(deltas: Contributions, self: Self): void {
    for (const [key, amount] of deltas) {
      self.digest = digestAdd(self.digest, key, amount)
      add(self.pending, key, amount)
    }
    if (self.identity.customerId !== null) self.customerRow.isStale = true
  }

  /** Rows of events as the fold sees them now; a replayed event that no longer counts loses its row. */
  save(told: ReadonlyMap<string, EventRow | null>, replayed: readonly string[] = []): void {
    if (told.size + replayed.length === 0) return
    const self = this.#self.changing
    const { customerId } = self.identity
    const rows: [id: string, body: string | null][] = []
    for (const [id, row] of told) rows.push([id, row && JSON.stringify('customerId' in row ? { ...row, customerId } : row)])
    for (const id of replayed) if (!told.has(id)) rows.push([id, null])
    if (rows.length === 0) return
    // A row nobody has is not worth taking away; a row that says the same is not worth sending again.
    for (const part of jsonParts(rows)) {
      this.#sql.exec(
        `INSERT INTO rows (id, body, version, shipped_version)
         SELECT value ->> 0, value ->> 1, ?, 0 FROM json_each(?)
         WHERE value ->> 1 IS NOT NULL OR EXISTS (SELECT 1 FROM rows WHERE rows.id = value ->> 0)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, version = version + 1 WHERE body IS NOT excluded.body`,
        customerId === null ? 1 : IDENTIFIED_VERSION,
        part,
      )
    }
    self.hasPendingRows = true
  }

  /** Ids of the rows ever written, for whoever takes this log over. */
  rowIds(): string[] {
    return this.#sql
      .exec<{ id: string }>('SELECT id FROM rows')
      .toArray()
      .map(({ id }) => id)
  }

  /**
   * Makes another object's rows ours while `fold` runs over the union: those it counts live on under this owner, the
   * others are taken away.
   */
  adopt(rowIds: readonly string[], fold: () => void): void {
    for (const part of jsonParts(rowIds)) {
      this.#sql.exec(
        `INSERT OR IGNORE INTO rows (id, body, version, shipped_version) SELECT value, '', ?, 0 FROM json_each(?)`,
        IDENTIFIED_VERSION,
        part,
      )
    }
    fold()
    this.#sql.exec(`UPDATE rows SET body = NULL, version = version + 1 WHERE body = ''`)
    this.#self.changing.hasPendingRows = true
  }

  /** Takes back all contributions: they are now another object's. */
  withdraw(): void {
    const self = this.#self.changing
    self.pending = addAll(new Map(), this.#told(), -1)
    self.digest = EMPTY_DIGEST
  }

  /** Forgets everything, contributions without taking them back. */
  empty(): void {
    this.#sql.exec('DELETE FROM contributions')
    this.#sql.exec('DELETE FROM rows')
    const self = this.#self.changing
    self.pending = new Map()
    self.digest = EMPTY_DIGEST
    self.hasPendingRows = false
    self.customerRow.isStale = false
  }

  hasPending(): boolean {
    const self = this.#self.current
    return self !== null && (self.pending.size > 0 || self.hasPendingRows || self.customerRow.isStale)
  }

  /** What D1 has not been told; from here on it has: the caller puts it into the outbox in the same transaction. */
  takePending(): { deltas: [string, number][]; rows: FactRow[] } {
    const self = this.#self.changing
    const deltas = [...self.pending]
    for (const part of jsonParts(deltas)) {
      this.#sql.exec(
        `INSERT INTO contributions (key, value) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
         ON CONFLICT (key) DO UPDATE SET value = value + excluded.value`,
        part,
      )
    }
    if (deltas.some(([, amount]) => amount < 0)) this.#sql.exec('DELETE FROM contributions WHERE value = 0')
    self.pending = new Map()
    return { deltas, rows: this.#takeRows() }
  }

  #takeRows(): FactRow[] {
    const self = this.#self.changing
    const rows: FactRow[] = []
    if (self.hasPendingRows) {
      const waiting = this.#sql
        .exec<{ id: string; body: string | null; version: number }>('SELECT id, body, version FROM rows WHERE version <> shipped_version')
        .toArray()
      for (const { id, body, version } of waiting) {
        rows.push({ table: tableOfRow(id), id, version, row: body === null ? null : JSON.parse(body) } as FactRow)
      }
      this.#sql.exec('UPDATE rows SET shipped_version = version WHERE version <> shipped_version')
      self.hasPendingRows = false
    }
    const { customerId } = self.identity
    if (self.customerRow.isStale && customerId !== null) {
      self.customerRow = { version: self.customerRow.version + 1, isStale: false }
      rows.push({ table: 'customers', id: customerId, version: self.customerRow.version, row: customerRowOf(self) })
    }
    return rows
  }

  /** D1 has nothing of this object: everything is to be told again. */
  unship(): void {
    const self = this.#self.changing
    self.pending = this.contributions()
    this.#sql.exec('DELETE FROM contributions')
    this.#sql.exec('UPDATE rows SET shipped_version = 0')
    self.hasPendingRows = true
    self.customerRow.isStale = self.identity.customerId !== null
  }

  /** Behaviour that was compacted away left this behind: it is added to every fold of what is still kept. */
  frozen(): Contributions {
    const rows = this.#sql.exec<{ key: string; value: number }>('SELECT key, value FROM frozen').toArray()
    return new Map(rows.map(({ key, value }) => [key, value]))
  }

  freeze(contributions: Contributions): void {
    this.#sql.exec('DELETE FROM frozen')
    for (const part of jsonParts(contributions)) {
      this.#sql.exec('INSERT INTO frozen (key, value) SELECT value ->> 0, value ->> 1 FROM json_each(?)', part)
    }
  }
}

export function addAll(target: Contributions, deltas: Iterable<[string, number]>, sign: 1 | -1 = 1): Contributions {
  for (const [key, amount] of deltas) add(target, key, sign * amount)
  return target
}
