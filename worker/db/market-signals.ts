import { and, gt, sql } from 'drizzle-orm'
import type { MarketSignalValue } from '../contract/price-rules.ts'
import type { MarketFigures } from '../domain/pricing/market-figures.ts'
import { type AuditLine, audit } from './audit.ts'
import { connect, transact } from './client.ts'
import { marketSignals } from './tables.ts'

type SignalRow = typeof marketSignals.$inferSelect

export const shownSignal = ({ productId, ...row }: SignalRow): MarketSignalValue => ({
  productId: productId === '' ? null : productId,
  ...row,
})

/** Signals in the order of their products, those of all products first: `limit` of them, and on the last product all of its own. */
export async function readSignals(
  binding: D1Database,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ signals: MarketSignalValue[]; next: string | null }> {
  const rows = await connect(binding)
    .select()
    .from(marketSignals)
    .where(after === undefined ? undefined : gt(marketSignals.productId, after))
    .orderBy(marketSignals.productId, marketSignals.signal)
    .limit(limit + 1)
  if (rows.length <= limit) return { signals: rows.map(shownSignal), next: null }
  // A page ends where a product does, or the rest of it would be skipped.
  const last = rows.at(-1)?.productId
  const page = rows.filter(({ productId }) => productId !== last)
  return { signals: page.map(shownSignal), next: page.at(-1)?.productId ?? null }
}

/** The signals of some products. */
export async function readSignalsOf(binding: D1Database, productIds: readonly string[]): Promise<SignalRow[]> {
  return connect(binding)
    .select()
    .from(marketSignals)
    .where(and(sql`product_id IN (SELECT value FROM json_each(${JSON.stringify(productIds)}))`))
}

export function signalsByProduct(rows: readonly SignalRow[]): MarketFigures['signals'] {
  const signals = new Map<string, { [signal in SignalRow['signal']]?: { value: number; at: number } }>()
  for (const { productId, signal, value, updatedAt } of rows)
    signals.set(productId, { ...signals.get(productId), [signal]: { value, at: updatedAt } })
  return signals
}

/** Writes what is new, and takes away what has no value. A value older than the one that is there changes nothing. */
export async function saveSignals(
  binding: D1Database,
  signals: readonly (Omit<SignalRow, 'value'> & { value: number | null })[],
  line: AuditLine,
): Promise<void> {
  const told = JSON.stringify(signals)
  await transact(binding, [
    sql`
      INSERT INTO market_signals (product_id, signal, value, updated_at)
      SELECT value ->> 'productId', value ->> 'signal', CAST(value ->> 'value' AS REAL), value ->> 'updatedAt'
      FROM json_each(${told}) WHERE value ->> 'value' IS NOT NULL
      ON CONFLICT (product_id, signal) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
      WHERE excluded.updated_at >= market_signals.updated_at`,
    sql`
      DELETE FROM market_signals WHERE (product_id, signal) IN (
        SELECT value ->> 'productId', value ->> 'signal' FROM json_each(${told}) WHERE value ->> 'value' IS NULL)`,
    audit(connect(binding), line),
  ])
}
