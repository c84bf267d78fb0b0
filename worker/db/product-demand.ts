import { METRIC } from '../domain/customer/metrics.ts'
import type { ArmCount } from '../domain/pricing/demand-curve/test-evidence.ts'
import type { PriceTest } from '../domain/pricing/types.ts'

/** Tests that are looked at: older ones tell of a demand that has gone. */
const NEWEST_TESTS = 10

export interface DemandRows {
  /** Of the product and currency, newest first, with what became of those who were in each. */
  evidence: { test: PriceTest; counts: ArmCount[] }[]
  /** When any test of the product ran, in whatever currency; one that was ended early until then. */
  tests: { startsAt: number; endsAt: number }[]
  days: { day: string; views: number; orders: number }[]
  /** List prices of the currency, in minor units. */
  ledger: { effectiveAt: number; price: number }[]
}

/** All that tells of the demand for a product between two days, both included: two round trips, bounded by days and tests. */
export async function readDemandRows(
  db: D1Database,
  { productId, currency, from, to }: { productId: string; currency: string; from: string; to: string },
): Promise<DemandRows> {
  const ofProduct = (metric: string, scope: string) =>
    db
      .prepare(
        `SELECT day, sum FROM rollups WHERE metric = ? AND scope = ? AND dimension = 'product' AND value = ? AND day BETWEEN ? AND ?`,
      )
      .bind(metric, scope, productId, from, to)
  const [tests, views, orders, ledger] = (await db.batch([
    db
      .prepare(
        `SELECT currency, mode, body, starts_at AS startsAt, COALESCE(body ->> 'endedAt', ends_at) AS endsAt
         FROM price_tests WHERE product_id = ? ORDER BY starts_at DESC, id DESC`,
      )
      .bind(productId),
    ofProduct(METRIC.productViews, ''),
    ofProduct(METRIC.orders, currency),
    db
      .prepare(
        `SELECT effective_at AS effectiveAt, amount_minor AS price FROM price_ledger WHERE product_id = ? AND currency = ? AND country = '' ORDER BY effective_at, id`,
      )
      .bind(productId, currency),
  ])) as [
    D1Result<{ currency: string; mode: string; body: string; startsAt: number; endsAt: number }>,
    D1Result<{ day: string; sum: number }>,
    D1Result<{ day: string; sum: number }>,
    D1Result<{ effectiveAt: number; price: number }>,
  ]
  const ordersByDay = new Map(orders.results.map(({ day, sum }) => [day, sum]))
  // A switchback compares windows of time, whose people hang together: its counts are not those of people drawn one by one.
  const drawn = tests.results.filter((row) => row.currency === currency && row.mode === 'randomised').slice(0, NEWEST_TESTS)
  const newest = drawn.map(({ body }) => JSON.parse(body) as PriceTest)
  return {
    evidence: newest.length === 0 ? [] : await readEvidence(db, newest),
    tests: tests.results.map(({ startsAt, endsAt }) => ({ startsAt, endsAt })),
    days: views.results.map(({ day, sum }) => ({ day, views: sum, orders: ordersByDay.get(day) ?? 0 })),
    ledger: ledger.results,
  }
}

/** Who was shown an arm, and who bought; the latter twice: before there were windows, it was counted by revenue alone. */
const COUNTED = JSON.stringify([METRIC.exposed, METRIC.testBuyers, METRIC.rewarded])

async function readEvidence(db: D1Database, tests: readonly PriceTest[]): Promise<DemandRows['evidence']> {
  const wanted = tests.map(({ id, version, segments }) => ({
    scope: `${id}@${version}:`,
    dimension: segments === null ? 'arm' : 'segment',
  }))
  const { results } = await db
    .prepare(
      `SELECT wanted.key AS at, metric, scope, rollups.value AS value, day, sum
       FROM json_each(?1) AS wanted CROSS JOIN json_each(?2) AS counted
       JOIN rollups ON metric = counted.value AND dimension = wanted.value ->> 'dimension'
         AND scope >= wanted.value ->> 'scope' AND scope < (wanted.value ->> 'scope') || char(1114111)`,
    )
    .bind(JSON.stringify(wanted), COUNTED)
    .all<{ at: number; metric: string; scope: string; value: string; day: string; sum: number }>()
  const counts = tests.map(() => new Map<string, ArmCount>())
  for (const { at, metric, scope, value, day, sum } of results) {
    const epoch = scope.slice((wanted[at] as (typeof wanted)[number]).scope.length)
    const parts = value.split('|')
    const [arm = '', segment = null] = wanted[at]?.dimension === 'arm' ? [value] : [parts.at(-1), parts.slice(0, -1).join('|')]
    const key = JSON.stringify([epoch, value, day])
    const count = counts[at]?.get(key) ?? { day, epoch, segment, arm, exposed: 0, buyers: 0 }
    if (metric === METRIC.exposed) count.exposed = sum
    else count.buyers = Math.max(count.buyers, sum)
    counts[at]?.set(key, count)
  }
  return tests.map((test, at) => ({ test, counts: [...(counts[at]?.values() ?? [])] }))
}
