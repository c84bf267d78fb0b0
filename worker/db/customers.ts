import type { CustomerRow } from '../domain/customer/projection.ts'

/** An identified customer as D1 has them; amounts in minor units. */
export interface StoredCustomer extends Omit<CustomerRow, 'subject'> {
  id: string
}

interface Page {
  search: string | undefined
  after: string | undefined
  limit: number
}

type Row = Omit<StoredCustomer, 'money'> & { money: string }

const COLUMNS = 'id, first_seen_at AS firstSeenAt, last_seen_at AS lastSeenAt, orders, money'

/**
 * A page of customers: seen last first, or those whose ids begin with `search` in the order of ids. `next` is the `after`
 * of the page behind it, null where there is none.
 */
export async function readCustomers(
  db: D1Database,
  { search, after, limit }: Page,
): Promise<{ rows: StoredCustomer[]; next: string | null }> {
  const question =
    search === undefined
      ? db
          .prepare(
            `SELECT ${COLUMNS} FROM customers WHERE last_seen_at <= ?1 AND (last_seen_at < ?1 OR id > ?2)
             ORDER BY last_seen_at DESC, id LIMIT ?3`,
          )
          .bind(...cursorOf(after), limit + 1)
      : db
          .prepare(`SELECT ${COLUMNS} FROM customers WHERE id >= ?1 AND id < ?1 || char(1114111) AND id > ?2 ORDER BY id LIMIT ?3`)
          .bind(search, after ?? '', limit + 1)
  const { results } = await question.all<Row>()
  const rows = results.slice(0, limit).map((row) => ({ ...row, money: JSON.parse(row.money) as CustomerRow['money'] }))
  const last = results.length > limit ? rows.at(-1) : undefined
  return { rows, next: last ? (search === undefined ? `${last.lastSeenAt}.${last.id}` : last.id) : null }
}

/** Instant and id behind which a page begins; what is no cursor begins at the first page. */
function cursorOf(after = ''): [number, string] {
  const dot = after.indexOf('.')
  const at = Number(after.slice(0, Math.max(0, dot)) || Number.NaN)
  return Number.isSafeInteger(at) ? [at, after.slice(dot + 1)] : [Number.MAX_SAFE_INTEGER, '']
}
