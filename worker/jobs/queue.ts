import type { LiveEvent } from '../contract/analytics.ts'
import { applyEntries, parkEntry } from '../db/projections.ts'
import type { ProjectionMessage } from '../domain/customer/projection.ts'
import type { Env } from '../env.ts'
import { isPassing, isPermanent } from '../passing.ts'

const RETRY_SECONDS = 10
const LIVE_LINES = 20
/** Many calls open at once cost more each. */
const ANSWERED_AT_ONCE = 10

/** What may go on behind a batch; the default waits for it. */
type Later = (work: Promise<void>) => void | Promise<void>
const atOnce: Later = (work) => work

/**
 * Applies a batch of outbox entries to D1 and then tells each object how far it has got, which the next batch need not wait
 * for: an object that is not told sends its entry again, and that changes nothing. A passing failure brings the
 * batch back later; a permanent one is narrowed down to the entry that causes it, which is parked with its reason while
 * its neighbours go on.
 */
export async function consume(batch: MessageBatch<ProjectionMessage>, env: Env, later: Later = atOnce): Promise<void> {
  const messages = newestOfEach(batch.messages.map(({ body }) => body))
  try {
    await apply(messages, env, later)
    batch.ackAll()
  } catch (error) {
    if (!isPassing(error)) console.error(error)
    batch.retryAll({ delaySeconds: RETRY_SECONDS })
  }
}

/** One entry an object: an older one was acknowledged before the newer could be sent, so it is only an echo. */
function newestOfEach(messages: readonly ProjectionMessage[]): ProjectionMessage[] {
  const newest = new Map<string, ProjectionMessage>()
  for (const message of messages) if ((newest.get(message.object)?.seq ?? 0) < message.seq) newest.set(message.object, message)
  return [...newest.values()]
}

async function apply(messages: readonly ProjectionMessage[], env: Env, later: Later): Promise<void> {
  if (messages.length === 0) return
  const now = Date.now()
  try {
    const lastSeq = await applyEntries(env.DB, messages, crypto.randomUUID(), now)
    await later(answer(messages, lastSeq, env, now))
  } catch (error) {
    // Parked entries wait for a person: only what cannot succeed is parked, the rest comes back.
    if (!isPermanent(error)) throw error
    if (messages.length === 1) return park(messages[0] as ProjectionMessage, error, env, now)
    const half = messages.length >> 1
    await apply(messages.slice(0, half), env, later)
    await apply(messages.slice(half), env, later)
  }
}

async function park(message: ProjectionMessage, error: unknown, env: Env, now: number): Promise<void> {
  await parkEntry(env.DB, message, error instanceof Error ? error.message : String(error), now)
  await stubOf(env, message.object).park(message.seq)
}

/** Tells every object what D1 has. Whoever cannot be reached asks again by its own alarm. */
async function answer(messages: readonly ProjectionMessage[], lastSeq: Map<string, number>, env: Env, now: number): Promise<void> {
  const seen = messages.filter(({ live }) => live.length > 0)
  const lines: LiveEvent[] = seen.flatMap(({ live }) => live).slice(0, LIVE_LINES)
  await env.LIVE.get(env.LIVE.idFromName('live'))
    .post(
      lines,
      seen.map(({ object }) => object),
      now,
    )
    .catch((error: unknown) => console.warn('live feed', error))
  for (let at = 0; at < messages.length; at += ANSWERED_AT_ONCE) {
    const settled = await Promise.allSettled(
      messages.slice(at, at + ANSWERED_AT_ONCE).map(({ object, seq }) => {
        const known = lastSeq.get(object) ?? 0
        return known >= seq ? stubOf(env, object).ack(known) : stubOf(env, object).catchUp(known)
      }),
    )
    for (const result of settled) if (result.status === 'rejected') console.warn('acknowledgement', result.reason)
  }
}

const stubOf = (env: Env, object: string) => env.CUSTOMERS.get(env.CUSTOMERS.idFromString(object))
