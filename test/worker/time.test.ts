import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decisionEventId, viewedEventId } from '../../worker/domain/customer/event.ts'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import type { PriceDecision } from '../../worker/domain/pricing/types.ts'
import { slotOf, TRIGGERS } from '../../worker/domain/schedule.ts'
import { dayOf, startOfDay } from '../../worker/domain/time.ts'
import { runSchedule } from '../../worker/jobs/schedule.ts'
import {
  behaviour,
  customer,
  drain,
  event,
  eventsOf,
  holdQueue,
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
const HOUR = 3_600_000
const DAY = 24 * HOUR
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

const alarmOf = ({ id }: { id: DurableObjectId }) => runInDurableObject(stubOf(id), (_, { storage }) => storage.getAlarm())
const abandonments = async ({ id }: { id: DurableObjectId }) =>
  (await eventsOf(id))?.filter(({ type }) => type === 'checkout_abandoned').length

describe('the timer of a checkout', () => {
  it('fires once, however often the alarm rings, and after an eviction too', async () => {
    const person = visitor()
    await send(person, [behaviour('begin_checkout', NOW)], NOW)
    await drain(held, [person.id])
    await evictDurableObject(stubOf(person.id))
    passTime(HOUR)
    for (let ring = 0; ring < 3; ring++) await runDurableObjectAlarm(stubOf(person.id))
    expect(await abandonments(person)).toBe(1)
    expect((await insidesOf(person.id))?.facts.checkoutStartedAt).toBeNull()
  })

  it('does not fire after a purchase', async () => {
    const person = visitor()
    await send(person, [behaviour('begin_checkout', NOW), purchase('t1', 5, NOW + 1)], NOW + 1)
    passTime(2 * HOUR)
    await runDurableObjectAlarm(stubOf(person.id))
    expect(await abandonments(person)).toBe(0)
  })

  it('of a checkout told two days late is booked behind it, so that it rings but once', async () => {
    const person = visitor()
    const startedAt = NOW - 2 * DAY - HOUR / 2
    await send(person, [behaviour('begin_checkout', startedAt)], NOW)
    await runDurableObjectAlarm(stubOf(person.id))
    const events = (await eventsOf(person.id)) ?? []
    expect(events.map(({ type, bookedDay }) => [type, bookedDay])).toEqual([
      ['begin_checkout', dayOf(NOW)],
      ['checkout_abandoned', dayOf(NOW)],
    ])
    expect((await insidesOf(person.id))?.facts.checkoutStartedAt).toBeNull()
    await drain(held)
    expect(await alarmOf(person)).toBeGreaterThan(NOW + 80 * DAY)
  })
})

describe('behaviour that has grown old', () => {
  const old = NOW - 30 * DAY
  const visits = (at: number) => [
    behaviour('page_view', at),
    behaviour('view_item', at + 1),
    behaviour('add_to_cart', at + HOUR),
    behaviour('page_view', at + DAY),
  ]

  it('is dropped after ninety days, to the digit without a change, also for those who come every day', async () => {
    const person = customer('regular')
    await send(person, [...visits(old), purchase('t1', 500, old + 2)], old + DAY)
    await drain(held)
    const before = sorted((await insidesOf(person.id))?.contributions ?? new Map())
    passTime(62 * DAY)
    await send(person, [behaviour('page_view', Date.now() - 1)], Date.now())
    await runDurableObjectAlarm(stubOf(person.id))
    const kept = (await eventsOf(person.id)) ?? []
    expect(kept.map(({ type }) => type)).toEqual(['purchase', 'page_view'])
    const after = (await insidesOf(person.id))?.contributions ?? new Map()
    for (const [key, value] of before) expect(after.get(key)).toBe(value)
    expect((await insidesOf(person.id))?.facts).toMatchObject({ firstSeenAt: old, orders: 1 })
  })

  it('had led to a purchase whose refund the funnel still hears of', async () => {
    const person = customer('refunded late')
    await send(person, [...visits(old), purchase('t_late', 500, old + 2 * HOUR)], old + DAY)
    await drain(held)
    const revenue = async () => (await insidesOf(person.id))?.contributions.get(`funnel_revenue|default@1:USD|${dayOf(old)}||`)
    expect(await revenue()).toBe(500)
    passTime(62 * DAY)
    await runDurableObjectAlarm(stubOf(person.id))
    expect(await revenue()).toBe(500)
    const refund = { kind: 'refund', transactionId: 't_late', currency: 'USD', won: false, cumulative: false, paymentId: null } as const
    await send(person, [event({ ...refund, amountMinor: 200 }, Date.now() - 2)], Date.now())
    expect(await revenue()).toBe(300)
    // A late event has all of it folded anew.
    await send(person, [event({ ...refund, amountMinor: 50 }, Date.now() - DAY)], Date.now())
    expect(await revenue()).toBe(250)
  })

  it('includes prices of listings that nobody looked at, and none that somebody did', async () => {
    const person = customer('window shopper')
    const decided = (decisionId: string, preview: boolean) =>
      event(
        {
          kind: 'decision',
          preview,
          decision: { id: decisionId, reason: 'list', test: null, explain: [] as never[] } as unknown as PriceDecision,
          configVersion: 1,
        },
        old,
        { id: decisionEventId(decisionId), origin: 'system' },
      )
    const viewed = event({ kind: 'decision_viewed', decisionId: 'looked_at' }, old + 1, {
      id: viewedEventId('looked_at'),
      origin: 'system',
    })
    await send(
      person,
      [behaviour('page_view', old), decided('passed_by', true), decided('looked_at', true), decided('shown', false), viewed],
      old,
    )
    await drain(held)
    const before = sorted((await insidesOf(person.id))?.contributions ?? new Map())
    passTime(62 * DAY)
    await runDurableObjectAlarm(stubOf(person.id))
    expect(((await eventsOf(person.id)) ?? []).map(({ id }) => id)).toEqual([
      decisionEventId('looked_at'),
      decisionEventId('shown'),
      viewedEventId('looked_at'),
    ])
    expect(sorted((await insidesOf(person.id))?.contributions ?? new Map())).toEqual(before)
  })

  it('stays known by its ids, and late events are folded upon what is left', async () => {
    const person = visitor()
    const first = behaviour('page_view', old, { id: 'first_visit' })
    await send(person, [first, ...visits(old)], old + DAY)
    await drain(held)
    passTime(62 * DAY)
    await runDurableObjectAlarm(stubOf(person.id))
    expect(await eventsOf(person.id)).toHaveLength(0)
    expect(await send(person, [first], Date.now())).toMatchObject({ value: [{ status: 'duplicate' }] })
    await send(person, [purchase('t9', 70, Date.now() - 5 * DAY), behaviour('page_view', Date.now() - HOUR)], Date.now())
    await send(person, [purchase('t8', 70, Date.now() - 6 * DAY)], Date.now())
    const { contributions, facts } = (await insidesOf(person.id)) ?? { contributions: new Map() }
    expect(contributions.get(`events||${dayOf(old)}|type|page_view`)).toBe(2)
    expect(facts).toMatchObject({ orders: 2, firstSeenAt: old })
  })

  it('goes along when the visitor becomes a customer, sums and ids', async () => {
    const guest = visitor()
    const person = customer('late bloomer')
    const first = behaviour('page_view', old, { id: 'first_of_all' })
    await send(guest, [first, ...visits(old)], old + DAY)
    await send(person, visits(old), old + DAY)
    passTime(62 * DAY)
    for (const { id } of [guest, person]) await runDurableObjectAlarm(stubOf(id))
    await drain(held)
    const before = sorted(await rollups())
    await stubOf(guest.id).identify('late bloomer', person.id.toString(), Date.now())
    await drain(held)
    expect(sorted(await rollups())).toEqual(before)
    expect(await send(guest, [first], Date.now())).toMatchObject({ value: [{ status: 'duplicate' }] })
  })

  it('makes room where a log has grown crowded, and a month’s visitor is still one', async () => {
    const person = visitor()
    const at = Date.parse(`${dayOf(NOW).slice(0, 7)}-01T00:00:00Z`) - 20 * DAY
    const views = Array.from({ length: 10_001 }, (_, index) => behaviour('page_view', at + index, { origin: 'import' }))
    for (let sent = 0; sent < views.length; sent += 2_000) await send(person, views.slice(sent, sent + 2_000), NOW)
    await runDurableObjectAlarm(stubOf(person.id))
    expect(await eventsOf(person.id)).toHaveLength(0)
    await send(person, [behaviour('page_view', at + DAY, { origin: 'import' })], NOW)
    expect((await insidesOf(person.id))?.contributions.get(`visitor_month||${dayOf(at).slice(0, 7)}||`)).toBe(1)
  })
})

describe('a visitor who stays away', () => {
  const MONTHS_13 = 396 * DAY
  const lookedAround = async () => {
    const person = visitor()
    await send(person, [behaviour('page_view', NOW), behaviour('view_item', NOW + 1)], NOW + 1)
    await drain(held, [person.id])
    return person
  }
  const leave = async ({ id }: { id: DurableObjectId }, afterMs = MONTHS_13 + DAY) => {
    passTime(afterMs)
    await runDurableObjectAlarm(stubOf(id))
    await drain(held, [id])
  }
  const appliedOf = ({ id }: { id: DurableObjectId }) =>
    env.DB.prepare('SELECT digest FROM applied WHERE object = ?').bind(id.toString()).first<string>('digest')

  it('departs after thirteen months: nothing is kept of them, and their sums stay', async () => {
    const person = await lookedAround()
    const before = sorted(await rollups())
    await leave(person, MONTHS_13 - 2 * DAY)
    expect((await insidesOf(person.id))?.contributions.size).toBeGreaterThan(0)
    await leave(person, 3 * DAY)
    const insides = await insidesOf(person.id)
    expect(insides?.contributions.size).toBe(0)
    expect(insides?.facts.events).toBe(0)
    expect(await eventsOf(person.id)).toEqual([])
    expect(sorted(await rollups())).toEqual(before)
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
  })

  it('leaves nothing at all behind a month later, and may come back in between and after', async () => {
    const [back, late] = [await lookedAround(), await lookedAround()]
    for (const person of [back, late]) await leave(person)
    const sum = async () => (await rollups()).get(`events||${dayOf(Date.now())}|type|page_view`) ?? 0
    expect(await send(back, [behaviour('page_view', Date.now())], Date.now())).toMatchObject({ value: [{ status: 'accepted' }] })
    await drain(held)
    // A day more than thirty, and one more since the slot may have begun nearly a day ago.
    passTime(32 * DAY)
    await runSchedule(TRIGGERS.daily.cron, Date.now(), env)
    expect(await appliedOf(back)).not.toBeNull()
    expect(await appliedOf(late)).toBeNull()
    expect(await insidesOf(late.id)).toBeNull()
    expect(await alarmOf(late)).toBeNull()
    const before = await sum()
    for (const person of [back, late]) await send(person, [behaviour('page_view', Date.now())], Date.now())
    await drain(held)
    expect(await sum()).toBe(before + 2)
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
  })

  it('is heard out by a database that has forgotten them while they were on their way back', async () => {
    const person = await lookedAround()
    await leave(person)
    await env.DB.prepare('DELETE FROM applied WHERE object = ?').bind(person.id.toString()).run()
    await send(person, [behaviour('page_view', Date.now())], Date.now())
    expect(await stubOf(person.id).vanish()).toBe(false)
    await drain(held)
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
  })

  it('counts as new when they come back, and as the same subject', async () => {
    const person = await lookedAround()
    const first = (await insidesOf(person.id))?.identity
    await leave(person)
    await send(person, [behaviour('page_view', Date.now())], Date.now())
    const insides = await insidesOf(person.id)
    expect(insides?.identity).toEqual({ ...first, bornAt: insides?.identity.bornAt })
    expect(insides?.identity.bornAt).toBeGreaterThan(NOW + MONTHS_13)
    expect(insides?.facts.firstSeenAt).toBeGreaterThan(NOW + MONTHS_13)
  })

  it('departs neither with money in their log, nor as a customer, nor while an entry is parked', async () => {
    const [buyer, stuck] = [visitor(), await lookedAround()]
    const member = customer('member')
    await send(buyer, [purchase('t1', 5, NOW)], NOW)
    await send(member, [behaviour('page_view', NOW)], NOW)
    await drain(held)
    await send(stuck, [behaviour('page_view', NOW + 2)], NOW + 2)
    passTime(HOUR)
    await runDurableObjectAlarm(stubOf(stuck.id))
    const [entry] = held.splice(0)
    await stubOf(stuck.id).park(entry?.seq ?? 0)
    passTime(MONTHS_13 + DAY)
    for (const { id } of [buyer, member, stuck]) await runDurableObjectAlarm(stubOf(id))
    for (const { id } of [buyer, member, stuck]) expect((await insidesOf(id))?.facts.lastSeenAt).not.toBeNull()
    await stubOf(stuck.id).replay(entry?.seq ?? 0)
    await drain(held)
  })
})

describe('a state that outgrows a row', () => {
  it('is kept in several, and read back whole, with every letter of every alphabet', async () => {
    const person = customer('wholesaler')
    const purchases = Array.from({ length: 6_000 }, (_, index) => purchase(`𝄞-${'é'.repeat(60)}-${index}`, index, NOW - index))
    for (let sent = 0; sent < purchases.length; sent += 1_000) await send(person, purchases.slice(sent, sent + 1_000), NOW)
    await evictDurableObject(stubOf(person.id))
    const parts = await runInDurableObject(stubOf(person.id), (_, { storage }) =>
      storage.sql.exec<{ size: number }>('SELECT length(CAST(body AS BLOB)) AS size FROM self').toArray(),
    )
    expect(parts.length).toBeGreaterThan(1)
    for (const { size } of parts) expect(size).toBeLessThan(2_000_000)
    expect(await send(person, [purchase(`𝄞-${'é'.repeat(60)}-5`, 5, NOW)], NOW)).toMatchObject({ value: [{ status: 'duplicate' }] })
    expect((await insidesOf(person.id))?.facts.orders).toBe(6_000)
  })
})

describe('what the clock starts', () => {
  const TABLES = [
    'demand_index',
    'product_hours',
    'rollups',
    'applied',
    'customers',
    'revenue_events',
    'rejected_events',
    'audit_log',
    'imports',
  ]
  const everything = () =>
    Promise.all(
      [...TABLES, 'forecasts', 'config_roots'].map(async (table) => (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results),
    )
  const fireAll = async (at: number) => {
    for (const { cron } of Object.values(TRIGGERS)) await runSchedule(cron, at, env)
  }
  /** Leases forgotten: as if every trigger found that nothing had been done. */
  const forgetLeases = () => env.DB.prepare('DELETE FROM job_leases').run()

  it('has one effect, however often it is done', async () => {
    const follows = { productIds: ['pro'], endsAt: null }
    await env.DB.prepare(`INSERT INTO price_rules VALUES ('follows', 'demand', ?, 0)`).bind(JSON.stringify(follows)).run()
    const person = customer('viewer')
    const view = (at: number) =>
      event({ kind: 'behaviour', productId: 'pro', funnelStep: null }, at, { type: 'view_item', origin: 'import' })
    await send(
      person,
      [7, 14, 21, 28].flatMap((days) => Array.from({ length: 30 }, () => view(NOW - (days + 1) * DAY))).concat(view(NOW - DAY)),
      NOW,
    )
    await drain(held)
    await forgetLeases()
    await fireAll(NOW)
    const once = await everything()
    const slot = slotOf({ trigger: 'hourly', everyMs: HOUR }, NOW)
    expect(once[0]).toMatchObject([{ product_id: 'pro', computed_at: slot }])
    expect(once[1]).toMatchObject([{ product_id: 'pro', hour: Math.floor(slot / HOUR), views: expect.any(Number) }])
    await fireAll(NOW)
    expect(await everything()).toEqual(once)
    await forgetLeases()
    await fireAll(NOW)
    expect(await everything()).toEqual(once)
  })

  it('forgets the demand of a product that nobody has looked at for weeks', async () => {
    await runSchedule(TRIGGERS.hourly.cron, NOW + 60 * DAY, env)
    expect((await everything())[0]).toEqual([])
  })

  it('is compiled into prices where demand has moved, and once a day, but not each hour', async () => {
    const versions = async () => (await everything()).at(-1)?.length ?? 0
    const day = startOfDay(dayOf(NOW + 70 * DAY))
    const fireHours = async (...hours: number[]) => {
      for (const hour of hours) {
        passTime(day + hour * HOUR - Date.now())
        await runSchedule('demand_index', Date.now(), env)
      }
    }
    const before = await versions()
    await fireHours(1, 2, 3, 4, 23)
    expect(await versions()).toBe(before + 1)
    await fireHours(25, 26)
    expect(await versions()).toBe(before + 2)
    await env.DB.prepare(`INSERT INTO demand_index VALUES ('gone', 1500, ?)`).bind(day).run()
    await fireHours(27, 28)
    expect(await versions()).toBe(before + 3)
  })
})
