import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NormalEvent } from '../../worker/domain/customer/accept.ts'
import { refold } from '../../worker/domain/customer/fold.ts'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import { digestOf, formatDigest } from '../../worker/domain/customer/rollup.ts'
import { TRIGGERS } from '../../worker/domain/schedule.ts'
import { runSchedule } from '../../worker/jobs/schedule.ts'
import type { Person } from '../../worker/person.ts'
import {
  behaviour,
  customer,
  deliver,
  drain,
  eventsOf,
  holdQueue,
  ingestLines,
  insidesOf,
  passTime,
  purchase,
  reconciled,
  rollups,
  send,
  sorted,
  stopTime,
  stubOf,
  sumOfObjects,
  visitor,
} from './objects.ts'

const NOW = Date.now()
let held: ProjectionMessage[]
beforeAll(() => {
  held = holdQueue()
})
beforeEach(() => held.splice(0))
afterEach(async () => {
  await drain(held)
  stopTime()
  expect(sorted(await rollups())).toEqual(sorted(await sumOfObjects()))
})

let people = 0
const somebody = () => customer(`faulty_${people++}`)
/** Sends and takes what comes out of it from the queue, undelivered. */
async function sealed(person: Person, ...events: NormalEvent[]): Promise<ProjectionMessage> {
  await send(person, events, NOW)
  await runDurableObjectAlarm(stubOf(person.id))
  return held.splice(0)[0] as ProjectionMessage
}
const lastSeqOf = ({ id }: Person) =>
  env.DB.prepare('SELECT last_seq FROM applied WHERE object = ?').bind(id.toString()).first<number>('last_seq')

/** Sends events to an object that fails at the very last statement, with the log written and folded. */
const crash = ({ id, who }: Person, events: NormalEvent[]) =>
  runInDurableObject(stubOf(id), (instance, { storage }) => {
    const type = Object.getPrototypeOf(storage.sql) as SqlStorage
    const real = type.exec
    const exec = vi.spyOn(type, 'exec').mockImplementation(function (this: SqlStorage, query: string, ...bindings: unknown[]) {
      if (query.includes('INTO self')) throw new TypeError('nothing more is written')
      return real.call(this, query, ...bindings)
    })
    expect(() => instance.ingest(ingestLines(who, events, NOW))).toThrow(TypeError)
    exec.mockRestore()
  })

describe('a crash', () => {
  it('inside the transaction leaves nothing of it, in storage or in memory', async () => {
    const person = somebody()
    await send(person, [behaviour('page_view', NOW)], NOW)
    const before = await insidesOf(person.id)
    await crash(person, [purchase('t1', 100, NOW)])
    expect(await insidesOf(person.id)).toEqual(before)
    expect(await send(person, [purchase('t1', 100, NOW)], NOW)).toMatchObject({ value: [{ status: 'accepted' }] })
  })

  it('at the very first write leaves an object that nobody has used', async () => {
    const person = visitor()
    await crash(person, [behaviour('page_view', NOW)])
    expect(await insidesOf(person.id)).toBeNull()
    await send(person, [behaviour('page_view', NOW)], NOW)
    expect(await eventsOf(person.id)).toHaveLength(1)
  })
})

describe('an alarm', () => {
  it('that fails again and again is set again and again, and in the end drains the outbox', async () => {
    const person = somebody()
    await send(person, [purchase('t1', 100, NOW)], NOW)
    const spoil = (text: string) =>
      runInDurableObject(stubOf(person.id), (_, { storage }) => {
        storage.sql.exec(`UPDATE outbox SET state = 'queued', body = ${text}`)
      })
    await runDurableObjectAlarm(stubOf(person.id))
    held.splice(0)
    await spoil(`'x' || body`)
    await evictDurableObject(stubOf(person.id))
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    for (let failure = 0; failure < 8; failure++) {
      passTime(3_600_001)
      await runDurableObjectAlarm(stubOf(person.id))
      expect(await runInDurableObject(stubOf(person.id), (_, { storage }) => storage.getAlarm())).toBeGreaterThan(Date.now())
    }
    expect(complaint).toHaveBeenCalledTimes(8)
    complaint.mockRestore()
    await spoil('substr(body, 2)')
    await evictDurableObject(stubOf(person.id))
    await drain(held)
    expect(await lastSeqOf(person)).toBe(1)
  })

  it('is not set for what has reached D1, except for what lies months ahead', async () => {
    const person = somebody()
    await deliver([await sealed(person, purchase('t1', 100, NOW))])
    const alarmOf = () => runInDurableObject(stubOf(person.id), (_, { storage }) => storage.getAlarm())
    expect(await alarmOf()).toBeNull()
    await deliver([await sealed(person, behaviour('page_view', NOW))])
    expect(await alarmOf()).toBeGreaterThan(NOW + 80 * 86_400_000)
  })
})

