import { type AcceptedEvent, decisionEventId, type EventContext, viewedEventId } from '../domain/customer/event.ts'
import { emptyFacts } from '../domain/customer/facts.ts'
import { pricingFactsOf } from '../domain/customer/pricing-facts.ts'
import { type Outcome, refuse, succeed } from '../domain/error.ts'
import { decide } from '../domain/pricing/decide.ts'
import { pricingInputsKey } from '../domain/pricing/inputs-key.ts'
import { shownOf } from '../domain/pricing/shown.ts'
import type { PriceDecision, PricingContext, PricingSettings, ProductSlice } from '../domain/pricing/types.ts'
import { DAY_MS, dayOf } from '../domain/time.ts'
import { type SigningKey, signQuote } from '../quote.ts'
import { type Content, contentOf } from './content.ts'
import type { SelfRecord } from './self.ts'

export interface PriceRequest {
  now: number
  /** A listing: sticky prices that are no exposure until one is viewed. */
  preview: boolean
  /** The slice of each product, by the hash of the slice. */
  offers: { slice: Content; decisionId: string }[]
  settings: Content
  configVersion: number
  context: PricingContext
  deployment: string
  key: SigningKey
}

/** A decision with its quote as the caller is told of them, in JSON: the warm path hands on a text it already has. */
export interface PricedOffer {
  productId: string
  priceMinor: number
  expiresAt: number
  text: string
}

interface LivingQuote {
  decisionId: string
  /** What the decision depended on, and until when that can be said. */
  inputs: string
  validUntil: number
  expiresAt: number
  viewed: boolean
  answer: PricedOffer
}

const slotOf = (productId: string, currency: string) => `${currency}/${productId}`

/**
 * Decides prices for one customer and keeps their living quotes, one for each product and currency. While a quote
 * lives and nothing it depended on has changed, the same decision and quote are answered without a write or a signature.
 */
export class PricingDesk {
  readonly #sql: SqlStorage
  readonly #self: SelfRecord
  readonly #object: string
  /** By slot; null: not read into this memory yet. */
  #quotes: Map<string, LivingQuote> | null = null

  constructor(sql: SqlStorage, self: SelfRecord, object: string) {
    this.#sql = sql
    this.#self = self
    this.#object = object
  }

  forget(): void {
    this.#quotes = null
  }

  /** All quotes are read at the first question: few live at a time, and a product without one then costs no query. */
  #living(slot: string): LivingQuote | null {
    if (!this.#self.current) return null
    this.#quotes ??= new Map(
      this.#sql
        .exec<{
          slot: string
          decision_id: string
          inputs: string
          valid_until: number
          expires_at: number
          viewed: number
          answer: string
        }>('SELECT slot, decision_id, inputs, valid_until, expires_at, viewed, answer FROM quotes')
        .toArray()
        .map((row) => [
          row.slot,
          {
            decisionId: row.decision_id,
            inputs: row.inputs,
            validUntil: row.valid_until,
            expiresAt: row.expires_at,
            viewed: row.viewed === 1,
            answer: JSON.parse(row.answer) as PricedOffer,
          },
        ]),
    )
    return this.#quotes.get(slot) ?? null
  }

  #keep(slot: string, quote: LivingQuote): void {
    this.#quotes?.set(slot, quote)
    this.#sql.exec(
      'INSERT OR REPLACE INTO quotes (slot, decision_id, inputs, valid_until, expires_at, viewed, answer) VALUES (?, ?, ?, ?, ?, ?, ?)',
      slot,
      quote.decisionId,
      quote.inputs,
      quote.validUntil,
      quote.expiresAt,
      quote.viewed ? 1 : 0,
      JSON.stringify(quote.answer),
    )
  }

  /** Ends the living quote of a decision: it was voided, or spent. */
  end(decisionId: string): void {
    this.#sql.exec('DELETE FROM quotes WHERE decision_id = ?', decisionId)
    this.#quotes = null
  }

  /** Drops quotes that died a day ago; nobody can ask for them any more. */
  sweep(now: number): void {
    this.#sql.exec('DELETE FROM quotes WHERE expires_at < ?', now - DAY_MS)
    this.#quotes = null
  }

  /**
   * Prices and, where something has to be written, the events and quotes to write. The caller writes them in one
   * transaction; on the warm path there is nothing to write.
   */
  price(request: PriceRequest, subject: string): Outcome<{ offers: PricedOffer[]; events: AcceptedEvent[]; write: () => void }> {
    const { now, context } = request
    const facts = pricingFactsOf(this.#self.current?.facts ?? emptyFacts(), subject, null)
    const offers: PricedOffer[] = []
    const events: AcceptedEvent[] = []
    const kept: [string, LivingQuote][] = []
    const settings = contentOf<PricingSettings>(request.settings)
    for (const { slice: content, decisionId } of request.offers) {
      const slice = contentOf<ProductSlice>(content)
      const slot = slotOf(slice.product.id, context.currency)
      const living = this.#living(slot)
      const { key: inputs, validUntil } = pricingInputsKey(slice, request.settings.hash, facts, context, now)
      if (living && living.expiresAt > now && living.validUntil > now && living.inputs === inputs) {
        offers.push(living.answer)
        if (!request.preview && !living.viewed) {
          events.push(
            this.#event(viewedEventId(living.decisionId), 'decision_viewed', request, {
              kind: 'decision_viewed',
              decisionId: living.decisionId,
            }),
          )
          kept.push([slot, { ...living, viewed: true }])
        }
        continue
      }
      if (!Object.hasOwn(slice.product.prices, context.currency))
        return refuse('unknown_currency', `${slice.product.id} has no price in ${context.currency}`, 'currency')
      const lastQuote = living && living.expiresAt > now ? { amountMinor: living.answer.priceMinor, expiresAt: living.expiresAt } : null
      const decision = decide(slice, settings, { ...facts, lastQuote }, context, decisionId, now)
      const answer = this.#quote(decision, request, settings.quoteLifetimeMs)
      offers.push(answer)
      events.push(
        this.#event(decisionEventId(decisionId), 'price_decided', request, {
          kind: 'decision',
          preview: request.preview,
          decision,
          configVersion: request.configVersion,
        }),
      )
      kept.push([slot, { decisionId, inputs, validUntil, expiresAt: answer.expiresAt, viewed: !request.preview, answer }])
    }
    const write = () => {
      for (const [slot, quote] of kept) this.#keep(slot, quote)
    }
    return succeed({ offers, events, write })
  }

  #quote(decision: PriceDecision, request: PriceRequest, lifetimeMs: number): PricedOffer {
    const issuedAt = Math.floor(request.now / 1000)
    const expiresAt = (issuedAt + Math.floor(lifetimeMs / 1000)) * 1000
    const quote = signQuote(
      {
        iss: request.deployment,
        aud: 'fairlead-quote',
        sub: decision.facts.subject,
        jti: decision.id,
        iat: issuedAt,
        exp: expiresAt / 1000,
        product: decision.productId,
        amount: decision.priceMinor,
        currency: decision.currency,
        variant: decision.test?.arm ?? null,
        propensity: decision.propensity,
        object: this.#object,
      },
      request.key,
    )
    const { productId, priceMinor } = decision
    const text = JSON.stringify({ ...shownOf(decision, request.configVersion), decisionId: decision.id, quote, expiresAt })
    return { productId, priceMinor, expiresAt, text }
  }

  #event(id: string, type: string, request: PriceRequest, body: AcceptedEvent['body']): AcceptedEvent {
    const context: EventContext = { country: request.context.country, device: request.context.device, source: null, sessionId: null }
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
