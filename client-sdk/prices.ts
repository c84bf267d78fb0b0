import type * as z from 'zod'
import type { PricesAnswer, PricingAnswer } from '../worker/contract/pricing.ts'
import { track } from './outbox.ts'
import { timeoutMs } from './settings.ts'
import type { PriceOptions, ShownPricing, Unpriced } from './types.ts'
import { introduce, refused } from './visitor.ts'
import { AS_JSON, request, within } from './wire.ts'

type Answer = PricingAnswer | z.infer<typeof PricesAnswer>
type Parameters = Omit<PriceOptions, 'timeoutMs'> & { visitorId?: string; consent?: 'denied' }

const unpriced = (productId: string, reason: string): Unpriced => ({
  productId,
  optimizedPrice: null,
  listPrice: null,
  currency: null,
  decisionId: null,
  quote: null,
  disclosure: null,
  reason,
  fallback: true,
})

/** Prices in the order asked, the missing ones unpriced, never later than the timeout. */
async function decide(
  ids: string[],
  { timeoutMs: patienceMs = timeoutMs, ...context }: PriceOptions,
  send: (parameters: Parameters) => Promise<Answer>,
): Promise<ShownPricing[]> {
  const ask = async (visitorId?: string) => send({ visitorId, consent: refused() ? 'denied' : undefined, ...context })
  // A signed token says who it is; no visitor is needed, or minted.
  const asked = context.token ? ask() : introduce(ask)
  const found = asked.then((answer) => {
    const pricings = 'prices' in answer ? answer.prices : [answer.pricing]
    return ids.map((id): ShownPricing => pricings.find(({ productId }) => productId === id) ?? unpriced(id, 'unknown_product'))
  })
  const shown = await within(found, patienceMs)
  if (typeof shown !== 'string') return shown
  // A decision that comes after the page has gone on with its list price was never served.
  const late = (pricings: ShownPricing[]) => {
    for (const { decisionId, productId } of pricings) if (decisionId) track('price_not_shown', { decisionId, productId })
  }
  found.then(late, () => {})
  return ids.map((id) => unpriced(id, shown))
}

export async function price(productId: string, options: PriceOptions = {}): Promise<ShownPricing> {
  const [pricing] = await decide([productId], options, (parameters) => {
    let path = `api/pricing/${encodeURIComponent(productId)}?`
    for (const [name, value] of Object.entries(parameters)) if (value) path += `${name}=${encodeURIComponent(value as string)}&`
    return request<PricingAnswer>(path)
  })
  return pricing as ShownPricing
}

export const prices = (products: string[], options: PriceOptions = {}): Promise<ShownPricing[]> =>
  decide(products, options, (parameters) => request('api/pricing?', { products, ...parameters }, AS_JSON))
