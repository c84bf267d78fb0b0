import { decisionIdOf, decisionPrefix } from '../decision-id.ts'
import { hash } from '../domain/assignment.ts'
import {
  type AcceptedEvent,
  decisionEventId,
  type EventContext,
  type QuoteTerms,
  redeemedEventId,
  viewedEventId,
  voidedEventId,
} from '../domain/customer/event.ts'
import { emptyFacts } from '../domain/customer/facts.ts'
import { asksHoldout } from '../domain/customer/holdout.ts'
import { pricingFactsOf } from '../domain/customer/pricing-facts.ts'
import { type Outcome, refuse, succeed } from '../domain/error.ts'
import { decide } from '../domain/pricing/decide.ts'
import { isOptimised } from '../domain/pricing/draft.ts'
import { pricingInputsKey } from '../domain/pricing/inputs-key.ts'
import { completeSlice, EMPTY_RULEBOOK } from '../domain/pricing/rulebook.ts'
import { shownOf } from '../domain/pricing/shown.ts'
import type { PriceDecision, PricingContext, PricingFacts, PricingSettings, ProductSlice, Rulebook } from '../domain/pricing/types.ts'
import { dayOf, HOUR_MS } from '../domain/time.ts'
import { type QuoteClaims, type SigningKey, signQuote } from '../quote.ts'
import { contentOf } from './content.ts'
import type { CustomerLog } from './log.ts'
import type { SelfRecord } from './self.ts'

/** What a price depends on, named by hash where it is a text of the configuration. */
export interface PriceRequest {
  now: number
  /** A listing: sticky prices that are no exposure until one is viewed. */
  preview: boolean
  /** Tells the decisions of this request from all others of this object; eight characters. */
  nonce: string
  settingsHash: string
  /** Of the products' own slices, as shards hold them. */
  sliceHashes: string[]
  /** Of what concerns every product; '' where nothing does. */
  rulebookHash: string
  configVersion: number
  context: PricingContext
  deployment: string
  key: SigningKey
}

/**
 * The texts a request names by hash: settings, slices, and what concerns every product. None at all where whoever asks
 * believes that they are known here, as they are after the first price.
 */
export type PricingTexts = readonly string[]

/** A quote that can still be redeemed. */
interface LivingQuote extends QuoteTerms {
  decisionId: string
  priceMinor: number
  viewed: boolean
  /** Answered more than once, or by a memory before this one: then somebody may have been shown it. */
  answeredAgain: boolean
}

/** Answers kept ready for one customer: a listing's. More would be made again when they are asked for, so that memory stays small. */
const MOST_TEXTS = 100

/** A page that changes what it says of itself with each look gets its last price again from here on. */
const MOST_LIVING = 20

const slotOf = (productId: string, currency: string) => `${currency}/${productId}`

/**
 * Decides prices for one customer, and knows their living quotes, by product and currency. While a quote lives and nothing
 * it depended on has changed, the same decision and quote are answered without a write or a signature. Quotes have no
 * storage of their own: the log holds each decision with the terms of its quote, and a signature says the same each time
 * it is made.
 */
export class PricingDesk {
  readonly #self: SelfRecord
  readonly #log: CustomerLog
  readonly #object: string
  readonly #prefix: string
  /** By slot, in order of decision; null: not read into this memory yet. */
  #quotes: Map<string, LivingQuote[]> | null = null
  /** By decision, what its caller is told: the decision with its quote, in JSON. */
  readonly #texts = new Map<string, string>()

  constructor(self: SelfRecord, log: CustomerLog, object: string) {
    this.#self = self
    this.#log = log
    this.#object = object
    this.#prefix = decisionPrefix(object)
  }

  /** What the log says is read again at the next question: after a rollback, a merge, or the end of a quote. */
  forget(): void {
    this.#quotes = null
  }

