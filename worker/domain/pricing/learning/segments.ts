import type { PriceTest } from '../types.ts'
import type { Cell } from './cells.ts'
import { allKnown, type Figure, figuresOf } from './figures.ts'
import { type PooledEstimate, poolSegments } from './pool-segments.ts'
import { openKeys } from './propensity.ts'

/** Open arms of one segment, estimates drawn towards those of all segments. */
export interface SegmentFigures {
  readonly segment: string
  /** What arms are compared by. */
  readonly contrasts: readonly Figure[]
  /** What is told of each arm alone: the uncertainty of the segment's own level, which its arms share, is in it. */
  readonly figures: readonly Figure[]
}

/** Partially pooled figures of the segments that `isReady`; none where there are fewer than two, as nothing can be pooled. */
export function segmentFigures(test: PriceTest, cells: readonly Cell[], isReady: (segment: string) => boolean): SegmentFigures[] {
  if (test.segments === null) return []
  const keys = openKeys(test)
  const known = [...Map.groupBy(cells, ({ segment }) => segment)].flatMap(([segment, own]) => {
    const figures = segment !== null && isReady(segment) ? allKnown(figuresOf(own, keys)) : null
    return segment !== null && figures ? [{ segment, figures }] : []
  })
  if (known.length < 2) return []
  const pooled = poolSegments(
    known.map(({ figures }) => figures.map(({ value, standardError }) => ({ value, variance: standardError ** 2 }))),
  )
  return known.map(({ segment, figures }, at) => {
    const own = pooled[at] as PooledEstimate[]
    const withVariance = (of: (estimate: PooledEstimate) => number): Figure[] =>
      figures.map((figure, arm) => {
        const estimate = own[arm] as PooledEstimate
        return { ...figure, value: estimate.value, standardError: Math.sqrt(of(estimate)) }
      })
    return {
      segment,
      contrasts: withVariance(({ variance }) => variance),
      figures: withVariance(({ variance, levelVariance }) => variance + levelVariance),
    }
  })
}
