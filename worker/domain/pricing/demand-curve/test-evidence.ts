import { dayOf } from '../../time.ts'
import type { PriceTest } from '../types.ts'
import { MINIMUM_VISITORS } from './logit-demand.ts'
import type { PriceCell } from './price-point.ts'

/** People of an arm whose first exposure fell on a day, and those of them who bought. */
export interface ArmCount {
  day: string
  /** Day from which the weights were in force that they were drawn by. */
  epoch: string
  /** What the test is read by, apart; null where by nothing. */
  segment: string | null
  arm: string
  exposed: number
  buyers: number
}

/**
 * What each arm of a test says of its price. Where weights moved from day to day, as under a bandit, everybody is weighed by
 * the inverse of the chance they were drawn with, so that a good Saturday is not taken for a good price; the weights of an arm
 * are scaled to its number of people. Of arms that were closed early only the days before count, for all.
 */
export function testEvidence(test: PriceTest, counts: readonly ArmCount[]): PriceCell[] {
  const closed = test.arms.flatMap(({ key, closedAt }) => (closedAt === undefined ? [] : [{ key, day: dayOf(closedAt) }]))
  const exposedBefore = (key: string, day: string) =>
    counts.reduce((sum, count) => sum + (count.arm === key && count.day < day ? count.exposed : 0), 0)
  // One that too few had seen by then is left out by the fit: it need not shorten the test for the others.
  const ends = closed.filter(({ key, day }) => exposedBefore(key, day) >= MINIMUM_VISITORS).map(({ day }) => day)
  const end = ends.sort()[0] ?? '9999-12-31'
  return test.arms.flatMap(({ key, amountMinor, weight }) => {
    const own = counts.filter((count) => count.arm === key && count.day < end && count.exposed > 0)
    const weighed = own.map((count) => ({ ...count, inverse: 1 / (chanceOf(test, count) ?? weight) }))
    const people = weighed.reduce((sum, { exposed }) => sum + exposed, 0)
    const total = weighed.reduce((sum, { exposed, inverse }) => sum + exposed * inverse, 0)
    return weighed.map(({ exposed, buyers, inverse, segment }) => ({
      price: amountMinor,
      visitors: exposed,
      buyers,
      weight: Number.isFinite(total) ? (inverse * people) / total : 1,
      segment,
    }))
  })
}

function chanceOf({ epochs }: PriceTest, { epoch, segment, arm }: ArmCount): number | undefined {
  const inForce = epochs.find(({ day }) => day === epoch)
  const chance = (segment === null ? undefined : inForce?.bySegment[segment]?.[arm]) ?? inForce?.weights[arm]
  return chance === 0 ? undefined : chance
}