describe('a database', () => {
  it('that has lost an object’s entries is caught up by the object', async () => {
    const [person, other] = [somebody(), somebody()]
    await deliver([await sealed(other, purchase('t0', 7, NOW))])
    for (const amount of [100, 200, 300]) await deliver([await sealed(person, purchase(`t${amount}`, amount, NOW))])
    const own = (await insidesOf(person.id))?.contributions ?? new Map()
    await restoreWithout(person, own)
    await send(person, [purchase('t400', 400, NOW)], NOW)
    await drain(held)
    expect(await lastSeqOf(person)).toBe(4)
  })

  it('that has lost entries nobody keeps any more is told everything anew', async () => {
    const person = somebody()
    for (const amount of [100, 200]) await deliver([await sealed(person, purchase(`t${amount}`, amount, NOW))])
    await restoreWithout(person, (await insidesOf(person.id))?.contributions ?? new Map())
    await runInDurableObject(stubOf(person.id), (_, { storage }) => {
      storage.sql.exec('DELETE FROM outbox WHERE seq = 1')
    })
    await send(person, [purchase('t300', 300, NOW)], NOW)
    await drain(held)
    const { results } = await env.DB.prepare('SELECT amount FROM revenue_events WHERE object = ? ORDER BY amount')
      .bind(person.id.toString())
      .all()
    expect(results.map(({ amount }) => amount)).toEqual([100, 200, 300])
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
  })

  it('is caught up by reconciliation where the object has nothing new to say', async () => {
    const person = somebody()
    const first = await sealed(person, purchase('t1', 100, NOW))
    await deliver([first])
    await env.DB.prepare('UPDATE applied SET last_seq = 0 WHERE object = ?').bind(person.id.toString()).run()
    for (const [key, amount] of first.deltas) await take(key, amount)
    expect((await reconciled()).differing).toMatchObject([{ object: person.id.toString() }])
    await drain(held)
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
  })
})

/** Takes an amount out of a sum of D1. */
async function take(key: string, amount: number): Promise<void> {
  const [metric, scope, day, dimension, value] = key.split('|')
  await env.DB.prepare('UPDATE rollups SET sum = sum - ? WHERE metric = ? AND scope = ? AND day = ? AND dimension = ? AND value = ?')
    .bind(amount, metric, scope, day, dimension, value)
    .run()
}

/** D1 as if this object had never shipped anything. */
async function restoreWithout({ id }: Person, own: Map<string, number>): Promise<void> {
  for (const [key, amount] of own) await take(key, amount)
  for (const table of ['applied', 'revenue_events', 'customers']) {
    await env.DB.prepare(`DELETE FROM ${table} WHERE object = ?`).bind(id.toString()).run()
  }
}

describe('a poison entry', () => {
  const brink = (sum: number) =>
    env.DB.prepare(
      `INSERT INTO rollups (metric, scope, dimension, value, day, sum) VALUES ('checkouts_abandoned', '', '', '', '2020-01-01', ?1)
       ON CONFLICT DO UPDATE SET sum = ?1`,
    )
      .bind(sum)
      .run()
  const letters = async () => (await env.DB.prepare('SELECT object, seq, reason, replayed_at FROM dead_letters').all()).results

  it('is parked once with its reason while its neighbours are applied, and is replayed after mending', async () => {
    const crowd = [somebody(), somebody(), somebody(), somebody(), somebody()]
    const messages: ProjectionMessage[] = []
    for (const [index, person] of crowd.entries()) messages.push(await sealed(person, purchase(`t${index}`, 100 + index, NOW)))
    const poisoned = crowd[3] as Person
    // One more than the sum can hold: nothing of this entry may stay.
    const startedAt = Date.parse('2020-01-01T00:00:00Z')
    await send(poisoned, [behaviour('begin_checkout', startedAt, { origin: 'import' })], NOW)
    await brink(Number.MAX_SAFE_INTEGER)
    const bad = messages[3] as ProjectionMessage
    bad.deltas.push(['checkouts_abandoned||2020-01-01||', 1])
    await runInDurableObject(stubOf(poisoned.id), (_, { storage }) => {
      storage.sql.exec(`UPDATE outbox SET body = json_insert(body, '$.deltas[#]', json(?))`, JSON.stringify(bad.deltas.at(-1)))
    })
    expect(await deliver(messages)).toBe('acked')
    for (const person of crowd) expect(await lastSeqOf(person)).toBe(person === poisoned ? null : 1)
    expect(await letters()).toMatchObject([{ object: bad.object, seq: 1, reason: expect.stringContaining('CHECK'), replayed_at: null }])

    // It is not sent again by itself, however long it waits, nor does what comes later overtake it.
    passTime(7_200_000)
    await send(poisoned, [behaviour('page_view', NOW)], NOW)
    await runDurableObjectAlarm(stubOf(poisoned.id))
    expect(held).toEqual([])
    await deliver([bad])
    expect(await letters()).toHaveLength(1)

    await brink(-1)
    expect(await stubOf(poisoned.id).replay(1)).toBe(true)
    expect(await stubOf(poisoned.id).replay(1)).toBe(false)
    await drain(held)
    expect(await lastSeqOf(poisoned)).toBe(2)
  })

  it('does not stop the queue while D1 is only overloaded: the whole batch comes again', async () => {
    const message = await sealed(somebody(), purchase('t1', 1, NOW))
    const db = { prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error('D1_ERROR: D1 DB is overloaded')) }
    const real = env.DB
    Object.assign(env, { DB: db })
    const answer = await deliver([message]).finally(() => Object.assign(env, { DB: real }))
    expect(answer).toBe('again')
    expect(await letters()).toHaveLength(1)
  })
})

