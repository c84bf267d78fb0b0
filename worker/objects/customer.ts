import { DurableObject } from 'cloudflare:workers'
import type { ProblemCode } from '../contract/problem.ts'
import { timersOf } from '../domain/customer/behaviour.ts'
import { bookedDayOf, OPEN_MS } from '../domain/customer/booking.ts'
import { type Chain, type ChainQuestion, chainOf } from '../domain/customer/chain.ts'
import { missingDefinitions } from '../domain/customer/definitions.ts'
import { departsAt } from '../domain/customer/departure.ts'
import { type AcceptedEvent, decisionEventId, redeemedEventId, voidedEventId } from '../domain/customer/event.ts'
import { born, type Identity, type Who } from '../domain/customer/identity.ts'
import { type PackedEvent, unpackEvent } from '../domain/customer/packed-event.ts'
import { digestOf, EMPTY_DIGEST, formatDigest } from '../domain/customer/rollup.ts'
import { type Outcome, refuse, succeed } from '../domain/error.ts'
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, SECOND_MS, startOfDay } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { joinLines, splitLines } from '../lines.ts'
import { type Adoption, adoptionOf } from './adoption.ts'
import { AlarmClock } from './alarm-clock.ts'
import { Ledger } from './ledger.ts'
import { CustomerLog, type Estate, isRepeat, MAXIMUM_EVENTS } from './log.ts'
import { Outbox } from './outbox.ts'
import { type PriceRequest, PricingDesk } from './pricing-desk.ts'
import { Reception, type Settled, type Settlement, type Settling } from './reception.ts'
import { SelfRecord } from './self.ts'

/** Changes wait this long for company before they become an entry: one entry then carries a burst. */
const COALESCE_MS = 250
/** Nobody watches for single decisions, and most are followed by an event that takes them along; nor for a server's bulk. */
const COALESCE_BULK_MS = 3 * SECOND_MS
/** Most events a page sends at once. */
const FEW_AT_ONCE = 10
const HAND_OVER_AGAIN_MS = 5 * SECOND_MS
/** Behaviour older than this is compacted, and so is the older part of a log that has grown past the limit. */
const BEHAVIOUR_KEPT_MS = 90 * DAY_MS
/** A timer that should have fired longer ago than this finds its day closed and fires no more. */
const TIMER_PATIENCE_MS = OPEN_MS

/** An answer of this object, or the object that now speaks for this person. */
export type Routed<T> = { forward: string } | { outcome: Outcome<T> }

/** A batch as it is taken in. */
interface Taken {
  who: Who
  /** The whole of it in JSON, which goes into storage where all of it was accepted as it was sent. */
  packed: string
  adoption: Adoption | undefined
  now: number
}

/**
 * One customer. The only writer of their state, so everything here is plain sequential code: what a method does between
 * two awaits nobody else sees half done. Refusals are returned, never thrown across RPC.
 */
export class CustomerObject extends DurableObject<Env> {
  readonly #object: string
  readonly #self: SelfRecord
  readonly #ledger: Ledger
  readonly #log: CustomerLog
  readonly #outbox: Outbox
  readonly #desk: PricingDesk
  readonly #reception: Reception
  readonly #alarm: AlarmClock
  #failures = 0
  /** When what gathers wants to be shipped; while an entry is in flight it has to wait for that. */
  #shipAt: number | null = null

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { sql } = ctx.storage
    this.#object = ctx.id.toString()
    this.#self = new SelfRecord(ctx.storage, { onRead: (self) => this.#log.catchUp(self), onRollback: () => this.#forget() })
    this.#ledger = new Ledger(sql, this.#self)
    this.#log = new CustomerLog(sql, this.#self, this.#ledger, this.#object)
    this.#outbox = new Outbox(sql, this.#self, this.#ledger, this.#object)
    this.#desk = new PricingDesk(this.#self, this.#log, this.#object)
    this.#reception = new Reception(this.#self, this.#log, this.#desk)
    this.#alarm = new AlarmClock(ctx.storage)
    if (this.#self.current) void ctx.blockConcurrencyWhile(() => this.#alarm.learn())
  }

