import { chooseVariation, hash, variationRanges } from '../../worker/domain/assignment.ts'
import { weekdayOf } from '../../worker/domain/pricing/learning/maturity.ts'
import { weightsOn } from '../../worker/domain/pricing/learning/propensity.ts'
import type { ArmDay } from '../../worker/domain/pricing/learning/types.ts'
import type { PriceTest, WeightEpoch } from '../../worker/domain/pricing/types.ts'
import { addDays, DAY_MS, startOfDay } from '../../worker/domain/time.ts'
import { exponential, mulberry32, type Random } from './random.ts'

/** A Saturday: a market that is best at weekends shows its best side first. */
const FIRST_DAY = '2027-01-02'

/** A market whose demand is known, so that what a strategy gives up can be counted. */
export interface Market {
  name: string
  /** Prices in minor units, the control's first. */
  amountsMinor: readonly number[]
  days: number
  /** Weekdays count from Sunday, 0. */
  visitorsOn: (weekday: number) => number
  /** Chance that a visitor buys within the conversion window, 0–1. */
  demand: (arm: number, weekday: number, segment: string) => number
  /** Shares of visitors by what the test is read by; null where it is read as one. */
  segments: Readonly<Record<string, number>> | null
  conversionWindowDays: number
  /** From exposure to purchase, cut off at the conversion window. */
  meanDelayDays: number
}

/** Three prices that earn in proportion to 4, 5 and 6, and 20,000 visitors. */
export const THREE_ARMS: Market = {
  name: 'three prices that sell to 4, 5 and 6 % for the same revenue each, 20,000 visitors',
  amountsMinor: [10_000, 10_000, 10_000],
  days: 160,
  visitorsOn: () => 125,
  demand: (arm) => [0.04, 0.05, 0.06][arm] as number,
  segments: null,
  conversionWindowDays: 2,
  meanDelayDays: 0.5,
}

/** The same three, all alike: whatever is found here is a false alarm. */
export const ALIKE: Market = {
  ...THREE_ARMS,
  name: 'three prices that earn the same',
  days: 70,
  visitorsOn: () => 250,
  demand: () => 0.05,
}

const isWeekend = (weekday: number): boolean => weekday === 0 || weekday === 6

/** The second price wins every weekend, when twice as many come, and loses over the week. What a weekend taught weighs in the next. */
export const WEEKENDS: Market = {
  ...THREE_ARMS,
  name: 'a price that wins at weekends and loses over the week, 20,160 visitors',
  amountsMinor: [10_000, 10_000],
  days: 98,
  visitorsOn: (weekday) => (isWeekend(weekday) ? 320 : 160),
  demand: (arm, weekday) => (arm === 0 ? 0.06 : isWeekend(weekday) ? 0.09 : 0.02),
  conversionWindowDays: 5,
  meanDelayDays: 1,
}

/** List price 499, cheaper and dearer ones: on a desktop people would pay more, on a phone less. */
export const DEVICES: Market = {
  ...THREE_ARMS,
  name: 'prices of 499, 399 and 599 that desktops and phones take differently, 32,000 visitors',
  amountsMinor: [49_900, 39_900, 59_900],
  visitorsOn: () => 200,
  demand: (arm, _weekday, segment) => (segment === 'desktop' ? [0.06, 0.065, 0.058] : [0.03, 0.055, 0.012])[arm] as number,
  segments: { desktop: 0.5, mobile: 0.5 },
}

/** A price test as this market sees it, all arms equal on its first day. */
export function testOf(market: Market, over: Partial<PriceTest> = {}): PriceTest {
  const weight = 1 / market.amountsMinor.length
  const arms = market.amountsMinor.map((amountMinor, at) => ({ key: at === 0 ? 'control' : `variant_${at}`, amountMinor, weight }))
  const startsAt = startOfDay(FIRST_DAY)
  return {
    id: 'simulated',
    version: 1,
    productId: 'simulated',
    currency: 'USD',
    seed: 'simulated',
    mode: 'randomised',
    eligibility: 'new',
    arms,
    allocation: 'thompson',
    epochs: [{ day: FIRST_DAY, weights: Object.fromEntries(arms.map(({ key }) => [key, weight])), bySegment: {} }],
    metric: 'net_revenue',
    conversionWindowMs: market.conversionWindowDays * DAY_MS,
    segments: market.segments && 'device',
    minimumSample: 100,
    windowMs: 6 * 3_600_000,
    startsAt,
    endsAt: startsAt + market.days * DAY_MS,
    ...over,
  }
}

/** Weights from the day after `today` on, or null to leave them. */
export type Strategy = (test: PriceTest, days: readonly ArmDay[], today: string) => Pick<WeightEpoch, 'weights' | 'bySegment'> | null

