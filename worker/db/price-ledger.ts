import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { LedgerLine } from '../domain/pricing/lowest-price.ts'
import { connect } from './client.ts'
import { priceLedger } from './tables.ts'

/** Says in the ledger that a country has no list price of its own any more. */
export const OWN_PRICE_REMOVED = 'own price removed'

type LedgerRow = typeof priceLedger.$inferSelect

/** A line as prices see it: none of a country's own from where that was taken away. */
export const ledgerLine = ({ currency, country, amountMinor, effectiveAt, reason }: LedgerRow): LedgerLine => ({
  currency,
  country,
  effectiveAt,
  amountMinor: reason === OWN_PRICE_REMOVED ? null : amountMinor,
})

/** Lines of a product's ledger, the newest first, from before the line `before` on. */
export function readLedger(
  binding: D1Database,
  productId: string,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<LedgerRow[]> {
  return connect(binding)
    .select()
    .from(priceLedger)
    .where(and(eq(priceLedger.productId, productId), before === undefined ? undefined : lt(priceLedger.id, before)))
    .orderBy(desc(priceLedger.id))
    .limit(limit)
}

/** Lines of a product since an instant, with those that were in force then, oldest first. */
export async function readLedgerSince(binding: D1Database, productId: string, since: number): Promise<LedgerLine[]> {
  const rows = await connect(binding)
    .select()
    .from(priceLedger)
    .where(
      and(
        eq(priceLedger.productId, productId),
        sql`(effective_at > ${since} OR id IN (
          SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY currency, country ORDER BY effective_at DESC, id DESC) AS back
            FROM price_ledger WHERE product_id = ${productId} AND effective_at <= ${since})
          WHERE back = 1))`,
      ),
    )
    .orderBy(priceLedger.effectiveAt, priceLedger.id)
  return rows.map(ledgerLine)
}
