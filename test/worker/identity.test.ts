import { env, evictDurableObject, listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eraseIdentifier } from '../../worker/db/erasure.ts'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import type { Person } from '../../worker/person.ts'
import {
  behaviour,
  customer,
  deliver,
  departed,
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
  expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
})

let people = 0
const named = () => {
  const customerId = `person_${people++}`
  return { customerId, person: customer(customerId) }
}
const identify = (who: Person, customerId: string) => stubOf(who.id).identify(customerId, customer(customerId).id.toString(), NOW)

/** Every table of D1, as one text. */
async function everythingInD1(): Promise<string> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_%' ESCAPE '\\'`,
  ).all<{ name: string }>()
  const tables = await Promise.all(results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()))
  return JSON.stringify(tables.map(({ results }) => results))
}

describe('a visitor who says who they are', () => {
  it('becomes part of the customer, once, and keeps nothing but the forward', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    await send(guest, [behaviour('page_view', NOW), purchase('t1', 500, NOW)], NOW)
    await drain(held)
    expect(await identify(guest, customerId)).toMatchObject({ ok: true, value: { taken: false, subject: guest.id.toString() } })
    expect(await identify(guest, customerId)).toMatchObject({ ok: true, value: { subject: guest.id.toString() } })
    await drain(held)
    expect((await eventsOf(person.id))?.map(({ type }) => type).sort()).toEqual(['page_view', 'purchase'])
    const left = await insidesOf(guest.id)
    expect(left?.identity.forward).toMatchObject({ customerId, confirmed: true })
    expect(left?.text).not.toContain('t1')
    expect(left).toMatchObject({ facts: { events: 0, orders: 0 }, contributions: new Map() })
    const { results } = await env.DB.prepare(`SELECT object, customer_id FROM revenue_events WHERE id = ?`)
      .bind(`${guest.id}:${(await eventsOf(person.id))?.find(({ type }) => type === 'purchase')?.id}`)
      .all()
    expect(results).toEqual([{ object: person.id.toString(), customer_id: customerId }])
  })

  it('is one person with the customer they already were: the same transaction counts once, its second row goes', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    await send(guest, [purchase('same', 500, NOW + 1)], NOW + 1)
    await send(person, [purchase('same', 500, NOW)], NOW)
    await drain(held)
    await identify(guest, customerId)
    await drain(held)
    const { results } = await env.DB.prepare(
      `SELECT amount FROM revenue_events WHERE json_extract(metadata, '$.transactionId') = 'same'`,
    ).all()
    expect(results).toEqual([{ amount: 500 }])
  })

  it('brings their money along, also where a page has used its id on the other side', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    const reported = purchase('t_squatted', 100, NOW, { id: 'ord_squatted', origin: 'browser', verified: false })
    await send(person, [reported], NOW)
    await send(guest, [purchase('t_squatted', 900, NOW + 1, { id: 'ord_squatted' })], NOW + 1)
    await drain(held)
    expect(await identify(guest, customerId)).toMatchObject({ ok: true })
    await drain(held)
    const { results } = await env.DB.prepare(`SELECT amount FROM revenue_events WHERE customer_id = ?`).bind(customerId).all()
    expect(results).toEqual([{ amount: 900 }])
  })

  it('is heard through the forward from then on', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    await identify(guest, customerId)
    expect(await send(guest, [behaviour('page_view', NOW)], NOW)).toMatchObject({ value: [{ status: 'accepted' }] })
    expect(await eventsOf(person.id)).toHaveLength(1)
    expect((await insidesOf(person.id))?.identity).toMatchObject({ kind: 'customer', customerId, subject: guest.id.toString() })
  })

  it('is asked to come again while the hand-over is on its way, so that nobody is born under a wrong name', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    await runInDurableObject(stubOf(guest.id), (instance) => {
      // Begun and not awaited: the forward is marked, the customer has not heard.
      void instance.identify(customerId, person.id.toString(), NOW)
    })
    const early = await stubOf(customer('nobody yet').id).ingest(ingestLines({ kind: 'forwarded' }, [behaviour('page_view', NOW)], NOW))
    expect(early).toMatchObject({ outcome: { ok: false, code: 'unavailable' } })
    await runDurableObjectAlarm(stubOf(guest.id))
    expect((await insidesOf(person.id))?.identity.subject).toBe(guest.id.toString())
  })

  it('keeps no timers: a checkout that was begun before is the customer’s', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    await send(guest, [behaviour('begin_checkout', NOW)], NOW)
    await identify(guest, customerId)
    passTime(2 * 3_600_000)
    for (const { id } of [guest, person]) await runDurableObjectAlarm(stubOf(id))
    expect((await eventsOf(person.id))?.map(({ type }) => type)).toEqual(['begin_checkout', 'checkout_abandoned'])
  })

  it('who turns out to be somebody else on the same browser is told that it is taken', async () => {
    const [one, other] = [named(), named()]
    const guest = visitor()
    await identify(guest, one.customerId)
    expect(await identify(guest, other.customerId)).toMatchObject({ value: { taken: true } })
  })
})

