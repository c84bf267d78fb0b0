import { DurableObject } from 'cloudflare:workers'
import type { EventStatus } from '../contract/lists.ts'
import type { ProblemCode } from '../contract/problem.ts'
import type { NormalEvent } from '../domain/customer/accept.ts'
import { timersOf } from '../domain/customer/behaviour.ts'
import { bookedDayOf, OPEN_MS } from '../domain/customer/booking.ts'
import { type AcceptedEvent, decisionEventId, redeemedEventId, voidedEventId } from '../domain/customer/event.ts'
import { born, type Identity, type Who } from '../domain/customer/identity.ts'
import { liveLineOf } from '../domain/customer/live-line.ts'
import { digestOf, formatDigest } from '../domain/customer/rollup.ts'
import { type Outcome, refuse, succeed } from '../domain/error.ts'
import { DAY_MS, dayOf, MINUTE_MS, SECOND_MS, startOfDay } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { CustomerLog, type Estate } from './log.ts'
import { Outbox } from './outbox.ts'
import { type PricedOffer, type PriceRequest, PricingDesk } from './pricing-desk.ts'

/** Changes wait this long for company before they become an entry: one entry then carries a burst. */
const COALESCE_MS = 250
/** Behaviour older than this is compacted, and so is the older half of a log that has grown past the limit. */
const BEHAVIOUR_KEPT_MS = 90 * DAY_MS
const MAXIMUM_EVENTS = 10_000
/** A timer that should have fired longer ago than this finds its day closed and fires no more. */
const TIMER_PATIENCE_MS = OPEN_MS

/** An answer of this object, or the object that now speaks for this person. */
export type Routed<T> = { forward: string } | { outcome: Outcome<T> }

export interface Settled {
  id: string
  status: EventStatus
  bookedDay?: string
  code?: ProblemCode
  message?: string
  field?: string
}

/**
 * One customer. The only writer of their state, so everything here is plain sequential code: what a method does between
 * two awaits nobody else sees half done. Refusals are returned, never thrown across RPC.
 */
