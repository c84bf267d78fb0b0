import { type Caller, verifyCustomerToken } from './auth.ts'
import type { Configuration } from './config.ts'
import { objectOfDecision } from './decision-id.ts'
import { sha256Hex } from './digest.ts'
import type { NormalEvent } from './domain/customer/accept.ts'
import type { Who } from './domain/customer/identity.ts'
import { packEvent } from './domain/customer/packed-event.ts'
import { DomainError, type Outcome, refuse, succeed } from './domain/error.ts'
import type { Env } from './env.ts'
import { joinLines } from './lines.ts'
import type { CustomerObject, Routed } from './objects/customer.ts'
import type { Settled, Settlement } from './objects/reception.ts'

/** The object that stands for somebody, and how the caller came to name it. */
export interface Person {
  id: DurableObjectId
  who: Who
}

export interface Claim {
  visitorId?: string | undefined
  customerId?: string | undefined
  token?: string | undefined
}

/** Secret keys and admins speak for every customer; a browser only with the shop's signature. */
export const isTrusted = (caller: Caller): boolean => caller.kind === 'admin' || (caller.kind === 'key' && caller.keyKind === 'secret')

/** What a caller says of money counts: it holds the scope, and is not printed in a page. */
export const movesMoney = (caller: Caller): boolean => isTrusted(caller) && (caller.kind !== 'key' || caller.scopes.includes('money'))

export const customerObjectId = (env: Env, customerId: string): DurableObjectId => env.CUSTOMERS.idFromName(`customer:${customerId}`)

/** A customer by the shop's id, for whoever may speak for them. */
export const customerPerson = (env: Env, customerId: string): Person => ({
  id: customerObjectId(env, customerId),
  who: { kind: 'customer', customerId },
})

/**
 * Who a request speaks for. A customerId counts from a trusted caller or with a token signed by the shop's server;
 * otherwise it is a claim like any other and the visitor stays a visitor. Null: nobody we know.
 *
 * @throws DomainError invalid_token, token_expired  a token that does not hold, or names somebody else
 */
export async function personOf(env: Env, caller: Caller, configuration: Configuration, claim: Claim, now: number): Promise<Person | null> {
  const { customerId } = claim
  if (customerId !== undefined && isTrusted(caller)) return customerPerson(env, customerId)
  if (claim.token !== undefined) {
    const subject = await verifyCustomerToken(claim.token, configuration.secrets.identity, now)
    if (customerId !== undefined && customerId !== subject)
      throw new DomainError('invalid_token', 'the token names another customer', 'token')
    return customerPerson(env, subject)
  }
  const id = claim.visitorId === undefined ? null : visitorObjectId(env, claim.visitorId)
  return id && { id, who: { kind: 'visitor' } }
}

/** The object of a visitorId we minted; foreign ids are refused by their signature, so strangers cannot make objects. */
export function visitorObjectId(env: Env, visitorId: string): DurableObjectId | null {
  try {
    return env.CUSTOMERS.idFromString(visitorId)
  } catch {
    return null
  }
}

/** The object that made a decision, or whoever speaks for it by now; null for an id that is not ours. */
export function decisionMaker(env: Env, decisionId: string): Person | null {
  const object = objectOfDecision(decisionId)
  const id = object === null ? null : visitorObjectId(env, object)
  return id && { id, who: { kind: 'visitor' } }
}

/** The object as seen across RPC: the same methods, each answering later. */
export type Remote = {
  [Name in keyof CustomerObject]: CustomerObject[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never
}

export const remote = (env: Env, id: DurableObjectId): Remote => env.CUSTOMERS.get(id) as unknown as Remote

/**
 * Asks an object, following its forward one hop. An object that broke while answering is asked once more through a new
 * stub; one that is overloaded is left alone: https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export async function ask<T>(env: Env, person: Person, call: (stub: Remote, who: Who) => Promise<Routed<T>>): Promise<Outcome<T>> {
  const first = await attempt(env, person.id, (stub) => call(stub, person.who))
  if ('outcome' in first) return first.outcome
  const second = await attempt(env, env.CUSTOMERS.idFromString(first.forward), (stub) => call(stub, { kind: 'forwarded' }))
  return 'outcome' in second ? second.outcome : refuse('internal', 'a forward leads to a forward')
}

const attempt = <T>(env: Env, id: DurableObjectId, call: (stub: Remote) => Promise<T>): Promise<T> => reached(() => call(remote(env, id)))

/**
 * What an object answers; `call` takes a stub of its own, as one that broke stays broken.
 *
 * @throws DomainError unavailable  it cannot be reached
 */
export async function reached<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean }
    if (retryable && !overloaded) {
      try {
        return await call()
      } catch (again) {
        throw gone(again)
      }
    }
    throw gone(error)
  }
}

function gone(error: unknown): DomainError {
  console.warn('object', error)
  return new DomainError('unavailable', 'the customer cannot be reached; the same request may do better in a moment')
}

/**
 * Hands events to the object of whom they are of; what became of them is a `Settlement` in JSON. Definitions in force go along
 * by their hash, and as a text only where an object does not know it; where there are none, nothing does.
 */
export function ingest(
  env: Env,
  { root, definitions }: Pick<Configuration, 'root' | 'definitions'>,
  person: Person,
  events: readonly NormalEvent[],
  now: number,
): Promise<Outcome<string>> {
  const packed = JSON.stringify(events.map((event) => packEvent(event)))
  const hash = root.definitions
  return ask(env, person, async (stub, who) => {
    const lines = joinLines(JSON.stringify(who), String(now), packed)
    let settled = await stub.ingest(hash ? joinLines(lines, hash) : lines)
    if (settled === null && hash) {
      const text = await definitions().then(
        (book) => book.text,
        () => null,
      )
      // Events are not lost for what they would be counted by: it is adopted later.
      settled = await stub.ingest(text === null ? lines : joinLines(lines, hash, text))
    }
    if (settled === null) return { outcome: refuse('internal', 'definitions are asked for again') }
    return typeof settled === 'string' ? { outcome: succeed(settled) } : settled
  })
}

/** What became of one event of those handed over. */
export const settledAt = (settlement: Settlement, at: number): Omit<Settled, 'id'> =>
  'acceptedOn' in settlement ? { status: 'accepted', bookedDay: settlement.acceptedOn } : (settlement.settled[at] as Settled)

/** Stands for an erased id without telling it. */
export const tombstoneOf = ({ tombstoneSalt }: Configuration['secrets'], customerId: string): string =>
  sha256Hex(`${tombstoneSalt}:${customerId}`)
