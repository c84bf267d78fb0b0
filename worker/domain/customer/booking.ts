import type { Origin } from '../../contract/lists.ts'
import { dayOf, HOUR_MS } from '../time.ts'

/** How long a day takes late events; after that it is closed for good. */
export const OPEN_MS = 48 * HOUR_MS

/**
 * Day under which an event is booked: its own while that day is open, or for history; else the day of acceptance, so
 * that a closed day never changes. An event from a clock that runs ahead is booked today.
 */
export function bookedDayOf(occurredAt: number, origin: Origin, now: number): string {
  if (origin !== 'import' && occurredAt < now - OPEN_MS) return dayOf(now)
  return dayOf(Math.min(occurredAt, now))
}
