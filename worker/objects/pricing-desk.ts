import { type AcceptedEvent, decisionEventId, type EventContext, viewedEventId } from '../domain/customer/event.ts'
import { pricingFactsOf } from '../domain/customer/pricing-facts.ts'
import { type Outcome, refuse, succeed } from '../domain/error.ts'
import { decide } from '../domain/pricing/decide.ts'
import { pricingInputsKey } from '../domain/pricing/inputs-key.ts'
import type { PriceDecision, PricingContext, PricingSettings, ProductSlice } from '../domain/pricing/types.ts'
import { dayOf } from '../domain/time.ts'
import { type SigningKey, signQuote } from '../quote.ts'
import type { CustomerLog } from './log.ts'

export interface PriceRequest {
  now: number
  /** A listing: sticky prices that are no exposure until one is viewed. */
  preview: boolean
  offers: { slice: ProductSlice; decisionId: string }[]
  settings: PricingSettings
  settingsHash: string
  configVersion: number
  context: PricingContext
  deployment: string
  key: SigningKey
}

export interface PricedOffer {
  decision: PriceDecision
  quote: string
  expiresAt: number
  configVersion: number
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
  readonly #storage: DurableObjectStorage
  readonly #log: CustomerLog
  readonly #object: string
  #quotes = new Map<string, LivingQuote | null>()

  constructor(storage: DurableObjectStorage, log: CustomerLog, object: string) {
    this.#storage = storage
    this.#log = log
    this.#object = object
  }

  forget(): void {
    this.#quotes.clear()
  }

  #living(slot: string): LivingQuote | null {
    let quote = this.#quotes.get(slot)
    if (quote === undefined) {
      const row = this.#storage.sql
        .exec<{ decision_id: string; inputs: string; valid_until: number; expires_at: number; viewed: number; answer: string }>(
          'SELECT decision_id, inputs, valid_until, expires_at, viewed, answer FROM quotes WHERE slot = ?',
          slot,
        )
        .toArray()[0]
      quote = row
        ? {
            decisionId: row.decision_id,
            inputs: row.inputs,
            validUntil: row.valid_until,
            expiresAt: row.expires_at,
            viewed: row.viewed === 1,
            answer: JSON.parse(row.answer),
          }
        : null
      this.#quotes.set(slot, quote)
    }
    return quote
  }

  #keep(slot: string, quote: LivingQuote): void {
    this.#quotes.set(slot, quote)
    this.#storage.sql.exec(
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
    this.#storage.sql.exec('DELETE FROM quotes WHERE decision_id = ?', decisionId)
    this.#quotes.clear()
  }

  /**
   * Prices and, where something has to be written, the events and quotes to write. The caller writes them in one
   * transaction; on the warm path there is nothing to write.
   */
  price(request: PriceRequest, subject: string): Outcome<{ offers: PricedOffer[]; events: AcceptedEvent[]; write: () => void }> {
    const { now, context } = request
    const facts = pricingFactsOf(this.#log.facts, subject, null)
    const offers: PricedOffer[] = []
    const events: AcceptedEvent[] = []
    const kept: [string, LivingQuote][] = []
    for (const { slice, decisionId } of request.offers) {
      const slot = slotOf(slice.product.id, context.currency)
      const living = this.#living(slot)
      const { key: inputs, validUntil } = pricingInputsKey(slice, request.settingsHash, facts, context, now)
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
      const lastQuote =
        living && living.expiresAt > now ? { amountMinor: living.answer.decision.priceMinor, expiresAt: living.expiresAt } : null
      const decision = decide(slice, request.settings, { ...facts, lastQuote }, context, decisionId, now)
      const answer = this.#quote(decision, request)
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
    return succeed({ offers, events, write: () => kept.forEach(([slot, quote]) => this.#keep(slot, quote)) })
  }

  #quote(decision: PriceDecision, request: PriceRequest): PricedOffer {
    const issuedAt = Math.floor(request.now / 1000)
    const expiresAt = (issuedAt + Math.floor(request.settings.quoteLifetimeMs / 1000)) * 1000
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
    return { decision, quote, expiresAt, configVersion: request.configVersion }
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
