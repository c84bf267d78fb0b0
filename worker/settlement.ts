import type { Configuration } from './config.ts'
import { IncomingEvent, isIdentifier } from './contract/events.ts'
import type { ProviderEventStatus } from './contract/lists.ts'
import { ERASED_OWNER } from './db/erasure.ts'
import { findOwnerOrWait, linkObjects, type ProviderRow, saveProviderEvent, type Waiting } from './db/providers.ts'
import { DEFAULT_PROVIDER_TERMS, type ProviderTerms } from './domain/configuration.ts'
import type { NormalEvent } from './domain/customer/accept.ts'
import { DomainError, unwrap } from './domain/error.ts'
import { boundTo, type Name, type Provider, type ProviderEvent } from './domain/payments/provider.ts'
import { PROVIDERS } from './domain/payments/providers/index.ts'
import { withoutPersonal } from './domain/payments/redact.ts'
import type { Env } from './env.ts'
import { parse } from './http.ts'
import type { Settlement } from './objects/reception.ts'
import { customerPerson, ingest, type Person, settledAt, tombstoneOf, visitorObjectId } from './person.ts'

/** What became of a webhook. */
export interface Fate {
  status: ProviderEventStatus
  code: string | null
  field: string | null
}

/** A webhook whose signature held, or one that was kept. */
export interface Delivery {
  provider: Provider
  /** As the headers had it, or as it was kept. */
  messageId: string | null
  payload: unknown
  receivedAt: number
}

export const providerOf = (id: string): Provider | undefined => PROVIDERS.find((each) => each.id === id)

export const termsOf = (configuration: Configuration, { id }: Provider): ProviderTerms =>
  configuration.secrets.providers[id] ?? DEFAULT_PROVIDER_TERMS

/** What a payload says, in the terms of this deployment. @throws DomainError with the field that cannot be read */
export function readDelivery(configuration: Configuration, { provider, messageId, payload }: Delivery, now: number): ProviderEvent {
  return provider.read(payload, {
    now,
    messageId,
    defaultCurrency: configuration.root.pricing.defaultCurrency,
    countPastDue: termsOf(configuration, provider).countPastDue,
    incoming: (value) => parse(IncomingEvent, value, 'data'),
  })
}

/**
 * Settles what a webhook says: its facts into the log of whom they are of, then whose its objects are, and with that all
 * that has waited for it. Only when it returns may the provider be told that all is well.
 *
 *   purchase ──▶ object ──▶ D1: link, and who waits for it? ──▶ refunds that came first ──▶ object
 *   refund   ──▶ D1: whose? else wait ──▶ object
 *
 * @throws DomainError unavailable  a store does not answer; nothing is lost if the same comes again
 */
export async function settleEvent(
  env: Env,
  configuration: Configuration,
  delivery: Delivery,
  event: ProviderEvent,
  now: number,
): Promise<Fate> {
  const row = rowOf(delivery, event)
  if (event.facts.length === 0 && event.links.length === 0) return keep(env, { ...row, status: 'ignored' })
  if ('objectId' in event.whose) {
    const { objectId } = event.whose
    const body = withoutPersonal(delivery.payload)
    const owner = await findOwnerOrWait(env.DB, { ...row, status: 'waiting', waitsFor: objectId, body })
    if (!owner) return { status: 'waiting', code: null, field: null }
    if (owner.customerId === ERASED_OWNER)
      return refuseDelivery(env, delivery, event, new DomainError('erased', 'whose it was has been erased'))
    return settleFor(env, configuration, delivery, boundTo(event, owner.transactionId), owner.customerId, now)
  }
  const owner = ownerOf(env, event.whose.names)
  if (owner === null)
    return refuseDelivery(env, delivery, event, new DomainError('invalid_id', 'none of the names can be a customer', 'customer'))
  return settleFor(env, configuration, delivery, event, owner, now)
}

async function settleFor(
  env: Env,
  configuration: Configuration,
  delivery: Delivery,
  event: ProviderEvent,
  owner: string,
  now: number,
): Promise<Fate> {
  const refusal = await book(env, configuration, personOf(env, owner), event.facts, now)
  const row: ProviderRow = refusal ? refusedRow(delivery, event, refusal) : { ...rowOf(delivery, event), status: 'settled' }
  // A refusal is of one fact: what else it told may stand, and whose its objects are is true all the same.
  const links =
    refusal?.code === 'erased'
      ? []
      : event.links.map((link) => ({ ...link, customerId: owner, tombstone: tombstoneOf(configuration.secrets, owner) }))
  for (const waiting of await linkObjects(env.DB, delivery.provider.id, links, row, now)) {
    await settleReleased(env, configuration, waiting, now)
  }
  return fateOf(row, refusal)
}

