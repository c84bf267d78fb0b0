import type { Context } from 'hono'
import { type Configuration, readConfiguration } from '../config.ts'
import { type EventResult, IncomingEvent, MAXIMUM_EVENT_BYTES } from '../contract/events.ts'
import type { Origin } from '../contract/lists.ts'
import { keepRejected, type Rejected } from '../db/rejected.ts'
import { within } from '../deadline.ts'
import { randomText } from '../digest.ts'
import { type NormalEvent, normalise } from '../domain/customer/accept.ts'
import { type DecisionBody, type ExposureBody, exposureEventId } from '../domain/customer/event.ts'
import { asksHoldout } from '../domain/customer/holdout.ts'
import { DomainError, unwrap } from '../domain/error.ts'
import { exposureOf } from '../domain/experiments/exposure.ts'
import type { PriceDecision } from '../domain/pricing/types.ts'
import { fieldChecks } from '../field-checks.ts'
import { type AppEnv, refusalOf } from '../http.ts'
import type { Settlement } from '../objects/reception.ts'
import { ingest, type Person, personOf, settledAt, tombstoneOf } from '../person.ts'
import { openQuote, type QuoteClaims } from '../quote.ts'
import { seenOf } from '../visit.ts'
import { spendQuote, termsOf } from './redemption.ts'

/** How a batch came in, and what that allows. */
export interface Intake {
  origin: Origin
  /** Money counts only from a trusted caller. */
  verified: boolean
  token?: string | undefined
  /** Who an event speaks for, where the usual way does not do: an import brings ids of other systems. */
  personOf?: (event: IncomingEvent) => Person | null
  /** Past decisions, which only an import in development may bring. */
  decisionOf?: (event: IncomingEvent, now: number) => PriceDecision | null
}

interface Sorted {
  index: number
  event: NormalEvent
  deduplicable: boolean
}

/** Events of one object. */
interface Group {
  person: Person
  sorted: Sorted[]
}

/**
 * Settles a batch: each event by itself, one RPC a person, and an answer for each in the order they came. Whatever is
 * refused is kept aside with its reason; whatever could not be reached says `retry`.
 */
export async function takeIn(c: Context<AppEnv>, raw: readonly unknown[], intake: Intake): Promise<EventResult[]> {
  const now = Date.now()
  const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const results = new Array<EventResult>(raw.length)
  const groups = new Groups()
  const checked = new Map<string, unknown>()
  const parsed = raw.map((item, index) => attempt(() => parseEvent(item, index, configuration, checked), results, index, item))
  const currencies = await currenciesOf(configuration, parsed)
  const people = new Map<string, Promise<Person | null>>()
  const seen = seenOf(c)
  // Of events of one instant the lower id is the earlier one: so without times and ids of their own they stay in their order.
  const batch = `e_${randomText(13)}`
  for (const [index, found] of parsed.entries()) {
    if (!found) continue
    const { input, claims } = found
    try {
      const person = await personOfEvent(c, configuration, intake, people, input, now)
      const decision = intake.decisionOf?.(input, now) ?? null
      const exposure = tellsExposure(input) ? await readExposure(configuration, input) : null
      const event = normalise(input, {
        now,
        mintedId: input.id ?? `${batch}${index.toString(36).padStart(3, '0')}`,
        origin: intake.origin,
        verified: intake.verified,
        defaultCurrency: configuration.root.pricing.defaultCurrency,
        context: seen,
        body: decision ? pastBody(decision, configuration.root) : exposure,
        extras: extrasOf(input),
        currenciesOf: (productId) => currencies.get(productId) ?? null,
      })
      if (claims) await spendQuote(c, configuration, claims, input, event, person, now)
      if (exposure) event.id = exposureEventId(exposure, person.id.toString())
      groups.of(person).sorted.push({ index, event, deduplicable: input.id !== undefined || exposure !== null })
    } catch (error) {
      results[index] = rejection(index, input.id ?? null, error)
    }
  }
  await Promise.all(groups.all.map((group) => settle(c, configuration, group, intake, now, results)))
  await keepRefused(c, configuration, raw, results, intake)
  return results
}

/** Events by the object that they are for: one person may be named in several ways. */
class Groups {
  readonly #byPerson = new Map<Person, Group>()
  readonly #byObject = new Map<string, Group>()

  of(person: Person): Group {
    let group = this.#byPerson.get(person)
    if (!group) {
      const name = person.id.toString()
      group = this.#byObject.get(name) ?? { person, sorted: [] }
      this.#byObject.set(name, group)
      this.#byPerson.set(person, group)
    }
    return group
  }

