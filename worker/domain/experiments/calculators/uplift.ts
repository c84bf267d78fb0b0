import type { UpliftAnswer, UpliftInput } from '../../../contract/experiment-analysis.ts'
import { seededRandom } from '../../statistics/seeded-random.ts'
import { upliftCurve } from '../inference/uplift.ts'

/** Between the words of the calculator and the domain. */
export function readUplift({ rows, top, seed, resamples }: UpliftInput): Omit<UpliftAnswer, 'success'> {
  const customers = rows.map(({ score, treated, outcome }) => ({ score, treated: Boolean(treated), outcome }))
  const found = upliftCurve(customers, { top, random: seededRandom(seed), resamples })
  return 'reason' in found ? { uplift: null, reason: found.reason } : { uplift: found, reason: null }
}
