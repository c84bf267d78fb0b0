import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import type { Catalogue, KeyRecord } from '../domain/configuration.ts'
import type { Experiment } from '../domain/experiments/definition.ts'
import type { MetricDefinition } from '../domain/experiments/metric.ts'
import type { Definitions, FunnelDefinition } from '../domain/funnel/definition.ts'
import type { MarketFigures } from '../domain/pricing/market-figures.ts'
import type { PriceRule, PriceTest } from '../domain/pricing/types.ts'
import { dayOf } from '../domain/time.ts'
import type { AuditLine } from './audit.ts'
import { connect } from './client.ts'
import { booksOf, termsOf } from './configuration.ts'
import { signalsByProduct } from './market-signals.ts'
import { ledgerLine } from './price-ledger.ts'
import {
  apiKeys,
  configRoots,
  configShards,
  dayCloses,
  demandIndex,
  experiments,
  funnels,
  marketSignals,
  metrics,
  priceLedger,
  priceRuleHistory,
  priceRules,
  priceTests,
  productCountryPrices,
  productPrices,
  products,
  secrets,
  settings,
} from './tables.ts'

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

/** Lines of the ledger that came since, and of each such product, currency and country the one that was in force then. */
const recentPrices = (since: number, now: number) => sql`id IN (
  WITH recent AS (SELECT id, product_id, currency, country FROM price_ledger WHERE effective_at > ${since} AND effective_at <= ${now})
  SELECT id FROM recent
  UNION ALL
  SELECT (SELECT l.id FROM price_ledger AS l
          WHERE l.product_id = moved.product_id AND l.currency = moved.currency AND l.country = moved.country AND l.effective_at <= ${since}
          ORDER BY l.effective_at DESC, l.id DESC LIMIT 1)
  FROM (SELECT DISTINCT product_id, currency, country FROM recent) AS moved)`

/** Versions of rules that came since, and of each such rule the one that was in force then. */
const recentVersions = (since: number, now: number) => sql`id IN (
  WITH recent AS (SELECT id, rule_id FROM price_rule_history WHERE effective_at > ${since} AND effective_at <= ${now})
  SELECT id FROM recent
  UNION ALL
  SELECT (SELECT max(h.id) FROM price_rule_history AS h WHERE h.rule_id = moved.rule_id AND h.effective_at <= ${since})
  FROM (SELECT DISTINCT rule_id FROM recent) AS moved)`

/** What days closed with of products with a step limit, and of all of them: of the others nobody asks, and there may be millions. */
const ofLimited = sql`(product_id = '' OR product_id IN (SELECT id FROM products WHERE maximum_step_per_day IS NOT NULL))`

export interface Sources {
  newest: { version: number; body: string } | null
  catalogue: Omit<Catalogue, 'market'> & { signals: MarketFigures['signals'] }
  settings: Record<string, unknown>
  experiments: Experiment[]
  definitions: Definitions
  keys: KeyRecord[]
}

/** Everything a snapshot is compiled from, what has changed since an instant included, and the newest version, as of one transaction. */
export async function readSources(binding: D1Database, now: number, since: number): Promise<Sources> {
  const db = connect(binding)
  const [
    newest,
    productRows,
    priceRows,
    countryRows,
    ruleRows,
    testRows,
    demandRows,
    settingRows,
    experimentRows,
    keyRows,
    ledgerRows,
    versionRows,
    closeRows,
    signalRows,
    metricRows,
    funnelRows,
  ] = await db.batch([
    db.select().from(configRoots).orderBy(sql`version DESC`).limit(1),
    db.select().from(products).orderBy(products.id),
    db.select().from(productPrices),
    db.select().from(productCountryPrices),
    db.select().from(priceRules),
    db
      .select({ body: priceTests.body })
      .from(priceTests)
      .where(and(eq(priceTests.status, 'running'), gt(priceTests.endsAt, now))),
    db.select().from(demandIndex),
    db.select().from(settings),
    db.select({ body: experiments.body }).from(experiments).orderBy(experiments.key),
    db
      .select()
      .from(apiKeys)
      .where(and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now))))
      .orderBy(apiKeys.id),
    db.select().from(priceLedger).where(recentPrices(since, now)).orderBy(priceLedger.effectiveAt, priceLedger.id),
    db.select().from(priceRuleHistory).where(recentVersions(since, now)).orderBy(priceRuleHistory.effectiveAt, priceRuleHistory.id),
    db
      .select()
      .from(dayCloses)
      .where(and(gt(dayCloses.day, dayOf(since)), ofLimited))
      .orderBy(dayCloses.day),
    db.select().from(marketSignals),
    db.select({ body: metrics.body }).from(metrics).orderBy(metrics.id, metrics.version),
    db.select().from(funnels).orderBy(funnels.id, funnels.version),
  ])
  const prices = booksOf(priceRows, countryRows)
  return {
    newest: newest[0] ?? null,
    catalogue: {
      products: productRows.map((row) => termsOf(row, prices.get(row.id) ?? {})),
      rules: ruleRows.map((row) => JSON.parse(row.body) as PriceRule),
      tests: testRows.map((row) => JSON.parse(row.body) as PriceTest),
      ledger: ledgerRows.map((row) => ({ productId: row.productId, ...ledgerLine(row) })),
      ruleVersions: versionRows.map(({ ruleId, body, effectiveAt }) => ({
        ruleId,
        rule: body === '' ? null : (JSON.parse(body) as PriceRule),
        effectiveAt,
      })),
      closes: closeRows.map(({ value, ...close }) => ({ ...close, value: value === null ? null : (JSON.parse(value) as unknown) })),
      demand: new Map(demandRows.map((row) => [row.productId, row.indexThousandths])),
      signals: signalsByProduct(signalRows),
    },
    settings: Object.fromEntries(settingRows.map((row) => [row.key, JSON.parse(row.value) as unknown])),
    experiments: experimentRows.map((row) => JSON.parse(row.body) as Experiment),
    definitions: {
      metrics: metricRows.map((row) => JSON.parse(row.body) as MetricDefinition),
      funnels: funnelRows.filter(({ archivedAt }) => archivedAt === null).map((row) => JSON.parse(row.body) as FunnelDefinition),
      retired: funnelRows.filter(({ archivedAt }) => archivedAt !== null).map(({ id, version }) => `${id}@${version}`),
    },
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
