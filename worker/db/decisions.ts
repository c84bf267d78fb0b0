import { and, desc, eq, getTableColumns, isNotNull, lt, sql } from 'drizzle-orm'
import type { SampledRow } from '../domain/pricing/preview.ts'
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
  const { id, object, version, inputs, ...columns } = getTableColumns(priceDecisions)
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

/** The newest sampled decisions that can be made again, of some products or, where none are named, of all. */
export async function readSampledInputs(binding: D1Database, productIds: readonly string[] | null, limit: number): Promise<SampledRow[]> {
  const { decisionId, productId, decidedAt, testId, inputs } = priceDecisions
  const rows = await connect(binding)
    .select({ decisionId, productId, decidedAt, testId, inputs })
    .from(priceDecisions)
    .where(
      and(
        isNotNull(inputs),
        productIds === null ? undefined : sql`${productId} IN (SELECT value FROM json_each(${JSON.stringify(productIds)}))`,
      ),
    )
    .orderBy(desc(decidedAt))
    .limit(limit)
  return rows.map((row) => ({ ...row, inputs: JSON.parse(row.inputs as string) as SampledRow['inputs'] }))
}
