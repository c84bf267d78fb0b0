import type { ComponentChildren } from 'preact'
import { roundAxis } from '../axis.ts'
import { signedPercent } from '../format.ts'
import { IntervalTrack } from './interval-track.tsx'
import { type Interval, Lift, SIDES, sideOf, type Wanted } from './lift.tsx'

/** With the p value of all that was compared, where it was more than one. */
type Compared = Interval & { adjustedPValue?: number }

/** An interval of one comparison may leave zero where many were made: which side it is on is told by what is left of it then. */
function readingOf(lift: Compared, wanted: Wanted | undefined): { side: ReturnType<typeof sideOf>; says: string } {
  const side = sideOf(lift, wanted)
  const isChance = side !== 'either' && lift.adjustedPValue !== undefined && lift.adjustedPValue >= 0.05
  return isChance ? { side: 'either', says: 'may be chance, with so many compared' } : { side, says: SIDES[side] }
}

interface LiftForestProps {
  /** Of the heading, and of what refers to it. */
  id?: string
  title: string
  /** Of what, and when it holds. */
  note: string
  /** What a row is. */
  of: string
  rows: readonly { key: string; name: string; lift: Compared | null; reason?: string | null; wanted?: Wanted }[]
  /** Said where no row has a lift. */
  empty: string
  children?: ComponentChildren
}

/** Each row against the control: its lift with its interval, on one scale around zero. */
export function LiftForest({ id = 'forest', title, note, of, rows, empty, children }: LiftForestProps) {
  const told = rows.flatMap(({ lift }) => (lift ? [lift.low, lift.high] : []))
  const axis = roundAxis(told, (value) => signedPercent(value), [0])
  return (
    <section class="panel forest" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {title} <span class="muted">{note}</span>
      </h2>
      {told.length === 0 ? (
        <p class="lesson">{empty}</p>
      ) : (
        <table aria-labelledby={`${id}-title`}>
          <thead class="hidden">
            <tr>
              <th scope="col">{of}</th>
              <th scope="col">Interval</th>
              <th scope="col">Lift</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, name, lift, reason, wanted }) => (
              <tr key={key} class={lift ? readingOf(lift, wanted).side : 'either'}>
                <th scope="row">{name}</th>
                <IntervalTrack axis={axis} interval={lift} />
                <td>
                  {lift ? (
                    <Lift of={lift} strong says={readingOf(lift, wanted).says} />
                  ) : (
                    <span class="muted">{reason ?? 'too few to say'}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {children}
    </section>
  )
}
