import type { Experiment } from './definition.ts'
import type { PlannedMetric } from './inference/power.ts'
import { type PlannedWatching, sampleSize } from './inference/sample-size.ts'
import type { MetricDefinition } from './metric.ts'

/** What people brought before an experiment began. */
export interface Baseline {
  people: number
  /** Of them, those who did what a proportion counts. */
  count: number
  /** Σy and Σy² of a mean, in its units. */
  sum: number
  squares: number
}

/**
 * People in all variants whom it takes to find the smallest effect worth finding, with the interval that will be used and for
 * all variants together. Null where history says nothing, or no number of people would do.
 */
export function plannedSampleOf(experiment: Experiment, definition: MetricDefinition, baseline: Baseline | null): number | null {
  const metric = baseline && plannedMetric(definition, baseline)
  if (!metric) return null
  const { variants, minimumDetectableEffect, power } = experiment
  const shares = variants.map(({ weight }) => weight).filter((weight) => weight > 0)
  const effect = definition.direction === 'up' ? minimumDetectableEffect : -minimumDetectableEffect
  const after = metric.baseline * (1 + effect)
  if (shares.length < 2 || (metric.kind === 'proportion' && !(after > 0 && after < 1)) || after <= 0) return null
  const size = sampleSize(
    { metric, relative: true, shares, watching: watchingOf(experiment), correction: shares.length > 2 ? 'bonferroni' : 'none' },
    effect,
    power,
  )
  return 'reason' in size || !Number.isSafeInteger(size.total) ? null : size.total
}

function plannedMetric({ kind }: MetricDefinition, { people, count, sum, squares }: Baseline): PlannedMetric | null {
  if (!(people > 0)) return null
  if (kind === 'proportion') {
    const baseline = count / people
    return baseline > 0 && baseline < 1 ? { kind, baseline } : null
  }
  const baseline = sum / people
  const variance = squares / people - baseline ** 2
  return kind === 'mean' && baseline > 0 && variance > 0 ? { kind, baseline, standardDeviation: Math.sqrt(variance) } : null
}

function watchingOf({ method, looks }: Experiment): PlannedWatching {
  if (method !== 'group_sequential' || looks === null) return { method: method === 'fixed' ? 'fixed' : 'sequential' }
  return { method, fractions: Array.from({ length: looks }, (_, at) => (at + 1) / looks) }
}
