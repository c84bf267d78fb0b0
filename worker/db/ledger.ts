import type { Movement } from '../contract/lists.ts'
import { METRIC, METRIC_OF_MOVEMENT, MRR_MOVEMENTS } from '../domain/customer/metrics.ts'
import { type Digest, digestAdd, EMPTY_DIGEST, formatDigest } from '../domain/customer/rollup.ts'
import { DAY_MS } from '../domain/time.ts'

/** Rows read at once: a ledger is longer than memory. */
const PAGE = 5_000

/** What stands in the ledger, without what says how it came there. Entries that took nothing say nothing. */
const ENTRIES = [
  {
    table: 'revenue_events',
    columns: `customer_id, event_type, COALESCE(metadata ->> 'transactionId', metadata ->> 'subscriptionId'), timestamp / ${DAY_MS}, amount, currency`,
    counts: `event_type <> 'subscription_renewed' AND (amount > 0 OR event_type NOT IN ('refund', 'dispute_opened', 'dispute_closed'))`,
  },
  { table: 'mrr_movements', columns: 'customer_id, day, currency, movement, opening, closing, reason', counts: 'true' },
] as const

/**
 * Digest of all that the ledger says, whatever the order and the events it came from: entries of money by customer, kind,
 * transaction or subscription, day and amount, and movements of recurring revenue. Equal ledgers have equal digests; it
 * guards against faults, not against forgery.
 */
export async function readLedgerDigest(db: D1Database): Promise<string> {
  let digest: Digest = EMPTY_DIGEST
  for (const { table, columns, counts } of ENTRIES) {
    for (let after: string | null = ''; after !== null; ) {
      const { results }: D1Result<{ id: string; entry: string }> = await db
        .prepare(`SELECT id, json_array(${columns}) AS entry FROM ${table} WHERE id > ? AND ${counts} ORDER BY id LIMIT ${PAGE}`)
        .bind(after)
        .all<{ id: string; entry: string }>()
      for (const { entry } of results) digest = digestAdd(digest, `${table}:${entry}`, 1)
      after = results.length < PAGE ? null : (results.at(-1)?.id ?? null)
    }
  }
  return formatDigest(digest)
}

/** One sum that the ledger and the sums of the analytics each have their own way to: they must be equal. */
export interface LedgerSum {
  metric: string
  currency: string
  /** Minor units; of orders, their number. */
  ledger: number
  sums: number
}

/** What an entry of money adds to which sums. */
const MONEY_SUMS: Readonly<Record<string, readonly { metric: string; of: 'count' | 'sum'; sign: 1 | -1 }[]>> = {
  purchase: [
    { metric: METRIC.orders, of: 'count', sign: 1 },
    { metric: METRIC.gross, of: 'sum', sign: 1 },
  ],
  refund: [{ metric: METRIC.refunded, of: 'sum', sign: 1 }],
  dispute_opened: [{ metric: METRIC.disputed, of: 'sum', sign: 1 }],
  dispute_closed: [{ metric: METRIC.disputed, of: 'sum', sign: -1 }],
}
const METRICS = JSON.stringify([METRIC.orders, METRIC.gross, METRIC.refunded, METRIC.disputed, ...MRR_MOVEMENTS])

/**
 * The ledger's entries, added up by currency, beside the sums they ought to be. What departed people left in the sums has
 * no entries any more, so it is taken off.
 */
export async function readLedgerSums(db: D1Database): Promise<LedgerSum[]> {
  const sumsIn = (table: string) =>
    db
      .prepare(
        `SELECT metric, scope AS currency, SUM(sum) AS sum FROM ${table}
         WHERE metric IN (SELECT value FROM json_each(?)) AND dimension = '' GROUP BY metric, scope`,
      )
      .bind(METRICS)
  type Row = { metric: string; currency: string; sum: number }
  const results = await db.batch<Row & { kind: string; count: number }>([
    db.prepare('SELECT event_type AS kind, currency, COUNT(*) AS count, SUM(amount) AS sum FROM revenue_events GROUP BY 1, 2'),
    db.prepare('SELECT movement AS kind, currency, SUM(amount) AS sum FROM mrr_movements GROUP BY 1, 2'),
    sumsIn('rollups'),
    sumsIn('departed'),
  ])
  const [entries = [], moved = [], rollups = [], departed = []] = results.map((result) => result.results)
  const found = new Map<string, LedgerSum>()
  const of = ({ metric, currency }: Pick<Row, 'metric' | 'currency'>): LedgerSum => {
    const key = `${metric}|${currency}`
    const known = found.get(key) ?? { metric, currency, ledger: 0, sums: 0 }
    found.set(key, known)
    return known
  }
  for (const { kind, currency, ...entry } of entries) {
    for (const { metric, of: what, sign } of MONEY_SUMS[kind] ?? []) of({ metric, currency }).ledger += sign * entry[what]
  }
  for (const { kind, currency, sum } of moved) of({ metric: METRIC_OF_MOVEMENT[kind as Movement], currency }).ledger += sum
  for (const row of rollups) of(row).sums += row.sum
  for (const row of departed) of(row).sums -= row.sum
  return [...found.values()]
}
