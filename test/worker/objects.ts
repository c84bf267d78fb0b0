import { createMessageBatch, env, listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { vi } from 'vitest'
import type { NormalEvent } from '../../worker/domain/customer/accept.ts'
import type { AcceptedEvent, EventBody } from '../../worker/domain/customer/event.ts'
import type { CustomerFacts } from '../../worker/domain/customer/facts.ts'
import type { Identity, Who } from '../../worker/domain/customer/identity.ts'
import { packEvent } from '../../worker/domain/customer/packed-event.ts'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import { add, type Contributions, rollupKey } from '../../worker/domain/customer/rollup.ts'
import { type Outcome, succeed } from '../../worker/domain/error.ts'
import type { Env } from '../../worker/env.ts'
import { consume } from '../../worker/jobs/queue.ts'
import { joinLines } from '../../worker/lines.ts'
import type { Routed } from '../../worker/objects/customer.ts'
import type { Settled, Settlement } from '../../worker/objects/reception.ts'
import { ask, customerObjectId, type Person } from '../../worker/person.ts'
import { compareLedger, compareTable, reconcile } from '../../worker/reconcile.ts'

export const stubOf = (id: DurableObjectId | string) => env.CUSTOMERS.get(typeof id === 'string' ? env.CUSTOMERS.idFromString(id) : id)

export const visitor = (): Person => ({ id: env.CUSTOMERS.newUniqueId(), who: { kind: 'visitor' } })
export const customer = (customerId: string): Person => ({ id: customerObjectId(env, customerId), who: { kind: 'customer', customerId } })

/** Events as the Worker hands them to their object. */
export const ingestLines = (who: Who, events: readonly NormalEvent[], now: number): string =>
  joinLines(JSON.stringify(who), String(now), JSON.stringify(events.map((event) => packEvent(event))))

/** Sends events as the Worker would, and tells of each what became of it. */
export async function send(
  person: Person,
  events: NormalEvent[],
  now: number,
  definitions?: { hash: string; text: string },
): Promise<Outcome<Settled[]>> {
  const outcome = await ask(env, person, async (stub, who) => {
    const lines = ingestLines(who, events, now)
    const settled = await stub.ingest(definitions ? joinLines(lines, definitions.hash, definitions.text) : lines)
    if (settled === null) throw new Error('definitions are asked for again')
    return typeof settled === 'string' ? { outcome: succeed(settled) } : settled
  })
  if (!outcome.ok) return outcome
  const settlement = JSON.parse(outcome.value) as Settlement
  if ('settled' in settlement) return succeed(settlement.settled)
  return succeed(events.map(({ id }) => ({ id, status: 'accepted', bookedDay: settlement.acceptedOn })))
}

/** What objects hand to the queue from now on, held until a test delivers it: the queue of the test is a list. */
export function holdQueue(): ProjectionMessage[] {
  const held: ProjectionMessage[] = []
  vi.spyOn(Object.getPrototypeOf(env.PROJECTIONS), 'send').mockImplementation(async (message) => {
    held.push(structuredClone(message) as ProjectionMessage)
  })
  return held
}

let batches = 0
/** Hands messages to the consumer as the queue would; says whether it wants them again. */
export async function deliver(messages: readonly ProjectionMessage[], bindings: Env = env): Promise<'acked' | 'again'> {
  const batch = createMessageBatch<ProjectionMessage>(
    'fairlead-projections',
    messages.map((body) => ({ id: `m${batches++}`, timestamp: new Date(), attempts: 1, body })),
  )
  let answer: 'acked' | 'again' = 'again'
  batch.ackAll = () => {
    answer = 'acked'
  }
  await consume(batch, bindings)
  return answer
}

/** Lets an hour pass, fires every alarm and delivers what comes of it, until no object has anything left to say. */
export async function drain(held: ProjectionMessage[], among?: readonly DurableObjectId[]): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const ids = among ?? (await listDurableObjectIds(env.CUSTOMERS))
    const open = []
    for (const id of ids) if ((await stubOf(id).pending()) !== null) open.push(id)
    if (open.length === 0 && held.length === 0) return
    passTime(3_600_001)
    for (const id of open) await runDurableObjectAlarm(stubOf(id))
    if (held.length > 0) await deliver(held.splice(0))
  }
  throw new Error('the outboxes do not drain')
}

