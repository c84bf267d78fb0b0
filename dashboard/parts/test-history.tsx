import { areaBetween, lineThrough, placeOn, roundAxis, timeAxis } from '../axis.ts'
import { startOf } from '../calendar.ts'
import { day, percent, signedPercent } from '../format.ts'
import type { testPage } from '../pricing.ts'
import { armName } from '../pricing-words.ts'
import { Dot, Field } from './field.tsx'
import { ScrollBox } from './scroll-box.tsx'

type Page = NonNullable<typeof testPage.value>

/** How the lift of each price and its interval came to be: one small field a price, all on the same scales. */
export function LiftHistory({ page: { results } }: { page: Page }) {
  const { history, currency } = results
  const others = results.arms.slice(1)
  const x = timeAxis(startOf(history[0]?.day ?? '1970-01-01'), startOf(history.at(-1)?.day ?? '1970-01-01'))
  const y = roundAxis(
    history.flatMap(({ lifts }) => Object.values(lifts).flatMap(({ low, high }) => [low, high])),
    (value) => signedPercent(value),
    [0],
  )
  return (
    <section class="panel" aria-labelledby="history-title">
      <h2 id="history-title">
        Lift as each day ended <span class="muted">with its interval</span>
      </h2>
      {history.length === 0 ? (
        <p class="lesson">
          {results.daysLeft > 0 ? 'The first line comes when the first day is over.' : 'No day of it has been looked at while it ran.'}
        </p>
      ) : (
        <>
          <div class="multiples">
            {others.map((arm) => {
              const told = history.flatMap(({ day: at, lifts }) => (lifts[arm.key] ? [{ x: startOf(at), ...lifts[arm.key] }] : [])) as {
                x: number
                value: number
                low: number
                high: number
              }[]
              return (
                <figure key={arm.key}>
                  <figcaption>{armName(arm, currency)}</figcaption>
                  <Field label={`Lift of ${armName(arm, currency)} by day; the table below has the numbers`} x={x} y={y}>
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
                  {others.map((arm) => (
                    <th key={arm.key} scope="col">
                      {armName(arm, currency)}
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
                      return (
                        <td key={key}>
                          {lift ? (
                            <>
                              {signedPercent(lift.value)}{' '}
                              <span class="muted">
                                ({signedPercent(lift.low)} to {signedPercent(lift.high)})
                              </span>
                            </>
                          ) : (
                            '–'
                          )}
                        </td>
                      )
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

/** How a bandit spread people over its prices: a change at a UTC day’s beginning, never within one. */
export function Weights({ page: { test } }: { page: Page }) {
  const { epochs, arms, currency } = test
  const first = startOf(epochs[0]?.day ?? '1970-01-01')
  const x = timeAxis(first, Math.max(Math.min(Date.now(), test.endsAt), startOf(epochs.at(-1)?.day ?? '1970-01-01') + 86_400_000))
  const y = { low: 0, high: 1, ticks: [0, 0.5, 1].map((at) => ({ at, label: `${at * 100}%` })) }
  return (
    <section class="panel" aria-labelledby="weights-title">
      <h2 id="weights-title">
        Share of new visitors <span class="muted">as the bandit learned; at least 1 % each</span>
      </h2>
      <div class="multiples">
        {arms.map((arm) => {
          const steps = epochs.flatMap(({ day: at, weights }, index) => {
            const until = epochs[index + 1]?.day
            return [startOf(at), until ? startOf(until) : x.high].map((moment) => ({ x: moment, low: 0, high: weights[arm.key] ?? 0 }))
          })
          return (
            <figure key={arm.key}>
              <figcaption>
                {armName(arm, currency)}: {percent(epochs.at(-1)?.weights[arm.key] ?? arm.weight)}
              </figcaption>
              <Field label={`Share of new visitors shown ${armName(arm, currency)}; the table below has the numbers`} x={x} y={y}>
                <path class="share" d={areaBetween(steps, x, y)} />
              </Field>
            </figure>
          )
        })}
      </div>
      <ScrollBox label="Shares by the day from which they hold" class="short">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">From</th>
              {arms.map((arm) => (
                <th key={arm.key} scope="col">
                  {armName(arm, currency)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...epochs].reverse().map(({ day: at, weights }) => (
              <tr key={at}>
                <th scope="row">{day(at)}</th>
                {arms.map(({ key }) => (
                  <td key={key}>{percent(weights[key] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
