import { Hono } from 'hono'
import { readConfiguration } from '../../worker/config.ts'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import type { PriceRule } from '../../worker/domain/pricing/types.ts'
import type { Env } from '../../worker/env.ts'
import product, { LiveObject, CustomerObject as RealCustomerObject } from '../../worker/index.ts'
import { countingDatabase, countObjectRows, written } from './counting.ts'

export { LiveObject }

interface BenchEnv extends Env {
  /** "apply" hands what paths leave on the queue to D1, and counts the rows; otherwise it is only acknowledged. */
  BENCH_QUEUE?: string
}

export class CustomerObject extends RealCustomerObject {
  constructor(ctx: DurableObjectState, env: BenchEnv) {
    if (env.BENCH_QUEUE === 'apply') countObjectRows(ctx.storage)
    super(ctx, env)
  }
}

/** A batch as the queue would hand it over, with acknowledgements that go nowhere. */
function batchOf(messages: ProjectionMessage[]): MessageBatch<ProjectionMessage> {
  const nothing = () => undefined
  return {
    queue: 'fairlead-projections',
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    messages: messages.map((body, index) => ({
      id: String(index),
      timestamp: new Date(),
      body,
      attempts: 1,
      ack: nothing,
      retry: nothing,
    })),
    ackAll: nothing,
    retryAll: nothing,
  }
}

/** Fifty flags as part of a route that reads nothing, as it would be in a shop's own Worker. */
const flagsOnly = new Hono<{ Bindings: BenchEnv }>().get('/bench/flags', async (c) => {
  const now = Date.now()
  const { flags } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const book = await flags()
  const context = { attributes: { id: c.req.query('id'), plan: c.req.query('plan'), country: 'US' } }
  const texts = book.evaluateAll(context, now).results.map(({ text }) => text)
  return c.body(`{"flags":[${texts.join()}],"metadata":{}}`, 200, { 'content-type': 'application/json' })
})

/** Products and rules put into the database as the routes would, but at once. */
async function fillCatalogue(db: D1Database, { products, rules }: { products: number; rules: PriceRule[] }): Promise<void> {
  await db.batch([
    db
      .prepare(
        `INSERT INTO products (id, name, minimum_margin, maximum_step_per_day, created_at, updated_at)
         WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
         SELECT 'sku_' || n, 'Product ' || n, 0.2, NULL, 0, 0 FROM numbers`,
      )
      .bind(products),
    db.prepare(`INSERT INTO product_prices SELECT id, 'USD', 9900 + 100 * (rowid % 400), 4900, 99900, 1000 FROM products`),
    db
      .prepare(`INSERT INTO price_rules (id, kind, body, updated_at) SELECT value ->> 'id', value ->> 'kind', value, 0 FROM json_each(?1)`)
      .bind(JSON.stringify(rules)),
  ])
}

const writers: { object: string; seq: number }[] = []

/** Real objects in turn, each counting up its entries: D1 takes an entry only on top of the one before it. */
function nextEntry(env: Env, index: number): { object: string; seq: number } {
  const writer = writers[index] ?? { object: env.CUSTOMERS.newUniqueId().toString(), seq: 0 }
  writers[index] = writer
  writer.seq++
  return { ...writer }
}

/**
 * The product as it is shipped, with four more doors: one applies migrations, one fills the catalogue, one feeds the queue
 * consumer directly, one tells the rows written.
 * What paths leave on the queue is only acknowledged, so that their cost holds the outbox and not D1, which the consumer's
 * own case holds: each is counted once.
 */
export default {
  scheduled: product.scheduled,
  async queue(batch, env, ctx) {
    if (env.BENCH_QUEUE === 'apply') return product.queue(batch, { ...env, DB: countingDatabase(env.DB) }, ctx)
    await Promise.all(batch.messages.map(({ body }) => env.CUSTOMERS.get(env.CUSTOMERS.idFromString(body.object)).ack(body.seq)))
    batch.ackAll()
  },
  async fetch(request, env, ctx) {
    if (!request.url.includes('/bench/')) return product.fetch(request, env, ctx)
    const { pathname } = new URL(request.url)
    if (pathname === '/bench/migrate') {
      const statements = (await request.json()) as string[]
      await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
      return Response.json({ success: true })
    }
    if (pathname === '/bench/catalogue') {
      await fillCatalogue(env.DB, (await request.json()) as { products: number; rules: PriceRule[] })
      return Response.json({ success: true })
    }
    if (pathname === '/bench/flags') return flagsOnly.fetch(request, env, ctx)
    if (pathname === '/bench/written') return Response.json(written)
    const messages = (await request.json()) as ProjectionMessage[]
    for (const [index, message] of messages.entries()) Object.assign(message, nextEntry(env, index))
    await product.queue(batchOf(messages), env, ctx)
    return Response.json({ success: true })
  },
} satisfies ExportedHandler<BenchEnv, ProjectionMessage>
