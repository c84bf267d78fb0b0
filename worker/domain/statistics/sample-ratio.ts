import { chiSquareSurvival } from './chi-square.ts'

/** Below this chance the split of people is not the one that was asked for, and no figure of the test can be trusted. */
export const MISMATCH_BELOW = 0.001

export interface SampleRatio {
  statistic: number
  /** Chance of a split at least as odd as this one, if people were drawn by the expected shares. */
  pValue: number
}

/**
 * Whether people are split as they should be: Pearson's χ² of counts against expected counts, or weights. Arms
 * that expect nobody are left out; with fewer than two arms or nobody at all there is nothing to doubt, p = 1.
 *
 * Source: Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments, KDD.
 *
 * @example sampleRatio([460, 540], [0.5, 0.5]).pValue // => 0.0114
 */
export function sampleRatio(counts: readonly number[], weights: readonly number[]): SampleRatio {
  const arms = counts.map((count, at) => ({ count, weight: weights[at] ?? 0 })).filter(({ weight }) => weight > 0)
  const people = arms.reduce((sum, { count }) => sum + count, 0)
  const total = arms.reduce((sum, { weight }) => sum + weight, 0)
  if (arms.length < 2 || people === 0) return { statistic: 0, pValue: 1 }
  const sum = arms.reduce((sum, { count, weight }) => {
    const expected = (people * weight) / total
    // Where the weight is so small that nobody at all is expected, nobody is as expected.
    return count === expected ? sum : sum + (count - expected) ** 2 / expected
  }, 0)
  const statistic = Math.min(sum, Number.MAX_VALUE)
  return { statistic, pValue: chiSquareSurvival(statistic, arms.length - 1) }
}
