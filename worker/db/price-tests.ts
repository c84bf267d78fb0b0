import { and, eq, gt, sql } from 'drizzle-orm'
import { METRIC } from '../domain/customer/metrics.ts'
import type { TestAnalysis } from '../domain/pricing/learning/types.ts'
import type { TestSum } from '../domain/pricing/test-figures.ts'
import type { PriceMove, StoredTest } from '../domain/pricing/test-life.ts'
import type { PriceTest } from '../domain/pricing/types.ts'
import { type AuditLine, auditIfChanged } from './audit.ts'
import { connect, transact } from './client.ts'
import { priceTests, testAnalyses } from './tables.ts'

const testOf = (row: typeof priceTests.$inferSelect): StoredTest => ({
  test: JSON.parse(row.body) as PriceTest,
  name: row.name,
  status: row.status,
})

export async function readTests(binding: D1Database, { after = '', limit }: { after?: string | undefined; limit: number }) {
  return (await connect(binding).select().from(priceTests).where(gt(priceTests.id, after)).orderBy(priceTests.id).limit(limit)).map(testOf)
}

export async function readTest(binding: D1Database, id: string): Promise<StoredTest | null> {
  const row = await connect(binding).select().from(priceTests).where(eq(priceTests.id, id)).get()
  return row ? testOf(row) : null
}

export async function readRunningTests(binding: D1Database): Promise<StoredTest[]> {
  return (await connect(binding).select().from(priceTests).where(eq(priceTests.status, 'running')).orderBy(priceTests.id)).map(testOf)
}

/** Tests that run, and those whose planned end lies no further back than `since`, epoch ms. */
export async function readRecentTests(binding: D1Database, since: number): Promise<StoredTest[]> {
  const rows = await connect(binding)
    .select()
    .from(priceTests)
    .where(sql`${priceTests.status} = 'running' OR ${priceTests.endsAt} >= ${since}`)
    .orderBy(priceTests.id)
  return rows.map(testOf)
}

/** Id of the running test of a product that has not reached its end, or null. */
export async function readLiveTest(binding: D1Database, productId: string, now: number): Promise<string | null> {
  const row = await connect(binding)
    .select({ id: priceTests.id })
    .from(priceTests)
    .where(and(eq(priceTests.productId, productId), eq(priceTests.status, 'running'), gt(priceTests.endsAt, now)))
    .get()
  return row?.id ?? null
}

/**
 * Starts a test unless its product has a live one, or its id is taken; checked by the insert itself, so that of two at once
 * one is refused. A test that is over already, as history tells of, is in nobody's way.
 */
export async function addTest(binding: D1Database, { test, name }: StoredTest, now: number, line: AuditLine): Promise<boolean> {
  const [added] = await transact(binding, [
    sql`
      INSERT INTO price_tests (id, product_id, currency, name, mode, status, version, body, starts_at, ends_at, created_at)
      SELECT ${test.id}, ${test.productId}, ${test.currency}, ${name}, ${test.mode}, 'running', ${test.version}, ${JSON.stringify(test)},
        ${test.startsAt}, ${test.endsAt}, ${now}
      WHERE ${test.endsAt} <= ${now}
        OR NOT EXISTS (SELECT 1 FROM price_tests WHERE product_id = ${test.productId} AND status = 'running' AND ends_at > ${now})
      ON CONFLICT DO NOTHING`,
    auditIfChanged(line),
  ])
  return (added?.meta.changes ?? 0) > 0
}

/** Replaces what was read as `before`: nothing where somebody else was quicker. */
const replace = (before: StoredTest, after: StoredTest) => sql`
  UPDATE price_tests SET status = ${after.status}, body = ${JSON.stringify(after.test)}
  WHERE id = ${before.test.id} AND status = ${before.status} AND body = ${JSON.stringify(before.test)}`

/** False where somebody else was quicker. */
export async function replaceTest(
  binding: D1Database,
  before: StoredTest,
  after: StoredTest,
  lines: readonly AuditLine[],
): Promise<boolean> {
  // Each line but the first looks at the change of the line before it, which is there exactly where the test was changed.
  const [replaced] = await transact(binding, [replace(before, after), ...lines.map(auditIfChanged)])
  return (replaced?.meta.changes ?? 0) > 0
}

/**
 * The same together with the list price, which gets its line in the price ledger. False where the test, or the list price,
 * was changed meanwhile: then neither moves.
 */