describe('erasure', () => {
  it('takes a person out of every table and object, and leaves their sums', async () => {
    const { customerId, person } = named()
    const [guest, second] = [visitor(), visitor()]
    for (const each of [guest, second]) {
      await send(each, [behaviour('page_view', NOW), purchase(`by ${each.id}`, 500, NOW)], NOW)
      await identify(each, customerId)
    }
    await send(person, [purchase('secret_transaction', 700, NOW)], NOW)
    await drain(held)
    await send(person, [purchase('not yet shipped', 900, NOW)], NOW)
    const before = await sumOfObjects()
    const answer = await stubOf(person.id).erase(NOW)
    expect(answer).toMatchObject({ outcome: { value: { visitors: [guest.id.toString(), second.id.toString()] } } })
    const visitorIds = [guest.id.toString(), second.id.toString()]
    await eraseIdentifier(env.DB, { customerId, visitorIds, tombstone: 'tombstone' }, 'admin', NOW)
    await drain(held)
    await runDurableObjectAlarm(stubOf(person.id))
    await drain(held)

    expect(sorted(await rollups())).toEqual(sorted(before))
    expect((await departed()).size).toBeGreaterThan(0)
    const names = [customerId, 'secret_transaction', 'not yet shipped', `by ${guest.id}`]
    const d1 = await everythingInD1()
    for (const name of names) expect(d1).not.toContain(JSON.stringify(name))
    for (const id of await listDurableObjectIds(env.CUSTOMERS)) {
      const text = (await insidesOf(id))?.text ?? ''
      for (const name of names) expect(text).not.toContain(name)
    }
    expect((await insidesOf(guest.id))?.identity).toMatchObject({ erased: true, forward: null })
  })

  it('lasts: nothing can be sent under the name, nor under the visitors who had borne it', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    await send(guest, [purchase('t1', 500, NOW)], NOW)
    await identify(guest, customerId)
    await stubOf(person.id).erase(NOW)
    await evictDurableObject(stubOf(person.id))
    await runDurableObjectAlarm(stubOf(person.id))
    for (const each of [person, guest]) {
      expect(await send(each, [purchase('t1', 500, NOW)], NOW)).toMatchObject({ ok: false, code: 'erased' })
    }
    expect(await stubOf(person.id).erase(NOW)).toMatchObject({ outcome: { ok: true } })
  })

  it('frees an entry that was parked, without the rows that named the person', async () => {
    const { customerId, person } = named()
    await send(person, [purchase('t_parked', 500, NOW)], NOW)
    await runDurableObjectAlarm(stubOf(person.id))
    held.splice(0)
    await stubOf(person.id).park(1)
    await stubOf(person.id).erase(NOW)
    await drain(held)
    expect((await insidesOf(person.id))?.text).not.toContain(customerId)
    expect(await env.DB.prepare('SELECT last_seq FROM applied WHERE object = ?').bind(person.id.toString()).first('last_seq')).toBe(2)
  })

  it('of a customer takes along a visitor who says so afterwards, whose sums depart', async () => {
    const { customerId, person } = named()
    await stubOf(person.id).erase(NOW)
    const guest = visitor()
    await send(guest, [purchase('t_late', 500, NOW)], NOW)
    expect(await identify(guest, customerId)).toMatchObject({ ok: false, code: 'erased' })
    await drain(held)
    const insides = await insidesOf(guest.id)
    expect(insides?.identity).toMatchObject({ erased: true, forward: null })
    expect(insides?.text).not.toContain('t_late')
    expect(insides?.text).not.toContain(customerId)
  })

  it('withdraws a visitor who was taken in and had not heard of it, once', async () => {
    const { customerId, person } = named()
    const guest = visitor()
    await send(guest, [purchase('t_unheard', 500, NOW)], NOW)
    await drain(held)
    // The customer has taken the log in, and the answer was lost.
    const estate = {
      object: guest.id.toString(),
      subject: guest.id.toString(),
      bornAt: NOW,
      events: (await eventsOf(guest.id)) ?? [],
      compacted: [],
      frozen: [],
      carried: { firstSeenAt: null, lastSeenAt: null, visitDay: null, visitMonth: null },
      rowIds: [],
    }
    expect(await stubOf(person.id).absorb(customerId, estate, NOW)).toMatchObject({ ok: true })
    await stubOf(person.id).erase(NOW)
    expect(await identify(guest, customerId)).toMatchObject({ ok: false, code: 'erased' })
    await deliver(held.splice(0))
    await drain(held)
    expect((await insidesOf(guest.id))?.identity.erased).toBe(true)
  })
})
