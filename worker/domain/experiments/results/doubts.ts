import type { Experiment } from '../definition.ts'
import type { MetricFinding } from './compare-metric.ts'
import type { Ruling } from './verdict.ts'
import { describeLift, describeMetric, nameOf } from './words.ts'

/** Below that chance to win somebody should look before they ship. */
const UNLIKELY = 0.05

/**
 * What speaks against a variant that is to be shipped, though it is not sure: metrics that do not decide, and are likely worse with
 * it. A goal that is won may be bought with one of them.
 */
export function doubtsOf(experiment: Experiment, { verdict, variant }: Ruling, metrics: readonly MetricFinding[]): string[] {
  if (verdict !== 'ship' || variant === null) return []
  return metrics
    .filter(({ judged }) => judged.role !== 'goal')
    .flatMap(({ judged, variants }) => {
      const own = variants.find((each) => each.variant === variant)
      if (!own?.lift || own.chanceToWin === null || own.chanceToWin >= UNLIKELY) return []
      return [
        `look before you ship: with ${nameOf(experiment, variant)} ${describeMetric(judged.definition)} is ${describeLift(own.lift.value)} (between ${describeLift(own.lift.low)} and ${describeLift(own.lift.high)}), and better with a chance of ${(own.chanceToWin * 100).toFixed(1)} %`,
      ]
    })
}
