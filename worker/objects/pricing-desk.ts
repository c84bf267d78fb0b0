import { decisionIdOf, decisionPrefix } from '../decision-id.ts'
import { type AcceptedEvent, decisionEventId, type EventContext, viewedEventId } from '../domain/customer/event.ts'
import { emptyFacts } from '../domain/customer/facts.ts'
import { pricingFactsOf } from '../domain/customer/pricing-facts.ts'
import { type Outcome, refuse, succeed } from '../domain/error.ts'
import { decide } from '../domain/pricing/decide.ts'
import { pricingInputsKey } from '../domain/pricing/inputs-key.ts'
import { shownOf } from '../domain/pricing/shown.ts'
import type { PriceDecision, PricingContext, PricingSettings, ProductSlice } from '../domain/pricing/types.ts'
import { DAY_MS, dayOf, HOUR_MS } from '../domain/time.ts'
import { type QuoteClaims, type SigningKey, signQuote } from '../quote.ts'
import { contentOf } from './content.ts'
import type { CustomerLog } from './log.ts'
import type { SelfRecord } from './self.ts'

/** What a price depends on, named by hash where it is a text of the configuration: the texts themselves stand beside it. */
export interface PriceRequest {
  now: number
  /** A listing: sticky prices that are no exposure until one is viewed. */
  preview: boolean
  /** Tells the decisions of this request from all others of this object; eight characters. */
  nonce: string
  settingsHash: string
  sliceHashes: string[]
  configVersion: number
  context: PricingContext
  deployment: string
  key: SigningKey
}

/** The texts a request names by hash. */
export interface PricingTexts {
  settings: string
  slices: string[]
}

/** A decision with its quote as the caller is told of them, in JSON: the warm path hands on a text it already has. */
interface PricedOffer {
  priceMinor: number
  text: string
}

interface LivingQuote {
  decisionId: string
  /** What the decision depended on, and until when that can be said. */
  inputs: string
  validUntil: number
  expiresAt: number
  viewed: boolean
  /** Null until somebody asks, in a memory that did not make it. */
  offer: PricedOffer | null
}

type QuoteRow = {
  slot: string
  decisionId: string
  inputs: string
  validUntil: number
  expiresAt: number
  viewed: number
}

const slotOf = (productId: string, currency: string) => `${currency}/${productId}`

/**
 * Decides prices for one customer and keeps their living quotes, one for each product and currency. While a quote
 * lives and nothing it depended on has changed, the same decision and quote are answered without a write or a signature.
 * Its signature says the same each time it is made, so that what was answered can be made again from the decision.
 */
export class PricingDesk {
  readonly #sql: SqlStorage
  readonly #self: SelfRecord
  readonly #log: CustomerLog
  readonly #object: string
  readonly #prefix: string
  /** By slot; null: not read into this memory yet. */
  #quotes: Map<string, LivingQuote> | null = null
  #sweptAt = 0

  constructor(sql: SqlStorage, self: SelfRecord, log: CustomerLog, object: string) {
    this.#sql = sql
    this.#self = self
    this.#log = log
    this.#object = object
    this.#prefix = decisionPrefix(object)
  }

  forget(): void {
    this.#quotes = null
  }

  /** All quotes are read at the first question: few live at a time, and a product without one then costs no query. */
  #living(slot: string, request: PriceRequest): (LivingQuote & { offer: PricedOffer }) | null {
    if (!this.#self.current) return null
    this.#quotes ??= this.#read()
    const quote = this.#quotes.get(slot)
    if (!quote || quote.expiresAt <= request.now) return null
    quote.offer ??= this.#offerAgain(quote, request)
    return quote.offer && (quote as LivingQuote & { offer: PricedOffer })
  }

