import { and, asc, eq, gt, gte, lte } from 'drizzle-orm'
import type { Cost } from '../domain/analytics/costs.ts'
import { type AuditLine, audit } from './audit.ts'
import { connect } from './client.ts'
import { costs } from './tables.ts'

interface CostsPage {
  /** Only costs with a day in between, both ends included. */
  from?: string | undefined
  to?: string | undefined
  currency?: string | undefined
  after?: string | undefined
  limit: number
}

type CostRow = typeof costs.$inferSelect
const kept = (row: CostRow): Cost => ({ ...row, channel: row.channel ?? '', note: row.note ?? '' })

/** Costs in the order of their ids, which is that in which they were recorded. */
export async function readCosts(binding: D1Database, { from, to, currency, after = '', limit }: CostsPage): Promise<Cost[]> {
  const rows = await connect(binding)
    .select()
    .from(costs)
    .where(
      and(
        gt(costs.id, after),
        from === undefined ? undefined : gte(costs.lastDay, from),
        to === undefined ? undefined : lte(costs.firstDay, to),
        currency === undefined ? undefined : eq(costs.currency, currency),
      ),
    )
    .orderBy(asc(costs.id))
    .limit(limit)
  return rows.map(kept)
}

export async function readCost(binding: D1Database, id: string): Promise<Cost | null> {
  const row = await connect(binding).select().from(costs).where(eq(costs.id, id)).get()
  return row ? kept(row) : null
}

export async function addCost(binding: D1Database, cost: Cost, line: AuditLine): Promise<void> {
  const db = connect(binding)
  await db.batch([db.insert(costs).values(cost), audit(db, line)])
}

export async function replaceCost(binding: D1Database, { id, ...cost }: Cost, line: AuditLine): Promise<void> {
  const db = connect(binding)
  await db.batch([db.update(costs).set(cost).where(eq(costs.id, id)), audit(db, line)])
}

export async function removeCost(binding: D1Database, id: string, line: AuditLine): Promise<void> {
  const db = connect(binding)
  await db.batch([db.delete(costs).where(eq(costs.id, id)), audit(db, line)])
}
