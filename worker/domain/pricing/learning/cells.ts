import { addMoments, type Moments, NO_MOMENTS } from '../../statistics/moments.ts'
import type { PriceTest } from '../types.ts'
import { weekdayOf } from './maturity.ts'
import { isLive, weightsOn } from './propensity.ts'
import type { ArmDay } from './types.ts'

/** People who came on one day, in one segment, and were drawn with the same chances. */
export interface Cell {
  readonly day: string
  readonly weekday: number
  readonly epoch: string
  readonly segment: string | null
  /** Of all arms together. */
  readonly exposed: number
  /** By arm, of those drawn into all that day. They sum to 1. */
  readonly propensities: ReadonlyMap<string, number>
  readonly moments: ReadonlyMap<string, Moments>
}

/** Rows by day, epoch and segment, with the chances each arm had. Rows of arms that were not live that day are left out. */
export function cellsOf(test: PriceTest, days: readonly ArmDay[]): Cell[] {
  const groups = Map.groupBy(days, ({ day, epoch, segment }) => `${day} ${epoch} ${segment ?? ''}`)
  return [...groups.values()].map((rows) => cellOf(test, rows)).filter(({ exposed }) => exposed > 0)
}

function cellOf(test: PriceTest, rows: readonly ArmDay[]): Cell {
  const { day, epoch, segment } = rows[0] as ArmDay
  const weights = weightsOn(test, epoch, segment)
  const live = test.arms.filter((arm) => isLive(arm, day) && (weights[arm.key] ?? 0) > 0)
  const total = live.reduce((sum, { key }) => sum + (weights[key] as number), 0)
  const propensities = new Map(live.map(({ key }) => [key, (weights[key] as number) / total]))
  const moments = new Map<string, Moments>()
  for (const { arm, exposed: n, sum, squares } of rows) {
    if (propensities.has(arm)) moments.set(arm, addMoments(moments.get(arm) ?? NO_MOMENTS, { n, sum, squares }))
  }
  const exposed = [...moments.values()].reduce((sum, { n }) => sum + n, 0)
  return { day, weekday: weekdayOf(day), epoch, segment, exposed, propensities, moments }
}
