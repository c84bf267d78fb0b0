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
}

/**
 * What each buyer brought in a window that begins with their first purchase in a span of history, less what they got back of
 * it in that window. Anonymous buyers count as themselves: an object is a person.
 */
export async function readBuyerHistory(db: D1Database, question: HistoryQuestion): Promise<BuyerHistory> {
  const { currency, productIds, since, until, windowMs, percentile } = question
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
         SELECT CASE WHEN ?3 IS NULL THEN SUM(kind = 'purchase') ELSE MAX(0, SUM(net)) END AS total
         FROM entries JOIN firsts USING (object) WHERE timestamp BETWEEN at AND at + ?5 GROUP BY object
       )
       SELECT COUNT(*) AS buyers, COALESCE(SUM(total), 0) AS sum, TOTAL(1.0 * total * total) AS squares,
         (SELECT total FROM people ORDER BY total LIMIT 1 OFFSET (SELECT MAX(0, CAST(COUNT(*) * ?6 AS INTEGER) - 1) FROM people)) AS percentile
       FROM people`,
    )
    .bind(since, until, currency, productIds && JSON.stringify(productIds), windowMs, percentile)
    .first<BuyerHistory>()
  return row ?? { buyers: 0, sum: 0, squares: 0, percentile: null }
}