export async function replaceTestAndPrice(
  binding: D1Database,
  before: StoredTest,
  after: StoredTest,
  { productId, currency, fromMinor, toMinor, reason }: PriceMove,
  now: number,
  line: AuditLine,
): Promise<boolean> {
  const ofPrice = sql`product_id = ${productId} AND currency = ${currency} AND list_minor = ${fromMinor}`
  const isReplaced = sql`EXISTS (SELECT 1 FROM price_tests WHERE id = ${before.test.id} AND body = ${JSON.stringify(after.test)} AND status = ${after.status})`
  const moves = sql`${ofPrice} AND list_minor <> ${toMinor} AND ${isReplaced}`
  const [replaced] = await transact(binding, [
    sql`${replace(before, after)} AND EXISTS (SELECT 1 FROM product_prices WHERE ${ofPrice})`,
    auditIfChanged(line),
    sql`
      INSERT INTO price_ledger (product_id, currency, amount_minor, effective_at, reason)
      SELECT product_id, currency, ${toMinor}, ${now}, ${reason} FROM product_prices WHERE ${moves}`,
    sql`UPDATE product_prices SET list_minor = ${toMinor} WHERE ${moves}`,
    auditIfChanged({
      at: line.at,
      actor: line.actor,
      action: 'product.repriced',
      subject: productId,
      before: { currency, amountMinor: fromMinor },
      after: { currency, amountMinor: toMinor, reason },
    }),
    sql`UPDATE products SET updated_at = ${now} WHERE id = ${productId} AND ${isReplaced}`,
  ])
  return (replaced?.meta.changes ?? 0) > 0
}

const SUMMED = [
  METRIC.exposed,
  METRIC.exposedTwice,
  METRIC.rewardSum,
  METRIC.rewardSquaresHigh,
  METRIC.rewardSquaresMiddle,
  METRIC.rewardSquaresLow,
  METRIC.rewarded,
  METRIC.testRevenue,
  METRIC.testBuyers,
  METRIC.testRefunded,
  METRIC.testDisputed,
  METRIC.testPayers,
  METRIC.testPaymentFailed,
]
const BLOCK_SUMMED = [METRIC.blockVisitors, METRIC.blockRevenue, METRIC.blockCost]

/** Every sum about one version of a test. */
export async function readTestSums(binding: D1Database, { id, version }: Pick<PriceTest, 'id' | 'version'>): Promise<TestSum[]> {
  const scope = `${id}@${version}`
  const [ofPeople, ofBlocks] = await binding.batch<TestSum>([
    binding
      .prepare(
        `SELECT metric, scope, dimension, value, day, sum FROM rollups
         WHERE metric IN (SELECT value FROM json_each(?1)) AND scope >= ?2 AND scope < ?2 || char(1114111) AND sum <> 0`,
      )
      .bind(JSON.stringify(SUMMED), `${scope}:`),
    binding
      .prepare(
        `SELECT metric, scope, dimension, value, day, sum FROM rollups
         WHERE metric IN (SELECT value FROM json_each(?1)) AND scope = ?2 AND dimension = 'block' AND sum <> 0`,
      )
      .bind(JSON.stringify(BLOCK_SUMMED), scope),
  ])
  return [...(ofPeople?.results ?? []), ...(ofBlocks?.results ?? [])]
}

const SAFETY_SUMMED = [METRIC.testBuyers, METRIC.testRefunded, METRIC.testDisputed, METRIC.testPayers, METRIC.testPaymentFailed]

/** Of every sum about one version of a test those alone that tell of harm: they are looked at every ten minutes. */
export async function readSafetySums(binding: D1Database, { id, version }: Pick<PriceTest, 'id' | 'version'>): Promise<TestSum[]> {
  const { results } = await binding
    .prepare(
      `SELECT metric, scope, dimension, value, day, sum FROM rollups
       WHERE metric IN (SELECT value FROM json_each(?1)) AND scope >= ?2 AND scope < ?2 || char(1114111) AND dimension = 'arm' AND sum <> 0`,
    )
    .bind(JSON.stringify(SAFETY_SUMMED), `${id}@${version}:`)
    .all<TestSum>()
  return results
}

/** What a test said as a day ended; told again, the later telling stays. */
export async function saveAnalysis(
  binding: D1Database,
  { id: testId, version }: Pick<PriceTest, 'id' | 'version'>,
  day: string,
  analysis: TestAnalysis,
  madeAt: number,
): Promise<void> {
  const row = { testId, version, day, body: JSON.stringify(analysis), madeAt }
  await connect(binding)
    .insert(testAnalyses)
    .values(row)
    .onConflictDoUpdate({ target: [testAnalyses.testId, testAnalyses.version, testAnalyses.day], set: row })
}

/** What a test said day by day, oldest first. */
export async function readAnalyses(
  binding: D1Database,
  { id, version }: Pick<PriceTest, 'id' | 'version'>,
): Promise<{ day: string; analysis: TestAnalysis }[]> {
  const rows = await connect(binding)
    .select({ day: testAnalyses.day, body: testAnalyses.body })
    .from(testAnalyses)
    .where(and(eq(testAnalyses.testId, id), eq(testAnalyses.version, version)))
    .orderBy(testAnalyses.day)
  return rows.map(({ day, body }) => ({ day, analysis: JSON.parse(body) as TestAnalysis }))
}

/** Whether some price test was changed after the snapshot in force was compiled: then that compile had failed. */
export async function hasUncompiled(binding: D1Database): Promise<boolean> {
  const row = await binding
    .prepare(
      `SELECT EXISTS (
         SELECT 1 FROM audit_log WHERE action LIKE 'price_test.%' AND at > (SELECT compiled_at FROM config_roots ORDER BY version DESC LIMIT 1)
       ) AS uncompiled`,
    )
    .first<{ uncompiled: number }>()
  return row?.uncompiled === 1
}
