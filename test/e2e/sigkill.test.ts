import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, callPatiently, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import type { BatchAnswer, IncomingEvent } from '../../worker/contract/events.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** `npm run test:sigkill` has forty. */
const KILLS = Number(process.env.KILLS ?? 8)
const WRITERS = 6
const AMOUNT = 10

let server: TestServer
const api = () => ({ url: server.url, key: DEMO_SECRET_KEY })
const send = (events: IncomingEvent[], attempts = 8) => callPatiently<BatchAnswer>(api(), 'POST', '/api/events', { events }, attempts)

const purchase = (customerId: string): IncomingEvent => {
  const id = randomUUID()
  return {
    id,
    event: 'purchase',
    customerId,
    transactionId: id,
    productId: 'starter_bundle',
    amount: AMOUNT,
    currency: 'USD',
  }
}

interface Ledger {
  on: boolean
  /** Kills so far. Each has its own customers: one whose message was lost again and again would wait long for its next turn. */
  round: number
  acknowledged: IncomingEvent[]
  /** Batches that had to be sent again. */
  interrupted: number
}

/** Sends batches as a careful client does: the same one again until every event of it is acknowledged. */
async function write(ledger: Ledger, writer: number): Promise<void> {
  while (ledger.on) {
    const customerId = `cus_kill_${ledger.round}_${writer}`
    const events = Array.from({ length: 5 }, () => purchase(customerId))
    for (let attempt = 1; ; attempt++) {
      const answer = await send(events, 1).catch(() => null)
      if (answer?.results.every(({ status }) => status === 'accepted' || status === 'duplicate')) break
      if (attempt === 1) ledger.interrupted++
      await sleep(50)
    }
    ledger.acknowledged.push(...events)
  }
}

describe('a server killed in the middle of its work', () => {
  beforeAll(async () => {
    server = await startServer()
    await configure(server.url)
  })
  afterAll(() => server?.stop())

  it(
    `loses no acknowledged event and books none twice, ${KILLS} times over`,
    async () => {
      const ledger: Ledger = { on: true, round: 0, acknowledged: [], interrupted: 0 }
      const writers = Array.from({ length: WRITERS }, (_, writer) => write(ledger, writer))
      for (; ledger.round < KILLS; ledger.round++) {
        // At another moment each time: of a request, of the outbox, of the queue's second.
        await sleep(100 + ((ledger.round * 137) % 300))
        await server.kill('SIGKILL')
        await server.restart()
      }
      ledger.on = false
      await Promise.all(writers)
      const { acknowledged, interrupted } = ledger
      expect(acknowledged.length).toBeGreaterThan(100 * KILLS)
      expect(interrupted).toBeGreaterThanOrEqual(KILLS)

      // Each is stored: the server knows it and refuses to count it again.
      for (let at = 0; at < acknowledged.length; at += 100) {
        const { results } = await send(acknowledged.slice(at, at + 100))
        expect(results.map(({ status }) => status)).toEqual(results.map(() => 'duplicate'))
      }
      const orders = acknowledged.length
      const ask = () => call<AnalyticsAnswer>(api(), 'GET', '/api/analytics?timeframe=7d&currency=USD')
      const { figures } = await until(ask, (answer) => (answer.figures.orders.value ?? 0) >= orders, 120_000, 500)
      expect(figures.orders.value).toBe(orders)
      expect(figures.grossRevenue.value).toBe(orders * AMOUNT)
    },
    120_000 + KILLS * 15_000,
  )
})