  get all(): Group[] {
    return [...this.#byObject.values()]
  }
}

async function settle(
  c: Context<AppEnv>,
  configuration: Configuration,
  { person, sorted }: Group,
  intake: Intake,
  now: number,
  results: EventResult[],
): Promise<void> {
  try {
    const events = sorted.map(({ event }) => event)
    const settlement = JSON.parse(unwrap(await ingest(c.env, configuration, person, events, now))) as Settlement
    for (const [at, { index, event, deduplicable }] of sorted.entries()) {
      const { status, bookedDay, code, field, message } = settledAt(settlement, at)
      results[index] =
        code === undefined
          ? { index, id: event.id, status, bookedDay, verified: intake.verified, deduplicable }
          : { index, id: event.id, status, code, field, message }
    }
  } catch (error) {
    for (const { index, event } of sorted) results[index] = rejection(index, event.id, error)
  }
}

/** Refused for good, or worth another try. */
function rejection(index: number, id: string | null, error: unknown): EventResult {
  if (!(error instanceof DomainError)) console.error(error)
  const known = error instanceof DomainError ? error : new DomainError('unavailable', 'the event could not be settled')
  const status = known.code === 'unavailable' || known.code === 'flood' ? 'retry' : 'rejected'
  return { index, id, status, code: known.code, message: known.message, ...(known.field === undefined ? {} : { field: known.field }) }
}

interface Parsed {
  input: IncomingEvent
  /** Of the quote that came with it, opened; whether it holds is seen later. */
  claims: QuoteClaims | null
}

function attempt(read: () => Parsed, results: EventResult[], index: number, item: unknown): Parsed | null {
  try {
    return read()
  } catch (error) {
    results[index] = rejection(index, textOf(item, 'id'), error)
    return null
  }
}

/** A text field of something that may not be an event at all. */
const textOf = (item: unknown, name: string): string | null => {
  const value = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : null
  return typeof value === 'string' ? value : null
}

/** Keys that would reach an object's prototype when somebody assigns them: no shop means them. */
function refusePrototypeKeys(value: unknown, path: readonly string[] = []): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    const at = [...path, name]
    if (name === '__proto__' || (name === 'prototype' && path.at(-1) === 'constructor'))
      throw new DomainError('invalid_field', `${name} is no name for a field`, at.join('.'))
    refusePrototypeKeys(inner, at)
  }
}

/** JSON writes a character in six bytes at most, and a number or a word in fewer than these. */
const BYTES_PER_CHARACTER = 6
const BYTES_PER_VALUE = 32

const checks = fieldChecks(IncomingEvent.shape)

/**
 * Whether this is a short event without anything inside of its fields, each of them as the schema wants it: nearly every event
 * is. No field needs a look that holds what it held in the event before, which `checked` remembers. Whatever is not plain
 * goes the long way.
 */
function isPlain(item: unknown, checked: Map<string, unknown>): item is IncomingEvent {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return false
  let bytes = 0
  for (const [name, value] of Object.entries(item)) {
    if (name === '__proto__' || (typeof value === 'object' && value !== null)) return false
    bytes += (name.length + (typeof value === 'string' ? value.length : 0)) * BYTES_PER_CHARACTER + BYTES_PER_VALUE
    if (checked.get(name) === value) continue
    const check = checks.get(name)
    if (!check) continue
    if (!check(value)) return false
    checked.set(name, value)
  }
  return bytes <= MAXIMUM_EVENT_BYTES
}

/** A past decision that asked whether its customer was held out asked it of today's share. */
const pastBody = (decision: PriceDecision, { version, pricing }: Configuration['root']): DecisionBody => ({
  kind: 'decision',
  preview: false,
  decision,
  configVersion: version,
  ...(asksHoldout(decision) ? { holdoutShare: pricing.holdoutShare } : {}),
})

function checkAtLength(item: unknown, index: number): IncomingEvent {
  const parsed = IncomingEvent.safeParse(item)
  if (!parsed.success) {
    const { code, message, field } = refusalOf(parsed.error)
    throw new DomainError(code, message, field || `events.${index}`)
  }
  const text = JSON.stringify(item)
  if (Buffer.byteLength(text) > MAXIMUM_EVENT_BYTES)
    throw new DomainError('event_too_large', `an event may have ${MAXIMUM_EVENT_BYTES} bytes`, `events.${index}`)
  if (/"(__proto__|prototype)":/.test(text)) refusePrototypeKeys(item)
  return parsed.data
}

function parseEvent(item: unknown, index: number, configuration: Configuration, checked: Map<string, unknown>): Parsed {
  if (item instanceof DomainError) throw item
  const sent = isPlain(item, checked) ? item : checkAtLength(item, index)
  if (sent.quote === undefined) return { input: sent, claims: null }
  const claims = openQuote(sent.quote, configuration.secrets.signing)
  return { input: { ...termsOf(claims, sent), ...sent }, claims }
}

