import { globSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { call } from '../../client-sdk/cli/api.ts'
import type { ProvidersAnswer } from '../../worker/contract/providers.ts'
import { readLedgerDigest } from '../../worker/db/ledger.ts'
import { duplicatedAndShuffled, SECRETS, SIGN, type StripePayload, shiftTo, streamAt } from '../domain/payments/webhooks.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** `npm run test:burst` sends ten thousand. */
const WEBHOOKS = Number(process.env.BURST ?? 250)
const AT_ONCE = 24
/** A busy machine with two cores takes thirty a second, as each copy of the stream has people who are new. */
const PATIENCE_MS = 180_000 + WEBHOOKS * 150

const stream = streamAt(shiftTo(Date.now()))
const OBJECT = /"((?:evt|cus|sub|in|inpay|pi|ch|dp|cs|shop|cart)_\w+)"/g

/** Many shops' worth of the stream: each copy has customers, invoices and payments of its own. */
const burst: StripePayload[] = Array.from({ length: Math.ceil(WEBHOOKS / stream.length) }, (_, copy) =>
  JSON.parse(JSON.stringify(stream).replace(OBJECT, `"$1_${copy}"`)),
).flat()

type Database = Parameters<typeof readLedgerDigest>[0]

const servers: TestServer[] = []
async function start(): Promise<TestServer> {
  const server = await startServer()
  servers.push(server)
  await call({ url: server.url }, 'PUT', '/api/providers/stripe', { secret: SECRETS.stripe })
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

/** Delivers as a provider does: many at once, and whatever got no whole 2xx again (the kill may come between head and body), until every one has. Answers how many had to come again. */
async function deliverAll(
  { url }: TestServer,
  payloads: readonly StripePayload[],
  onTaken: (taken: number) => void = () => {},
): Promise<number> {
  let next = 0
  let taken = 0
  let again = 0
  const deliver = async () => {
    for (let payload = payloads[next++]; payload; payload = payloads[next++]) {
      const body = JSON.stringify(payload)
      for (let attempt = 1; ; attempt++) {
        const { headers } = await SIGN.stripe(body, SECRETS.stripe, Math.floor(Date.now() / 1000))
        const response = await fetch(`${url}/webhooks/stripe`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body,
        })
          .then(async (answered) => {
            await answered.text()
            return answered
          })
          .catch(() => null)
        if (response?.ok) break
        if (response && response.status !== 503) throw new Error(`a webhook was answered with ${response.status}`)
        if (attempt === 1) again++
        await sleep(100)
      }
      onTaken(++taken)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, deliver))
  return again
}

/** The deployment's database, read beside the server. */
async function read<T>({ persistTo }: TestServer, how: (db: Database) => Promise<T>): Promise<T> {
  const [file] = globSync('**/d1/**/*.sqlite', { cwd: persistTo }).filter((path) => !path.endsWith('metadata.sqlite'))
  const database = new DatabaseSync(join(persistTo, file as string))
  const statement = (sql: string, parameters: (string | number)[] = []) => ({
    bind: (...values: (string | number)[]) => statement(sql, values),
    all: async () => ({ results: database.prepare(sql).all(...parameters) }),
  })
  try {
    return await how({ prepare: statement } as unknown as Database)
  } finally {
    database.close()
  }
}

const entries = (server: TestServer) =>
  read(server, async (db) => {
    const count = async (table: string) => (await db.prepare(`SELECT COUNT(*) AS n FROM ${table}`).all<{ n: number }>()).results[0]?.n ?? 0
    return (await count('revenue_events')) + (await count('mrr_movements'))
  })

/** Nothing is on its way any more: three looks, seconds apart, see the same. */
async function settledDigest(server: TestServer): Promise<string> {
  let seen = { digest: '', looks: 0 }
  await until(
    async () => {
      const digest = await read(server, readLedgerDigest)
      seen = { digest, looks: digest === seen.digest ? seen.looks + 1 : 1 }
      return seen.looks
    },
    (looks) => looks >= 3,
    120_000,
    2_000,
  )
  return seen.digest
}

describe('a burst of webhooks', () => {
  it(
    `of ${burst.length}, with the server killed in the middle of it and all sent again, leaves the ledger of one undisturbed`,
    async () => {
      const calm = await start()
      const began = performance.now()
      await deliverAll(calm, burst)
      const seconds = (performance.now() - began) / 1000
      const expected = await settledDigest(calm)
      const expectedEntries = await entries(calm)
      expect(expectedEntries).toBeGreaterThan(burst.length / 2)
      await calm.stop()

      const server = await start()
      const shuffled = duplicatedAndShuffled(burst, 1).slice(0, burst.length)
      let kill: Promise<void> | null = null
      const again = await deliverAll(server, shuffled, (taken) => {
        if (taken >= shuffled.length / 2) kill ??= server.kill('SIGKILL').then(() => server.restart())
      })
      await kill
      expect(again).toBeGreaterThan(0)
      await deliverAll(server, burst)
      const digest = () => read(server, readLedgerDigest)
      expect(await until(digest, (each) => each === expected, PATIENCE_MS, 1_000)).toBe(expected)
      expect(await entries(server)).toBe(expectedEntries)
      const { providers } = await call<ProvidersAnswer>({ url: server.url }, 'GET', '/api/providers')
      expect(providers[0]?.counts).toMatchObject({ waiting: 0, refused: 0 })
      console.log(`${burst.length} webhooks in ${seconds.toFixed(1)} s undisturbed, ${again} of them interrupted by the kill`)
    },
    PATIENCE_MS,
  )
})
