import { DurableObject } from 'cloudflare:workers'
import { Hono } from 'hono'

interface FloorEnv {
  OBJECTS: DurableObjectNamespace<FloorObject>
  DB: D1Database
}

/**
 * As many bytes as the product has to carry: a decision's record is written, and a price with its explanation and quote is
 * answered. A floor that moved a dozen bytes would leave out I/O that no price can.
 */
const RECORD = JSON.stringify({ decision: 'd'.repeat(1_500) })
const PRICE = JSON.stringify({ pricing: 'p'.repeat(2_200) })

/** Does the I/O that a path cannot avoid, and nothing else. */
export class FloorObject extends DurableObject<FloorEnv> {
  readonly #sql: SqlStorage

  constructor(ctx: DurableObjectState, env: FloorEnv) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec('CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, body TEXT NOT NULL)')
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID',
    )
    this.#sql.exec('INSERT OR IGNORE INTO state VALUES (1, ?)', PRICE)
  }

  nothing(): number {
    return 1
  }

  read(): string {
    return this.#sql.exec<{ body: string }>('SELECT body FROM state WHERE id = 1').one().body
  }

  write(body: string): string {
    this.#sql.exec('INSERT INTO state (body) VALUES (?)', body)
    return PRICE
  }

  ingest(events: string): number {
    return this.#sql.exec(
      "INSERT OR IGNORE INTO events SELECT value->>'id', value->>'event', value->>'timestamp', value FROM json_each(?)",
      events,
    ).rowsWritten
  }
}

/** What fifty flags answer, of about as many bytes. */
const FLAGS = {
  flags: Array.from({ length: 50 }, (_, at) => ({
    key: `bench_${at}`,
    value: 'control',
    variant: 'control',
    reason: 'SPLIT',
    metadata: { experimentId: `bench_${at}@1`, variantId: 'control', propensity: 0.5 },
  })),
  metadata: { configVersion: 1 },
}
const hono = new Hono()
  .get('/hono', (c) => c.json(FLAGS))
  .post('/hono', async (c) => {
    await c.req.json()
    return c.json(FLAGS)
  })

const answer = (value: unknown) => new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } })
const text = (body: string) => new Response(body, { headers: { 'content-type': 'application/json' } })
const objectOf = (env: FloorEnv, url: URL) => env.OBJECTS.get(env.OBJECTS.idFromName(url.searchParams.get('object') ?? ''))

export default {
  async fetch(request, env) {
    const url = new URL(request.url)
    switch (url.pathname) {
      case '/bare':
        return answer({ success: true })
      case '/hono':
        return hono.fetch(request, env)
      case '/rpc':
        return answer(await objectOf(env, url).nothing())
      case '/read':
        return text(await objectOf(env, url).read())
      case '/write':
        return text(await objectOf(env, url).write(RECORD))
      case '/ingest': {
        const { events } = (await request.json()) as { events: unknown[] }
        return answer(await objectOf(env, url).ingest(JSON.stringify(events)))
      }
      case '/setup':
        await env.DB.exec(
          'CREATE TABLE IF NOT EXISTS rollups (metric TEXT NOT NULL, scope TEXT NOT NULL, dimension TEXT NOT NULL, value TEXT NOT NULL, day TEXT NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (metric, scope, dimension, value, day)) WITHOUT ROWID',
        )
        return answer(true)
      case '/d1': {
        const rows = await request.text()
        const result = await env.DB.prepare(
          `INSERT INTO rollups SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
           FROM json_each(?) WHERE true ON CONFLICT DO UPDATE SET sum = sum + excluded.sum`,
        )
          .bind(rows)
          .run()
        return answer(result.meta.changes)
      }
      default:
        return new Response('no such floor', { status: 404 })
    }
  },
} satisfies ExportedHandler<FloorEnv>
