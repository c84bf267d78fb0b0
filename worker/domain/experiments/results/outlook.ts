import { sequenceMultiplier } from '../../statistics/confidence-sequence.ts'
import { DAY_MS, startOfDay } from '../../time.ts'
import type { Experiment } from '../definition.ts'
import { ALPHA } from './reading.ts'

/** Beyond that nobody waits, and no rate lasts. */
const LONGEST_DAYS = 365
const HALVINGS = 40

/** How fast people come. */
export interface Pace {
  people: number
  /** Since the first of them was exposed, at least one. */
  days: number
  windowMs: number
}

/**
 * Days until the planned sample is there and the window of its last people is over. Null without a plan, without people, or
 * where that is too far off to say.
 *
 * @param reachedOn day on which the planned sample was there; null: it is not
 */
export function daysUntilPlanned(
  { plannedSample }: Experiment,
  { people, days, windowMs }: Pace,
  reachedOn: string | null,
  now: number,
): number | null {
  if (plannedSample === null || people === 0) return null
  const untilThere = reachedOn === null ? ((plannedSample - people) * days) / people : (startOfDay(reachedOn) + DAY_MS - now) / DAY_MS
  const left = Math.max(1, Math.ceil(untilThere + windowMs / DAY_MS))
  return left <= LONGEST_DAYS ? left : null
}

/**
 * Days until a confidence sequence would leave zero if the lift stayed what it is and people kept coming as they did. Null
 * where that is too far off to say.
 */
export function daysUntilSure(effect: number, standardError: number, people: number, { days }: Pace, comparisons: number): number | null {
  if (people === 0 || effect === 0) return null
  const alpha = ALPHA / Math.max(1, comparisons)
  const isSure = (growth: number) => sequenceMultiplier(people * growth, alpha) * (standardError / Math.sqrt(growth)) < Math.abs(effect)
  let [low, high] = [1, 1 + LONGEST_DAYS / days]
  if (!isSure(high)) return null
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2
    if (isSure(middle)) high = middle
    else low = middle
  }
  return Math.max(1, Math.ceil((high - 1) * days))
}

/** Days until nobody is drawn any more, the last one begun counted. */
export const daysLeft = ({ status, endsAt }: Experiment, now: number): number =>
  status === 'running' ? Math.max(0, Math.ceil((endsAt - now) / DAY_MS)) : 0
