import type { IncomingEvent } from '../../worker/contract/events.ts'
import { DAY_MS, dayOf, MINUTE_MS, startOfDay } from '../../worker/domain/time.ts'
import { type Depth, drawOffer, drawVariants, lookerDepth, PAST_TEST, priceEffect, type Seen, visit } from './browsing.ts'
import { arrivalDay, type Calendar, calendarOf, momentOf } from './calendar.ts'
import { ITEMS, type ProductId } from './catalogue.ts'
import { Diary, drawTraits, type Sale } from './diary.ts'
import { between, chance, exponential, integer, mulberry32, pick } from './random.ts'
import { subscribe } from './subscription.ts'

/** What people come for. */
const INTERESTS: Record<ProductId, number> = { starter_bundle: 21, pro_bundle: 27, starter_monthly: 27, pro_monthly: 17, pro_yearly: 8 }
/** Chance that an interested visitor ends up paying (or trying) at the list price. */
const APPETITE: Record<ProductId, number> = {
  starter_bundle: 0.2,
  pro_bundle: 0.2,
  starter_monthly: 0.3,
  pro_monthly: 0.27,
  pro_yearly: 0.2,
}

const isPlan = (productId: ProductId): boolean => ITEMS[productId].interval !== null

export interface ShopOptions {
  seed: number
  /** Epoch ms; the shop's history ends where its UTC day begins, so one day gives one history. */
  now: number
  people?: number
}

/**
 * The history of a small software shop over eighteen months, person by person: visits, price decisions, purchases,
 * trials, subscriptions, refunds, disputes and failed payments, as events for `POST /api/import`. No event lies in the
 * future, and the events of one person are in order of time. Same seed and day of `now`, same events.
 */
export function* simulateShop({ seed, now, people = 2_900 }: ShopOptions): Generator<IncomingEvent[]> {
  const calendar = calendarOf(now)
  for (let index = 1; index <= people; index++) {
    // A generator of their own each, so that a change in one life leaves the others as they are.
    const random = mulberry32(Math.imul(seed, 2_654_435_761) + index * 40_503)
    const quantile = (index - 1 + random()) / people
    const arrivedOn = arrivalDay(calendar, quantile)
    const seen = drawVariants((calendar.endAt - arrivedOn) / DAY_MS, mulberry32(Math.imul(seed, 40_503) + index * 2_654_435_761))
    yield live(index, arrivedOn, calendar, random, seen)
  }
}

/** All events of a shop in one list. */
export const simulateEvents = (options: ShopOptions): IncomingEvent[] => [...simulateShop(options)].flat()

function live(index: number, arrivedOn: number, calendar: Calendar, random: () => number, seen: readonly Seen[]): IncomingEvent[] {
  const traits = drawTraits(random, index)
  const productId = pick(random, INTERESTS)
  const daysBefore = (calendar.endAt - arrivedOn) / DAY_MS
  const diary = new Diary({ ...traits, known: false }, random, calendar.endAt)
  const offer = drawOffer(diary, productId, daysBefore <= PAST_TEST.startsDaysBefore && daysBefore > PAST_TEST.endsDaysBefore)
  const buys = chance(random, APPETITE[productId] * priceEffect(offer))
  diary.traits.known = buys || chance(random, 0.04)

  const sessions = 1 + Math.min(4, Math.floor(exponential(random, buys ? 1.1 : 0.75)))
  let at = momentOf(arrivedOn, random)
  let decisionId: string | null = null
  for (let session = 1; session <= sessions; session++) {
    const last = session === sessions
    const depth: Depth = buys ? (last ? 'payment' : 'item') : lookerDepth(diary, seen)
    if (last && diary.traits.known)
      diary.record('sign_up', at + 30_000, { country: traits.country, device: traits.device, source: traits.source })
    const visited = visit(diary, at, session, offer, depth, depth !== 'page' && decisionId === null, seen)
    const { endedAt } = visited
    decisionId ??= visited.decisionId
    if (last) {
      if (buys) buy(diary, { productId, amount: offer.price, decisionId: decisionId ?? undefined }, endedAt + MINUTE_MS)
      break
    }
    at = momentOf(startOfDay(dayOf(endedAt)) + DAY_MS * (1 + Math.floor(exponential(random, 5))), random)
  }
  return diary.events.sort((a, b) => (a.timestamp as number) - (b.timestamp as number))
}

function buy(diary: Diary, sale: Sale & { productId: ProductId }, at: number): void {
  const { productId, decisionId } = sale
  const { random, traits } = diary
  if (!isPlan(productId)) {
    diary.purchase(at, { ...sale, refundProbability: 0.045 })
    // Some come back for the other bundle, and some of the content become subscribers.
    if (chance(random, 0.16)) {
      const other = productId === 'starter_bundle' ? 'pro_bundle' : 'starter_bundle'
      const againAt = at + between(random, 20, 200) * DAY_MS
      diary.purchase(againAt, { productId: other, amount: ITEMS[other][traits.currency], refundProbability: 0.045 })
    }
    if (chance(random, 0.12)) subscribe(diary, 'starter_monthly', at + between(random, 10, 120) * DAY_MS, `sim_sub_${traits.number}_1`)
    return
  }
  const subscriptionId = `sim_sub_${traits.number}_1`
  let startAt = at
  if (productId !== 'pro_yearly' && chance(random, 0.35)) {
    diary.record('trial_started', at, { subscriptionId, productId })
    startAt = at + 14 * DAY_MS
    diary.record('trial_ended', startAt, { subscriptionId, productId })
    if (!chance(random, 0.58)) return
    startAt += 1
  }
  const endedAt = subscribe(diary, productId, startAt, subscriptionId, decisionId)
  if (endedAt !== null && chance(random, 0.14)) {
    subscribe(
      diary,
      chance(random, 0.6) ? 'starter_monthly' : productId,
      endedAt + integer(random, 25, 130) * DAY_MS,
      `sim_sub_${traits.number}_2`,
    )
  }
}
