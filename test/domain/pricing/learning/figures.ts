import type { ArmDay } from '../../../../worker/domain/pricing/learning/types.ts'
import type { PriceTest } from '../../../../worker/domain/pricing/types.ts'
import { addDays, DAY_MS, dayOf, startOfDay } from '../../../../worker/domain/time.ts'
import { priceTest } from '../fixtures.ts'

/** A Monday. */
export const FIRST_DAY = '2027-01-04'
export const dayAfter = (days: number): string => addDays(FIRST_DAY, days)

/** A learning test of two prices, four weeks long, whose conversion window is two days. */
export const learningTest = (over: Partial<PriceTest> = {}): PriceTest => {
  const startsAt = startOfDay(FIRST_DAY)
  const arms = [
    { key: 'control', amountMinor: 10_000, weight: 0.5 },
    { key: 'variant_1', amountMinor: 12_000, weight: 0.5 },
  ]
  return priceTest({
    arms,
    allocation: 'thompson',
    epochs: [{ day: dayOf(startsAt), weights: Object.fromEntries(arms.map(({ key, weight }) => [key, weight])), bySegment: {} }],
    conversionWindowMs: 2 * DAY_MS,
    startsAt,
    endsAt: startsAt + 28 * DAY_MS,
    ...over,
  })
}

/** People of one arm and day, some of whom paid its price. */
export const armDay = (
  at: number,
  arm: string,
  exposed: number,
  buyers: number,
  over: Partial<ArmDay> & { priceMinor?: number } = {},
): ArmDay => {
  const { priceMinor = 10_000, ...rest } = over
  const sum = buyers * priceMinor
  return {
    day: dayAfter(at),
    epoch: FIRST_DAY,
    arm,
    segment: null,
    exposed,
    sum,
    squares: BigInt(buyers) * BigInt(priceMinor) ** 2n,
    ...rest,
  }
}

/** So many days alike: by arm, people and buyers. */
export const alike = (days: number, arms: Readonly<Record<string, readonly [exposed: number, buyers: number]>>): ArmDay[] =>
  Array.from({ length: days }, (_, at) => Object.entries(arms).map(([arm, [exposed, buyers]]) => armDay(at, arm, exposed, buyers))).flat()
