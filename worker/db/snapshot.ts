import { and, eq, gt, isNull, lte, max, or, sql } from 'drizzle-orm'
import type { Interval } from '../contract/lists.ts'
import type { Catalogue, KeyRecord } from '../domain/configuration.ts'
import type { Experiment } from '../domain/experiments/definition.ts'
import type { MarketFigures } from '../domain/pricing/market-figures.ts'
import type { PriceRule, PriceTest } from '../domain/pricing/types.ts'
import type { AuditLine } from './audit.ts'
import { connect } from './client.ts'
import { signalsByProduct } from './market-signals.ts'
import {
  apiKeys,
  configRoots,
  configShards,
  demandIndex,
  experiments,
  marketSignals,
  priceLedger,
  priceRules,
  priceTests,
  productPrices,
  products,
  secrets,
  settings,
} from './tables.ts'

const DAY_MS = 86_400_000
/** A shard has up to 256 KB, and one batch is one request to D1. */
const SHARDS_A_BATCH = 8

/** Newest root; its body is null when its version is the known one. Null for a database without any. Raw, because isolates ask often. */
export async function readNewestRoot(binding: D1Database, knownVersion: number): Promise<{ version: number; body: string | null } | null> {
  return binding
    .prepare('SELECT version, CASE WHEN version = ?1 THEN NULL ELSE body END AS body FROM config_roots ORDER BY version DESC LIMIT 1')
    .bind(knownVersion)
    .first<{ version: number; body: string | null }>()
}

export async function readRoot(binding: D1Database, version: number): Promise<string | null> {
  const row = await connect(binding).select({ body: configRoots.body }).from(configRoots).where(eq(configRoots.version, version)).get()
  return row?.body ?? null
}

export const readShard = (binding: D1Database, hash: string): Promise<string | null> =>
  binding.prepare('SELECT body FROM config_shards WHERE hash = ?').bind(hash).first<string>('body')

export async function readSecrets(binding: D1Database): Promise<Map<string, string>> {
  const rows = await connect(binding).select({ name: secrets.name, value: secrets.value }).from(secrets)
  return new Map(rows.map((row) => [row.name, row.value]))
}

/** Stores secrets whose name is free; where another isolate was first, its value stays. */
export async function addSecrets(binding: D1Database, values: Record<string, string>, now: number): Promise<void> {
  // Raw: the library would put the values into the message of an error, and errors are logged.
  const insert = binding.prepare('INSERT INTO secrets (name, value, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  await binding.batch(Object.entries(values).map(([name, value]) => insert.bind(name, value, now)))
}

export async function replaceSecret(binding: D1Database, name: string, value: string, now: number, line: AuditLine): Promise<void> {
  const { at, actor, action, subject } = line
  await binding.batch([
    binding
      .prepare(
        `INSERT INTO secrets (name, value, created_at) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, created_at = excluded.created_at`,
      )
      .bind(name, value, now),
    binding.prepare('INSERT INTO audit_log (at, actor, action, subject) VALUES (?, ?, ?, ?)').bind(at, actor, action, subject),
  ])
}

const ledgerColumns = { productId: priceLedger.productId, currency: priceLedger.currency, amountMinor: priceLedger.amountMinor }

export interface Sources {
  newest: { version: number; body: string } | null
  catalogue: Omit<Catalogue, 'market'> & { signals: MarketFigures['signals'] }
  settings: Record<string, unknown>
  experiments: Experiment[]
  keys: KeyRecord[]
}

/** Everything a snapshot is compiled from, and the newest version, as of one transaction. */
export async function readSources(binding: D1Database, now: number): Promise<Sources> {
  const db = connect(binding)
  const [newest, productRows, priceRows, ruleRows, testRows, ledgerRows, demandRows, settingRows, experimentRows, keyRows, signalRows] =
    await db.batch([
      db.select().from(configRoots).orderBy(sql`version DESC`).limit(1),
      db.select().from(products).orderBy(products.id),
      db.select().from(productPrices),
      db.select().from(priceRules),
      db
        .select({ body: priceTests.body })
        .from(priceTests)
        .where(and(eq(priceTests.status, 'running'), gt(priceTests.endsAt, now))),
      // SQLite takes the bare column from the row that holds the maximum: https://sqlite.org/lang_select.html#bareagg
      db
        .select({ ...ledgerColumns, latest: max(priceLedger.effectiveAt) })
        .from(priceLedger)
        .where(lte(priceLedger.effectiveAt, now - DAY_MS))
        .groupBy(priceLedger.productId, priceLedger.currency),
      db.select().from(demandIndex),
      db.select().from(settings),
      db.select({ body: experiments.body }).from(experiments).orderBy(experiments.key),
      db
        .select()
        .from(apiKeys)
        .where(and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now))))
        .orderBy(apiKeys.id),
      db.select().from(marketSignals),
    ])
  const prices = new Map<string, Catalogue['products'][number]['prices']>()
  for (const { productId, currency, ...book } of priceRows) prices.set(productId, { ...prices.get(productId), [currency]: book })
  const dayBefore = new Map<string, Record<string, number>>()
  for (const { productId, currency, amountMinor } of ledgerRows) {
    dayBefore.set(productId, { ...dayBefore.get(productId), [currency]: amountMinor })
  }
  return {
    newest: newest[0] ?? null,
    catalogue: {
      products: productRows.map(({ id, name, interval, minimumMargin, maximumStepPerDay }) => ({
        id,
        name,
        interval: interval as Interval | null,
        minimumMargin,
        maximumStepPerDay,
        prices: prices.get(id) ?? {},
      })),
      rules: ruleRows.map((row) => JSON.parse(row.body) as PriceRule),
      tests: testRows.map((row) => JSON.parse(row.body) as PriceTest),
      dayBefore,
      demand: new Map(demandRows.map((row) => [row.productId, row.indexThousandths])),
      signals: signalsByProduct(signalRows),
    },
    settings: Object.fromEntries(settingRows.map((row) => [row.key, JSON.parse(row.value) as unknown])),
    experiments: experimentRows.map((row) => JSON.parse(row.body) as Experiment),
    keys: keyRows.map(({ id, hash, kind, scopes, expiresAt }) => ({
      id,
      hash,
      kind,
      scopes: JSON.parse(scopes) as KeyRecord['scopes'],
      expiresAt,
    })),
  }
}

/** Adds the shards that are not there yet, and says which those were. */
export async function addShards(binding: D1Database, shards: Map<string, string>, now: number): Promise<string[]> {
  const db = connect(binding)
  const known = await db.all<{ hash: string }>(
    sql`SELECT hash FROM config_shards WHERE hash IN (SELECT value FROM json_each(${JSON.stringify([...shards.keys()])}))`,
  )
  const there = new Set(known.map((row) => row.hash))
  const missing = [...shards.keys()].filter((hash) => !there.has(hash))
  for (let at = 0; at < missing.length; at += SHARDS_A_BATCH) {
    const [first, ...rest] = missing.slice(at, at + SHARDS_A_BATCH).map((hash) =>
      db
        .insert(configShards)
        .values({ hash, body: shards.get(hash) as string, createdAt: now })
        .onConflictDoNothing(),
    )
    if (first) await db.batch([first, ...rest])
  }
  return missing
}

/** Adds a root. False when another compile took its version first. */
export async function addRoot(binding: D1Database, version: number, body: string, compiledAt: number): Promise<boolean> {
  const added = await connect(binding)
    .insert(configRoots)
    .values({ version, body, compiledAt })
    .onConflictDoNothing()
    .returning({ version: configRoots.version })
  return added.length === 1
}
