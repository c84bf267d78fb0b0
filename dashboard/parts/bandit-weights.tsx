import { areaBetween, timeAxis } from '../axis.ts'
import { startOf } from '../calendar.ts'
import { day, percent } from '../format.ts'
import type { testPage } from '../pricing.ts'
import { armName } from '../pricing-words.ts'
import { Field } from './field.tsx'
import { ScrollBox } from './scroll-box.tsx'

type Page = NonNullable<typeof testPage.value>

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