describe('a failure of the database', () => {
  const failing = (message: string) => ({
    ...env,
    DB: { prepare: () => ({ bind: () => ({}) }), batch: async () => fail(message) } as never,
  })
  const fail = (message: string) => {
    throw new Error(message)
  }
  it.each([
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
    'D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.',
    'D1_ERROR: Network connection lost.',
    'D1_ERROR: Replica disconnected from primary.',
    'internal error; reference = abc',
    'something nobody has heard of',
  ])('that may pass brings the batch back and parks nobody: %s', async (message) => {
    vi.spyOn(console, 'error').mockReturnValue()
    const entry = await sealed(somebody(), behaviour('page_view', NOW))
    expect(await deliver([entry], failing(message))).toBe('again')
    expect(await env.DB.prepare('SELECT COUNT(*) AS n FROM dead_letters WHERE object = ?').bind(entry.object).first<number>('n')).toBe(0)
    vi.restoreAllMocks()
    held = holdQueue()
    held.push(entry)
  })
})

describe('a queue', () => {
  it('that takes nothing loses nothing: the outbox keeps it, and the alarm sends it again', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const person = somebody()
    const send_ = vi.spyOn(Object.getPrototypeOf(env.PROJECTIONS), 'send').mockRejectedValue(new Error('Queue sendBatch failed'))
    expect(await send(person, [purchase('t_unsent', 100, NOW)], NOW)).toMatchObject({ value: [{ status: 'accepted' }] })
    await runDurableObjectAlarm(stubOf(person.id))
    expect(send_).toHaveBeenCalled()
    expect(await stubOf(person.id).pending()).toBe('flight')
    vi.restoreAllMocks()
    held = holdQueue()
    await drain(held)
    expect(await lastSeqOf(person)).toBe(1)
  })
})

describe('a clock that is set back', () => {
  it('changes nothing of what is booked, and the next event is taken like any other', async () => {
    const person = somebody()
    const views = (at: number) => [behaviour('page_view', at), behaviour('view_item', at)]
    await send(person, views(NOW), NOW)
    expect(await send(person, views(NOW - 3_600_000), NOW - 3_600_000)).toMatchObject({ ok: true })
    expect(await send(person, views(NOW + 1), NOW + 1)).toMatchObject({ ok: true })
    const events = (await eventsOf(person.id)) ?? []
    expect(events).toHaveLength(6)
    const { current, recomputed } = await stubOf(person.id).digests(0)
    expect(current).toBe(recomputed)
    expect(recomputed).toBe(formatDigest(digestOf(refold(events).effects.contributions)))
  })
})

describe('the jobs of a night', () => {
  it('go on where one of them fails, and the run counts as failed', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    await env.DB.prepare(`INSERT INTO rejected_events (received_at, source, code, body) VALUES (0, 'server', 'old', '')`).run()
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === 'prepare') return (sql: string) => (sql.includes('AS views') ? fail('no views today') : target.prepare(sql))
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const fail = (message: string): never => {
      throw new Error(message)
    }
    await expect(runSchedule(TRIGGERS.hourly.cron, NOW, { ...env, DB })).rejects.toThrow(/^1 jobs of/)
    expect(await env.DB.prepare(`SELECT COUNT(*) AS n FROM rejected_events WHERE code = 'old'`).first<number>('n')).toBe(0)
    vi.restoreAllMocks()
    held = holdQueue()
  })
})

describe('a flood', () => {
  it('of ten thousand events of one person in two days is sent back; their history and their money are not', async () => {
    const person = visitor()
    const views = (origin: 'browser' | 'import', count: number) =>
      Array.from({ length: count }, (_, index) => behaviour('page_view', NOW - index, { origin, verified: false }))
    for (let sent = 0; sent < 10_000; sent += 2_500) expect(await send(person, views('browser', 2_500), NOW)).toMatchObject({ ok: true })
    const mixed = [...views('browser', 1), purchase('t_crowded', 100, NOW)]
    expect(await send(person, mixed, NOW)).toMatchObject({ value: [{ status: 'retry', code: 'flood' }, { status: 'accepted' }] })
    expect(await send(person, views('import', 1), NOW)).toMatchObject({ value: [{ status: 'accepted' }] })
    expect(await send(person, views('browser', 1), NOW + 3 * 86_400_000)).toMatchObject({ value: [{ status: 'accepted' }] })
  })
})
