import { METRIC } from '../domain/customer/metrics.ts'

/** What people paid in history: what caps and planned samples of experiments are made of. */
export interface BuyerHistory {
  /** Buyers, and people enough of them to say something. */
  buyers: number
  /** Σy and Σy² over buyers, in minor units or orders. */
  sum: number
  squares: number
  /** What the percentile that was asked for pays; null: nobody bought. */
  percentile: number | null
}

export interface HistoryQuestion {
  /** Net revenue in this currency, minor units; null: orders in any. */
  currency: string | null
  /** Of these products alone. */
  productIds: readonly string[] | null
  /** Epoch ms. First purchases from `since` on begin a window; nothing after `until` counts. */
  since: number
  until: number
  windowMs: number
  /** 0–1. */
  percentile: number
  /** What one buyer counts for at most; null: no limit. */
  cap: number | null
}

/**
 * What each buyer brought in a window that begins with their first purchase in a span of history, less what they got back of
 * it in that window. Anonymous buyers count as themselves: an object is a person.
 */
export async function readBuyerHistory(db: D1Database, question: HistoryQuestion): Promise<BuyerHistory> {
  const { currency, productIds, since, until, windowMs, percentile, cap } = question
  const row = await db
    .prepare(
      `WITH entries AS (
         SELECT object, timestamp, event_type AS kind,
           CASE event_type WHEN 'purchase' THEN amount WHEN 'dispute_closed' THEN amount ELSE -amount END AS net
         FROM revenue_events
         WHERE booked_day BETWEEN date(?1 / 1000, 'unixepoch', '-1 day') AND date(?2 / 1000, 'unixepoch', '+2 days')
           AND timestamp BETWEEN ?1 AND ?2
           AND event_type IN ('purchase', 'refund', 'dispute_opened', 'dispute_closed') AND (?3 IS NULL OR currency = ?3)
           AND (?4 IS NULL OR product_id IN (SELECT value FROM json_each(?4)))
       ), firsts AS (SELECT object, MIN(timestamp) AS at FROM entries WHERE kind = 'purchase' GROUP BY object
       ), people AS (
         SELECT MIN(COALESCE(?7, 9e15), CASE WHEN ?3 IS NULL THEN SUM(kind = 'purchase') ELSE MAX(0, SUM(net)) END) AS total
         FROM entries JOIN firsts USING (object) WHERE timestamp BETWEEN at AND at + ?5 GROUP BY object
       )
       SELECT COUNT(*) AS buyers, COALESCE(SUM(total), 0) AS sum, TOTAL(1.0 * total * total) AS squares,
         (SELECT total FROM people ORDER BY total LIMIT 1 OFFSET (SELECT MAX(0, CAST(COUNT(*) * ?6 AS INTEGER) - 1) FROM people)) AS percentile
       FROM people`,
    )
    .bind(since, until, currency, productIds && JSON.stringify(productIds), windowMs, percentile, cap)
    .first<BuyerHistory>()
  return row ?? { buyers: 0, sum: 0, squares: 0, percentile: null }
}

/** Unique visitors of a month, and how often each step of the default funnel was reached by those who entered in it. */
export interface Flow {
  visitors: number
  steps: ReadonlyMap<string, number>
}

/** @param month as in `2026-01` */
export async function readFlow(db: D1Database, month: string): Promise<Flow> {
  const [visitors, steps] = await db.batch<{ value: string; sum: number }>([
    db
      .prepare(
        `SELECT '' AS value, SUM(sum) AS sum FROM rollups WHERE metric = '${METRIC.visitorMonth}' AND scope = '' AND dimension = '' AND day = ?`,
      )
      .bind(month),
    db
      .prepare(
        `SELECT value, SUM(sum) AS sum FROM rollups
         WHERE metric = '${METRIC.funnel}' AND scope = 'default@1' AND dimension = 'step' AND day BETWEEN ?1 || '-01' AND ?1 || '-31' GROUP BY value`,
      )
      .bind(month),
  ])
  return { visitors: visitors?.results[0]?.sum ?? 0, steps: new Map((steps?.results ?? []).map(({ value, sum }) => [value, sum])) }
}
