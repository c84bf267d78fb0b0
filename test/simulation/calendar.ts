import { DAY_MS, dayOf, HOUR_MS, startOfDay } from '../../worker/domain/time.ts'
import { integer, type Random } from './random.ts'

/** Monday to Sunday as `getUTCDay` counts: a business product is browsed on working days. */
const WEEKDAY = [0.55, 1.15, 1.2, 1.2, 1.1, 0.95, 0.6]
/** January to December: a good January, a quiet summer, a strong November. */
const MONTH = [1.1, 1, 1.05, 1, 0.98, 0.9, 0.82, 0.85, 1.02, 1.08, 1.25, 0.95]
const GROWTH_PER_MONTH = 0.045
const HOUR = [1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 11, 13, 14, 14, 13, 12, 10, 9, 8, 6, 4, 2]

export interface Calendar {
  /** First instant of the simulated time. */
  startAt: number
  /** Nothing happens at or after this instant: the beginning of the day of `now`. */
  endAt: number
  /** Days before `endAt`, oldest first, with the running share of all arrivals up to and with each. */
  cumulative: number[]
}

/** Eighteen months of days that end with yesterday, with growth, weekdays and seasons in the arrivals. */
export function calendarOf(now: number): Calendar {
  const endAt = startOfDay(dayOf(now))
  const start = new Date(endAt)
  start.setUTCDate(1)
  start.setUTCMonth(start.getUTCMonth() - 18)
  const startAt = start.getTime() + (new Date(endAt).getUTCDate() - 1) * DAY_MS
  const cumulative: number[] = []
  let sum = 0
  for (let at = startAt, day = 0; at < endAt; at += DAY_MS, day++) {
    const date = new Date(at)
    sum += (WEEKDAY[date.getUTCDay()] as number) * (MONTH[date.getUTCMonth()] as number) * (1 + GROWTH_PER_MONTH) ** (day / 30.4)
    cumulative.push(sum)
  }
  return { startAt, endAt, cumulative: cumulative.map((value) => value / sum) }
}

/** Start of the day on which an arrival with this quantile of all arrivals falls. */
export function arrivalDay(calendar: Calendar, quantile: number): number {
  let low = 0
  let high = calendar.cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((calendar.cumulative[middle] as number) > quantile) high = middle
    else low = middle + 1
  }
  return calendar.startAt + low * DAY_MS
}

/** An instant within a day, at an hour when people are awake. */
export function momentOf(dayStartAt: number, random: Random): number {
  let at = random() * HOUR.reduce((sum, weight) => sum + weight, 0)
  const hour = HOUR.findIndex((weight) => {
    at -= weight
    return at < 0
  })
  return dayStartAt + Math.max(0, hour) * HOUR_MS + integer(random, 0, HOUR_MS - 1)
}

/** Same day of the month and time, some months later, at most the last day of that month. */
export function addMonths(epochMs: number, months: number): number {
  const date = new Date(epochMs)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, lastDay))
  return date.getTime()
}
