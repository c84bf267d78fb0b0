import { DAY_MS, dayOf, HOUR_MS } from '../time.ts'

/** Weeks of the same weekday that make the baseline, views below which it says nothing, and weeks it takes by the hour. */
export const BASELINE_WEEKS = 4
const LEAST_BASELINE_VIEWS = 20
const LEAST_WEEKS_BY_HOUR = 2
const HOURS_A_WEEK = 7 * 24

/** How many people looked at a product, and how many bought it. */
export interface Interest {
  views: number
  purchases: number
}

/** Interest of a span, and of the same span in each of the weeks before. */
export interface Comparison {
  now: Interest
  baseline: readonly Interest[]
}

/** Purchases of a usual span at which they weigh half of the most they may, and that most. */
const PURCHASES_FOR_HALF = 20
const PURCHASES_AT_MOST = 0.5

/** The index stays in here, whatever happens. */
const LEAST = 0.5
const MOST = 2
/** Share of the way to what the last day says that one hour goes: after six hours nine tenths of it. */
const STEP = 1 / 3

/**
 * Demand of a span against what is usual: 1 is usual, 1.2 a fifth more. Null where the baseline holds fewer than 20 views.
 *
 * Views and purchases are two readings of one thing. Views are many, and a price cannot chase its own tail through them:
 * what a page costs is seen after it is opened. Purchases are what demand means, but few, and they fall when the price
 * rises, so that an index of purchases alone would take back what it had just done. So the index is the geometric mean of
 * both ratios, in which purchases weigh the more the more of them there are, and at most as much as views:
 * w = ½ · p ÷ (p + 20) with p purchases in a usual span. A half is added to each count of purchases, so that a quiet day
 * is no day of none. Its square root is taken, because the counts of one day are noise as much as demand.
 *
 * @example rawDemandIndex({ now: { views: 144, purchases: 0 }, baseline: [{ views: 100, purchases: 0 }] }) // => 1.2
 */
export function rawDemandIndex({ now, baseline }: Comparison): number | null {
  const weeks = baseline.length
  const usual = { views: sum(baseline, 'views') / weeks, purchases: sum(baseline, 'purchases') / weeks }
  if (weeks === 0 || sum(baseline, 'views') < LEAST_BASELINE_VIEWS) return null
  const weight = (PURCHASES_AT_MOST * usual.purchases) / (usual.purchases + PURCHASES_FOR_HALF)
  const views = now.views / usual.views
  const purchases = (now.purchases + 0.5) / (usual.purchases + 0.5)
  return within(Math.sqrt(views ** (1 - weight) * purchases ** weight))
}

const sum = (interests: readonly Interest[], of: keyof Interest): number => interests.reduce((total, each) => total + each[of], 0)
const within = (index: number): number => Math.min(MOST, Math.max(LEAST, index))

/**
 * The index an hour later: a third of the way, on the scale of ratios, from where it stood to what the last 24 hours say,
 * so that no single hour moves a price far and a wave that has passed lets go of it within a day.
 *
 * @param previous index of the hour before; null where there is none
 * @example smoothDemandIndex(1, 1.331) // => 1.1
 */
export const smoothDemandIndex = (previous: number | null, raw: number): number =>
  within(previous === null ? raw : previous ** (1 - STEP) * raw ** STEP)

/** What is known of one product: totals of days, and how far a day had got by the slot of an hour. */
export interface Counts {
  /** Of a UTC day as far as it has come; a day without any is missing. */
  days: ReadonlyMap<string, Interest>
  /** Of the day so far, as the slot of each hour found it, by hours since the epoch; missing where nobody looked. */
  hours: ReadonlyMap<number, Interest>
}

const NOTHING: Interest = { views: 0, purchases: 0 }
const less = (a: Interest, b: Interest): Interest => ({
  views: Math.max(0, a.views - b.views),
  purchases: Math.max(0, a.purchases - b.purchases),
})
const plus = (a: Interest, b: Interest): Interest => ({ views: a.views + b.views, purchases: a.purchases + b.purchases })

/** Hours since the epoch, which number the running totals. */
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS)
const weeksBefore = (at: number, weeks: number): number => at - weeks * HOURS_A_WEEK * HOUR_MS

/** Days and hours of which `compareDay` asks what is known. */
export function spanOf(at: number): { days: string[]; hours: number[] } {
  const instants = Array.from({ length: BASELINE_WEEKS + 1 }, (_, weeks) => weeksBefore(at, weeks)).flatMap((each) => [each, each - DAY_MS])
  return { days: instants.map(dayOf), hours: instants.map(hourOf) }
}

/**
 * The 24 hours before an instant against the same hours of the same weekday in the four weeks before. Where the running
 * totals that this takes are not known, for now or for more than two of the weeks, the last whole day stands in, against
 * the same weekdays.
 *
 *   day before              day of `at`
 *   ├──────────┬────────────┼───────────┤
 *   │ known    │ rest of it │ so far    │     24 hours = rest of the day before + this day so far
 *   └──────────┴────────────┴───────────┘     rest = total of the day − its running total at the same hour
 *
 * @param at slot of the hour, epoch ms; running totals are those of the slots before
 */
export function compareDay(counts: Counts, at: number): Comparison {
  const now = trailing(counts, at, true)
  const weeks = Array.from({ length: BASELINE_WEEKS }, (_, week) => trailing(counts, weeksBefore(at, week + 1), false))
  const known = weeks.filter((week) => week !== null)
  if (now && known.length >= LEAST_WEEKS_BY_HOUR) return { now, baseline: known }
  const yesterday = (weeks: number) => counts.days.get(dayOf(weeksBefore(at, weeks) - DAY_MS)) ?? NOTHING
  return { now: yesterday(0), baseline: Array.from({ length: BASELINE_WEEKS }, (_, week) => yesterday(week + 1)) }
}

/** Interest of the 24 hours before an instant, or null where a running total is missing. The day that is still open says itself how far it is. */
function trailing({ days, hours }: Counts, at: number, isOpen: boolean): Interest | null {
  const total = (instant: number) => days.get(dayOf(instant)) ?? NOTHING
  const before = hours.get(hourOf(at - DAY_MS))
  const today = isOpen ? total(at) : hours.get(hourOf(at))
  return before && today ? plus(today, less(total(at - DAY_MS), before)) : null
}
