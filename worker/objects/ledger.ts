import { customerRowOf } from '../domain/customer/customer-row.ts'
import { IDENTIFIED_VERSION } from '../domain/customer/identity.ts'
import type { FactRow, RevenueRow } from '../domain/customer/projection.ts'
import { add, type Contributions, digestAdd, EMPTY_DIGEST } from '../domain/customer/rollup.ts'
import { jsonParts } from './schema.ts'
import type { SelfRecord } from './self.ts'

/** Rows are filed under their table, so that no two tables' ids can meet. */
const revenueRow = (id: string) => `revenue_events/${id}`

/**
 * What this object adds to D1: its contributions to sums and its rows, each beside what has been shipped of it.
 * Every method that writes must run inside `SelfRecord.transact`.
 */
export class Ledger {
  readonly #sql: SqlStorage
  readonly #self: SelfRecord
  /** Undefined: not known in this memory yet. */
  #hasPending: boolean | undefined

  constructor(sql: SqlStorage, self: SelfRecord) {
    this.#sql = sql
    this.#self = self
  }

  forget(): void {
    this.#hasPending = undefined
  }

  contributions(): Contributions {
    const result: Contributions = new Map()
    if (!this.#self.current) return result
    for (const { key, value } of this.#sql.exec<{ key: string; value: number }>('SELECT key, value FROM contributions WHERE value <> 0'))
      result.set(key, value)
    return result
  }

  add(deltas: Contributions): void {
    if (deltas.size === 0) return
    const self = this.#self.changing
    for (const [key, amount] of deltas) self.digest = digestAdd(self.digest, key, amount)
    for (const part of jsonParts(deltas)) {
      this.#sql.exec(
        `INSERT INTO contributions (key, value, shipped) SELECT value ->> 0, value ->> 1, 0 FROM json_each(?) WHERE true
         ON CONFLICT (key) DO UPDATE SET value = value + excluded.value`,
        part,
      )
    }
    this.#hasPending = true
  }

  /** Rows of money as the fold sees them now; a replayed event that no longer counts loses its row. */
  save(revenue: ReadonlyMap<string, RevenueRow>, replayed: readonly string[] = []): void {
    const self = this.#self.changing
    const { customerId } = self.identity
    const rows: [id: string, target: FactRow['table'], body: string | null][] = []
    for (const [id, row] of revenue) rows.push([revenueRow(id), 'revenue_events', JSON.stringify({ ...row, customerId })])
    for (const id of replayed) if (!revenue.has(id)) rows.push([revenueRow(id), 'revenue_events', null])
    if (customerId !== null) rows.push([`customers/${customerId}`, 'customers', JSON.stringify(customerRowOf(self))])
    // A row nobody has is not worth taking away; a row that says the same is not worth sending again.
    for (const part of jsonParts(rows)) {
      this.#sql.exec(
        `INSERT INTO rows (id, target, body, version, shipped_version)
         SELECT value ->> 0, value ->> 1, value ->> 2, ?, 0 FROM json_each(?)
         WHERE value ->> 2 IS NOT NULL OR EXISTS (SELECT 1 FROM rows WHERE rows.id = value ->> 0)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, version = version + 1 WHERE body IS NOT excluded.body`,
        customerId === null ? 1 : IDENTIFIED_VERSION,
        part,
      )
    }
    if (rows.length > 0 && !this.#hasPending) this.#hasPending = undefined
  }

  /** Ids of the rows of money ever written, for whoever takes this log over. */
  revenueRowIds(): string[] {
    return this.#sql
      .exec<{ id: string }>(`SELECT id FROM rows WHERE target = 'revenue_events'`)
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
        `INSERT OR IGNORE INTO rows (id, target, body, version, shipped_version) SELECT value, 'revenue_events', '', ?, 0 FROM json_each(?)`,
        IDENTIFIED_VERSION,
        part,
      )
    }
    fold()
    this.#sql.exec(`UPDATE rows SET body = NULL, version = version + 1 WHERE body = ''`)
    this.#hasPending = undefined
  }

  /** Takes back all contributions: they are now another object's. */
  withdraw(): void {
    this.#sql.exec('UPDATE contributions SET value = 0')
    this.#self.changing.digest = EMPTY_DIGEST
    this.#hasPending = undefined
  }

  /** Forgets everything, contributions without taking them back. */
  empty(): void {
    this.#sql.exec('DELETE FROM contributions')
    this.#sql.exec('DELETE FROM rows')
    this.#hasPending = false
  }

  hasPending(): boolean {
    this.#hasPending ??=
      this.#self.current !== null &&
      this.#sql
        .exec(
          `SELECT 1 WHERE EXISTS (SELECT 1 FROM contributions WHERE value <> shipped) OR EXISTS (SELECT 1 FROM rows WHERE version <> shipped_version)`,
        )
        .toArray().length > 0
    return this.#hasPending
  }

  /** What D1 has not been told, and says that from here on it has: the caller puts it into the outbox in the same transaction. */
  takePending(): { deltas: [string, number][]; rows: FactRow[] } {
    const deltas = this.#sql
      .exec<{ key: string; delta: number }>('SELECT key, value - shipped AS delta FROM contributions WHERE value <> shipped')
      .toArray()
      .map(({ key, delta }): [string, number] => [key, delta])
    const rows = this.#sql
      .exec<{ id: string; target: FactRow['table']; body: string | null; version: number }>(
        'SELECT id, target, body, version FROM rows WHERE version <> shipped_version',
      )
      .toArray()
      .map(({ id, target, body, version }) => {
        return { table: target, id: id.slice(target.length + 1), version, row: body === null ? null : JSON.parse(body) } as FactRow
      })
    if (deltas.length > 0) {
      this.#sql.exec('DELETE FROM contributions WHERE value <> shipped AND value = 0')
      this.#sql.exec('UPDATE contributions SET shipped = value WHERE value <> shipped')
    }
    if (rows.length > 0) this.#sql.exec('UPDATE rows SET shipped_version = version WHERE version <> shipped_version')
    this.#hasPending = false
    return { deltas, rows }
  }

  /** D1 has nothing of this object: everything is to be told again. */
  unship(): void {
    this.#sql.exec('UPDATE contributions SET shipped = 0')
    this.#sql.exec('UPDATE rows SET shipped_version = 0')
    this.#hasPending = undefined
  }

  /** Behaviour that was compacted away left this behind: it is added to every fold of what is still kept. */
  frozen(): Contributions {
    const result: Contributions = new Map()
    for (const { key, value } of this.#sql.exec<{ key: string; value: number }>('SELECT key, value FROM frozen')) result.set(key, value)
    return result
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