  #bySlot(now: number): Map<string, LivingQuote[]> {
    this.#quotes ??= this.#self.current ? this.#read(now) : new Map()
    return this.#quotes
  }

  #living(slot: string, now: number): LivingQuote[] {
    const quotes = this.#bySlot(now).get(slot)
    if (!quotes) return []
    if (quotes.every(({ expiresAt }) => expiresAt > now)) return quotes
    const living = quotes.filter(({ expiresAt }) => expiresAt > now)
    this.#bySlot(now).set(slot, living)
    return living
  }

  /** Whoever comes back after an hour finds no quote alive, and the decisions of a day or two are few. */
  #read(now: number): Map<string, LivingQuote[]> {
    const quotes = new Map<string, LivingQuote[]>()
    const open = this.#log
      .eventsNamed(decisionEventId(''), dayOf(now - HOUR_MS))
      .map(({ body }) => body)
      .filter((body) => body.kind === 'decision')
      .filter(({ quote }) => quote !== undefined && quote.expiresAt > now)
    const happened = this.#log.known(open.flatMap(({ decision: { id } }) => [viewedEventId(id), voidedEventId(id), redeemedEventId(id)]))
    for (const { decision, preview, quote } of open) {
      const { id, priceMinor, productId, currency } = decision
      if (!quote || happened.has(voidedEventId(id)) || happened.has(redeemedEventId(id))) continue
      const viewed = !preview || happened.has(viewedEventId(id))
      keep(quotes, slotOf(productId, currency), { ...quote, decisionId: id, priceMinor, viewed, answeredAgain: true })
    }
    return quotes
  }

  #textOf(quote: LivingQuote, request: PriceRequest): string {
    return this.#texts.get(quote.decisionId) ?? this.#remember(quote.decisionId, this.#textAgain(quote, request))
  }

  #remember(decisionId: string, text: string): string {
    if (this.#texts.size >= MOST_TEXTS)
      for (const oldest of this.#texts.keys()) {
        this.#texts.delete(oldest)
        break
      }
    this.#texts.set(decisionId, text)
    return text
  }

  #textAgain({ decisionId, expiresAt }: LivingQuote, request: PriceRequest): string {
    const body = this.#log.event(decisionEventId(decisionId))?.body
    if (body?.kind !== 'decision') throw new Error('a living quote requires its decision in the log')
    return textOf(body.decision, body.configVersion, expiresAt, request)
  }

  /** Whether a decision was made here and has not paid for anything. */
  isOpen(decisionId: string): boolean {
    return this.#log.has(decisionEventId(decisionId)) && !this.#log.has(redeemedEventId(decisionId))
  }

  /** Whether a living quote was answered more than once: a caller who says it was not shown speaks of one of its answers only. */
  mayHaveBeenShown(decisionId: string, now: number): boolean {
    const all = [...this.#bySlot(now).values()].flat()
    return all.some((quote) => quote.decisionId === decisionId && quote.answeredAgain)
  }

  /** Ids of the decisions a request may have made here, whether it has or not. */
  decisionIds(nonce: string, count: number): string[] {
    return Array.from({ length: count }, (_, index) => decisionIdOf(this.#prefix, nonce, index))
  }

  /**
   * A price for each slice, as the JSON its caller is told, and the events that say so, which the caller must write before
   * it answers; on the warm path there are none. Null, and nothing has happened, where a text the request names is not known.
   */
  price(request: PriceRequest, texts: PricingTexts, subject: string): Outcome<{ offers: string[]; events: AcceptedEvent[] }> | null {
    const { now, context } = request
    const named = namedContent(request, texts)
    if (!named) return null
    const { settings, slices } = named
    const facts = pricingFactsOf(this.#self.current?.facts ?? emptyFacts(), subject, null)
    const offers: string[] = []
    const events: AcceptedEvent[] = []
    for (const [index, slice] of slices.entries()) {
      const slot = slotOf(slice.product.id, context.currency)
      const living = this.#living(slot, now)
      const last = living.at(-1)
      const { key: inputs, validUntil } = pricingInputsKey(slice, request.settingsHash, facts, context, now)
      const holds = last !== undefined && last.validUntil > now && last.inputs === inputs
      if (last && (holds || living.length >= MOST_LIVING)) {
        last.answeredAgain = true
        offers.push(this.#textOf(last, request))
        if (!request.preview && !last.viewed) {
          const { decisionId } = last
          events.push(this.#event(viewedEventId(decisionId), 'decision_viewed', request, { kind: 'decision_viewed', decisionId }))
          last.viewed = true
        }
        continue
      }
      if (!Object.hasOwn(slice.product.prices, context.currency))
        return refuse('unknown_currency', `${slice.product.id} has no price in ${context.currency}`, 'currency')
      const decisionId = decisionIdOf(this.#prefix, request.nonce, index)
      const decision = decide(slice, settings, { ...facts, lastQuote: lowestOf(living) }, context, decisionId, now)
      const expiresAt = (Math.floor(now / 1000) + Math.floor(settings.quoteLifetimeMs / 1000)) * 1000
      const { preview, configVersion } = request
      const quote: QuoteTerms = { inputs, validUntil, expiresAt }
      const sampled = isSampled(decision, settings.decisionSampleShare) ? { sampled: true as const } : {}
      offers.push(this.#remember(decisionId, textOf(decision, configVersion, expiresAt, request)))
      events.push(
        this.#event(decisionEventId(decisionId), 'price_decided', request, {
          kind: 'decision',
          preview,
          decision,
          configVersion,
          quote,
          ...sampled,
          ...(asksHoldout(decision) ? { holdoutShare: settings.holdoutShare } : {}),
        }),
      )
      keep(this.#bySlot(now), slot, {
        ...quote,
        decisionId,
        priceMinor: decision.priceMinor,
        viewed: !preview,
        answeredAgain: false,
      })
    }
    return succeed({ offers, events })
  }

  #event(id: string, type: string, request: PriceRequest, body: AcceptedEvent['body']): AcceptedEvent {
    const { country, device } = request.context
    const context: EventContext = { country, device, source: null, sessionId: null }
    return {
      id,
      type,
      occurredAt: request.now,
      bookedDay: dayOf(request.now),
      origin: 'system',
      verified: true,
      home: this.#object,
      context,
      body,
      metadata: {},
    }
  }
}

/** Settings and whole slices that a request names; null where a text is neither known here nor sent along. */
function namedContent(request: PriceRequest, texts: PricingTexts): { settings: PricingSettings; slices: ProductSlice[] } | null {
  const { settingsHash, sliceHashes, rulebookHash } = request
  const settings = contentOf<PricingSettings>(settingsHash, texts[0])
  const rulebook = rulebookHash === '' ? EMPTY_RULEBOOK : contentOf<Rulebook>(rulebookHash, texts[sliceHashes.length + 1])
  if (!settings || !rulebook) return null
  const slices: ProductSlice[] = []
  for (const [index, hash] of sliceHashes.entries()) {
    const own = contentOf<ProductSlice>(hash, texts[index + 1])
    if (!own) return null
    slices.push(completeSlice(own, rulebook))
  }
  return { settings, slices }
}

/**
 * Of the decisions that a test or a rule could have moved, whether one has or not. Drawn by the decision's own id, so that
 * whoever folds the log again finds the same.
 */
const isSampled = ({ id, reason }: PriceDecision, share: number): boolean =>
  (reason === 'list' || isOptimised(reason)) && hash('decision_sample', id, 2) < share

function keep(quotes: Map<string, LivingQuote[]>, slot: string, quote: LivingQuote): void {
  const known = quotes.get(slot)
  if (known) known.push(quote)
  else quotes.set(slot, [quote])
}

/** The lowest price that can still be asked for. After a login it may be the visitor's or the customer's. */
const lowestOf = (living: readonly LivingQuote[]): PricingFacts['lastQuote'] =>
  living.reduce<PricingFacts['lastQuote']>(
    (lowest, { priceMinor, expiresAt }) =>
      lowest === null || priceMinor <= lowest.amountMinor ? { amountMinor: priceMinor, expiresAt } : lowest,
    null,
  )

/** What a caller is told of a decision, its quote signed: the same for the same decision and key. */
function textOf(decision: PriceDecision, configVersion: number, expiresAt: number, { deployment, key }: PriceRequest): string {
  const claims: QuoteClaims = {
    iss: deployment,
    aud: 'fairlead-quote',
    sub: decision.facts.subject,
    jti: decision.id,
    iat: Math.floor(decision.decidedAt / 1000),
    exp: expiresAt / 1000,
    product: decision.productId,
    amount: decision.priceMinor,
    currency: decision.currency,
    variant: decision.test?.arm ?? null,
    propensity: decision.propensity,
  }
  return JSON.stringify({ ...shownOf(decision, configVersion), decisionId: decision.id, quote: signQuote(claims, key), expiresAt })
}
