import type { Context } from 'hono'
import type { Configuration } from '../config.ts'
import type { FlagContext } from '../contract/flags.ts'
import { DEVICES } from '../contract/lists.ts'
import type { Pricing } from '../contract/pricing.ts'
import type { AppEnv } from '../http.ts'
import { visitorObjectId } from '../person.ts'
import { type Asked, priceFor } from './price-answers.ts'

/** Prices as flags of the evaluation protocol: the key is `price:<productId>`, the value what the pricing route answers. */
export const PRICE_PREFIX = 'price:'

/** Prices that a bulk question asks for, as previews. */
export const previewsOf = async (
  c: Context<AppEnv>,
  configuration: Configuration,
  { products, ...context }: FlagContext,
): Promise<string[]> =>
  products === undefined || products.length === 0 ? [] : pricesOf(c, configuration, context, [...new Set(products)], true)

/** Prices of the products we know, as flags in JSON. */
export async function pricesOf(
  c: Context<AppEnv>,
  configuration: Configuration,
  context: FlagContext,
  products: readonly string[],
  preview: boolean,
): Promise<string[]> {
  const found = await Promise.all(products.map((id) => configuration.slice(id)))
  const slices = found.filter((slice) => slice !== null)
  if (slices.length === 0) return []
  const { prices } = await priceFor(c, configuration, slices, askedOf(c, context), preview)
  return prices.map((text) => {
    const { productId, reason, test, decisionId } = JSON.parse(text) as Pricing
    const metadata = JSON.stringify(decisionId === null ? {} : { decisionId })
    const variant = test ? `,"variant":${JSON.stringify(test.variant)}` : ''
    return `{"key":${JSON.stringify(PRICE_PREFIX + productId)},"value":${text},"reason":"${reasonOf(reason)}"${variant},"metadata":${metadata}}`
  })
}

const reasonOf = (reason: string) =>
  reason === 'test' ? 'SPLIT' : reason === 'list' || reason === 'consent' ? 'DEFAULT' : 'TARGETING_MATCH'

/** The members of a context that a price knows; a visitorId and a customerId are both targeting keys. */
function askedOf(c: Context<AppEnv>, { targetingKey, ...context }: FlagContext): Asked {
  const isVisitor = targetingKey === 'new' || (targetingKey !== undefined && visitorObjectId(c.env, targetingKey) !== null)
  const { behaviorFlags, device } = context
  return {
    ...(context as Partial<Asked>),
    ...(targetingKey !== undefined && (isVisitor ? { visitorId: targetingKey } : { customerId: targetingKey })),
    token: textOf(context.token),
    currency: textOf(context.currency),
    country: textOf(context.country),
    region: textOf(context.region),
    device: DEVICES.find((word) => word === device),
    behaviorFlags: Array.isArray(behaviorFlags) ? behaviorFlags.filter((flag) => typeof flag === 'string').slice(0, 20) : [],
  }
}

/** An attribute as text; undefined for anything else that a context may hold under its name. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
