import type { MetricKind, SegmentDimension } from '../../../contract/lists.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'
import type { SegmentMoments } from '../experiment-sums.ts'
import { compareVariants } from '../inference/compare-variants.ts'
import { addMetricMoments, type MetricMoments, NO_METRIC_MOMENTS } from '../inference/metric-moments.ts'
import { ALPHA } from './reading.ts'
import { cochranQ } from './segments.ts'

/** Fewer people of a half and a variant are read together with the other small values. */
const LEAST_IN_HALF = 50
const POINTS = 20
const HALVES = ['a', 'b'] as const
type Half = (typeof HALVES)[number]

export interface SegmentUplift {
  variant: string
  /** Units of the metric, a person. */
  qini: { value: number; low: number; high: number } | null
  curve: { share: number; gain: number }[]
  reason: string | null
}

/** One value of a dimension in one half: how many people, and the effect on one of them. */
interface Estimate {
  people: number
  effect: number
  squaredError: number
}

/** A value with what each half says of it. */
type Value = Record<Half, Estimate>

interface Fold {
  area: number
  squaredError: number
  gainAt: (share: number) => number
}

const NOTHING = 'there are no two segments with people enough in both halves'

/**
 * What is won by treating first the segments that one half of the people says it pays the most to treat, measured in the
 * other half, and the other way round. The Qini area is that between the curve and a random order, a person; above zero the
 * segments tell whom to treat. It is linear in the effects, so its error follows from theirs.
 *
 * The dimension is the one by which the half that ranks is the most sure to differ, so what is chosen is never measured by
 * the people it was chosen with.
 *
 * Source: Radcliffe (2007), Using control groups to target on predicted lift; cross-fitting as Chernozhukov et al. (2018).
 *
 * @param higherIsBetter whether a positive effect is a gain
 */
export function upliftOf(
  kind: MetricKind,
  cells: readonly SegmentMoments[],
  control: string,
  variant: string,
  higherIsBetter: boolean,
): SegmentUplift {
  const none = (reason: string): SegmentUplift => ({ variant, qini: null, curve: [], reason })
  const values = valuesOf(kind, cells, control, variant, higherIsBetter)
  const folds = HALVES.map((half) => foldOf(values, half))
  const [one, other] = folds
  if (!one || !other) return none(NOTHING)
  const value = (one.area + other.area) / 2
  // Both folds ask whether the halves agree, so their errors go together: nothing is gained by having two.
  const reach = normalQuantile(1 - ALPHA / 2) * ((Math.sqrt(one.squaredError) + Math.sqrt(other.squaredError)) / 2)
  if (!Number.isFinite(value) || !Number.isFinite(reach)) return none('the figures are too extreme to rank segments by')
  const curve = Array.from({ length: POINTS + 1 }, (_, at) => at / POINTS)
  return {
    variant,
    qini: { value, low: value - reach, high: value + reach },
    curve: curve.map((share) => ({ share, gain: (one.gainAt(share) + other.gainAt(share)) / 2 })),
    reason: null,
  }
}

/** Values of each dimension, those with few people as one. */
function valuesOf(
  kind: MetricKind,
  cells: readonly SegmentMoments[],
  control: string,
  variant: string,
  higherIsBetter: boolean,
): Map<SegmentDimension, Value[]> {
  const momentsIn = (own: readonly SegmentMoments[], key: string, half: Half) =>
    own.reduce((sum, cell) => (cell.variant === key && cell.half === half ? addMetricMoments(sum, cell.moments) : sum), NO_METRIC_MOMENTS)
  const hasEnough = (own: readonly SegmentMoments[]) =>
    HALVES.every((half) => [control, variant].every((key) => momentsIn(own, key, half).n >= LEAST_IN_HALF))
  const bothHalvesOf = (own: readonly SegmentMoments[]): Value | null => {
    const [a, b] = HALVES.map((half) => estimateOf(kind, momentsIn(own, control, half), momentsIn(own, variant, half), higherIsBetter))
    return a && b ? { a, b } : null
  }
  return new Map(
    [...Map.groupBy(cells, ({ dimension }) => dimension)].map(([dimension, own]) => {
      const groups = [...Map.groupBy(own, ({ value }) => value).values()]
      const large = groups.filter(hasEnough)
      const small = groups.filter((group) => !hasEnough(group)).flat()
      const kept = hasEnough(small) ? [...large, small] : large
      return [dimension, kept.flatMap((group) => bothHalvesOf(group) ?? [])]
    }),
  )
}

function estimateOf(kind: MetricKind, control: MetricMoments, treatment: MetricMoments, higherIsBetter: boolean): Estimate | null {
  const found = compareVariants(kind, control, treatment, { cuped: false })
  if ('reason' in found) return null
  const effect = higherIsBetter ? found.effect : -found.effect
  return { people: control.n + treatment.n, effect, squaredError: found.standardError ** 2 }
}

/** Ranked in `half`, measured in the other. Null where no dimension has two values. */
function foldOf(dimensions: ReadonlyMap<SegmentDimension, readonly Value[]>, half: Half): Fold | null {
  const other = half === 'a' ? 'b' : 'a'
  const surenessOf = (values: readonly Value[]) =>
    cochranQ(values.map((value) => ({ value: value[half].effect, standardError: Math.sqrt(value[half].squaredError) }))) /
    (values.length - 1)
  const candidates = [...dimensions.values()].filter((values) => values.length >= 2)
  if (candidates.length === 0) return null
  const best = candidates.reduce((first, next) => (surenessOf(next) > surenessOf(first) ? next : first))
  const ranked = [...best].sort((a, b) => b[half].effect - a[half].effect).map((value) => value[other])
  const people = ranked.reduce((sum, estimate) => sum + estimate.people, 0)
  let [from, area, squaredError] = [0, 0, 0]
  const spans = ranked.map(({ people: own, effect, squaredError: error }) => {
    const width = own / people
    const weight = width * (0.5 - from - width / 2)
    area += weight * effect
    squaredError += weight ** 2 * error
    const span = { from, width, effect }
    from += width
    return span
  })
  return {
    area,
    squaredError,
    gainAt: (share) => spans.reduce((sum, span) => sum + Math.min(Math.max(share - span.from, 0), span.width) * span.effect, 0),
  }
}