  #read(): Map<string, LivingQuote> {
    const rows = this.#sql
      .exec<QuoteRow>(
        'SELECT slot, decision_id AS decisionId, inputs, valid_until AS validUntil, expires_at AS expiresAt, viewed FROM quotes',
      )
      .toArray()
    return new Map(rows.map(({ slot, viewed, ...row }) => [slot, { ...row, viewed: viewed === 1, offer: null }]))
  }

  #offerAgain({ decisionId, expiresAt }: LivingQuote, request: PriceRequest): PricedOffer | null {
    const body = this.#log.event(decisionEventId(decisionId))?.body
    return body?.kind === 'decision' ? offerOf(body.decision, body.configVersion, expiresAt, request) : null
  }

  #keep(slot: string, quote: LivingQuote): void {
    this.#quotes?.set(slot, quote)
    this.#sql.exec(
      'INSERT OR REPLACE INTO quotes (slot, decision_id, inputs, valid_until, expires_at, viewed) VALUES (?, ?, ?, ?, ?, ?)',
      slot,
      quote.decisionId,
      quote.inputs,
      quote.validUntil,
      quote.expiresAt,
      quote.viewed ? 1 : 0,
    )
  }

  /** Ends the living quote of a decision: it was voided, or spent. */
  end(decisionId: string): void {
    this.#sql.exec('DELETE FROM quotes WHERE decision_id = ?', decisionId)
    this.#quotes = null
  }

  /** Drops quotes that died a day ago, which nobody can ask for any more; once an hour is often enough. */
  sweep(now: number): void {
    if (now < this.#sweptAt + HOUR_MS) return
    this.#sweptAt = now
    this.#sql.exec('DELETE FROM quotes WHERE expires_at < ?', now - DAY_MS)
    this.#quotes = null
  }

  /** Ids of the decisions a request may have made here, whether it has or not. */
  decisionIds(nonce: string, count: number): string[] {
    return Array.from({ length: count }, (_, index) => decisionIdOf(this.#prefix, nonce, index))
  }

  /**
   * Prices and, where something has to be written, the events and quotes to write. The caller writes them in one
   * transaction; on the warm path there is nothing to write. Answers a JSON text for each slice.
   */
  price(
    request: PriceRequest,
    texts: PricingTexts,
    subject: string,
  ): Outcome<{ offers: string[]; events: AcceptedEvent[]; write: () => void }> {
    const { now, context } = request
    const facts = pricingFactsOf(this.#self.current?.facts ?? emptyFacts(), subject, null)
    const offers: string[] = []
    const events: AcceptedEvent[] = []
    const kept: [string, LivingQuote][] = []
    const settings = contentOf<PricingSettings>(request.settingsHash, texts.settings)
    for (const [index, hash] of request.sliceHashes.entries()) {
      const slice = contentOf<ProductSlice>(hash, texts.slices[index] as string)
      const slot = slotOf(slice.product.id, context.currency)
      const living = this.#living(slot, request)
      const { key: inputs, validUntil } = pricingInputsKey(slice, request.settingsHash, facts, context, now)
      if (living && living.validUntil > now && living.inputs === inputs) {
        offers.push(living.offer.text)
        if (!request.preview && !living.viewed) {
          const { decisionId } = living
          events.push(this.#event(viewedEventId(decisionId), 'decision_viewed', request, { kind: 'decision_viewed', decisionId }))
          kept.push([slot, { ...living, viewed: true }])
        }
        continue
      }
      if (!Object.hasOwn(slice.product.prices, context.currency))
        return refuse('unknown_currency', `${slice.product.id} has no price in ${context.currency}`, 'currency')
      const lastQuote = living ? { amountMinor: living.offer.priceMinor, expiresAt: living.expiresAt } : null
      const decisionId = decisionIdOf(this.#prefix, request.nonce, index)
      const decision = decide(slice, settings, { ...facts, lastQuote }, context, decisionId, now)
      const expiresAt = (Math.floor(now / 1000) + Math.floor(settings.quoteLifetimeMs / 1000)) * 1000
      const { preview, configVersion } = request
      const offer = offerOf(decision, configVersion, expiresAt, request)
      offers.push(offer.text)
      events.push(
        this.#event(decisionEventId(decisionId), 'price_decided', request, { kind: 'decision', preview, decision, configVersion }),
      )
      kept.push([slot, { decisionId, inputs, validUntil, expiresAt, viewed: !preview, offer }])
    }
    const write = () => {
      for (const [slot, quote] of kept) this.#keep(slot, quote)
    }
    return succeed({ offers, events, write })
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

/** What a caller is told of a decision, its quote signed: the same for the same decision and key. */
function offerOf(decision: PriceDecision, configVersion: number, expiresAt: number, { deployment, key }: PriceRequest): PricedOffer {
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
  const shown = { ...shownOf(decision, configVersion), decisionId: decision.id, quote: signQuote(claims, key), expiresAt }
  return { priceMinor: decision.priceMinor, text: JSON.stringify(shown) }
}
