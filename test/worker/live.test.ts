import { env, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type LiveEvent, LiveMessage } from '../../worker/contract/analytics.ts'

const line = (at: number): LiveEvent => ({
  at,
  type: 'view_item',
  productId: 'pro_bundle',
  country: 'US',
  amount: null,
  currency: null,
  verified: false,
})
const SILENT_SOON_MS = 5 * 60_000 - 200

const feed = (name: string) => env.LIVE.get(env.LIVE.idFromName(name))

/** A dashboard on the feed, and all it has been told. */
async function watch(name: string): Promise<LiveMessage[]> {
  const told: LiveMessage[] = []
  const { webSocket } = await feed(name).fetch('https://live.example/', { headers: { upgrade: 'websocket' } })
  webSocket?.accept()
  webSocket?.addEventListener('message', ({ data }) => {
    told.push(JSON.parse(String(data)) as LiveMessage)
  })
  await expect.poll(() => told.length).toBeGreaterThan(0)
  return told
}

describe('the live feed', () => {
  it('still knows lines and visitors after its object was gone from memory', async () => {
    const now = Date.now()
    await feed('forgetful').post([line(now)], ['a', 'b'], now)
    const [before] = await watch('forgetful')
    await runDurableObjectAlarm(feed('forgetful'))
    await evictDurableObject(feed('forgetful'))
    const [after] = await watch('forgetful')
    expect(after).toEqual(before)
    expect(after).toMatchObject({ events: [line(now)], activeVisitors: 2 })
  })

  it('counts a person of several batches once', async () => {
    const now = Date.now()
    await feed('once').post([line(now)], ['a'], now)
    await feed('once').post([line(now)], ['a', 'b'], now + 1)
    expect((await watch('once'))[0]?.activeVisitors).toBe(2)
  })

  it('tells who watches that people have fallen silent, without an event', async () => {
    const now = Date.now()
    await feed('fading').post([line(now)], ['a'], now - SILENT_SOON_MS)
    await feed('fading').post([line(now)], ['b'], now)
    const told = await watch('fading')
    expect(told[0]?.activeVisitors).toBe(2)
    await new Promise((done) => setTimeout(done, 300))
    await runDurableObjectAlarm(feed('fading'))
    await expect.poll(() => told.at(-1)).toEqual({ events: [], revision: told[0]?.revision, activeVisitors: 1 })
  })

  it('keeps no alarm where nobody watches, once what has come is stored', async () => {
    await feed('alone').post([line(Date.now())], ['a'], Date.now())
    expect(await runDurableObjectAlarm(feed('alone'))).toBe(true)
    expect(await runDurableObjectAlarm(feed('alone'))).toBe(false)
    await feed('alone').post([], [], Date.now())
    expect(await runDurableObjectAlarm(feed('alone'))).toBe(false)
  })

  it('is described as what it sends', async () => {
    const document = await (await exports.default.fetch('http://localhost:8787/openapi.json')).json<{
      paths: Record<string, { get: { responses: Record<string, unknown> } }>
    }>()
    expect(JSON.stringify(document.paths['/api/live']?.get.responses['101'])).toContain('#/components/schemas/LiveMessage')
    const [message] = await watch('described')
    expect(LiveMessage.parse(message)).toEqual(message)
  })
})
