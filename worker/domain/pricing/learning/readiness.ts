import type { PriceTest } from '../types.ts'
import { hasWholeWeek } from './maturity.ts'
import { openKeys } from './propensity.ts'
import type { ArmDay } from './types.ts'

/** No test moves, or says anything, on fewer customers an arm, whatever it asks for. */
const LEAST_SAMPLE = 100

export const sampleOf = (test: PriceTest): number => Math.max(LEAST_SAMPLE, test.minimumSample)

export const peopleOf = (days: readonly ArmDay[], arm: string): number =>
  days.reduce((sum, row) => (row.arm === arm ? sum + row.exposed : sum), 0)

/** Why nothing may follow from these days yet, all of them matured; null where it may. */
export function tooEarly(test: PriceTest, matured: readonly ArmDay[]): string | null {
  const least = sampleOf(test)
  const counts = openKeys(test).map((key) => ({ key, people: peopleOf(matured, key) }))
  const short = counts.find(({ people }) => people < least)
  if (short) return `${short.key} has ${short.people} of the ${least} customers it needs whose conversion window is over`
  return hasWholeWeek(matured) ? null : 'not every weekday has been seen with its conversion window over'
}
