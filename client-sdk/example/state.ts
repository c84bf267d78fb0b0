import { computed, effect, signal } from '@preact/signals'
import type { Client, Consent, PriceOptions, ShownPricing } from '../types.ts'
import { CATALOGUE, type Product } from './catalogue.ts'

/** The SDK once its script has run, or null where it was blocked: then Harbour sells at its list prices. */
export const sdk = new Promise<Client | null>((resolve) => {
  const loaded = () => (window as { fairlead?: Client }).fairlead
  const settle = () => resolve(loaded() ?? null)
  if (loaded()) return settle()
  document.querySelector('script[data-key]')?.addEventListener('load', settle)
  // The page's load waits for every script, failed ones too; the tag's own error may have gone by before this ran.
  addEventListener('load', settle)
})

export const country = signal('US')
export const device = signal<NonNullable<PriceOptions['device']>>('desktop')
export const consent = signal<Consent>('granted')
export const customer = signal<string | null>(null)
export const visitorId = signal<string | null>(null)
/** Product ids; a demo cart holds one of each. */
export const cart = signal<string[]>([])
export const order = signal<{ orderId: string; total: number; currency: string } | null>(null)

/** Latest price of each product for this visitor and context; absent while it is being asked. */
export const prices = signal<Record<string, ShownPricing>>({})
/** Decisions as they came, newest first, for the strip. */
export const decisions = signal<ShownPricing[]>([])

const options = computed<PriceOptions>(() => ({ country: country.value, device: device.value }))

const heard = (priced: ShownPricing[]) => {
  prices.value = { ...prices.value, ...Object.fromEntries(priced.map((pricing) => [pricing.productId, pricing])) }
  decisions.value = [...priced, ...decisions.value.filter(({ productId }) => !priced.some((pricing) => pricing.productId === productId))]
}

const none = (productId: string): ShownPricing => ({
  productId,
  optimizedPrice: null,
  listPrice: null,
  currency: null,
  decisionId: null,
  quote: null,
  disclosure: null,
  reason: 'blocked',
  fallback: true,
})

/** Prices of the whole catalogue, as a listing. */
export async function priceListing(): Promise<void> {
  const client = await sdk
  const ids = CATALOGUE.map(({ id }) => id)
  heard(client ? await client.prices(ids, options.peek()) : ids.map(none))
  visitorId.value = (await client?.visitorId()) ?? null
}

/** The price of one product, counted as shown; also renews its quote. */
export async function priceProduct(id: string): Promise<ShownPricing> {
  const client = await sdk
  const pricing = client ? await client.price(id, options.peek()) : none(id)
  heard([pricing])
  visitorId.value = (await client?.visitorId()) ?? null
  return pricing
}

export const track: Client['track'] = (event, fields) => void sdk.then((client) => client?.track(event, fields))

/** What the shop charges: the decided price, or its own list price. */
export function charged(product: Product): { amount: number; currency: string } {
  const pricing = prices.value[product.id]
  return pricing && pricing.optimizedPrice !== null
    ? { amount: pricing.optimizedPrice, currency: pricing.currency }
    : { amount: product.listPrice, currency: 'USD' }
}

/** Somebody else sits down at this browser. */
export async function playAnother(): Promise<void> {
  ;(await sdk)?.reset()
  cart.value = []
  customer.value = null
  order.value = null
  prices.value = {}
  decisions.value = []
  visitorId.value = null
}

/** Asks `reprice` whenever the strip changes what the Worker sees. */
export const whenContextChanges = (reprice: () => void): (() => void) => {
  let first = true
  return effect(() => {
    options.value
    consent.value
    customer.value
    if (!first) reprice()
    first = false
  })
}

export async function setConsent(state: Consent): Promise<void> {
  ;(await sdk)?.consent(state)
  consent.value = state
}