export class CustomerObject extends DurableObject<Env> {
  readonly #object: string
  readonly #log: CustomerLog
  readonly #outbox: Outbox
  readonly #desk: PricingDesk
  #alarmAt: number | null | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#object = ctx.id.toString()
    this.#log = new CustomerLog(ctx.storage, this.#object)
    this.#outbox = new Outbox(ctx.storage, this.#log, this.#object, env.PROJECTIONS)
    this.#desk = new PricingDesk(ctx.storage, this.#log, this.#object)
  }

  /** Why this object does not speak for `who`: it has moved on, is gone, or was never meant by a visitor's id. */
  #elsewhere(who: Who): Routed<never> | null {
    const identity = this.#log.identity
    if (!identity) return null
    if (identity.forward) return { forward: identity.forward.object }
    if (identity.erased) return { outcome: refuse('erased', 'this person has been erased') }
    if (who.kind === 'visitor' && identity.kind === 'customer') return { outcome: refuse('not_found', 'no such visitor', 'visitorId') }
    return null
  }

  // ── Prices ─────────────────────────────────────────────────────────────────────────────────────────────────────

  price(who: Who, request: PriceRequest): Routed<PricedOffer[]> {
    const elsewhere = this.#elsewhere(who)
    if (elsewhere) return elsewhere
    const { identity } = this.#log
    const priced = this.#desk.price(request, identity?.subject ?? born(who, this.#object, request.now).subject)
    if (!priced.ok) return { outcome: priced }
    const { offers, events, write } = priced.value
    if (events.length > 0) {
      this.#write(who, request.now, () => {
        this.#log.append(events)
        write()
      })
      this.#wake(request.now + COALESCE_MS)
    }
    return { outcome: succeed(offers) }
  }

  /** The caller fell back to the list price before this decision arrived: it was never served. */
  voidDecisions(decisionIds: string[], now: number): Routed<null> {
    const identity = this.#log.identity
    if (identity?.forward) return { forward: identity.forward.object }
    const known = decisionIds.filter((id) => this.#log.has(decisionEventId(id)) && !this.#log.has(redeemedEventId(id)))
    if (known.length === 0) return { outcome: succeed(null) }
    this.#write({ kind: 'visitor' }, now, () => {
      this.#log.append(
        known.map((decisionId) => this.#system(voidedEventId(decisionId), 'decision_voided', now, { kind: 'decision_voided', decisionId })),
      )
      for (const id of known) this.#desk.end(id)
    })
    this.#wake(now + COALESCE_MS)
    return { outcome: succeed(null) }
  }

  /** Spends a quote on a transaction, once; the same transaction may ask again. */
  redeem(decisionId: string, transactionId: string, expired: boolean, now: number): Routed<{ object: string; subject: string }> {
    const identity = this.#log.identity
    if (identity?.forward) return { forward: identity.forward.object }
    if (!identity || !this.#log.has(decisionEventId(decisionId)))
      return { outcome: refuse('quote_void', 'we no longer know this quote', 'quote') }
    if (this.#log.has(voidedEventId(decisionId))) return { outcome: refuse('quote_void', 'this quote was never served', 'quote') }
    const redeemed = this.#log.event(redeemedEventId(decisionId))
    if (redeemed?.body.kind === 'quote_redeemed') {
      if (redeemed.body.transactionId !== transactionId)
        return { outcome: refuse('quote_used', 'this quote has paid for another transaction', 'quote') }
    } else {
      if (expired) return { outcome: refuse('quote_expired', 'the quote has expired', 'quote') }
      this.#write({ kind: 'visitor' }, now, () => {
        this.#log.append([
          this.#system(redeemedEventId(decisionId), 'quote_redeemed', now, { kind: 'quote_redeemed', decisionId, transactionId }),
        ])
        this.#desk.end(decisionId)
      })
      this.#wake(now + COALESCE_MS)
    }
    return { outcome: succeed({ object: this.#object, subject: identity.subject }) }
  }

  /** State of a decision's quote without spending it. */
  quoteState(decisionId: string): Routed<{ code: ProblemCode | null; subject: string }> {
    const identity = this.#log.identity
    if (identity?.forward) return { forward: identity.forward.object }
    const code =
      !this.#log.has(decisionEventId(decisionId)) || this.#log.has(voidedEventId(decisionId))
        ? 'quote_void'
        : this.#log.has(redeemedEventId(decisionId))
          ? 'quote_used'
          : null
    return { outcome: succeed({ code, subject: identity?.subject ?? this.#object }) }
  }

  /** Name of the object that speaks for this person. */
  speaker(): Routed<string> {
    const forward = this.#log.identity?.forward
    return forward ? { forward: forward.object } : { outcome: succeed(this.#object) }
  }

  decision(decisionId: string): Routed<AcceptedEvent | null> {
    const identity = this.#log.identity
    if (identity?.forward) return { forward: identity.forward.object }
    return { outcome: succeed(this.#log.event(decisionEventId(decisionId))) }
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Accepts events into the log. The answer comes after the commit; storage holds it back until the write is durable. */
  ingest(who: Who, events: NormalEvent[], now: number): Routed<Settled[]> {
    const elsewhere = this.#elsewhere(who)
    if (elsewhere) return elsewhere
    if (this.#log.countSince(dayOf(now - OPEN_MS)) + events.length > MAXIMUM_EVENTS && events.some(({ origin }) => origin !== 'import')) {
      return { outcome: refuse('flood', 'too many events of one customer in two days') }
    }
    const known = this.#log.known(events.map(({ id }) => id))
    const accepted = new Map<string, AcceptedEvent>()
    const settled = events.map((event): Settled => {
      const { id } = event
      const bookedDay = known.get(id) ?? accepted.get(id)?.bookedDay
      if (bookedDay !== undefined) return { id, status: 'duplicate', bookedDay }
      const refusal = this.#refusalOf(event)
      if (refusal) return { id, ...refusal }
      const booked: AcceptedEvent = { ...event, bookedDay: bookedDayOf(event.occurredAt, event.origin, now), home: this.#object }
      accepted.set(id, booked)
      return { id, status: 'accepted', bookedDay: booked.bookedDay }
    })
    if (accepted.size > 0) {
      this.#write(who, now, () => {
        this.#log.append([...accepted.values()])
        for (const { body } of accepted.values()) if (body.kind === 'decision_voided') this.#desk.end(body.decisionId)
      })
      for (const event of accepted.values()) if (event.origin !== 'import') this.#outbox.notice(liveLineOf(event))
      this.#wake(now + COALESCE_MS)
    }
    return { outcome: succeed(settled) }
  }

  /** What only the customer's own state can refuse. */
  #refusalOf({ body, verified }: NormalEvent): Omit<Settled, 'id'> | null {
    if (!verified) return null
    const { purchases } = this.#log.facts
    if (body.kind === 'purchase' && purchases[body.transactionId]) return { status: 'duplicate' }
    if (body.kind !== 'refund' && body.kind !== 'dispute_opened') return null
    const purchase = purchases[body.transactionId]
    if (!purchase) return null
    if (purchase.currency !== body.currency) {
      return { status: 'rejected', code: 'currency_mismatch', message: `the purchase was in ${purchase.currency}`, field: 'currency' }
    }
    if (body.amountMinor > purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor) {
      return { status: 'rejected', code: 'refund_above_capture', message: 'more than is left of the purchase', field: 'amount' }
    }
    return null
  }

  // ── Identity ───────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * This visitor says they are a customer. First one wins: somebody else on the same browser gets `taken` and a visitor
   * id of their own. Marking the forward and withdrawing one's contributions is one transaction; the hand-over after it
   * is repeated by the alarm until the customer's object has confirmed.
   */
  async identify(customerId: string, customerObject: string, now: number): Promise<Outcome<{ taken: boolean; subject: string }>> {
    const identity = this.#log.identity
    if (identity?.kind === 'customer') return refuse('invalid_id', 'this is not a visitor', 'visitorId')
    if (identity?.erased) return refuse('erased', 'this visitor has been erased')
    if (identity?.forward && identity.forward.customerId !== customerId) return succeed({ taken: true, subject: '' })
    if (!identity?.forward) {
      this.#write({ kind: 'visitor' }, now, (current) => {
        this.#log.saveIdentity({ ...current, forward: { object: customerObject, customerId, confirmed: false } })
      })
    }
    this.#wake(now + 5 * SECOND_MS)
    return this.#handOver(now)
  }

  async #handOver(now: number): Promise<Outcome<{ taken: boolean; subject: string }>> {
    const { forward } = this.#log.identity as Identity
    if (!forward) return refuse('internal', 'nothing to hand over')
    const customer = this.env.CUSTOMERS.get(this.env.CUSTOMERS.idFromString(forward.object))
    const taken = await customer.absorb(forward.customerId, forward.confirmed ? null : this.#log.surrender(), now)
    if (taken.ok && !forward.confirmed) {
      this.#write({ kind: 'visitor' }, now, (current) => {
        this.#log.withdraw()
        this.#log.saveIdentity({ ...current, forward: { ...forward, confirmed: true } })
      })
      this.#wake(now + COALESCE_MS)
    }
    return taken.ok ? succeed({ taken: false, subject: taken.value.subject }) : taken
  }

  /** Takes in a visitor's log. Idempotent by visitor; with null it only says who the customer is. */
  absorb(customerId: string, estate: Estate | null, now: number): Outcome<{ subject: string }> {
    const identity = this.#log.identity
    if (identity?.erased) return refuse('erased', 'this customer has been erased')
    if (estate && !identity?.absorbed.includes(estate.object)) {
      this.#write(
        { kind: 'customer', customerId },
        now,
        (current) => {
          this.#log.saveIdentity({
            ...current,
            bornAt: Math.min(current.bornAt, estate.bornAt),
            absorbed: [...current.absorbed, estate.object],
          })
          this.#log.absorb(estate)
          this.#desk.forget()
        },
        estate.subject,
      )
      this.#wake(now + COALESCE_MS)
    }
    return succeed({ subject: this.#log.identity?.subject ?? customerId })
  }

  /** Forgets a person: the log goes at once, sums stay without a name, and nothing can be sent under this id again. */
  async erase(now: number): Promise<Routed<{ visitors: string[] }>> {
    const identity = this.#log.identity
    if (identity?.forward) return { forward: identity.forward.object }
    const visitors = identity?.absorbed ?? []
    if (!identity?.erased) {
      this.#write({ kind: 'visitor' }, now, () => {
        this.#outbox.depart(now)
        this.ctx.storage.sql.exec(`UPDATE outbox SET body = NULL WHERE state = 'acked'`)
        this.#log.saveIdentity({ kind: 'visitor', customerId: null, subject: '', bornAt: 0, forward: null, absorbed: [], erased: true })
        this.#desk.forget()
      })
      this.#wake(now)
    }
    return { outcome: succeed({ visitors }) }
  }

  /** A forward names its customer; when that customer is erased, it goes too. */
  eraseForward(now: number): void {
    const identity = this.#log.identity
    if (!identity) return
    this.#write({ kind: 'visitor' }, now, (current) => {
      this.#log.empty()
      this.ctx.storage.sql.exec(`UPDATE outbox SET body = NULL WHERE state = 'acked'`)
      this.#log.saveIdentity({ ...current, customerId: null, subject: '', forward: null, erased: true })
    })
  }

  /** Everything kept of this person, for an access request. */
  export(): Routed<{ identity: Identity | null; events: AcceptedEvent[] }> {
    const identity = this.#log.identity
    if (identity?.forward) return { forward: identity.forward.object }
    return { outcome: succeed({ identity, events: this.#log.events() }) }
  }

  // ── Projections ────────────────────────────────────────────────────────────────────────────────────────────────

  async ack(seq: number): Promise<void> {
    const now = Date.now()
    this.#outbox.ack(seq, now)
    const identity = this.#log.identity
    if (this.#outbox.isSettled && (identity?.erased || identity?.forward?.confirmed)) this.#tidy()
    else await this.#outbox.flush(now)
    this.#arm(now)
  }

  /** After the last entry of a person who is gone: nothing stays but the mark, or the forward. */
  #tidy(): void {
    this.ctx.storage.transactionSync(() => {
      this.#log.empty()
      if (this.#log.identity?.erased) this.ctx.storage.sql.exec('UPDATE outbox SET body = NULL')
    })
  }

  async catchUp(lastSeq: number): Promise<void> {
    this.#outbox.catchUp(lastSeq)
    await this.#outbox.flush(Date.now())
    this.#arm(Date.now())
  }

  park(seq: number): void {
    this.#outbox.park(seq)
  }

  async replay(seq: number): Promise<boolean> {
    const replayed = this.#outbox.replay(seq)
    if (replayed) await this.#outbox.flush(Date.now())
    this.#arm(Date.now())
    return replayed
  }

  /** What has not reached D1: changes that wait for the alarm, or an entry on its way. */
  pending(): 'alarm' | 'flight' | null {
    if (this.#outbox.isSettled) return null
    return (this.#outbox.dueAt(Date.now()) ?? Number.POSITIVE_INFINITY) <= Date.now() ? 'alarm' : 'flight'
  }

  /** For reconciliation: the digest recomputed from the contributions themselves, and what was shipped at an entry. */
  digests(seq: number): { current: string; recomputed: string; atSeq: string | null; lastAcked: number } {
    return {
      current: formatDigest(this.#log.digest),
      recomputed: formatDigest(digestOf(this.#log.contributions())),
      atSeq: this.#outbox.digestAt(seq),
      lastAcked: this.#outbox.lastAcked(),
    }
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────

  override async alarm(): Promise<void> {
    const now = Date.now()
    this.#alarmAt = null
    try {
      this.#fireTimers(now)
      this.#compactWhenDue(now)
      const forward = this.#log.identity?.forward
      if (forward && !forward.confirmed) await this.#handOver(now)
      await this.#outbox.flush(now)
      this.#arm(now)
    } catch (error) {
      // The platform gives up on an alarm after six failures; ours must not be given up.
      console.error(error)
      this.#log.forget()
      this.#desk.forget()
      this.#wake(now + MINUTE_MS)
    }
  }

  #fireTimers(now: number): void {
    const due = timersOf(this.#log.facts).filter(({ at }) => at <= now && at > now - TIMER_PATIENCE_MS)
    if (due.length === 0) return
    const startedAt = this.#log.facts.checkoutStartedAt as number
    this.#write({ kind: 'visitor' }, now, () =>
      this.#log.append(due.map(({ id, at }) => this.#system(id, 'checkout_abandoned', at, { kind: 'checkout_abandoned', startedAt }))),
    )
  }

  /** When behaviour grows old enough to be compacted; a log that was just written waits, an import may still be coming. */
  #compactAt(): number | null {
    const oldest = this.#log.oldestBehaviour()
    return oldest && Math.max(startOfDay(oldest.day) + BEHAVIOUR_KEPT_MS + DAY_MS, oldest.writtenAt + OPEN_MS)
  }

  #compactWhenDue(now: number): void {
    const due = (this.#compactAt() ?? now + 1) <= now
    const crowded = this.#log.facts.events > MAXIMUM_EVENTS && this.#log.countSince('') > MAXIMUM_EVENTS
    if (due || crowded) this.#write({ kind: 'visitor' }, now, () => this.#log.compact(dayOf(now - (crowded ? OPEN_MS : BEHAVIOUR_KEPT_MS))))
  }

  /** One alarm for everything that waits: timers, the outbox, an unfinished hand-over. */
  #arm(now: number): void {
    const waits = [
      this.#outbox.dueAt(now),
      ...timersOf(this.#log.facts).flatMap(({ at }) => (at > now - TIMER_PATIENCE_MS ? [at] : [])),
      this.#compactAt(),
      this.#log.identity?.forward?.confirmed === false ? now + 5 * SECOND_MS : null,
    ].filter((at) => at !== null)
    if (waits.length > 0) this.#wake(Math.max(Math.min(...waits), now))
  }

  #wake(at: number): void {
    if (this.#alarmAt !== undefined && this.#alarmAt !== null && this.#alarmAt <= at) return
    this.#alarmAt = at
    void this.ctx.storage.setAlarm(at)
  }

  // ── Writing ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** One transaction, begun with an identity on the first write; after a rollback memory is read anew. */
  #write<T>(who: Who, now: number, change: (identity: Identity) => T, subject?: string): T {
    try {
      return this.ctx.storage.transactionSync(() => {
        const identity = this.#log.identity
        if (!identity) this.#log.begin(born(who, this.#object, now, subject))
        else if (who.kind === 'customer' && identity.kind === 'visitor' && !identity.erased) {
          this.#log.saveIdentity({ ...identity, kind: 'customer', customerId: who.customerId })
        }
        return change(this.#log.identity as Identity)
      })
    } catch (error) {
      this.#log.forget()
      this.#desk.forget()
      throw error
    }
  }

  #system(id: string, type: string, occurredAt: number, body: AcceptedEvent['body']): AcceptedEvent {
    return {
      id,
      type,
      occurredAt,
      bookedDay: bookedDayOf(occurredAt, 'system', Date.now()),
      origin: 'system',
      verified: true,
      home: this.#object,
      context: { country: null, device: null, source: null, sessionId: null },
      body,
      metadata: {},
    }
  }
}
