import type * as z from 'zod'
import type { PricesAnswer, PricingAnswer } from '../worker/contract/pricing.ts'
import type { PriceOptions, Pricing, ShownPricing, Unpriced } from './types.ts'
import type { Visitor } from './visitor.ts'

interface Settings {
  timeoutMs: number
  visitor: Visitor
  /** One request to the Worker. Rejects with a problem code as its message. */
  call: <T>(path: string, body?: unknown) => Promise<T>
  /** A decision that came after the page had gone on with its list price. */
  onLate: (pricing: Pricing) => void
  /** The request itself refused profiling (`Sec-GPC`), though this page had heard of no refusal. */
  onRefused: () => void
}

type Ask = (visitorId: string | undefined) => Promise<{ found: Pricing[]; visitorId: string | null }>

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

export function createPrices({ timeoutMs, visitor, call, onLate, onRefused }: Settings) {
  /** Prices in the order asked, the missing ones unpriced, never later than the timeout. */
  async function within(ids: string[], options: PriceOptions, ask: Ask): Promise<ShownPricing[]> {
    const heard: Ask = async (visitorId) => {
      const answer = await ask(visitorId)
      if (answer.found.some(({ reason }) => reason === 'consent') && !visitor.refused()) onRefused()
      return answer
    }
    // A signed token says who it is; no visitor is needed, or minted.
    const asked = options.token ? heard(undefined) : visitor.introduce(heard)
    const first = await Promise.race([
      asked.catch((error: Error) => error.message),
      new Promise<string>((resolve) => setTimeout(resolve, options.timeoutMs ?? timeoutMs, 'timeout')),
    ])
    if (typeof first !== 'string')
      return ids.map((id) => first.found.find((pricing) => pricing.productId === id) ?? unpriced(id, 'unknown_product'))
    asked.then(
      ({ found }) => found.forEach(onLate),
      () => {},
    )
    return ids.map((id) => unpriced(id, first))
  }

  const consent = () => (visitor.refused() ? 'denied' : undefined)

  return {
    async price(productId: string, options: PriceOptions = {}) {
      const [pricing] = await within([productId], options, async (visitorId) => {
        const query = new URLSearchParams()
        const { timeoutMs, behaviorFlags, ...context } = options
        const parameters = { visitorId, consent: consent(), behaviorFlags: behaviorFlags?.join(), ...context }
        for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value)
        const answer = await call<PricingAnswer>(`pricing/${encodeURIComponent(productId)}?${query}`)
        return { found: [answer.pricing], visitorId: answer.visitorId }
      })
      return pricing as ShownPricing
    },
    prices: (products: string[], options: PriceOptions = {}) =>
      within(products, options, async (visitorId) => {
        const { timeoutMs, ...context } = options
        const answer = await call<z.infer<typeof PricesAnswer>>('pricing', { products, visitorId, consent: consent(), ...context })
        return { found: answer.prices, visitorId: answer.visitorId }
      }),
  }
}
