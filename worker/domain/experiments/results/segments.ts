import type { MetricKind, SegmentDimension } from '../../../contract/lists.ts'
import { chiSquareSurvival } from '../../statistics/chi-square.ts'
import type { Experiment } from '../definition.ts'
import type { SegmentMoments } from '../experiment-sums.ts'
import { addMetricMoments, type MetricMoments, NO_METRIC_MOMENTS } from '../inference/metric-moments.ts'
import { adjustBenjaminiHochberg } from '../inference/multiple-testing.ts'
import { effectiveOutcomes } from './evidence.ts'
import { type Comparison, compare, type Effect, effectOf, FIXED } from './reading.ts'

/** Fewer people a variant, or equally large outcomes among them, are too few to compare a segment by: its lift would look far surer than it is. */
export const LEAST_IN_SEGMENT = 100
const LEAST_OUTCOMES = 25
/** Values of one dimension that are told apart, the largest. */
const MOST_VALUES = 50

export interface SegmentVariant {
  key: string
  moments: MetricMoments
  /** Relative, for one look; adjusted over all segments and variants. */
  lift: (Effect & { standardError: number; adjusted: number }) | null
}

export interface Segment {
  dimension: SegmentDimension
  value: string
  people: number
  /** The control first. */
  variants: SegmentVariant[]
}

export interface Heterogeneity {
  dimension: SegmentDimension
  variant: string
  statistic: number
  pValue: number
  adjusted: number
}

/** The first goal by segment, the largest segments of each dimension first. */
export function segmentsOf({ variants }: Experiment, kind: MetricKind, cells: readonly SegmentMoments[]): Segment[] {
  const groups = [...Map.groupBy(cells, ({ dimension, value }) => `${dimension} ${value}`).values()]
  const segments = groups.map((group): Segment => {
    const { dimension, value } = group[0] as SegmentMoments
    const of = (key: string) =>
      group.reduce((sum, cell) => (cell.variant === key ? addMetricMoments(sum, cell.moments) : sum), NO_METRIC_MOMENTS)
    const sums = variants.map(({ key }) => ({ key, moments: of(key) }))
    const control = sums[0]?.moments ?? NO_METRIC_MOMENTS
    return {
      dimension,
      value,
      people: sums.reduce((sum, { moments }) => sum + moments.n, 0),
      variants: sums.map(({ key, moments }, at) => ({ key, moments, lift: at === 0 ? null : liftOf(kind, control, moments) })),
    }
  })
  const largest = [...Map.groupBy(segments, ({ dimension }) => dimension).values()].flatMap((own) =>
    own.sort((a, b) => b.people - a.people || (a.value < b.value ? -1 : 1)).slice(0, MOST_VALUES),
  )
  const lifts = largest.flatMap(({ variants }) => variants.map(({ lift }) => lift))
  const adjusted = adjustBenjaminiHochberg(lifts.map((lift) => lift?.pValue ?? null))
  for (const [at, lift] of lifts.entries()) if (lift) lift.adjusted = adjusted[at] ?? 1
  return largest
}

function liftOf(kind: MetricKind, control: MetricMoments, treatment: MetricMoments): SegmentVariant['lift'] {
  const outcomes = Math.min(effectiveOutcomes(control), effectiveOutcomes(treatment))
  if (Math.min(control.n, treatment.n) < LEAST_IN_SEGMENT || outcomes < LEAST_OUTCOMES) return null
  const comparison = compare(kind, control, treatment, FIXED, { relative: true, cuped: false })
  const effect = effectOf(comparison)
  return effect && { ...effect, standardError: (comparison as Comparison).standardError, adjusted: effect.pValue }
}

/**
 * Whether the lift differs between the values of a dimension, for each dimension and variant: Cochran's Q, which is χ² with
 * one degree of freedom less than there are values where it does not.
 *
 * Source: Cochran (1954), The combination of estimates from different experiments, Biometrics 10:101–129.
 */
export function heterogeneityOf({ variants }: Experiment, segments: readonly Segment[]): Heterogeneity[] {
  const found = [...Map.groupBy(segments, ({ dimension }) => dimension)].flatMap(([dimension, own]) =>
    variants.slice(1).flatMap(({ key }): Heterogeneity[] => {
      const lifts = own.flatMap(({ variants }) => variants.find((one) => one.key === key)?.lift ?? [])
      const known = lifts.filter(({ standardError }) => standardError > 0)
      if (known.length < 2) return []
      const statistic = cochranQ(known)
      const pValue = chiSquareSurvival(statistic, known.length - 1)
      return [{ dimension, variant: key, statistic, pValue, adjusted: pValue }]
    }),
  )
  const adjusted = adjustBenjaminiHochberg(found.map(({ pValue }) => pValue))
  return found.map((one, at) => ({ ...one, adjusted: adjusted[at] ?? 1 }))
}

/** @example cochranQ([{ value: 0, standardError: 1 }, { value: 2, standardError: 1 }]) // => 2 */
export function cochranQ(estimates: readonly { value: number; standardError: number }[]): number {
  const weights = estimates.map(({ standardError }) => 1 / standardError ** 2)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = estimates.reduce((sum, { value }, at) => sum + value * (weights[at] as number), 0) / total
  return estimates.reduce((sum, { value }, at) => sum + (weights[at] as number) * (value - mean) ** 2, 0)
}
