import { batch, computed, effect } from '@preact/signals'
import type { Client, PriceOptions, ShownPricing } from '../types.ts'
import { CATALOGUE, type Product, productOf } from './catalogue.ts'
import { cart, consent, country, currency, customer, decisions, device, prices, refusedByBrowser, sdk, visitorId, wish } from './state.ts'

const options = computed<PriceOptions>(() => ({ country: country.value, device: device.value, currency: currency.value }))

/** Counts who and where is played, so that a price asked for somebody else is not shown. */
let round = 0

export function forgetPrices(): void {
  round++
  prices.value = {}
  decisions.value = []
  visitorId.value = null
}

async function ask(ids: string[], asked: (client: Client) => Promise<ShownPricing[]>): Promise<ShownPricing[]> {
  const mine = round
  const client = await sdk
  const priced = client ? await asked(client) : ids.map(none)
  const id = (await client?.visitorId()) ?? null
  if (mine !== round) return priced
  batch(() => {
    prices.value = { ...prices.value, ...Object.fromEntries(priced.map((pricing) => [pricing.productId, pricing])) }
    decisions.value = [...priced, ...decisions.value.filter(({ productId }) => !priced.some((pricing) => pricing.productId === productId))]
    visitorId.value = id
    if (priced.some(({ reason }) => reason === 'consent') && wish.value === 'granted') refusedByBrowser.value = true
  })
  return priced
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
export function priceListing(): Promise<ShownPricing[]> {
  const ids = CATALOGUE.map(({ id }) => id)
  return ask(ids, (client) => client.prices(ids, options.peek()))
}

/** The price of one product, counted as shown; also renews its quote. */
export async function priceProduct(id: string): Promise<ShownPricing> {
  const [pricing] = await ask([id], async (client) => [await client.price(id, options.peek())])
  return pricing as ShownPricing
}

/** What the shop shows and charges: the decided price, or its own list price. */
export function charged(product: Product): { amount: number; currency: string } {
  const pricing = prices.value[product.id]
  return pricing && pricing.optimizedPrice !== null
    ? { amount: pricing.optimizedPrice, currency: pricing.currency }
    : { amount: product.listPrice[currency.value], currency: currency.value }
}

/** What the cart comes to at the prices on the page. */
export function totalShown(): { amount: number; currency: string } {
  const lines = cart.value.flatMap((id) => productOf(id) ?? []).map(charged)
  const cents = lines.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0)
  return { amount: cents / 100, currency: lines[0]?.currency ?? currency.value }
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