  get #identity(): Identity | null {
    return this.#self.current?.identity ?? null
  }

  /** Why this object does not speak for `who`: it has moved on, is gone, or was never meant by a visitor's id. */
  #elsewhere(who: Who): Routed<never> | null {
    const moved = this.#movedFrom(who)
    const identity = this.#identity
    if (moved || !identity) return moved
    if (identity.erased) return { outcome: refuse('erased', 'this person has been erased') }
    if (who.kind === 'visitor' && identity.kind === 'customer') return { outcome: refuse('not_found', 'no such visitor', 'visitorId') }
    return null
  }

  /** Where a person has gone, or that they are still on their way here: whoever forwards may not have handed over yet. */
  #movedFrom(who: Who): Routed<never> | null {
    const identity = this.#identity
    if (!identity) return who.kind === 'forwarded' ? { outcome: refuse('unavailable', 'this person is just moving in') } : null
    return identity.forward ? { forward: identity.forward.object } : null
  }

  // ── Prices ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Prices of the slices a request names, each as the JSON its caller is told, in lines. Null, and nothing has happened,
   * where a text it names is not known here: ask again with all of them.
   *
   * @param lines JSON: who asks (`Who`), the `PriceRequest`, and the texts it names (`PricingTexts`) or none
   */
  price(lines: string): string | null | Routed<never> {
    const [asker, asked, ...texts] = splitLines(lines) as [string, string, ...string[]]
    const who = JSON.parse(asker) as Who
    const elsewhere = this.#elsewhere(who)
    if (elsewhere) return elsewhere
    const request = JSON.parse(asked) as PriceRequest
    const priced = this.#desk.price(request, texts, this.#identity?.subject ?? born(who, this.#object, request.now).subject)
    if (!priced) return null
    const isFlood = priced.ok && priced.value.events.length > 0 && this.#log.isFlooded(priced.value.events.length, request.now)
    if (!priced.ok || isFlood) {
      // What is not written was never decided: nobody may be answered it again.
      this.#desk.forget()
      return { outcome: priced.ok ? refuse('flood', 'too many decisions for one customer in two days') : priced }
    }
    const { offers, events } = priced.value
    if (events.length > 0) {
      this.#write(who, request.now, () => this.#log.append(events, request.now))
      this.#gather(request.now + COALESCE_BULK_MS)
    }
    return joinLines(...offers)
  }

  /** The caller fell back to the list price before the decisions of a request arrived: they were never served. */
  voidDecisions(nonce: string, count: number, now: number): Routed<null> {
    const identity = this.#identity
    if (identity?.forward) return { forward: identity.forward.object }
    const open = this.#desk
      .decisionIds(nonce, count)
      .filter((id) => this.#desk.isOpen(id) && !this.#log.has(voidedEventId(id)) && !this.#desk.mayHaveBeenShown(id, now))
    if (open.length === 0) return { outcome: succeed(null) }
    this.#write({ kind: 'visitor' }, now, () => {
      this.#log.append(
        open.map((decisionId) => this.#system(voidedEventId(decisionId), 'decision_voided', now, { kind: 'decision_voided', decisionId })),
        now,
      )
    })
    this.#desk.forget()
    this.#gather(now + COALESCE_BULK_MS)
    return { outcome: succeed(null) }
  }

  /** Spends a quote on a transaction, once; the same transaction may ask again. */
  redeem(who: Who, decisionId: string, transactionId: string, expired: boolean, now: number): Routed<{ object: string; subject: string }> {
    const elsewhere = this.#movedFrom(who)
    if (elsewhere) return elsewhere
    const identity = this.#identity
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
        const body = { kind: 'quote_redeemed' as const, decisionId, transactionId }
        this.#log.append([this.#system(redeemedEventId(decisionId), 'quote_redeemed', now, body)], now)
      })
      this.#desk.forget()
      this.#gather(now + COALESCE_MS)
    }
    return { outcome: succeed({ object: this.#object, subject: identity.subject }) }
  }

  /** State of a decision's quote without spending it. */
  quoteState(who: Who, decisionId: string): Routed<{ code: ProblemCode | null; subject: string }> {
    const elsewhere = this.#movedFrom(who)
    if (elsewhere) return elsewhere
    const identity = this.#identity
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
    const forward = this.#identity?.forward
    return forward ? { forward: forward.object } : { outcome: succeed(this.#object) }
  }

  /** What tests hash on for this person; of somebody not yet known, what they would be known by. */
  subject(who: Who): Routed<string> {
    return this.#elsewhere(who) ?? { outcome: succeed(this.#identity?.subject ?? born(who, this.#object, 0).subject) }
  }

  decision(who: Who, decisionId: string): Routed<AcceptedEvent | null> {
    const elsewhere = this.#movedFrom(who)
    if (elsewhere) return elsewhere
    // One that was imported bears the id it came with.
    return { outcome: succeed(this.#log.event(decisionEventId(decisionId)) ?? this.#log.event(decisionId)) }
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Accepts events into the log; their text goes into storage as it came. The answer, a `Settlement` in JSON, comes after
   * the commit; storage holds it back until the write is durable. Null, and nothing has happened, where the definitions in
   * force are neither adopted nor known here: ask again with their text.
   *
   * @param lines JSON: who it is of (`Who`), when it came, and the events, packed; where there are any definitions, their hash and, if need be, their text
   */
  ingest(lines: string): string | null | Routed<never> {
    const [asker, at, packed, hash, text] = splitLines(lines) as [string, string, string, string?, string?]
    const who = JSON.parse(asker) as Who
    const now = Number(at)
    const elsewhere = this.#elsewhere(who)
    if (elsewhere) return elsewhere
    const adoption = adoptionOf(this.#self.current, hash, text)
    if (adoption === null) return null
    const events = (JSON.parse(packed) as PackedEvent[]).map((event) => unpackEvent(event, '', this.#object))
    const taken: Taken = { who, packed, adoption, now }
    const settled = this.#takeUnknown(events, taken) ?? this.#take(this.#reception.settle(events, now), taken)
    const day = settled[0]?.bookedDay
    const isPlain = day !== undefined && settled.every(({ status, bookedDay }) => status === 'accepted' && bookedDay === day)
    return JSON.stringify((isPlain ? { acceptedOn: day } : { settled }) satisfies Settlement)
  }

  /** Repeats are rare but in an import: the write itself tells of them, and only then are they looked for. Null: there are some. */
  #takeUnknown(events: AcceptedEvent[], taken: Taken): Settled[] | null {
    const settling = this.#reception.settleAsNew(events, taken.now)
    try {
      return settling && this.#take(settling, taken)
    } catch (error) {
      if (isRepeat(error)) return null
      throw error
    }
  }

  #take({ settled, accepted, isAsSent }: Settling, { who, packed, adoption, now }: Taken): Settled[] {
    if (accepted.length === 0) return settled
    this.#write(who, now, () => {
      if (adoption) this.#adopt(adoption, now)
      this.#log.append(accepted, now, isAsSent ? packed : undefined)
    })
    if (accepted.some(({ body }) => body.kind === 'decision_voided')) this.#desk.forget()
    for (const event of accepted) if (event.origin !== 'import') this.#outbox.notice(event)
    this.#gather(now + (accepted.length > FEW_AT_ONCE ? COALESCE_BULK_MS : COALESCE_MS))
    return settled
  }

  // ── Definitions ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Has this person counted by the definitions in force from their first kept event on; whether that was news. Null where
   * they are not known here: ask again with their text.
   *
   * @param lines when, the hash, and, if need be, the text
   */
  adopt(lines: string): boolean | null {
    const [at, hash, text] = splitLines(lines) as [string, string, string?]
    const self = this.#self.current
    // Nothing is counted of one who has moved on or is gone.
    if (!self || self.identity.forward || self.identity.erased || self.identity.departed) return false
    const adoption = adoptionOf(self, hash, text)
    if (!adoption) return adoption === null ? null : false
    const now = Number(at)
    this.#write({ kind: 'visitor' }, now, () => this.#adopt(adoption, now))
    this.#gather(now + COALESCE_BULK_MS)
    return true
  }

  /** Puts what the log lacks of the definitions before all else in it; part of a transaction. */
  #adopt({ hash, definitions }: Adoption, now: number): void {
    const self = this.#self.changing
    this.#log.append(
      missingDefinitions(definitions, self.facts, (ids) => this.#log.known(ids), this.#object, now),
      now,
    )
    self.adopted = hash
  }

  // ── Identity ───────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * This visitor says they are a customer. First one wins: somebody else on the same browser gets `taken` and a visitor
   * id of their own. The forward is marked first; the hand-over after it is repeated by the alarm until the customer's
   * object has confirmed.
   */
  async identify(customerId: string, customerObject: string, now: number): Promise<Outcome<{ taken: boolean; subject: string }>> {
    const identity = this.#identity
    if (identity?.kind === 'customer') return refuse('invalid_id', 'this is not a visitor', 'visitorId')
    if (identity?.erased) return refuse('erased', 'this visitor has been erased')
    if (identity?.forward && identity.forward.customerId !== customerId) return succeed({ taken: true, subject: '' })
    if (!identity?.forward) {
      this.#write({ kind: 'visitor' }, now, () => this.#become({ forward: { object: customerObject, customerId, confirmed: false } }))
      this.#alarm.wake(now + HAND_OVER_AGAIN_MS)
    }
    return this.#handOver(now)
  }

  /** Repeatable: the customer's object takes a visitor in once, and what it has taken in is withdrawn here once. */
  async #handOver(now: number): Promise<Outcome<{ taken: boolean; subject: string }>> {
    const forward = this.#identity?.forward
    if (!forward) return refuse('internal', 'nothing to hand over')
    const customer = this.env.CUSTOMERS.get(this.env.CUSTOMERS.idFromString(forward.object))
    let taken: Outcome<{ subject: string; erased: boolean }>
    try {
      taken = await customer.absorb(forward.customerId, forward.confirmed ? null : this.#log.estate(), now)
    } catch (error) {
      console.warn('hand-over', error)
      return refuse('unavailable', 'the customer cannot be reached; the same request may do better in a moment')
    }
    // Whoever was quicker, another hand-over or an erasure, has done all there is to do.
    if (this.#identity?.forward?.confirmed === false) {
      if (!taken.ok) this.#erase(now)
      else if (taken.value.erased) this.#withdraw(now, { ...ERASED })
      else this.#withdraw(now, { ...this.#identity, forward: { ...forward, confirmed: true } })
    }
    if (!taken.ok) return taken
    return taken.value.erased ? refuse('erased', 'this customer has been erased') : succeed({ taken: false, subject: taken.value.subject })
  }

  /** This log is now part of another: nothing stays here but what says so. */
  #withdraw(now: number, identity: Identity): void {
    this.#write({ kind: 'visitor' }, now, () => {
      this.#ledger.withdraw()
      this.#outbox.leave(now, [])
      this.#log.empty()
      this.#become(identity)
    })
    this.#desk.forget()
    this.#gather(now + COALESCE_MS)
  }

  /**
   * Takes in a visitor's log. Idempotent by visitor; with null it only says who the customer is. `erased` answers a visitor
   * whose log had been taken in when this customer was erased.
   */
  absorb(customerId: string, estate: Estate | null, now: number): Outcome<{ subject: string; erased: boolean }> {
    const identity = this.#identity
    if (identity?.erased) {
      if (estate && identity.absorbed.includes(estate.object)) return succeed({ subject: '', erased: true })
      return refuse('erased', 'this customer has been erased')
    }
    if (estate && !identity?.absorbed.includes(estate.object)) {
      this.#write(
        { kind: 'customer', customerId },
        now,
        () => {
          const { bornAt, absorbed } = this.#identity as Identity
          this.#become({ bornAt: Math.min(bornAt, estate.bornAt), absorbed: [...absorbed, estate.object] })
          this.#log.absorb(estate, now)
        },
        estate.subject,
      )
      this.#desk.forget()
      this.#gather(now + COALESCE_MS)
    }
    return succeed({ subject: this.#identity?.subject ?? customerId, erased: false })
  }

  /**
   * Forgets a person: the log goes at once, sums stay without a name, and nothing can be sent under this id again. Names
   * the visitors who had become this customer; they are told by the alarm, again and again until they have heard.
   */
  async erase(now: number): Promise<Routed<{ visitors: string[] }>> {
    const identity = this.#identity
    if (identity?.forward) return { forward: identity.forward.object }
    if (!identity?.erased) this.#erase(now)
    return { outcome: succeed({ visitors: this.#identity?.absorbed ?? [] }) }
  }

  #erase(now: number): void {
    this.#write({ kind: 'visitor' }, now, () => {
      this.#outbox.leave(now, this.#ledger.contributions())
      this.#log.empty()
      this.#become({ ...ERASED, absorbed: this.#identity?.absorbed ?? [] })
    })
    this.#desk.forget()
    this.#alarm.wake(now)
  }

  /** A forward names its customer; when that customer is erased, it goes too. What it had given is in the customer's sums. */
  eraseForward(now: number): void {
    const identity = this.#identity
    if (identity && !identity.erased) this.#withdraw(now, { ...ERASED })
  }

  async #tellVisitors(now: number): Promise<void> {
    const { absorbed } = this.#identity as Identity
    const { CUSTOMERS } = this.env
    await Promise.all(absorbed.map((visitor) => CUSTOMERS.get(CUSTOMERS.idFromString(visitor)).eraseForward(now)))
    this.#write({ kind: 'visitor' }, now, () => this.#become({ absorbed: [] }))
  }

  /** Everything kept of this person, for an access request. */
  export(): Routed<{ identity: Identity | null; events: AcceptedEvent[] }> {
    const identity = this.#identity
    if (identity?.forward) return { forward: identity.forward.object }
    return { outcome: succeed({ identity, events: this.#log.events() }) }
  }

  /** From decision to money, a page of it; null of nobody we know. */
  chain(who: Who, question: ChainQuestion): Routed<Chain | null> {
    const self = this.#self.current
    const elsewhere = self?.identity.erased ? null : this.#elsewhere(who)
    return elsewhere ?? { outcome: succeed(self && !self.identity.erased ? chainOf(self, this.#log.events(), question) : null) }
  }

  // ── Projections ────────────────────────────────────────────────────────────────────────────────────────────────

  ack(seq: number): void | Promise<void> {
    const now = Date.now()
    this.#outbox.ack(seq)
    // What has come up meanwhile waits for company like any other change, or a busy customer would ship without a pause.
    if (this.#outbox.isGathering) this.#alarm.wake(Math.max(this.#shipAt ?? now + COALESCE_MS, now))
    else if (this.#outbox.isSettled) this.#arm(now)
    else return this.#ship(now)
  }

  async catchUp(lastSeq: number): Promise<void> {
    this.#outbox.catchUp(lastSeq)
    await this.#ship(Date.now())
  }

  park(seq: number): void {
    this.#outbox.park(seq)
    this.#arm(Date.now())
  }

  async replay(seq: number): Promise<boolean> {
    const replayed = this.#outbox.replay(seq)
    await this.#ship(Date.now())
    return replayed
  }

  /** Has what was just written shipped by then, together with whatever comes up until then. */
  #gather(until: number): void {
    this.#shipAt = Math.min(this.#shipAt ?? until, until)
    this.#alarm.wake(until)
  }

  /** Sends what is due. The alarm that would send it again is set before, so that one commit holds both. */
  async #ship(now: number): Promise<void> {
    const message = this.#outbox.next(now)
    if (message) this.#shipAt = null
    this.#arm(now)
    // A failed send needs no more than that alarm.
    if (message) await this.env.PROJECTIONS.send(message).catch((error: unknown) => console.warn('queue', error))
  }

  /** What has not reached D1: changes that wait for the alarm, or an entry on its way. */
  pending(): 'alarm' | 'flight' | null {
    if (this.#outbox.isSettled) return null
    return (this.#outbox.dueAt(Date.now()) ?? Number.POSITIVE_INFINITY) <= Date.now() ? 'alarm' : 'flight'
  }

  /** For reconciliation: the digest recomputed from the contributions themselves, and what was shipped at an entry. */
  digests(seq: number): { current: string; recomputed: string; atSeq: string | null; lastAcked: number } {
    const current = this.#self.current?.digest ?? EMPTY_DIGEST
    return {
      current: formatDigest(current),
      recomputed: formatDigest(digestOf(this.#ledger.contributions())),
      atSeq: this.#outbox.digestAt(seq),
      lastAcked: this.#outbox.lastAcked(),
    }
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────

  override async alarm(): Promise<void> {
    const now = Date.now()
    this.#alarm.rang()
    try {
      if (this.#self.current) await this.#wakeUp(now)
      this.#failures = 0
    } catch (error) {
      // The platform gives up on an alarm after six failures; ours must not be given up.
      console.error(error)
      this.#self.forget()
      this.#forget()
      this.#alarm.wake(now + Math.min(MINUTE_MS * 2 ** this.#failures++, HOUR_MS))
    }
  }

  async #wakeUp(now: number): Promise<void> {
    this.#fireTimers(now)
    this.#compactWhenDue(now)
    this.#departWhenDue(now)
    const { forward, erased, absorbed } = this.#identity as Identity
    if (forward?.confirmed === false) await this.#handOver(now)
    await this.#ship(now)
    if (erased && absorbed.length > 0) await this.#tellVisitors(now)
  }

  /** What waits to happen to this person; nothing does to one who has moved on. */
  #timers(now: number) {
    const self = this.#self.current
    if (!self || self.identity.forward || self.facts.checkoutStartedAt === null) return []
    return timersOf(self.facts).filter(({ id, at }) => at > now - TIMER_PATIENCE_MS && !this.#log.has(id))
  }

  #fireTimers(now: number): void {
    const due = this.#timers(now).filter(({ at }) => at <= now)
    if (due.length === 0) return
    const startedAt = this.#self.current?.facts.checkoutStartedAt as number
    const events = due.map(({ id, at, notBefore }) => {
      const event = this.#system(id, 'checkout_abandoned', at, { kind: 'checkout_abandoned', startedAt }, now)
      return event.bookedDay < notBefore ? { ...event, bookedDay: notBefore } : event
    })
    this.#write({ kind: 'visitor' }, now, () => this.#log.append(events, now))
  }

  /** When behaviour grows old enough to be compacted; a log that is being imported waits, older history may still come. */
  #compactAt(): number | null {
    const self = this.#self.current
    if (!self?.oldestBehaviourDay || self.identity.forward) return null
    return Math.max(startOfDay(self.oldestBehaviourDay) + BEHAVIOUR_KEPT_MS + DAY_MS, self.importedAt && self.importedAt + OPEN_MS)
  }

  #compactWhenDue(now: number): void {
    const at = this.#compactAt()
    if (at === null) return
    const crowded = (this.#self.current?.facts.events ?? 0) > MAXIMUM_EVENTS
    if (at > now && !crowded) return
    this.#write({ kind: 'visitor' }, now, () => this.#log.compact(dayOf(now - (crowded ? OPEN_MS : BEHAVIOUR_KEPT_MS))))
  }

  #departAt(): number | null {
    const self = this.#self.current
    return self && departsAt(self.identity, self.facts, self.importedAt)
  }

  /** A visitor who has stayed away for so long leaves their sums without a name; whoever comes back with their id is new. */
  #departWhenDue(now: number): void {
    const at = this.#departAt()
    if (at === null || at > now || !this.#outbox.isSettled) return
    this.#write({ kind: 'visitor' }, now, () => {
      this.#outbox.leave(now, this.#ledger.contributions())
      this.#log.empty()
      this.#become({ departed: true })
    })
    this.#desk.forget()
  }

  /** Leaves nothing behind of a visitor who has departed. D1 has forgotten this object: the next entry it hears of may be the first. */
  async vanish(): Promise<boolean> {
    if (!this.#identity?.departed || !this.#outbox.isSettled) return false
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
    this.#alarm.rang()
    this.#self.forget()
    this.#forget()
    return true
  }

  /** One alarm for everything that waits: timers, the outbox, compaction, departure, an unfinished hand-over or erasure. */
  #arm(now: number): void {
    const identity = this.#identity
    const waits = [
      this.#outbox.dueAt(now),
      this.#compactAt(),
      this.#departAt(),
      identity?.forward?.confirmed === false || (identity?.erased && identity.absorbed.length > 0) ? now + HAND_OVER_AGAIN_MS : null,
      ...this.#timers(now).map(({ at }) => at),
    ].filter((at) => at !== null)
    this.#alarm.set(waits.length > 0 ? Math.max(Math.min(...waits), now) : null, now)
  }

  // ── Writing ────────────────────────────────────────────────────────────────────────────────────────────────────

  #forget(): void {
    this.#outbox.forget()
    this.#desk.forget()
  }

  /** One transaction, begun with an identity on the first write. */
  #write(who: Who, now: number, change: () => void, subject?: string): void {
    this.#self.transact(() => {
      const { identity } = this.#self.current ?? this.#self.begin(born(who, this.#object, now, subject))
      if (who.kind === 'customer' && identity.kind === 'visitor' && !identity.erased)
        this.#become({ kind: 'customer', customerId: who.customerId })
      if (identity.departed) this.#become({ bornAt: now, departed: false })
      change()
    })
  }

  /** Says anew who this is; part of a transaction. */
  #become(change: Partial<Identity>): void {
    const self = this.#self.changing
    self.identity = { ...self.identity, ...change }
  }

  #system(id: string, type: string, occurredAt: number, body: AcceptedEvent['body'], now = occurredAt): AcceptedEvent {
    return {
      id,
      type,
      occurredAt,
      bookedDay: bookedDayOf(occurredAt, 'system', now),
      origin: 'system',
      verified: true,
      home: this.#object,
      context: { country: null, device: null, source: null, sessionId: null },
      body,
      metadata: {},
    }
  }
}

const ERASED: Readonly<Identity> = {
  kind: 'visitor',
  customerId: null,
  subject: '',
  bornAt: 0,
  forward: null,
  absorbed: [],
  departed: false,
  erased: true,
}
