import { abortAllDurableObjects, env, evictDurableObject, listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { applyEntries } from '../../worker/db/projections.ts'
import { refold } from '../../worker/domain/customer/fold.ts'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import { add, type Contributions, digestOf, formatDigest } from '../../worker/domain/customer/rollup.ts'
import { referenceOf } from '../../worker/domain/experiments/metric.ts'
import type { FunnelDefinition } from '../../worker/domain/funnel/definition.ts'
import type { Person } from '../../worker/person.ts'
import { METRICS, type Sent, sentEvents } from '../domain/customer/arbitraries.ts'
import { funnel, step } from '../domain/funnel/walk.ts'
import {
  customer,
  deliver,
  drain,
  eventsOf,
  holdQueue,
  insidesOf,
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
afterEach(stopTime)

/** What may happen between two deliveries; numbers choose whom and how many. */
const happening = fc.record({
  what: fc.constantFrom(
    'send',
    'send',
    'send',
    'resend',
    'evict',
    'abort',
    'alarm',
    'alarm',
    'identify',
    'deliver',
    'deliver',
    'lose',
    'die',
    'replay',
    'define',
    'adopt',
  ),
  who: fc.nat(2),
  count: fc.integer({ min: 1, max: 6 }),
})
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

const walk = (version: number, ...events: string[]): FunnelDefinition =>
  funnel(
    events.map((name) => step(name)),
    { id: 'walk', version },
  )
const WALKS = [walk(1, 'page_view', 'view_item'), walk(2, 'page_view', 'add_to_cart', 'purchase'), walk(3, 'begin_checkout', 'purchase')]
/** No funnel at first, then one version of it after the other. */
const DEFINITIONS = [
  { funnels: [], retired: [] },
  ...WALKS.map((one, at) => ({ funnels: [one], retired: WALKS.slice(0, at).map(referenceOf) })),
].map((definitions, at) => ({ hash: `of_the_law_${at}`, text: JSON.stringify({ metrics: METRICS, ...definitions }) }))

/** Two visitors and the customer they may both turn out to be, with all that was accepted of them. */
class Shop {
  readonly people: Person[]
  readonly #customerId: string
  readonly accepted = new Map<string, string>()
  readonly #applied: ProjectionMessage[] = []
  /** How many of `DEFINITIONS` have come into force. */
  #defined = 0

  constructor(customerId: string) {
    this.#customerId = customerId
    this.people = [visitor(), visitor(), customer(customerId)]
  }

  async send(sent: readonly Sent[]): Promise<void> {
    for (const [index, person] of this.people.entries()) {
      const own = sent.filter(({ event }) => Number(event.id.slice(1)) % 3 === index)
      if (own.length === 0) continue
      const now = Math.max(...own.map(({ acceptedAt }) => acceptedAt))
      const outcome = await send(
        person,
        own.map(({ event }) => event),
        now,
        // An isolate may be behind, and hand along what was in force before.
        DEFINITIONS[Math.max(0, this.#defined - (own.length % 2))],
      )
      if (!outcome.ok) throw new Error(outcome.message)
      for (const { id, status, bookedDay } of outcome.value) if (status === 'accepted') this.accepted.set(id, bookedDay ?? '')
    }
  }

  async identify(who: number): Promise<void> {
    const [person, { id }] = [this.people[who % 2] as Person, this.people[2] as Person]
    const outcome = await stubOf(person.id).identify(this.#customerId, id.toString(), NOW)
    expect(outcome).toMatchObject({ ok: true })
  }

  async happen({ what, who, count }: Happening): Promise<void> {
    const { id } = this.people[who] as Person
    // What is not awake cannot be evicted.
    if (what === 'evict') await evictDurableObject(stubOf(id)).catch(() => undefined)
    if (what === 'abort') await abortAllDurableObjects()
    if (what === 'alarm') await runDurableObjectAlarm(stubOf(id))
    if (what === 'identify') await this.identify(who)
    // The queue: delivered, some of it twice; lost; applied by a consumer that dies before it acknowledges; long overdue.
    if (what === 'deliver') {
      const messages = held.splice(0, count)
      this.#applied.push(...messages)
      await deliver([...messages, ...messages.slice(0, who)])
    }
    if (what === 'lose') held.splice(0, count)
    if (what === 'die') for (const message of held.splice(0, count)) await applyEntries(env.DB, [message], crypto.randomUUID(), NOW)
    if (what === 'define') this.#defined = Math.min(this.#defined + 1, DEFINITIONS.length - 1)
    const inForce = DEFINITIONS[this.#defined]
    if (what === 'adopt' && inForce) await stubOf(id).adopt([NOW, inForce.hash, inForce.text].join('\n'))
    if (what === 'replay') await deliver(this.#applied.slice(0, count))
  }
}

describe('whatever happens on the way', () => {
  it('an object is the fold of its log, and D1 is the sum of all objects', async () => {
    let run = 0
    const settled: Contributions = new Map()
    await fc.assert(
      fc.asyncProperty(
        sentEvents(NOW, { imports: true, measured: true, maxLength: 30 }),
        fc.array(happening, { maxLength: 30, size: '+1' }),
        async (sent, happenings) => {
          const shop = new Shop(`law_${run++}`)
          const rest = [...sent].sort((a, b) => a.acceptedAt - b.acceptedAt)
          for (const each of happenings) {
            if (each.what === 'send') await shop.send(rest.splice(0, each.count))
            else if (each.what === 'resend') await shop.send(sent.filter(({ event }) => shop.accepted.has(event.id)).slice(0, each.count))
            else await shop.happen(each)
          }
          await shop.send(rest)
          const ids = shop.people.map(({ id }) => id)
          await drain(held, ids)

          const logged = new Map<string, string>()
          const rows = new Map<string, unknown>()
          for (const { id } of shop.people) {
            const events = await eventsOf(id)
            const insides = await insidesOf(id)
            if (!insides) continue
            const { facts, effects } = refold(events ?? [])
            expect(insides.facts).toEqual(JSON.parse(JSON.stringify(facts)))
            expect(sorted(insides.contributions)).toEqual(sorted(effects.contributions))
            const digest = formatDigest(digestOf(effects.contributions))
            expect(await stubOf(id).digests(1)).toMatchObject({ current: digest, recomputed: digest })
            for (const event of events ?? []) if (event.origin !== 'system') logged.set(event.id, event.bookedDay)
            for (const [key, row] of effects.rows)
              if (row && 'eventType' in row) rows.set(key, [row.eventType, row.amount, row.currency, insides.identity.customerId])
            if (insides.identity.forward) expect(JSON.parse(insides.text).flat().length).toBeLessThan(50)
          }
          expect(logged).toEqual(shop.accepted)
          for (const [key, value] of await sumOfObjects(ids)) add(settled, key, value)
          expect(sorted(await rollups())).toEqual(sorted(settled))
          const { results } = await env.DB.prepare(
            'SELECT id, event_type, amount, currency, customer_id FROM revenue_events WHERE object IN (SELECT value FROM json_each(?))',
          )
            .bind(JSON.stringify(ids.map(String)))
            .all<Record<'id' | 'event_type' | 'amount' | 'currency' | 'customer_id', unknown>>()
          const told = results.map((row) => [row.id, [row.event_type, row.amount, row.currency, row.customer_id]] as const)
          expect(new Map(told as [string, unknown][])).toEqual(rows)
        },
      ),
      { numRuns: 40 },
    )
    const report = await reconciled()
    expect(report).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
    expect((await listDurableObjectIds(env.CUSTOMERS)).length).toBeGreaterThan(40)
  }, 60_000)
})
