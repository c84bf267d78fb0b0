import { MISMATCH_BELOW, sampleRatio } from '../../statistics/sample-ratio.ts'
import { adjustHolm } from './multiple-testing.ts'

/** People of each arm who have one value of a dimension. */
export interface DimensionCounts {
  readonly dimension: string
  readonly value: string
  readonly counts: readonly number[]
}

export interface MismatchCause {
  dimension: string
  value: string
  statistic: number
  pValue: number
  /** Holm, over all values of all dimensions. */
  adjustedPValue: number
  /** Of the whole without these people: near 1 where they explain the mismatch. */
  pValueWithout: number
  people: number
}

/**
 * Which people a sample-ratio mismatch comes from: values of a dimension that are split wrongly by themselves, those first
 * without which the rest is split best.
 *
 * Source: Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments, KDD, section 5.
 *
 * @param counts  of the whole
 * @param weights as planned
 * @param below   adjusted p value from which on down a value is one of them; by default what it takes of the whole
 */
export function mismatchCauses(
  counts: readonly number[],
  weights: readonly number[],
  dimensions: readonly DimensionCounts[],
  below = MISMATCH_BELOW,
): MismatchCause[] {
  const splits = dimensions.map((one) => ({ one, ...sampleRatio(one.counts, weights) }))
  const adjusted = adjustHolm(splits.map(({ pValue }) => pValue))
  return splits
    .map(({ one: { dimension, value, counts: its }, statistic, pValue }, at) => ({
      dimension,
      value,
      statistic,
      pValue,
      adjustedPValue: adjusted[at] as number,
      pValueWithout: sampleRatio(
        counts.map((count, arm) => Math.max(0, count - (its[arm] ?? 0))),
        weights,
      ).pValue,
      people: its.reduce((sum, count) => sum + count, 0),
    }))
    .filter(({ adjustedPValue }) => adjustedPValue < below)
    .sort((a, b) => b.pValueWithout - a.pValueWithout || a.pValue - b.pValue)
}