/** Settles a webhook that has waited. Whatever keeps it from being settled now leaves it where it is: the next trigger tries again. */
export async function settleReleased(env: Env, configuration: Configuration, waiting: Waiting, now: number): Promise<boolean> {
  const { provider: id, eventId, receivedAt } = waiting
  const provider = providerOf(id)
  if (!provider) return false
  try {
    const fate = await settleKept(env, configuration, { provider, messageId: eventId, payload: JSON.parse(waiting.body), receivedAt }, now)
    return fate.status === 'settled'
  } catch (error) {
    console.warn('webhook', id, eventId, error)
    return false
  }
}

/** Reads and settles a webhook that was kept, or says again why that cannot be. */
export async function settleKept(env: Env, configuration: Configuration, delivery: Delivery, now: number): Promise<Fate> {
  let event: ProviderEvent
  try {
    event = readDelivery(configuration, delivery, now)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return refuseDelivery(env, delivery, null, error)
  }
  return settleEvent(env, configuration, delivery, event, now)
}

/** Keeps a webhook that says nothing we could book, with the reason. */
export async function refuseDelivery(env: Env, delivery: Delivery, event: ProviderEvent | null, refusal: DomainError): Promise<Fate> {
  const row = refusedRow(delivery, event, refusal)
  await saveProviderEvent(env.DB, row)
  return fateOf(row, refusal)
}

export async function keep(env: Env, row: ProviderRow): Promise<Fate> {
  await saveProviderEvent(env.DB, row)
  return fateOf(row, null)
}

const fateOf = ({ status, code }: ProviderRow, refusal: DomainError | null): Fate => ({ status, code, field: refusal?.field ?? null })

export const rowOf = ({ provider, receivedAt }: Delivery, event: Pick<ProviderEvent, 'id' | 'type'>): ProviderRow => ({
  provider: provider.id,
  eventId: event.id,
  type: event.type,
  status: 'settled',
  waitsFor: null,
  code: null,
  body: null,
  receivedAt,
})

function refusedRow(delivery: Delivery, event: ProviderEvent | null, { code }: DomainError): ProviderRow {
  const { payload, messageId } = delivery
  const textOf = (name: string) => {
    const value = typeof payload === 'object' && payload !== null ? Reflect.get(payload, name) : null
    return typeof value === 'string' && value !== '' ? value.slice(0, 256) : null
  }
  const named = event ?? { id: textOf('id') ?? messageId ?? 'unknown', type: textOf('type') ?? 'unknown' }
  // Of somebody who was erased nothing is kept.
  return { ...rowOf(delivery, named), status: 'refused', code, body: code === 'erased' ? '' : withoutPersonal(payload) }
}

/** Names of visitors among those of customers: no shop's customerId carries the signature of one of our visitorIds. */
const VISITOR = 'visitor:'

function ownerOf(env: Env, names: readonly Name[]): string | null {
  for (const name of names) {
    if ('customerId' in name) {
      if (isIdentifier(name.customerId)) return name.customerId
    } else if (visitorObjectId(env, name.visitorId)) return `${VISITOR}${name.visitorId}`
  }
  return null
}

function personOf(env: Env, owner: string): Person {
  const visitor = owner.startsWith(VISITOR) ? visitorObjectId(env, owner.slice(VISITOR.length)) : null
  return visitor ? { id: visitor, who: { kind: 'visitor' } } : customerPerson(env, owner)
}

/**
 * Hands facts to whom they are of, and answers why one of them was refused for good.
 *
 * @throws DomainError unavailable
 */
async function book(
  env: Env,
  configuration: Configuration,
  person: Person,
  facts: readonly NormalEvent[],
  now: number,
): Promise<DomainError | null> {
  if (facts.length === 0) return null
  let settlement: Settlement
  try {
    settlement = JSON.parse(unwrap(await ingest(env, configuration, person, facts, now))) as Settlement
  } catch (error) {
    if (error instanceof DomainError && error.code !== 'unavailable' && error.code !== 'internal') return error
    throw error
  }
  let refusal: DomainError | null = null
  for (const at of facts.keys()) {
    const { status, code = 'internal', message = 'refused', field } = settledAt(settlement, at)
    if (status === 'retry') throw new DomainError('unavailable', message)
    if (status === 'rejected') refusal ??= new DomainError(code, message, field)
  }
  return refusal
}
