import { METRIC } from '../domain/customer/metrics.ts'

/** Views by product and day. */
export async function readViews(db: D1Database, from: string, to: string): Promise<{ productId: string; day: string; views: number }[]> {
  const { results } = await db
    .prepare(
      `SELECT value AS productId, day, sum AS views FROM rollups WHERE metric = ? AND scope = '' AND dimension = 'product' AND day BETWEEN ? AND ?`,
    )
    .bind(METRIC.productViews, from, to)
    .all<{ productId: string; day: string; views: number }>()
  return results
}

export interface StoredDemand {
  indices: { productId: string; indexThousandths: number }[]
  /** When they were computed, and when the newest snapshot was compiled; 0: never. */
  computedAt: number
  compiledAt: number
}

/** The indices as they stand, by product, and whether prices know them already. */
export async function readDemand(db: D1Database): Promise<StoredDemand> {
  const [rows, root] = await db.batch([
    db.prepare(
      'SELECT product_id AS productId, index_thousandths AS indexThousandths, computed_at AS computedAt FROM demand_index ORDER BY product_id',
    ),
    db.prepare('SELECT compiled_at AS compiledAt FROM config_roots ORDER BY version DESC LIMIT 1'),
  ])
  const stored = (rows?.results ?? []) as (StoredDemand['indices'][number] & { computedAt: number })[]
  return {
    indices: stored.map(({ productId, indexThousandths }) => ({ productId, indexThousandths })),
    computedAt: Math.max(0, ...stored.map(({ computedAt }) => computedAt)),
    compiledAt: (root?.results[0] as { compiledAt: number } | undefined)?.compiledAt ?? 0,
  }
}

/** The indices of today; a product that has none any more loses yesterday's. */
export const saveDemand = (db: D1Database, indices: readonly { productId: string; indexThousandths: number }[], now: number) =>
  db.batch([
    db.prepare('DELETE FROM demand_index'),
    db
      .prepare(
        `INSERT INTO demand_index (product_id, index_thousandths, computed_at)
         SELECT value ->> 'productId', value ->> 'indexThousandths', ?2 FROM json_each(?1)`,
      )
      .bind(JSON.stringify(indices), now),
  ])
