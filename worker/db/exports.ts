import type { LedgerRow, MovementLine } from '../domain/export/books.ts'

/** Where a page goes on: behind this row of its order. */
export interface After<Key> {
  key: Key
  id: string
}

export interface LedgerFilter {
  /** Booked days, both included. */
  from: string
  to: string
  currency?: string | undefined
  customerId?: string | undefined
  type?: string | undefined
}

/** Place of an entry in the order of the books. */
export interface LedgerKey {
  bookedDay: string
  timestamp: number
}

/** Entries of the ledger by booked day and time, as the sums count them. */
export async function readLedgerPage(
  db: D1Database,
  { from, to, currency, customerId, type }: LedgerFilter,
  after: After<LedgerKey> | null,
  limit: number,
): Promise<LedgerRow[]> {
  const filters = [
    ...(currency === undefined ? [] : [{ sql: 'currency = ?', value: currency }]),
    ...(customerId === undefined ? [] : [{ sql: 'customer_id = ?', value: customerId }]),
    ...(type === undefined ? [] : [{ sql: 'event_type = ?', value: type }]),
  ]
  const { results } = await db
    .prepare(
      `SELECT id, customer_id AS customerId, event_type AS eventType, amount, currency, product_id AS productId, timestamp,
         booked_day AS bookedDay, metadata
       FROM revenue_events WHERE booked_day BETWEEN ? AND ? AND (booked_day, timestamp, id) > (?, ?, ?)
       ${filters.map(({ sql }) => `AND ${sql}`).join(' ')} ORDER BY booked_day, timestamp, id LIMIT ?`,
    )
    .bind(
      after?.key.bookedDay ?? from,
      to,
      after?.key.bookedDay ?? '',
      after?.key.timestamp ?? -1,
      after?.id ?? '',
      ...filters.map(({ value }) => value),
      limit,
    )
    .all<LedgerRow>()
  return results
}

/** Movements of recurring revenue between two days, both included, oldest first. */
export async function readMovementPage(
  db: D1Database,
  { from, to, currency }: { from: string; to: string; currency?: string | undefined },
  after: After<string> | null,
  limit: number,
): Promise<MovementLine[]> {
  const { results } = await db
    .prepare(
      `SELECT id, customer_id AS customerId, day, currency, movement, amount, opening, closing, reason
       FROM mrr_movements WHERE day BETWEEN ? AND ? AND (day > ? OR id > ?) ${currency === undefined ? '' : 'AND currency = ?'}
       ORDER BY day, id LIMIT ?`,
    )
    .bind(after?.key ?? from, to, after?.key ?? '', after?.id ?? '', ...(currency === undefined ? [] : [currency]), limit)
    .all<MovementLine>()
  return results
}
