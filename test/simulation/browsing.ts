import { DAY_MS, dayOf, MINUTE_MS } from '../../worker/domain/time.ts'
import { ITEMS, type ProductId } from './catalogue.ts'
import type { Diary } from './diary.ts'
import { between, chance, integer } from './random.ts'

/**
 * Price test that ran in the past: its arms really changed how many bought. The control is the list price. A shop this
 * small takes most of a year to show a hundred people each price.
 */
export const PAST_TEST = {
  id: 'sim_pro_bundle_1',
  productId: 'pro_bundle',
  currency: 'USD',
  prices: { control: 499, variant_1: 449, variant_2: 549 },
  /** Days before the end of the simulated time. */
  startsDaysBefore: 384,
  endsDaysBefore: 20,
} as const

const ARMS = Object.entries(PAST_TEST.prices)

/** Share of people at the list price whatever runs. */
const HOLDOUT_SHARE = 0.05
/** How strongly demand answers to price: 1 % dearer, 1.4 % fewer buyers. */
const PRICE_ELASTICITY = -1.4

export interface Offer {
  productId: ProductId
  listPrice: number
  price: number
  arm: string | null
  propensity: number
}

/** The price this person is shown for a product, kept for all their visits. */
export function drawOffer(diary: Diary, productId: ProductId, duringTest: boolean): Offer {
  const { currency } = diary.traits
  const listPrice = ITEMS[productId][currency]
  const draw = diary.random()
  const holdout = diary.random() < HOLDOUT_SHARE
  if (!duringTest || holdout || productId !== PAST_TEST.productId || currency !== PAST_TEST.currency) {
    return { productId, listPrice, price: listPrice, arm: null, propensity: 1 }
  }
  const [arm, price] = ARMS[Math.floor(draw * ARMS.length)] as [string, number]
  return { productId, listPrice, price, arm, propensity: 1 / ARMS.length }
}

/** Chance of buying at the offered price against the list price. */
export const priceEffect = (offer: Offer): number => (offer.price / offer.listPrice) ** PRICE_ELASTICITY

/** How far a visit goes. */
export type Depth = 'page' | 'item' | 'cart' | 'checkout' | 'payment'
const DEPTHS: Depth[] = ['page', 'item', 'cart', 'checkout', 'payment']

export interface Visit {
  endedAt: number
  decisionId: string | null
}

/** One visit: pages, the product, and as much of the way to the till as `depth` says. Answers when it ended, and the id of its decision. */
export function visit(diary: Diary, startAt: number, session: number, offer: Offer, depth: Depth, decides: boolean): Visit {
  const { random, traits } = diary
  const { country, device, source, currency, number } = traits
  const context = { country, device, source, sessionId: `sim_s_${number}_${session}` }
  const steps = DEPTHS.indexOf(depth)
  let at = startAt
  let decisionId: string | null = null
  const later = () => {
    at += between(random, 0.2, 3) * MINUTE_MS
    return at
  }
  for (let page = integer(random, 1, 3); page > 0; page--) diary.record('page_view', later(), context)
  const item = { ...context, productId: offer.productId, amount: offer.price, currency }
  if (steps >= 1) {
    const viewedAt = later()
    if (decides) {
      const epoch = dayOf(diary.endAt - PAST_TEST.startsDaysBefore * DAY_MS)
      const test = offer.arm ? { testId: PAST_TEST.id, arm: offer.arm, epoch } : {}
      decisionId = diary.record('price_decided', viewedAt - 1, {
        ...item,
        metadata: { listPrice: offer.listPrice, propensity: offer.propensity, ...test },
      })
    }
    diary.record('view_item', viewedAt, item)
  }
  if (steps >= 2) diary.record('add_to_cart', later(), item)
  if (steps >= 3) diary.record('begin_checkout', later(), item)
  if (steps >= 4) diary.record('add_payment_info', later(), item)
  return { endedAt: at, decisionId }
}

/** How far somebody gets who does not buy. */
export function lookerDepth(diary: Diary): Depth {
  const { random } = diary
  if (chance(random, 0.27)) return 'page'
  if (chance(random, 0.78)) return 'item'
  if (chance(random, 0.55)) return 'cart'
  return chance(random, 0.6) ? 'checkout' : 'payment'
}
