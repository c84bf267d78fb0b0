import { eq, gt, inArray, sql } from 'drizzle-orm'
import type { Interval } from '../contract/lists.ts'
import type { PriceRule, ProductTerms } from '../domain/pricing/types.ts'
import { type AuditLine, audit } from './audit.ts'
import { connect, type Database, transact } from './client.ts'
import { priceRuleHistory, priceRules, productPrices, products, settings } from './tables.ts'

interface Page {
  after?: string | undefined
  limit: number
}

// ── Products ──────────────────────────────────────────────────────────────────────────────────────────────────────

type ProductRow = typeof products.$inferSelect

async function withPrices(db: Database, rows: ProductRow[]): Promise<ProductTerms[]> {
  // One JSON parameter: D1 binds at most 100, and a page has up to 500 products.
  const ids = JSON.stringify(rows.map((row) => row.id))
  const priceRows = await db
    .select()
    .from(productPrices)
    .where(inArray(productPrices.productId, sql`(SELECT value FROM json_each(${ids}))`))
    .orderBy(productPrices.currency)
  return rows.map(({ id, name, interval, minimumMargin, maximumStepPerDay }) => ({
    id,
    name,
    interval: interval as Interval | null,
    minimumMargin,
    maximumStepPerDay,
    prices: Object.fromEntries(
      priceRows
        .filter((row) => row.productId === id)
        .map(({ productId: _, currency, ...book }) => [currency, { ...book, dayBeforeMinor: null }]),
    ),
  }))
}

export async function readProducts(binding: D1Database, { after = '', limit }: Page): Promise<ProductTerms[]> {
  const db = connect(binding)
  return withPrices(db, await db.select().from(products).where(gt(products.id, after)).orderBy(products.id).limit(limit))
}

/** Those of some products that there are, in the order of their ids. */
export async function readProductsNamed(binding: D1Database, ids: readonly string[]): Promise<ProductTerms[]> {
  const db = connect(binding)
  const named = sql`${products.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
  return withPrices(db, await db.select().from(products).where(named).orderBy(products.id))
}

export async function readProduct(binding: D1Database, id: string): Promise<ProductTerms | null> {
  const db = connect(binding)
  const [product] = await withPrices(db, await db.select().from(products).where(eq(products.id, id)))
  return product ?? null
}

/** Writes a product and its prices; each list price that is new or has moved gets a line in the price ledger. */
export async function saveProduct(binding: D1Database, { prices, ...terms }: ProductTerms, now: number, line: AuditLine): Promise<void> {
  const db = connect(binding)
  const books = JSON.stringify(Object.entries(prices).map(([currency, book]) => ({ currency, ...book })))
  await transact(binding, [
    sql`
      INSERT INTO price_ledger (product_id, currency, amount_minor, effective_at, reason)
      SELECT ${terms.id}, value ->> 'currency', value ->> 'listMinor', ${now}, 'list price saved' FROM json_each(${books})
      WHERE value ->> 'listMinor' IS NOT (SELECT list_minor FROM product_prices WHERE product_id = ${terms.id} AND currency = value ->> 'currency')`,
    db
      .insert(products)
      .values({ ...terms, createdAt: now, updatedAt: now })
      .onConflictDoUpdate({ target: products.id, set: { ...terms, updatedAt: now } }),
    db.delete(productPrices).where(eq(productPrices.productId, terms.id)),
    sql`
      INSERT INTO product_prices (product_id, currency, list_minor, floor_minor, ceiling_minor, unit_cost_minor)
      SELECT ${terms.id}, value ->> 'currency', value ->> 'listMinor', value ->> 'floorMinor', value ->> 'ceilingMinor', value ->> 'unitCostMinor'
      FROM json_each(${books})`,
    audit(db, line),
  ])
}

export async function removeProduct(binding: D1Database, id: string, line: AuditLine): Promise<void> {
  const db = connect(binding)
  await transact(binding, [
    db.delete(productPrices).where(eq(productPrices.productId, id)),
    db.delete(products).where(eq(products.id, id)),
    audit(db, line),
  ])
}

// ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export async function readRules(binding: D1Database): Promise<PriceRule[]> {
  const rows = await connect(binding).select({ body: priceRules.body }).from(priceRules).orderBy(priceRules.id)
  return rows.map((row) => JSON.parse(row.body) as PriceRule)
}

export async function readRule(binding: D1Database, id: string): Promise<PriceRule | null> {
  const row = await connect(binding).select({ body: priceRules.body }).from(priceRules).where(eq(priceRules.id, id)).get()
  return row ? (JSON.parse(row.body) as PriceRule) : null
}

/** Writes a rule, and into its history what it says from now on. */
export async function saveRule(binding: D1Database, rule: PriceRule, now: number, line: AuditLine): Promise<void> {
  const db = connect(binding)
  const row = { id: rule.id, kind: rule.kind, body: JSON.stringify(rule), updatedAt: now }
  await transact(binding, [
    db.insert(priceRules).values(row).onConflictDoUpdate({ target: priceRules.id, set: row }),
    db.insert(priceRuleHistory).values({ ruleId: rule.id, body: row.body, effectiveAt: now }),
    audit(db, line),
  ])
}

/** Removes a rule; its history ends with an empty body. */
export async function removeRule(binding: D1Database, id: string, line: AuditLine): Promise<void> {
  const db = connect(binding)
  await transact(binding, [
    db.delete(priceRules).where(eq(priceRules.id, id)),
    db.insert(priceRuleHistory).values({ ruleId: id, body: '', effectiveAt: line.at }),
    audit(db, line),
  ])
}

// ── Settings ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Settings somebody has set, by name; the others have their defaults. */
export async function readSettings(binding: D1Database): Promise<Record<string, unknown>> {
  const rows = await connect(binding).select().from(settings)
  return Object.fromEntries(rows.map((row) => [row.key, JSON.parse(row.value) as unknown]))
}

export async function saveSettings(binding: D1Database, patch: Record<string, unknown>, line: AuditLine): Promise<void> {
  const db = connect(binding)
  const rows = Object.entries(patch).map(([key, value]) => ({ key, value: JSON.stringify(value) }))
  if (rows.length === 0) return
  const upsert = db.insert(settings).values(rows)
  await transact(binding, [upsert.onConflictDoUpdate({ target: settings.key, set: { value: sql`excluded.value` } }), audit(db, line)])
}
