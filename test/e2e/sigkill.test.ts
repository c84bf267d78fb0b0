import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, callPatiently, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import type { BatchAnswer, IncomingEvent } from '../../worker/contract/events.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const KILLS = 4
const WRITERS = 6
const AMOUNT = 10

let server: TestServer
const api = () => ({ url: server.url, key: DEMO_SECRET_KEY })
const send = (events: IncomingEvent[], attempts = 8) => callPatiently<BatchAnswer>(api(), 'POST', '/api/events', { events }, attempts)

const purchase = (): IncomingEvent => {
  const id = randomUUID()
  return {
    id,
    event: 'purchase',
    customerId: `cus_kill_${id.slice(0, 2)}`,
    transactionId: id,
    productId: 'starter_bundle',
    amount: AMOUNT,
    currency: 'USD',
  }
}

/** Sends batches until told to stop; remembers what was acknowledged and what was sent without an answer. */
async function write(state: { on: boolean }, acknowledged: IncomingEvent[], unanswered: IncomingEvent[]): Promise<void> {
  while (state.on) {
    const events = Array.from({ length: 5 }, purchase)
    try {
      const { results } = await send(events, 1)
      for (const { index, status } of results) (status === 'accepted' ? acknowledged : unanswered).push(events[index] as IncomingEvent)
    } catch {
      unanswered.push(...events)
      await sleep(50)
    }
  }
}

describe('a server killed in the middle of its work', () => {
  beforeAll(async () => {
    server = await startServer()
    await configure(server.url)
  })
  afterAll(() => server?.stop())

  it('loses no acknowledged event and books none twice', async () => {
    const acknowledged: IncomingEvent[] = []
    const unanswered: IncomingEvent[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const state = { on: true }
      const writers = Array.from({ length: WRITERS }, () => write(state, acknowledged, unanswered))
      await sleep(600 + 400 * kill)
      await server.kill('SIGKILL')
      state.on = false
      await Promise.all(writers)
      await server.restart()
    }
    expect(acknowledged.length).toBeGreaterThan(100)

    // Each was stored: the server knows it and refuses to count it again.
    for (let at = 0; at < acknowledged.length; at += 100) {
      const { results } = await send(acknowledged.slice(at, at + 100))
      expect(results.map(({ status }) => status)).toEqual(results.map(() => 'duplicate'))
    }
    // Those without an answer are settled by sending them again; each then counts once.
    for (let at = 0; at < unanswered.length; at += 100) await send(unanswered.slice(at, at + 100))

    const orders = acknowledged.length + unanswered.length
    const ask = () => call<AnalyticsAnswer>(api(), 'GET', '/api/analytics?timeframe=7d&currency=USD')
    const { figures } = await until(ask, (answer) => (answer.figures.orders.value ?? 0) >= orders, 90_000, 500)
    expect(figures.orders.value).toBe(orders)
    expect(figures.grossRevenue.value).toBe(orders * AMOUNT)
  }, 240_000)
})
