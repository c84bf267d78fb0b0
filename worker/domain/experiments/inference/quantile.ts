import { normalQuantile } from '../../statistics/normal-quantile.ts'
import type { Side } from './joint.ts'

export interface QuantileInterval {
  n: number
  value: number
  /** Interval of the quantile itself, from the order statistics. */
  low: number
  high: number
  /** Observations for which the interval was made, where they were fewer than n. */
  intervalAt?: number
  /** Of the interval, 0–1. Default 0.95. */
  coverage?: number
}

/**
 * A quantile as one side of a comparison: its error is that which its interval implies. What one customer adds is scaled
 * to n from the observations the interval was made for.
 *
 * Source: Deng, Knoblich, Lu (2018), Applying the delta method in metric analytics, KDD, section 4.
 *
 * @example quantileSide({ n: 100, value: 7, low: 6, high: 8 }).variance // => 25.77
 */
export function quantileSide({ n, value, low, high, intervalAt = n, coverage = 0.95 }: QuantileInterval): Side {
  const standardError = (high - low) / (2 * normalQuantile((1 + coverage) / 2))
  return { n, value, variance: standardError ** 2 * (intervalAt - 1), before: null }
}
