import { and, desc, eq, getTableColumns, lt } from 'drizzle-orm'
import { connect } from './client.ts'
import { priceDecisions } from './tables.ts'

export interface DecisionFilter {
  productId?: string | undefined
  testId?: string | undefined
  /** Epoch ms: only those decided earlier. */
  before?: number | undefined
  limit: number
}

/** Sampled decisions, newest first. Amounts are minor units. */
export function readSample(binding: D1Database, { productId, testId, before, limit }: DecisionFilter) {
  const { id, object, version, ...columns } = getTableColumns(priceDecisions)
  return connect(binding)
    .select(columns)
    .from(priceDecisions)
    .where(
      and(
        productId === undefined ? undefined : eq(priceDecisions.productId, productId),
        testId === undefined ? undefined : eq(priceDecisions.testId, testId),
        before === undefined ? undefined : lt(priceDecisions.decidedAt, before),
      ),
    )
    .orderBy(desc(priceDecisions.decidedAt))
    .limit(limit)
}
