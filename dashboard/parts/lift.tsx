import { signedPercent } from '../format.ts'

export interface Interval {
  value: number
  low: number
  high: number
}

/** `up`: more of it is better. */
export type Wanted = 'up' | 'down'

/** Whether the whole interval lies on one side of nothing, and whether that is the side one wants. */
export function sideOf({ low, high }: Pick<Interval, 'low' | 'high'>, wanted: Wanted = 'up'): 'better' | 'worse' | 'either' {
  if (low > 0) return wanted === 'up' ? 'better' : 'worse'
  if (high < 0) return wanted === 'up' ? 'worse' : 'better'
  return 'either'
}
export const SIDES = { better: 'better than the control', worse: 'worse than the control', either: 'may be either' }

/** A relative difference with its interval. */
export const Lift = ({ of, strong = false, says }: { of: Interval; strong?: boolean; says?: string }) => (
  <>
    {strong ? <b>{signedPercent(of.value)}</b> : signedPercent(of.value)}{' '}
    <span class="muted">
      ({signedPercent(of.low)} to {signedPercent(of.high)}){says && `, ${says}`}
    </span>
  </>
)
