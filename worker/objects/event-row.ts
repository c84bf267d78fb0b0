import type { AcceptedEvent, EventContext } from '../domain/customer/event.ts'

/**
 * An event as it lies in storage: what its columns say, and what nearly every event says, is not written again. Behaviour is
 * most of a log, and half of its bytes would be defaults.
 */
interface Packed extends Pick<AcceptedEvent, 'type' | 'origin' | 'verified' | 'body'> {
  home?: string
  context?: Partial<EventContext>
  metadata?: Record<string, unknown>
}

export interface EventRow {
  [column: string]: SqlStorageValue
  id: string
  bookedDay: string
  occurredAt: number
  body: string
}

export const EVENT_COLUMNS = 'id, booked_day AS bookedDay, occurred_at AS occurredAt, body'

/** The row, its body still to be written as JSON. */
export function packEvent(event: AcceptedEvent, object: string): [string, string, number, 0 | 1, Packed] {
  const { type, origin, verified, body, home, metadata } = event
  const packed: Packed = { type, origin, verified, body }
  if (home !== object) packed.home = home
  const context = toldOf(event.context)
  if (context) packed.context = context
  if (Object.keys(metadata).length > 0) packed.metadata = metadata
  return [event.id, event.bookedDay, event.occurredAt, body.kind === 'behaviour' ? 1 : 0, packed]
}

/** What is known of a context; undefined for nothing. */
function toldOf({ country, device, source, sessionId }: EventContext): Partial<EventContext> | undefined {
  if (country === null && device === null && source === null && sessionId === null) return undefined
  const told: Partial<EventContext> = {}
  if (country !== null) told.country = country
  if (device !== null) told.device = device
  if (source !== null) told.source = source
  if (sessionId !== null) told.sessionId = sessionId
  return told
}

export function unpackEvent({ id, bookedDay, occurredAt, body }: EventRow, object: string): AcceptedEvent {
  const packed = JSON.parse(body) as Packed
  return {
    id,
    occurredAt,
    bookedDay,
    home: object,
    metadata: {},
    ...packed,
    context: { country: null, device: null, source: null, sessionId: null, ...packed.context },
  }
}
