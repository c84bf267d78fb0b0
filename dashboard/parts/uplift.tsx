import { lineThrough, placeOn, roundAxis } from '../axis.ts'
import type { ExperimentPageOf } from '../experiments.ts'
import { figureWords, variantName } from '../experiments-words.ts'
import { percent } from '../format.ts'
import { Field } from './field.tsx'
import { ScrollBox } from './scroll-box.tsx'

const WHOLE = { low: 0, high: 1, ticks: [0, 0.5, 1].map((at) => ({ at, label: `${at * 100}%` })) }

/** How much more is won by giving a variant to the right segments first, and no more than that. */
export function Uplift({ page }: { page: ExperimentPageOf }) {
  const { results } = page
  if (results.uplift.length === 0) return null
  return (
    <section class="panel" aria-labelledby="uplift-title">
      <h2 id="uplift-title">
        Who gains most from it <span class="muted">segments ranked in one half of the people, measured in the other</span>
      </h2>
      <div class="multiples wide">
        {results.uplift.map((each) => (
          <Of key={each.variant} page={page} of={each} />
        ))}
      </div>
    </section>
  )
}

function Of({
  page: { experiment, results },
  of: { variant, qini, curve, reason },
}: {
  page: ExperimentPageOf
  of: ExperimentPageOf['results']['uplift'][number]
}) {
  const name = variantName(experiment.variants, variant)
  const unit = results.metrics[0]?.unit ?? 'number'
  const figure = (value: number) => figureWords(value, unit, results.currency)
  const y = roundAxis(
    curve.map(({ gain }) => gain),
    figure,
    [0],
  )
  const last = curve.at(-1)
  return (
    <figure data-uplift={variant}>
      <figcaption>{name}</figcaption>
      {reason !== null && <p class="lesson">{reason.charAt(0).toUpperCase() + reason.slice(1)}</p>}
      {qini !== null && (
        <p class="small">
          Qini {figure(qini.value)}{' '}
          <span class="muted">
            ({figure(qini.low)} to {figure(qini.high)}) a person:{' '}
            {qini.low > 0
              ? 'choosing who gets it wins more than giving it to anybody'
              : 'nothing shows that choosing who gets it is better than giving it to anybody'}
          </span>
        </p>
      )}
      {curve.length > 1 && last && (
        <>
          <Field label={`Gain of ${name} by share of people who get it; the table below has the numbers`} x={WHOLE} y={y}>
            <path class="lowest" d={`M0 ${100 - placeOn(y, 0)}L100 ${100 - placeOn(y, last.gain)}`} />
            <path
              class="curve"
              d={lineThrough(
                curve.map(({ share, gain }) => ({ x: share, y: gain })),
                WHOLE,
                y,
              )}
            />
          </Field>
          <p class="small muted">Dashed: people in random order. The further above it, the more is won by choosing.</p>
          <ScrollBox label={`Gain of ${name} by share of people`} class="short">
            <table class="numbers">
              <thead>
                <tr>
                  <th scope="col">Share of people</th>
                  <th scope="col">Gain a person</th>
                </tr>
              </thead>
              <tbody>
                {curve.map(({ share, gain }) => (
                  <tr key={share}>
                    <th scope="row">{percent(share)}</th>
                    <td>{figure(gain)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        </>
      )}
    </figure>
  )
}
