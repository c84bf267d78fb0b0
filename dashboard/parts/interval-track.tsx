import { type Axis, placeOn } from '../axis.ts'
import type { Interval } from './lift.tsx'

/** A cell of a forest: nothing at all, an interval and its middle on one scale. Its numbers stand in the cell beside it. */
export const IntervalTrack = ({ axis, interval }: { axis: Axis; interval: Interval | null }) => (
  <td class="track" aria-hidden="true">
    <i class="zero" style={{ left: `${placeOn(axis, 0)}%` }} />
    {interval && (
      <>
        <i
          class="reach"
          style={{ left: `${placeOn(axis, interval.low)}%`, width: `${placeOn(axis, interval.high) - placeOn(axis, interval.low)}%` }}
        />
        <i class="middle" style={{ left: `${placeOn(axis, interval.value)}%` }} />
      </>
    )}
  </td>
)
