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
