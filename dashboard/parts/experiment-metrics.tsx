import type { MetricResult, VariantResult } from '../../worker/contract/experiment-results.ts'
import type { ExperimentPageOf } from '../experiments.ts'
import { chanceWords, differenceWords, figureWords, lossWords, ROLE_WORDS, variantName } from '../experiments-words.ts'
import { count, day, days, decimal, percent } from '../format.ts'
import { Lift } from './lift.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** Every metric with every variant. Where the figures cannot be trusted, nothing that ranks them is shown. */
export function MetricTable({ page: { experiment, results }, trusted }: { page: ExperimentPageOf; trusted: boolean }) {
  const hasPast = results.metrics.some(({ variants }) => variants.some(({ cuped }) => cuped !== null))
  return (
    <section class="panel" aria-labelledby="metrics-title">
      <h2 id="metrics-title">
        Metrics <span class="muted">intervals of 95 %</span>
      </h2>
      <ScrollBox labelledBy="metrics-title">
        <table class="numbers metric-table">
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" class="name">
                Variant
              </th>
              <th scope="col">People</th>
              <th scope="col">Figure</th>
              {trusted && (
                <>
                  <th scope="col">Lift</th>
                  <th scope="col">Difference</th>
                  <th scope="col">p, adjusted</th>
                  <th scope="col">Chance to win</th>
                  <th scope="col">Expected loss</th>
                  {hasPast && <th scope="col">Lift, past taken out</th>}
                </>
              )}
            </tr>
          </thead>
          {results.metrics.map((metric) => (
            <tbody key={metric.metric} data-metric={metric.metric}>
              {metric.variants.map((variant, at) => (
                <tr key={variant.key} class={trusted && metric.role === 'goal' && results.variant === variant.key ? 'chosen' : ''}>
                  {at === 0 && (
                    <th scope="rowgroup" rowSpan={metric.variants.length}>
                      {metric.name}
                      <span class="id muted">
                        {ROLE_WORDS[metric.role].name.toLowerCase()}, {metric.direction === 'up' ? 'more' : 'less'} is better
                        <br />
                        {days(metric.windowDays)} each
                        {metric.cap !== null && `, at most ${figureWords(metric.cap, metric.unit, results.currency)} a person`}
                      </span>
                    </th>
                  )}
                  <td class="name">{variantName(experiment.variants, variant.key)}</td>
                  <Figures metric={metric} variant={variant} currency={results.currency} />
                  {trusted && (
                    <Compared metric={metric} variant={variant} isControl={at === 0} currency={results.currency} hasPast={hasPast} />
                  )}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </ScrollBox>
      {trusted && (
        <p class="small muted">
          p is adjusted for how many comparisons were made. Chance to win and expected loss say what to expect if the variant were shipped
          now.
          {hasPast && ' “Past taken out” (CUPED) compares people with what they did before they saw it, which narrows the interval.'}
        </p>
      )}
    </section>
  )
}

const Figures = ({ metric: { unit }, variant, currency }: { metric: MetricResult; variant: VariantResult; currency: string }) => (
  <>
    <td>
      {count(variant.exposed)}
      {variant.matured < variant.exposed && <span class="muted"> ({count(variant.matured)} matured)</span>}
    </td>
    <td>
      {variant.value === null ? <span class="muted">too few to say</span> : figureWords(variant.value, unit, currency)}
      {variant.value !== null && variant.low !== null && variant.high !== null && (
        <span class="muted">
          {' '}
          ({figureWords(variant.low, unit, currency)} – {figureWords(variant.high, unit, currency)})
        </span>
      )}
    </td>
  </>
)

interface ComparedProps {
  metric: MetricResult
  variant: VariantResult
  isControl: boolean
  currency: string
  /** Whether anything is compared with the past taken out. */
  hasPast: boolean
}

function Compared({ metric: { unit }, variant, isControl, currency, hasPast }: ComparedProps) {
  const { lift, difference, chanceToWin, expectedLoss, cuped, reason } = variant
  if (isControl) {
    return (
      <>
        <td class="muted">control</td>
        <td>–</td>
        <td>–</td>
        <td>–</td>
        <td>–</td>
        {hasPast && <td>–</td>}
      </>
    )
  }
  return (
    <>
      <td class={lift ? '' : 'reason'}>{lift ? <Lift of={lift} strong /> : <span class="muted">{reason ?? 'too few to say'}</span>}</td>
      <td>{difference ? differenceWords(difference.value, unit, currency) : '–'}</td>
      <td>{lift ? chanceWords(lift.adjustedPValue) : '–'}</td>
      <td>{chanceToWin === null ? '–' : percent(chanceToWin)}</td>
      <td>{expectedLoss === null ? '–' : lossWords(expectedLoss)}</td>
      {hasPast && (
        <td>
          {cuped ? (
            <>
              <Lift of={cuped} /> <span class="muted">{percent(cuped.varianceReduction)} less spread</span>
            </>
          ) : (
            '–'
          )}
        </td>
      )}
    </>
  )
}

/** Of looks that were planned: how far each was from the line that decides. */
export function Looks({ page: { experiment, results } }: { page: ExperimentPageOf }) {
  if (results.looks.length === 0) return null
  return (
    <section class="panel" aria-labelledby="looks-title">
      <h2 id="looks-title">
        Planned looks{' '}
        <span class="muted">{experiment.looks !== null && `${experiment.looks} in all; `}a look decides where its line is crossed</span>
      </h2>
      <ScrollBox labelledBy="looks-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Variant</th>
              <th scope="col" class="amounts">
                Of the plan
              </th>
              <th scope="col" class="amounts">
                Statistic
              </th>
              <th scope="col" class="amounts">
                Line
              </th>
              <th scope="col">Crossed</th>
            </tr>
          </thead>
          <tbody>
            {results.looks.map(({ day: at, share, variant, statistic, boundary, crossed }) => (
              <tr key={`${at} ${variant}`}>
                <th scope="row">{day(at)}</th>
                <td>{variantName(experiment.variants, variant)}</td>
                <td class="amounts">{percent(share)}</td>
                <td class="amounts">{decimal(statistic)}</td>
                <td class="amounts">± {decimal(boundary)}</td>
                <td>{crossed ? 'yes' : 'no'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
