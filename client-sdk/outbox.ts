import type { BatchAnswer } from '../worker/contract/events.ts'
import { EVENT_FIELDS } from './event-fields.ts'
import { flushMs, onDropped } from './settings.ts'
import { attempt, read, write } from './store.ts'
import type { DropReason, EventFields, OutgoingEvent } from './types.ts'
import { known, refused, visitorId } from './visitor.ts'
import { addressOf, type Refusal, request } from './wire.ts'

/*
 * Events on their way. Each is stored under a key of its own, so tabs do not overwrite each other, and removed only when
 * the server has settled it; what a beacon carried is sent again later, because nobody hears whether it arrived, and the
 * event's id makes the second time harmless.
 */

const STORED = 'fl_e_'
const PATH = 'api/events?'
const MAXIMUM_EVENTS = 500
const MAXIMUM_BATCH = 10
/** Characters; at three bytes each still below the 64 KB that browsers let outlive a page. */
const MAXIMUM_CHARACTERS = 20_000
const MAXIMUM_BACKOFF_MS = 60_000
/** An event heats for this long; while it is hotter than a few events make it, those that come are a burst, which can wait for company. */
const COOLING_MS = 1000
const BURST_MS = 4 * COOLING_MS
/** How long any other event waits: long enough for what a click brings with it, short enough to be seen at once. */
const SOON_MS = 250

const pending = new Map<string, OutgoingEvent>()
/** What a request carries just now; undefined: none does. */
let sending: OutgoingEvent[] | undefined
/** A beacon has gone out; sending waits until the page is back. */
let left = false
let timer: ReturnType<typeof setTimeout>
let dueAt = Number.POSITIVE_INFINITY
let notBefore = 0
let backoffMs = 0
let hotUntil = 0

/** The one exit of events that will never arrive. */
const drop = (event: OutgoingEvent, reason: DropReason) => attempt(() => onDropped?.(event, reason))

const store = (event: OutgoingEvent) => write(STORED + event.id, JSON.stringify(event))

function settle(event: OutgoingEvent, reason?: DropReason): void {
  if (!pending.delete(event.id)) return
  write(STORED + event.id)
  if (reason) drop(event, reason)
}

export function clear(reason: DropReason): void {
  for (const event of pending.values()) settle(event, reason)
}

function put(event: OutgoingEvent): void {
  pending.set(event.id, event)
  for (const oldest of pending.values()) if (pending.size > MAXIMUM_EVENTS) settle(oldest, 'overflow')
}

/** Sends after a delay, or sooner where that is planned already. */
function plan(delayMs = Math.min(flushMs, SOON_MS)): void {
  const now = Date.now()
  dueAt = Math.max(notBefore, Math.min(dueAt, now + (pending.size < MAXIMUM_BATCH ? delayMs : 0)))
  clearTimeout(timer)
  timer = setTimeout(flush, dueAt - now)
}

/** Up to ten events and what the body they make may hold. */
function pack(events: OutgoingEvent[], owner: string): OutgoingEvent[] {
  const batch = events.slice(0, MAXIMUM_BATCH)
  for (const event of batch) event.visitorId ??= owner
  while (batch[1] && JSON.stringify(batch).length > MAXIMUM_CHARACTERS) batch.pop()
  return batch
}

export async function flush(): Promise<void> {
  dueAt = Number.POSITIVE_INFINITY
  if (sending || left || !pending.size) return
  sending = [...pending.values()]
  /** Why it has to be sent again. */
  let failure: Partial<Refusal> | undefined
  try {
    const owner = await visitorId()
    if (owner) {
      sending = pack(sending, owner)
      const { results } = await request<BatchAnswer>(PATH, { events: sending })
      for (const { index, status, code, field } of results) {
        const event = sending[index] as OutgoingEvent
        if (status === 'retry') failure = {}
        // A wrong clock must not cost the event: without a time it gets the server's.
        else if (event.timestamp && field?.endsWith('timestamp')) {
          delete event.timestamp
          store(event)
        } else settle(event, code)
      }
    } else clear('consent')
  } catch (error) {
    const { code, status } = error as Refusal
    // The key itself is refused: no event kept for it can ever leave.
    if (/^4(?!08|29)/.test(`${status}`)) for (const event of code === 'unauthorized' ? pending.values() : sending) settle(event, code)
    else failure = error as Refusal
  }
  sending = undefined
  if (failure) {
    backoffMs = Math.min(MAXIMUM_BACKOFF_MS, backoffMs * 2 || flushMs / 5)
    notBefore = Date.now() + Math.max(failure.waitMs ?? 0, backoffMs * (0.5 + Math.random() / 2))
  } else backoffMs = 0
  if (pending.size) plan()
}

/** The page goes away: hands over by beacon what no request carries yet. */
export function leave(): void {
  const owner = known()
  if (!owner || left || Date.now() < notBefore) return
  left = true
  const unsent = [...pending.values()].filter((event) => !sending?.includes(event))
  if (unsent[0]) navigator.sendBeacon?.(addressOf(PATH), JSON.stringify({ events: pack(unsent, owner) }))
}

/** The page is back, or the network is. */
export function resume(): void {
  left = false
  notBefore = 0
  flush()
}

/** Takes up what earlier pages have left. */
export function restore(): void {
  for (const name of attempt(() => Object.keys(localStorage)) ?? []) {
    if (name.startsWith(STORED)) attempt(() => put(JSON.parse(read(name) as string)))
  }
  plan(0)
}

export function track(name: string, fields: EventFields = {}): void {
  // 128 random bits; `crypto.randomUUID` would need a secure context.
  const id = crypto.getRandomValues(new Uint32Array(4)).join('-')
  const event: OutgoingEvent = { id, event: name, timestamp: Date.now(), visitorId: known() }
  try {
    const metadata: Record<string, unknown> = { ...(fields.metadata as object) }
    for (const [field, value] of Object.entries(fields)) {
      const place: Record<string, unknown> = (EVENT_FIELDS as readonly string[]).includes(field) ? event : metadata
      place[field] = value ?? place[field]
    }
    event.metadata = metadata
    if (refused()) drop(event, 'consent')
    else if (JSON.stringify(event).length > MAXIMUM_CHARACTERS) drop(event, 'too_large')
    else {
      put(event)
      store(event)
      const now = Date.now()
      hotUntil = Math.max(now, hotUntil) + COOLING_MS
      plan(hotUntil - now > BURST_MS ? flushMs : undefined)
    }
  } catch {
    drop(event, 'not_json')
  }
}
