import type { ForecastAnswer } from '../../worker/contract/forecasts.ts'
import { count, percent } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

type Shown = ForecastAnswer['forecast']

const BENCHMARK = 'seasonal_naive'

/** How the forecast is made and what such a forecast was worth before. */
export function Trust({ shown }: { shown: Shown | null }) {
  const tried = shown?.backtest
  const chosen = tried?.errors.find(({ model }) => model === tried.chosen)
  const benchmark = tried?.errors.find(({ model }) => model === BENCHMARK)
  return (
    <section class="panel trust" aria-labelledby="trust-title">
      <div class="panel-head">
        <h2 id="trust-title">How far to trust it</h2>
      </div>
      {shown && (
        <dl class="facts">
          <div>
            <dt>Model</dt>
            <dd data-testid="model">{shown.modelName}</dd>
          </div>
          <div>
            <dt>Learnt from</dt>
            <dd>{count(shown.history.length)} months that are over</dd>
          </div>
          {tried && chosen && (
            <div>
              <dt>Was off by</dt>
              <dd data-testid="error">
                {percent(chosen.smape)}
                {benchmark && benchmark !== chosen && <span class="muted"> (year before: {percent(benchmark.smape)})</span>}
              </dd>
            </div>
          )}
        </dl>
      )}
      {tried ? (
        <>
          <table class="numbers coverage">
            <thead>
              <tr>
                <th scope="col">Range</th>
                <th scope="col">held what came</th>
              </tr>
            </thead>
            <tbody>
              {tried.coverage.map(({ level, share }) => (
                <tr key={level}>
                  <th scope="row">{level} %</th>
                  <td>{percent(share)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="muted small">
            Measured by looking ahead from {tried.origins === 1 ? 'one month' : `${tried.origins} months`} of the past as if the rest had
            not happened: {count(tried.comparisons)} {tried.comparisons === 1 ? 'comparison' : 'comparisons'} with what came.
          </p>
        </>
      ) : (
        shown && <p class="muted small">There is too little history to try a model on months it has not seen.</p>
      )}
    </section>
  )
}

/** The models that took part: those that lose to the benchmark are counted, not shown. */
export function ModelErrors({ shown }: { shown: Shown | null }) {
  const tried = shown?.backtest
  if (!tried) return null
  const worthy = tried.errors.filter(({ beatsBenchmark }) => beatsBenchmark)
  const losing = tried.errors.length - worthy.length
  return (
    <section class="panel models" aria-labelledby="models-title">
      <div class="panel-head">
        <h2 id="models-title">
          Models compared <span class="muted">least error first</span>
        </h2>
      </div>
      <ScrollBox labelledBy="models-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Off by</th>
              <th scope="col">Of a year’s change</th>
            </tr>
          </thead>
          <tbody>
            {worthy.map(({ model, name, smape, mase }) => (
              <tr key={model} class={model === tried.chosen ? 'chosen' : ''}>
                <th scope="row">
                  {name}
                  {model === tried.chosen && <span class="muted"> chosen</span>}
                  {model === BENCHMARK && <span class="muted"> benchmark</span>}
                </th>
                <td>{percent(smape)}</td>
                <td>{mase === null ? '–' : percent(mase)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <p class="muted small">
        Off by: mean distance between forecast and what came, as a share of the two. Of a year’s change: that distance against how much an
        amount differs from the year before.
      </p>
      {losing > 0 && (
        <p class="muted small">
          {losing === 1 ? 'One other model' : `${losing} other models`} did worse than repeating the year before, and{' '}
          {losing === 1 ? 'is' : 'are'} not shown.
        </p>
      )}
    </section>
  )
}
