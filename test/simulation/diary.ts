import type { IncomingEvent } from '../../worker/contract/events.ts'
import type { Device } from '../../worker/contract/lists.ts'
import { DAY_MS } from '../../worker/domain/time.ts'
import type { ShopCurrency } from './catalogue.ts'
import { between, chance, integer, pick, type Random } from './random.ts'

export interface Traits {
  /** Five digits, unique in the shop. */
  number: string
  country: string
  currency: ShopCurrency
  device: Device
  source: string
  /** Signed up or paid: known to the shop by a customerId. Everybody else has a visitorId only. */
  known: boolean
}

const COUNTRIES = { US: 46, GB: 10, DE: 11, FR: 7, CA: 6, AU: 5, IN: 5, NL: 4, ES: 3, BR: 3 }
const EURO_COUNTRIES = new Set(['DE', 'FR', 'NL', 'ES'])
const DEVICES_USED = { desktop: 62, mobile: 32, tablet: 6 } as const
const SOURCES = { organic: 38, google_ads: 22, direct: 16, newsletter: 10, partner: 8, social: 6 }

export function drawTraits(random: Random, index: number): Omit<Traits, 'known'> {
  const country = pick(random, COUNTRIES)
  return {
    number: String(index).padStart(5, '0'),
    country,
    currency: EURO_COUNTRIES.has(country) ? 'EUR' : 'USD',
    device: pick(random, DEVICES_USED),
    source: pick(random, SOURCES),
  }
}

type Fields = Omit<IncomingEvent, 'id' | 'event' | 'timestamp' | 'visitorId' | 'customerId'>

export interface Sale {
  productId: string
  amount: number
  quantity?: number
  /** Subscription whose period this pays. */
  subscriptionId?: string
  /** Price decision that led to it. */
  decisionId?: string
  refundProbability?: number
}

/** Everything one person does, in order of writing. Refuses what would lie in the future. */
export class Diary {
  readonly events: IncomingEvent[] = []
  readonly traits: Traits
  readonly random: Random
  readonly endAt: number
  private transactions = 0

  constructor(traits: Traits, random: Random, endAt: number) {
    this.traits = traits
    this.random = random
    this.endAt = endAt
  }

  /** The event's id, or null when the instant has not come yet; nothing is written then. */
  record(event: string, at: number, fields: Fields = {}): string | null {
    if (at >= this.endAt) return null
    const { known, number } = this.traits
    const who = known ? { customerId: `cus_${number}` } : { visitorId: `sim_v_${number}` }
    const id = `sim:${number}:${this.events.length + 1}`
    this.events.push({ id, event, timestamp: Math.floor(at), ...who, ...fields })
    return id
  }

  /** Money that came in, and now and then goes back in part or whole. */
  purchase(at: number, sale: Sale): boolean {
    const { productId, amount, quantity = 1, refundProbability = 0.012, ...more } = sale
    const transactionId = `sim_tx_${this.traits.number}_${++this.transactions}`
    const { currency, country, device, source } = this.traits
    if (!this.record('purchase', at, { transactionId, productId, amount, currency, quantity, country, device, source, ...more }))
      return false
    if (chance(this.random, refundProbability)) {
      const part = chance(this.random, 0.25) ? Math.round(amount / 2) : amount
      this.record('refund', at + between(this.random, 1, 21) * DAY_MS, { transactionId, productId, amount: part, currency })
    } else if (chance(this.random, 0.003)) this.dispute(at + between(this.random, 10, 50) * DAY_MS, transactionId, amount)
    return true
  }

  private dispute(at: number, transactionId: string, amount: number): void {
    const { currency } = this.traits
    this.record('dispute_opened', at, { transactionId, amount, currency })
    this.record('dispute_closed', at + integer(this.random, 14, 45) * DAY_MS, {
      transactionId,
      amount,
      currency,
      won: chance(this.random, 0.4),
    })
  }
}
