import { env, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import type { Person } from '../../worker/person.ts'
import { behaviour, customer, deliver, holdQueue, send, stubOf, visitor } from './objects.ts'
import { send as request, setUpShop } from './shop.ts'

const NOW = Date.now()
let held: ProjectionMessage[]
const statements: string[] = []
beforeAll(async () => {
  await setUpShop()
  // One decision in ten would leave a row, and one visitor in twenty is held out of the test.
  await request('PATCH', '/api/settings', { body: { decisionSampleShare: 0, holdoutShare: 0 } })
})
beforeEach(() => {
  held = holdQueue()
})
afterEach(() => vi.restoreAllMocks())

/** Notes every statement that objects run from now on. */
async function watch(): Promise<void> {
  await runInDurableObject(env.CUSTOMERS.get(env.CUSTOMERS.newUniqueId()), (_, { storage }) => {
    const type = Object.getPrototypeOf(storage.sql) as SqlStorage
    const real = type.exec
    vi.spyOn(type, 'exec').mockImplementation(function (this: SqlStorage, query: string, ...bindings: unknown[]) {
      statements.push(query.trim().split(/\s+/).slice(0, 5).join(' '))
      return real.call(this, query, ...bindings)
    })
  })
  statements.length = 0
}

const batch = (at: number) => Array.from({ length: 50 }, (_, index) => behaviour('view_item', at + index))
const warmed = async (person: Person) => {
  await send(person, batch(NOW), NOW + 50)
  await runDurableObjectAlarm(stubOf(person.id))
  await deliver(held.splice(0))
  return person
}

describe('the statements an object runs', () => {
  it('for fifty events of somebody it knows are few, whatever their number', async () => {
    const person = await warmed(customer('frugal'))
    await watch()
    await send(person, batch(NOW + 1_000), NOW + 1_050)
    expect(statements).toEqual(['INSERT INTO batches (seq, body)', 'INSERT INTO events (id, booked_day,', 'INSERT INTO self (part, body)'])
  })

  it('for a first decision about a product are no read but for the first, and two writes: what it was, and its id', async () => {
    const answer = await request('GET', '/api/pricing/starter_bundle?visitorId=new&country=US', { key: 'pk_demo_storefront' })
    const { visitorId } = answer.body
    await watch()
    await request('GET', `/api/pricing/pro_bundle?visitorId=${visitorId}&country=US`, { key: 'pk_demo_storefront' })
    expect(statements.filter((statement) => statement.startsWith('SELECT')).length).toBeLessThanOrEqual(1)
    expect(statements.filter((statement) => statement.startsWith('INSERT'))).toEqual([
      'INSERT INTO batches (seq, body)',
      'INSERT INTO events (id, booked_day,',
    ])
  })

  it('for a price that still holds are none', async () => {
    const { body } = await request('GET', '/api/pricing/pro_bundle?visitorId=new&country=US', { key: 'pk_demo_storefront' })
    const again = () => request('GET', `/api/pricing/pro_bundle?visitorId=${body.visitorId}&country=US`, { key: 'pk_demo_storefront' })
    await again()
    await watch()
    expect((await again()).body.pricing).toEqual(body.pricing)
    expect(statements).toEqual([])
  })

  it('for an acknowledgement with nothing behind it are two, and for a stranger’s none but a look', async () => {
    const person = customer('acknowledged')
    await send(person, batch(NOW), NOW + 50)
    await runDurableObjectAlarm(stubOf(person.id))
    const [message] = held.splice(0)
    await watch()
    await stubOf(person.id).ack(message?.seq ?? 0)
    expect(statements).toEqual(['UPDATE outbox SET state =', 'SELECT seq, state, attempts, next_at'])
    statements.length = 0
    await stubOf(visitor().id).ack(1)
    expect(statements).toEqual(['SELECT 1 FROM sqlite_master WHERE'])
  })
})
