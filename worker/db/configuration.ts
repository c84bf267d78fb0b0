import { eq, gt, inArray, sql } from 'drizzle-orm'
import type { Interval } from '../contract/lists.ts'
import type { PriceBook, PriceRule, ProductTerms } from '../domain/pricing/types.ts'
import { type AuditLine, audit } from './audit.ts'
import { connect, type Database, transact } from './client.ts'
import { OWN_PRICE_REMOVED } from './price-ledger.ts'
import { marketSignals, priceRuleHistory, priceRules, productCountryPrices, productPrices, products, settings } from './tables.ts'

interface Page {
  after?: string | undefined
  limit: number
}

// ── Products ──────────────────────────────────────────────────────────────────────────────────────────────────────

type ProductRow = typeof products.$inferSelect

async function withPrices(db: Database, rows: ProductRow[]): Promise<ProductTerms[]> {
  // One JSON parameter: D1 binds at most 100, and a page has up to 500 products.
  const ids = JSON.stringify(rows.map((row) => row.id))
  const [priceRows, countryRows] = await db.batch([
    db
      .select()
      .from(productPrices)
      .where(inArray(productPrices.productId, sql`(SELECT value FROM json_each(${ids}))`))
      .orderBy(productPrices.currency),
    db
      .select()
      .from(productCountryPrices)
      .where(inArray(productCountryPrices.productId, sql`(SELECT value FROM json_each(${ids}))`))
      .orderBy(productCountryPrices.country),
  ])
  const books = booksOf(priceRows, countryRows)
  return rows.map((row) => termsOf(row, books.get(row.id) ?? {}))
}

/** Price books by product and currency, each with the list prices of its countries. */
export function booksOf(
  priceRows: readonly (typeof productPrices.$inferSelect)[],
  countryRows: readonly (typeof productCountryPrices.$inferSelect)[],
): Map<string, Record<string, PriceBook>> {
  const books = new Map<string, Record<string, PriceBook>>()
  for (const { productId, currency, ...book } of priceRows) {
    const known = books.get(productId)
    if (known) known[currency] = book
    else books.set(productId, { [currency]: book })
  }
  for (const { productId, currency, country, listMinor } of countryRows) {
    const book = books.get(productId)?.[currency]
    if (!book) continue
    book.countries ??= {}
    book.countries[country] = listMinor
  }
  return books
}

export const termsOf = (row: ProductRow, prices: Record<string, PriceBook>): ProductTerms => ({
  id: row.id,
  name: row.name,
  interval: row.interval as Interval | null,
  minimumMargin: row.minimumMargin,
  maximumStepPerDay: row.maximumStepPerDay,
  rounding: row.rounding,
  purchasingPower: row.purchasingPower === 1,
  prices,
})

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
  const countries = JSON.stringify(
    Object.entries(prices).flatMap(([currency, book]) =>
      Object.entries(book.countries ?? {}).map(([country, listMinor]) => ({ currency, country, listMinor })),
    ),
  )
  const row = { ...terms, purchasingPower: terms.purchasingPower ? 1 : 0, updatedAt: now }
  await transact(binding, [
    sql`
      INSERT INTO price_ledger (product_id, currency, amount_minor, effective_at, reason)
      SELECT ${terms.id}, value ->> 'currency', value ->> 'listMinor', ${now}, 'list price saved' FROM json_each(${books})
      WHERE value ->> 'listMinor' IS NOT (SELECT list_minor FROM product_prices WHERE product_id = ${terms.id} AND currency = value ->> 'currency')`,
    sql`
      INSERT INTO price_ledger (product_id, currency, country, amount_minor, effective_at, reason)
      SELECT ${terms.id}, value ->> 'currency', value ->> 'country', value ->> 'listMinor', ${now}, 'list price saved' FROM json_each(${countries})
      WHERE value ->> 'listMinor' IS NOT (
        SELECT list_minor FROM product_country_prices
        WHERE product_id = ${terms.id} AND currency = value ->> 'currency' AND country = value ->> 'country')`,
    sql`
      INSERT INTO price_ledger (product_id, currency, country, amount_minor, effective_at, reason)
      SELECT ${terms.id}, gone.currency, gone.country, book.value ->> 'listMinor', ${now}, ${OWN_PRICE_REMOVED}
      FROM product_country_prices AS gone JOIN json_each(${books}) AS book ON book.value ->> 'currency' = gone.currency
      WHERE gone.product_id = ${terms.id} AND NOT EXISTS (
        SELECT 1 FROM json_each(${countries}) AS kept
        WHERE kept.value ->> 'currency' = gone.currency AND kept.value ->> 'country' = gone.country)`,
    db
      .insert(products)
      .values({ ...row, createdAt: now })
      .onConflictDoUpdate({ target: products.id, set: row }),
    db.delete(productPrices).where(eq(productPrices.productId, terms.id)),
    db.delete(productCountryPrices).where(eq(productCountryPrices.productId, terms.id)),
    sql`
      INSERT INTO product_country_prices (product_id, currency, country, list_minor)
      SELECT ${terms.id}, value ->> 'currency', value ->> 'country', value ->> 'listMinor' FROM json_each(${countries})`,
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
    db.delete(productCountryPrices).where(eq(productCountryPrices.productId, id)),
    db.delete(marketSignals).where(eq(marketSignals.productId, id)),
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
