import { DAY_MS, dayOf, MINUTE_MS } from '../../worker/domain/time.ts'
import { ITEMS, type ProductId } from './catalogue.ts'
import type { Diary } from './diary.ts'
import { between, chance, integer, type Random } from './random.ts'

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

/** How strongly a variant makes people who would have left the landing page look at a product, 0–1. */
type Pull = number

/**
 * Experiments that the history tells of. The first one's variant really keeps people from leaving; the second one's does
 * nothing, and still runs.
 */
export const PAST_EXPERIMENTS = [
  { key: 'sim_landing', pull: { photo: 0, promise: 0.45 }, startsDaysBefore: 250, endsDaysBefore: 40 },
  { key: 'sim_trust_marks', pull: { plain: 0, trust_marks: 0 }, startsDaysBefore: 32, endsDaysBefore: -13 },
] as const satisfies readonly { key: string; pull: Record<string, Pull>; startsDaysBefore: number; endsDaysBefore: number }[]

/** A variant somebody sees on the first page of their first visit. */
export interface Seen {
  experiment: string
  variant: string
  pull: Pull
}

/**
 * Variants of the experiments that run when somebody arrives.
 *
 * @param random a generator of its own, so that an experiment leaves lives as they are but for what its variant does
 */
export function drawVariants(daysBefore: number, random: Random): Seen[] {
  return PAST_EXPERIMENTS.flatMap(({ key, pull, startsDaysBefore, endsDaysBefore }) => {
    const variants = Object.entries(pull)
    const [variant, strength] = variants[Math.floor(random() * variants.length)] as [string, Pull]
    const runs = daysBefore <= startsDaysBefore && daysBefore > endsDaysBefore
    return runs ? [{ experiment: key, variant, pull: strength }] : []
  })
}

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
  /** Of the universal holdout. */
  heldOut: boolean
}

/** The price this person is shown for a product, kept for all their visits. */
export function drawOffer(diary: Diary, productId: ProductId, duringTest: boolean): Offer {
  const { currency } = diary.traits
  const listPrice = ITEMS[productId][currency]
  const draw = diary.random()
  const heldOut = diary.random() < HOLDOUT_SHARE
  if (!duringTest || heldOut || productId !== PAST_TEST.productId || currency !== PAST_TEST.currency) {
    return { productId, listPrice, price: listPrice, arm: null, propensity: 1, heldOut }
  }
  const [arm, price] = ARMS[Math.floor(draw * ARMS.length)] as [string, number]
  return { productId, listPrice, price, arm, propensity: 1 / ARMS.length, heldOut }
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
export function visit(
  diary: Diary,
  startAt: number,
  session: number,
  offer: Offer,
  depth: Depth,
  decides: boolean,
  seen: readonly Seen[],
): Visit {
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
  if (session === 1) {
    for (const { experiment, variant } of seen)
      diary.record('experiment_viewed', startAt + 1, { ...context, experimentId: `${experiment}@1`, variantId: variant })
  }
  const item = { ...context, productId: offer.productId, amount: offer.price, currency }
  if (steps >= 1) {
    const viewedAt = later()
    if (decides) {
      const epoch = dayOf(diary.endAt - PAST_TEST.startsDaysBefore * DAY_MS)
      const test = offer.arm ? { testId: PAST_TEST.id, arm: offer.arm, epoch } : {}
      decisionId = diary.record('price_decided', viewedAt - 1, {
        ...item,
        metadata: { listPrice: offer.listPrice, propensity: offer.propensity, heldOut: offer.heldOut, ...test },
      })
    }
    diary.record('view_item', viewedAt, item)
  }
  if (steps >= 2) diary.record('add_to_cart', later(), item)
  if (steps >= 3) diary.record('begin_checkout', later(), item)
  if (steps >= 4) diary.record('add_payment_info', later(), item)
  return { endedAt: at, decisionId }
}

/** Whoever reaches the checkout and does not buy: forms are a nuisance on a telephone. */
const GIVES_UP_AT_CHECKOUT = { desktop: 0.45, tablet: 0.45, mobile: 0.92 } as const

/** How far somebody gets who does not buy. */
export function lookerDepth(diary: Diary, seen: readonly Seen[]): Depth {
  const { random } = diary
  const leaves = 0.27 * seen.reduce((left, { pull }) => left * (1 - pull), 1)
  if (chance(random, leaves)) return 'page'
  if (chance(random, 0.78)) return 'item'
  if (chance(random, 0.55)) return 'cart'
  return chance(random, GIVES_UP_AT_CHECKOUT[diary.traits.device]) ? 'checkout' : 'payment'
}
