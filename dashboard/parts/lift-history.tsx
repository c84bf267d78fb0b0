import { areaBetween, lineThrough, placeOn, roundAxis, timeAxis } from '../axis.ts'
import { startOf } from '../calendar.ts'
import { day, signedPercent } from '../format.ts'
import { Dot, Field } from './field.tsx'
import { type Interval, Lift } from './lift.tsx'
import { ScrollBox } from './scroll-box.tsx'

interface LiftHistoryProps {
  history: readonly { day: string; lifts: Readonly<Record<string, Interval>> }[]
  /** All but the control. */
  others: readonly { key: string; name: string }[]
  note?: string
  /** Said while there is no day. */
  empty: string
}

/** How each lift and its interval came to be: one small field each, all on the same scales. */
export function LiftHistory({ history, others, note = 'with its interval', empty }: LiftHistoryProps) {
  const x = timeAxis(startOf(history[0]?.day ?? '1970-01-01'), startOf(history.at(-1)?.day ?? '1970-01-01'))
  const y = roundAxis(
    history.flatMap(({ lifts }) => Object.values(lifts).flatMap(({ low, high }) => [low, high])),
    (value) => signedPercent(value),
    [0],
  )
  return (
    <section class="panel" aria-labelledby="history-title">
      <h2 id="history-title">
        Lift as each day ended <span class="muted">{note}</span>
      </h2>
      {history.length === 0 ? (
        <p class="lesson">{empty}</p>
      ) : (
        <>
          <div class="multiples">
            {others.map(({ key, name }) => {
              const told = history.flatMap(({ day: at, lifts }) => {
                const lift = lifts[key]
                return lift ? [{ x: startOf(at), ...lift }] : []
              })
              return (
                <figure key={key}>
                  <figcaption>{name}</figcaption>
                  <Field label={`Lift of ${name} by day; the table below has the numbers`} x={x} y={y}>
                    <path class="band" d={areaBetween(told, x, y)} />
                    <path class="zero-line" d={`M0 ${100 - placeOn(y, 0)}H100`} />
                    <path
                      class="curve"
                      d={lineThrough(
                        told.map((each) => ({ x: each.x, y: each.value })),
                        x,
                        y,
                      )}
                    />
                    {told.length === 1 && told[0] && <Dot class="seen" x={placeOn(x, told[0].x)} y={placeOn(y, told[0].value)} />}
                  </Field>
                </figure>
              )
            })}
          </div>
          <ScrollBox label="Lift by day" class="short">
            <table class="numbers">
              <thead>
                <tr>
                  <th scope="col">Day</th>
                  {others.map(({ key, name }) => (
                    <th key={key} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {[...history].reverse().map(({ day: at, lifts }) => (
                  <tr key={at}>
                    <th scope="row">{day(at)}</th>
                    {others.map(({ key }) => {
                      const lift = lifts[key]
                      return <td key={key}>{lift ? <Lift of={lift} /> : '–'}</td>
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        </>
      )}
    </section>
  )
}
