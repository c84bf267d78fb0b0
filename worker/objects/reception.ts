import type { EventStatus } from '../contract/lists.ts'
import type { ProblemCode } from '../contract/problem.ts'
import { bookedDayOf } from '../domain/customer/booking.ts'
import { type AcceptedEvent, isMoney, vouchedEventId } from '../domain/customer/event.ts'
import { judgeOf, mismatchOf, type Refusal } from '../domain/customer/refusals.ts'
import type { CustomerLog } from './log.ts'
import type { PricingDesk } from './pricing-desk.ts'
import type { SelfRecord } from './self.ts'

/** What became of a batch: nearly always all of it was accepted on one day. */
export type Settlement = { acceptedOn: string } | { settled: Settled[] }

export interface Settled {
  id: string
  status: EventStatus
  bookedDay?: string
  code?: ProblemCode
  message?: string
  field?: string
}

/** What is to become of a batch, before anything is written. */
export interface Settling {
  settled: Settled[]
  /** Events to write, each with the day it is booked under. */
  accepted: AcceptedEvent[]
  /** Whether these are all that was sent, under the names they were sent by. */
  isAsSent: boolean
}

const FLOOD = { status: 'retry', code: 'flood', message: 'too many events of one customer in two days' } as const
/** Ids under which the log may know an event. */
const namesOf = (event: AcceptedEvent) => (isMoney(event) ? [event.id, vouchedEventId(event.id)] : [event.id])

/** Settles what comes in against what the log has: repeats, what money may not do, floods. Writes nothing. */
export class Reception {
  readonly #self: SelfRecord
  readonly #log: CustomerLog
  readonly #desk: PricingDesk

  constructor(self: SelfRecord, log: CustomerLog, desk: PricingDesk) {
    this.#self = self
    this.#log = log
    this.#desk = desk
  }

  settle(events: readonly AcceptedEvent[], now: number): Settling {
    return this.#settle(events, now, this.#log.known(events.flatMap(namesOf))) as Settling
  }

  /** Without a look at the log, as if none of it had come before. Null where that look is needed: a repeat must not be refused for what it has done itself. */
  settleAsNew(events: readonly AcceptedEvent[], now: number): Settling | null {
    return events.some(({ origin }) => origin === 'import') ? null : this.#settle(events, now, null)
  }

  /** @param known the names of the batch that the log has already, each with its day; null when nobody has looked */
  #settle(events: readonly AcceptedEvent[], now: number, known: ReadonlyMap<string, string> | null): Settling | null {
    const judge = judgeOf(this.#self.current?.facts ?? null)
    const flooded = this.#log.isFlooded(events.length, now)
    const byName = new Map<string, AcceptedEvent>()
    const accepted: AcceptedEvent[] = []
    const settled: Settled[] = []
    let isAsSent = true
    const find = (name: string) => (known?.has(name) ? this.#log.event(name) : byName.get(name))
    for (const event of events) {
      const { id } = event
      let before = find(id)
      if (before?.verified === false && isMoney(event)) {
        event.id = vouchedEventId(id)
        before = find(event.id)
        isAsSent = false
      }
      const day = known?.get(event.id) ?? before?.bookedDay
      const refusal = day === undefined ? (judge(event) ?? this.#refusalOf(event, now)) : before ? mismatchOf(before, event) : null
      if (refusal && !known) return null
      if (refusal) settled.push({ id, ...refusal })
      else if (day !== undefined) settled.push({ id, status: 'duplicate', bookedDay: day })
      else if (flooded && !isMoney(event) && event.origin !== 'import') settled.push({ id, ...FLOOD })
      else {
        event.bookedDay = bookedDayOf(event.occurredAt, event.origin, now)
        byName.set(event.id, event)
        accepted.push(event)
        settled.push({ id, status: 'accepted', bookedDay: event.bookedDay })
      }
    }
    return { settled, accepted, isAsSent: isAsSent && accepted.length === events.length }
  }

  /** A page may say that it did not show a price, of a price we made, have answered once, and nobody has bought at. */
  #refusalOf({ body }: AcceptedEvent, now: number): Refusal | null {
    if (body.kind !== 'decision_voided') return null
    if (!this.#desk.isOpen(body.decisionId))
      return { status: 'rejected', code: 'not_found', message: 'no open decision of this visitor', field: 'decisionId' }
    if (!this.#desk.mayHaveBeenShown(body.decisionId, now)) return null
    return {
      status: 'rejected',
      code: 'conflict',
      message: 'this price was answered before, and may have been shown then',
      field: 'decisionId',
    }
  }
}