export interface Outcome {
  test: PriceTest
  days: ArmDay[]
  /** Day after the last one. */
  today: string
  /** In expectation over who buys; minor units. */
  revenueMinor: number
  /** Less than the best price shown to everybody would have brought. */
  regretMinor: number
  /** Index of the arm that earns most over all days. */
  best: number
  /** Index of the arm with the largest weight after the last day; null where all are alike. */
  endedOn: number | null
}

/** Told of every morning. */
export type Watch = (test: PriceTest, days: readonly ArmDay[], today: string) => void

/** A purchase to come. */
interface Order {
  row: ArmDay
  amountMinor: number
}

/**
 * One life of a market under a strategy, day by day: visitors are drawn by the hash that draws real ones, buy by chance
 * and some days later, and the strategy sees each morning what has come in by then.
 */
export function runMarket(market: Market, strategy: Strategy, seed: number, over: Partial<PriceTest> = {}, watch?: Watch): Outcome {
  const random = mulberry32(seed)
  const test = testOf(market, { seed: `seed-${seed}`, ...over })
  const rows: ArmDay[] = []
  const orders = new Map<string, Order[]>()
  const earned = test.arms.map(() => 0)
  let revenueMinor = 0
  let visitor = 0
  let day = FIRST_DAY
  for (let index = 0; index < market.days; index++, day = addDays(FIRST_DAY, index)) {
    const weekday = weekdayOf(day)
    for (const [segment, share] of Object.entries(market.segments ?? { '': 1 })) {
      const place = market.segments ? segment : null
      const drawn = rowsOf(test, day, place)
      rows.push(...drawn)
      const draw = drawOn(test, day, place)
      const chances = test.arms.map((_, arm) => market.demand(arm, weekday, segment))
      const worths = chances.map((chance, arm) => chance * (market.amountsMinor[arm] as number))
      const visitors = Math.round(market.visitorsOn(weekday) * share)
      for (let at = 0; at < visitors; at++) {
        const arm = draw(`visitor-${visitor++}`)
        const row = drawn[arm] as ArmDay
        row.exposed++
        revenueMinor += worths[arm] as number
        if (random() < (chances[arm] as number)) placeOrder(orders, market, row, arm, day, random)
      }
      for (const [arm, worth] of worths.entries()) earned[arm] = (earned[arm] as number) + worth * visitors
    }
    deliver(orders, day)
    const today = addDays(day, 1)
    watch?.(test, rows, today)
    const epoch = strategy(test, rows, today)
    if (epoch) test.epochs.push({ day: addDays(today, 1), ...epoch })
  }
  const best = indexOfHighest(earned)
  const { weights } = test.epochs.at(-1) as WeightEpoch
  const shares = test.arms.map(({ key }) => weights[key] ?? 0)
  return {
    test,
    days: rows,
    today: day,
    revenueMinor,
    regretMinor: (earned[best] as number) - revenueMinor,
    best,
    endedOn: new Set(shares).size === 1 ? null : indexOfHighest(shares),
  }
}

const indexOfHighest = (values: readonly number[]): number => values.indexOf(Math.max(...values))

/** How people of a segment are drawn on a day. */
function drawOn(test: PriceTest, day: string, segment: string | null): (subject: string) => number {
  const weights = weightsOn(test, day, segment)
  const ranges = variationRanges(test.arms.map(({ key }) => weights[key] ?? 0))
  return (subject) => chooseVariation(hash(test.seed, subject, 2), ranges)
}

/** An empty row for each arm. */
function rowsOf(test: PriceTest, day: string, segment: string | null): ArmDay[] {
  const epoch = test.epochs.findLast((one) => one.day <= day)?.day ?? day
  return test.arms.map(({ key }) => ({ day, epoch, arm: key, segment, exposed: 0, sum: 0, squares: 0n }))
}

function placeOrder(orders: Map<string, Order[]>, market: Market, row: ArmDay, arm: number, day: string, random: Random): void {
  const delay = Math.min(market.conversionWindowDays, Math.floor(exponential(random, market.meanDelayDays)))
  const on = addDays(day, delay)
  const due = orders.get(on) ?? []
  due.push({ row, amountMinor: market.amountsMinor[arm] as number })
  orders.set(on, due)
}

/** What is bought on a day enters the day on which the buyer first saw the price. */
function deliver(orders: Map<string, Order[]>, day: string): void {
  for (const { row, amountMinor } of orders.get(day) ?? []) {
    row.sum += amountMinor
    row.squares += BigInt(amountMinor) ** 2n
  }
  orders.delete(day)
}
