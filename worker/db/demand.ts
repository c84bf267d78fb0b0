import { METRIC } from '../domain/customer/metrics.ts'
import type { Counts, Interest } from '../domain/pricing/demand-index.ts'

/**
 * Views and purchases of products by day, and running totals by hour, of those products that were looked at or bought in
 * these days. Each is found by its key, however long the history and however many products nobody looks at.
 *
 * @param productIds null: of every product of the catalogue
 * @param hours hours since the epoch of which the running totals are wanted
 */
export async function readCounts(
  db: D1Database,
  productIds: readonly string[] | null,
  days: readonly string[],
  hours: readonly number[],
): Promise<Map<string, Counts>> {
  const wanted = productIds === null ? 'wanted(id) AS (SELECT id FROM products)' : 'wanted(id) AS (SELECT value FROM json_each(?2))'
  const named = productIds === null ? [] : [JSON.stringify(productIds)]
  const [byDay, byHour] = await db.batch([
    db
      .prepare(
        `WITH RECURSIVE ${wanted}, days(day) AS (SELECT value FROM json_each(?1)), found(scope) AS (
           SELECT (SELECT MIN(scope) FROM rollups WHERE metric = '${METRIC.orders}')
           UNION ALL
           SELECT (SELECT MIN(scope) FROM rollups WHERE metric = '${METRIC.orders}' AND rollups.scope > found.scope) FROM found WHERE scope IS NOT NULL
         )
         SELECT id AS productId, day, SUM(views) AS views, SUM(purchases) AS purchases FROM (
           SELECT id, days.day, sum AS views, 0 AS purchases FROM wanted CROSS JOIN days JOIN rollups
             ON metric = '${METRIC.productViews}' AND scope = '' AND dimension = 'product' AND value = id AND rollups.day = days.day
           UNION ALL
           SELECT id, days.day, 0, sum FROM wanted CROSS JOIN days CROSS JOIN found JOIN rollups
             ON metric = '${METRIC.orders}' AND rollups.scope = found.scope AND dimension = 'product' AND value = id AND rollups.day = days.day
         ) GROUP BY id, day`,
      )
      .bind(JSON.stringify(days), ...named),
    db
      .prepare(
        `WITH ${wanted}, hours(number) AS (SELECT value FROM json_each(?1))
         SELECT id AS productId, hour, views, purchases FROM wanted CROSS JOIN hours JOIN product_hours ON product_id = id AND hour = number`,
      )
      .bind(JSON.stringify(hours), ...named),
  ])
  const counts = new Map<string, { days: Map<string, Interest>; hours: Map<number, Interest> }>()
  const of = (productId: string) => {
    const known = counts.get(productId) ?? { days: new Map<string, Interest>(), hours: new Map<number, Interest>() }
    counts.set(productId, known)
    return known
  }
  for (const { productId, day, views, purchases } of (byDay?.results ?? []) as DayRow[]) of(productId).days.set(day, { views, purchases })
  for (const { productId, hour, views, purchases } of (byHour?.results ?? []) as HourRow[])
    counts.get(productId)?.hours.set(hour, { views, purchases })
  return counts
}

type DayRow = Interest & { productId: string; day: string }
type HourRow = Interest & { productId: string; hour: number }

/** Products that demand rules follow; null where one follows every product, and empty where there is none. A rule that is over follows nothing. */
export async function readFollowed(db: D1Database, now: number): Promise<string[] | null> {
  const { results } = await db
    .prepare(`SELECT body FROM price_rules WHERE kind = 'demand' AND (body ->> 'endsAt' IS NULL OR body ->> 'endsAt' > ?)`)
    .bind(now)
    .all<{ body: string }>()
  const named = results.map(({ body }) => (JSON.parse(body) as { productIds: string[] | null }).productIds)
  return named.includes(null) ? null : [...new Set(named.flatMap((ids) => ids ?? []))].sort()
}

/** A parameter may have 2 MB. */
const ROWS_A_STATEMENT = 5_000

/** How far the day of each product had got by the slot of an hour. The first to say so is right: whoever comes later counts what came after. */
export async function saveHours(db: D1Database, hour: number, totals: readonly ({ productId: string } & Interest)[]): Promise<void> {
  for (let at = 0; at < totals.length; at += ROWS_A_STATEMENT)
    await db
      .prepare(
        `INSERT INTO product_hours (product_id, hour, views, purchases)
         SELECT value ->> 'productId', ?2, value ->> 'views', value ->> 'purchases' FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
      )
      .bind(JSON.stringify(totals.slice(at, at + ROWS_A_STATEMENT)), hour)
      .run()
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

/** The indices of this hour; a product that has none any more loses the one before. */
export const saveDemand = (db: D1Database, indices: StoredDemand['indices'], now: number) => {
  const insert = db.prepare(
    `INSERT INTO demand_index (product_id, index_thousandths, computed_at)
     SELECT value ->> 'productId', value ->> 'indexThousandths', ?2 FROM json_each(?1)`,
  )
  const parts = Array.from({ length: Math.ceil(indices.length / ROWS_A_STATEMENT) }, (_, at) =>
    indices.slice(at * ROWS_A_STATEMENT, (at + 1) * ROWS_A_STATEMENT),
  )
  return db.batch([db.prepare('DELETE FROM demand_index'), ...parts.map((part) => insert.bind(JSON.stringify(part), now))])
}
