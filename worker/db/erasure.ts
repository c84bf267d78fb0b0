/** Owner of what belonged to somebody who was erased; no customerId is empty. */
export const ERASED_OWNER = ''

export interface Erased {
  customerId: string
  /** Visitors who had become this customer. */
  visitorIds: readonly string[]
  /** Stands for the id without telling it. */
  tombstone: string
}

/**
 * Takes an identifier out of everything beside the customer's own rows, which go with the object's last entry, and leaves
 * a salted hash that says only that this id was erased.
 */
export async function eraseIdentifier(
  db: D1Database,
  { customerId, visitorIds, tombstone }: Erased,
  actor: string,
  now: number,
): Promise<void> {
  const owners = JSON.stringify([customerId, ...visitorIds.map((id) => `visitor:${id}`)])
  const names = JSON.stringify([customerId, ...visitorIds].map((id) => JSON.stringify(id)))
  await db.batch([
    db.prepare('INSERT OR IGNORE INTO tombstones (hash, erased_at) VALUES (?, ?)').bind(tombstone, now),
    db.prepare(`INSERT INTO audit_log (at, actor, action, subject) VALUES (?, ?, 'customer.erased', ?)`).bind(now, actor, tombstone),
    db.prepare('DELETE FROM customer_health_scores WHERE customer_id = ?').bind(customerId),
    db.prepare('DELETE FROM upsell_opportunities WHERE customer_id = ?').bind(customerId),
    db.prepare('DELETE FROM revenue_events WHERE customer_id = ?').bind(customerId),
    db.prepare('DELETE FROM mrr_movements WHERE customer_id = ?').bind(customerId),
    db.prepare('DELETE FROM customers WHERE id = ?').bind(customerId),
    db
      .prepare(
        `DELETE FROM provider_events WHERE EXISTS (SELECT 1 FROM json_each(?1) WHERE instr(body, value) > 0)
         OR (provider, waits_for) IN
           (SELECT provider, object_id FROM provider_links WHERE customer_id IN (SELECT value FROM json_each(?2)))`,
      )
      .bind(names, owners),
    // The provider's objects stay known as nobody's: a webhook about one of them that comes later must not wait here with a name in it.
    db
      .prepare(`UPDATE provider_links SET customer_id = '${ERASED_OWNER}' WHERE customer_id IN (SELECT value FROM json_each(?))`)
      .bind(owners),
    db.prepare('DELETE FROM dead_letters WHERE instr(body, ?) > 0').bind(JSON.stringify(customerId)),
    // An id may have been refused because it came as a number.
    db
      .prepare(
        `DELETE FROM rejected_events WHERE instr(body, ?1) > 0
         OR (json_valid(body) AND ?2 IN (CAST(body ->> 'customerId' AS TEXT), CAST(body ->> 'userId' AS TEXT)))`,
      )
      .bind(JSON.stringify(customerId), customerId),
  ])
}