let offsetMs = 0
/** The clock that objects read; what a test sends bears its own time. */
export function passTime(ms: number): void {
  offsetMs += ms
  const real = performance.timeOrigin + performance.now()
  vi.useFakeTimers({ toFake: ['Date'], now: real + offsetMs })
}

export function stopTime(): void {
  offsetMs = 0
  vi.useRealTimers()
}

async function table(name: 'rollups' | 'departed'): Promise<Contributions> {
  const { results } = await env.DB.prepare(`SELECT metric, scope, dimension, value, day, sum FROM ${name} WHERE sum <> 0`).all<
    Record<'metric' | 'scope' | 'dimension' | 'value' | 'day', string> & { sum: number }
  >()
  return new Map(results.map((row) => [rollupKey(row.metric, row.scope, row.day, row.dimension, row.value), row.sum]))
}

export const rollups = () => table('rollups')
export const departed = () => table('departed')

export interface Insides {
  identity: Identity
  facts: CustomerFacts
  contributions: Contributions
  /** Everything stored, as one text. */
  text: string
}

let count = 0
/** An event as the Worker would hand it on. */
export const event = (body: EventBody, occurredAt: number, over: Partial<NormalEvent> = {}): NormalEvent => ({
  id: `n${count++}`,
  type: body.kind,
  occurredAt,
  origin: 'server',
  verified: true,
  context: { country: 'US', device: null, source: null, sessionId: null },
  body,
  metadata: {},
  ...over,
})

export const behaviour = (type: string, occurredAt: number, over: Partial<NormalEvent> = {}) =>
  event({ kind: 'behaviour', productId: null, funnelStep: null }, occurredAt, { type, ...over })

export const purchase = (transactionId: string, amountMinor: number, occurredAt: number, over: Partial<NormalEvent> = {}) =>
  event(
    {
      kind: 'purchase',
      transactionId,
      amountMinor,
      currency: 'USD',
      productId: 'pro',
      quantity: 1,
      subscriptionId: null,
      decisionId: null,
    },
    occurredAt,
    over,
  )

/** What lies in an object's storage; null where nothing was ever written. */
export const insidesOf = (id: DurableObjectId | string): Promise<Insides | null> =>
  runInDurableObject(stubOf(id), (_, { storage: { sql } }) => {
    const tables = sql
      .exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'`)
      .toArray()
    if (tables.length === 0) return null
    const self = sql.exec<{ body: string }>('SELECT body FROM self ORDER BY part').toArray()
    const { identity, facts, pending } = JSON.parse(self.map(({ body }) => body).join('')) as Insides & { pending: [string, number][] }
    const rows = sql.exec<{ key: string; value: number }>('SELECT key, value FROM contributions').toArray()
    const contributions: Contributions = new Map(rows.map(({ key, value }) => [key, value]))
    for (const [key, value] of pending) add(contributions, key, value)
    const text = JSON.stringify(tables.map(({ name }) => sql.exec(`SELECT * FROM "${name}"`).toArray()))
    return { identity, facts, contributions, text }
  })

/** The log as it is kept; null where an object has moved on. */
export async function eventsOf(id: DurableObjectId | string): Promise<AcceptedEvent[] | null> {
  const answer = (await stubOf(id).export()) as unknown as Routed<{ events: AcceptedEvent[] }>
  return 'outcome' in answer && answer.outcome.ok ? answer.outcome.value.events : null
}

/** Own contributions of every object there is, added up with what has departed: what the rollups must be. */
export async function sumOfObjects(among?: readonly DurableObjectId[]): Promise<Contributions> {
  const total = await departed()
  for (const id of among ?? (await listDurableObjectIds(env.CUSTOMERS))) {
    for (const [key, value] of (await insidesOf(id))?.contributions ?? []) add(total, key, value)
  }
  return total
}

/** The whole reconciliation: every object, the sum table, and the ledger. */
export const reconciled = async () => ({
  ...(await reconcile(env, { after: '', limit: 10_000 })),
  table: await compareTable(env),
  ledger: await compareLedger(env),
})

/** In one order, so that a difference is readable. */
export const sorted = (contributions: Contributions) => [...contributions].sort(([a], [b]) => (a < b ? -1 : 1))