const tellsExposure = (input: IncomingEvent): boolean =>
  (input.event ?? input.eventType ?? input.activity ?? input.type) === 'experiment_viewed'

/** The variant of ours that an event says was seen. Tags of other makers name it their own way. */
async function readExposure(configuration: Configuration, input: IncomingEvent): Promise<ExposureBody | null> {
  const experimentId = input.experimentId ?? input.experiment_id ?? input.metadata?.experiment_id
  const variantId = input.variantId ?? input.variation_id ?? input.metadata?.variation_id
  if (typeof experimentId !== 'string' || typeof variantId !== 'string') return null
  const book = await configuration.flags()
  return exposureOf((key) => book.experiment(key), experimentId, variantId, configuration.root.version)
}

const knownFields = new Set(Object.keys(IncomingEvent.shape))
function extrasOf(input: IncomingEvent): Record<string, unknown> {
  const extras: Record<string, unknown> = {}
  for (const name of Object.keys(input)) if (!knownFields.has(name)) extras[name] = input[name]
  return extras
}

/** Currencies of every product the batch names; what is missing we do not know. */
async function currenciesOf(configuration: Configuration, parsed: readonly (Parsed | null)[]): Promise<Map<string, string[]>> {
  const ids = new Set<string>()
  for (const found of parsed) {
    if (found?.input.productId !== undefined) ids.add(found.input.productId)
    for (const { item_id } of found?.input.items ?? []) if (item_id !== undefined) ids.add(item_id)
  }
  const currencies = new Map<string, string[]>()
  await Promise.all(
    [...ids].map(async (id) => {
      const slice = await configuration.slice(id)
      if (slice) currencies.set(id, Object.keys(slice.product.prices))
    }),
  )
  return currencies
}

async function personOfEvent(
  c: Context<AppEnv>,
  configuration: Configuration,
  intake: Intake,
  people: Map<string, Promise<Person | null>>,
  input: IncomingEvent,
  now: number,
): Promise<Person> {
  const customerId = input.customerId ?? input.userId
  if (input.customerId !== undefined && input.userId !== undefined && input.customerId !== input.userId) {
    throw new DomainError('invalid_id', 'customerId and userId name two people', 'userId')
  }
  // No id holds a line break.
  const key = `${customerId ?? ''}\n${input.visitorId ?? ''}`
  let person = people.get(key)
  if (!person) {
    const ownWay = intake.personOf?.(input)
    person = ownWay
      ? Promise.resolve(ownWay)
      : personOf(c.env, c.var.caller, configuration, { customerId, visitorId: input.visitorId, token: intake.token }, now)
    people.set(key, person)
  }
  const found = await person
  if (found) return found
  if (input.visitorId !== undefined) throw new DomainError('invalid_id', 'this visitorId was not minted here', 'visitorId')
  if (customerId !== undefined)
    throw new DomainError('invalid_token', "a browser speaks for a customer only with the shop's token", 'token')
  throw new DomainError('missing_field', 'an event needs a visitorId or a customerId', 'customerId')
}

async function keepRefused(
  c: Context<AppEnv>,
  configuration: Configuration,
  raw: readonly unknown[],
  results: readonly EventResult[],
  { origin }: Intake,
): Promise<void> {
  const refused: Rejected[] = []
  for (const { index, status, code, field } of results) {
    if (status !== 'rejected' || code === undefined || code === 'erased') continue
    const customerId = textOf(raw[index], 'customerId') ?? textOf(raw[index], 'userId')
    const tombstone = customerId === null ? null : tombstoneOf(configuration.secrets, customerId)
    const body = raw[index] instanceof DomainError ? '' : JSON.stringify(raw[index])
    refused.push({ source: origin, code, field: field ?? null, body: body ?? 'null', tombstone })
  }
  await keepAside(c, refused)
}

/** What the answer waits for the store of refused events, which helps people and holds no money. */
const KEEPING_MS = 1_000

/** Keeps what was refused where people can see it. */
export async function keepAside(c: Context<AppEnv>, refused: readonly Rejected[]): Promise<void> {
  if (refused.length === 0) return
  const kept = keepRejected(c.env.DB, refused, Date.now()).catch((error: unknown) => console.error('refused events not kept', error))
  c.executionCtx.waitUntil(kept)
  await within(kept, KEEPING_MS)
}

/** The counts of a batch answer. */
export function summary(results: readonly EventResult[]) {
  const count = (status: EventResult['status']) => results.filter((result) => result.status === status).length
  return { accepted: count('accepted'), duplicate: count('duplicate'), rejected: count('rejected'), retry: count('retry') }
}
