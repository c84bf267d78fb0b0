import { sequenceMultiplier } from '../../statistics/confidence-sequence.ts'
import { DAY_MS, startOfDay } from '../../time.ts'
import type { PriceTest } from '../types.ts'
import { type Figure, LEAST_PURCHASES } from './figures.ts'
import { openKeys } from './propensity.ts'
import { peopleOf, sampleOf } from './readiness.ts'
import type { ArmDay } from './types.ts'

/** Beyond that nobody waits, and no rate lasts. */
const LONGEST_DAYS = 365
const HALVINGS = 40

/**
 * Days until each open arm has its sample and every weekday has been seen, with the conversion window over, if people keep
 * coming as they did. Null where an arm has had nobody.
 */
export function daysUntilReady(test: PriceTest, days: readonly ArmDay[], today: string): number | null {
  if (days.length === 0) return null
  const first = days.reduce((earliest, { day }) => (day < earliest ? day : earliest), today)
  const elapsed = Math.max(1, (startOfDay(today) - startOfDay(first)) / DAY_MS)
  const waits = openKeys(test).map((key) => {
    const people = peopleOf(days, key)
    return (Math.max(0, sampleOf(test) - people) * elapsed) / people
  })
  const left = Math.ceil(Math.max(7 - elapsed, 0, ...waits) + test.conversionWindowMs / DAY_MS)
  return left <= LONGEST_DAYS ? left : null
}

/** How much wider the error of a lift is on the logarithm; see `liftOf`. */
const logError = (control: Figure, variant: Figure): number =>
  Math.hypot(variant.standardError / variant.value, control.standardError / control.value)

/**
 * Days until a lift's interval would leave zero if it stayed what it is and people kept coming as they did. Null where that is
 * too far off to say.
 *
 * @param alpha    chance that the interval may ever miss
 * @param elapsed  matured days so far
 */
export function daysUntilSure(control: Figure, variant: Figure, alpha: number, elapsed: number): number | null {
  if (!(control.value > 0 && variant.value > 0)) return null
  const distance = Math.abs(Math.log(variant.value / control.value))
  const error = logError(control, variant)
  const people = control.effective + variant.effective
  const isSure = (growth: number): boolean => sequenceMultiplier(people * growth, alpha) * (error / Math.sqrt(growth)) < distance
  const sold = LEAST_PURCHASES / Math.max(1, Math.min(control.purchases, variant.purchases))
  let [low, high] = [1, 1 + LONGEST_DAYS / elapsed]
  if (!isSure(high) || sold > high) return null
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2
    if (isSure(middle)) high = middle
    else low = middle
  }
  return Math.max(1, Math.ceil((Math.max(high, sold) - 1) * elapsed))
}
