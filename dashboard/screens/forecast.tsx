import type { ForecastAnswer } from '../../worker/contract/forecasts.ts'
import { FORECAST_CHOICES, HORIZONS, horizon, metric, withQuery } from '../address.ts'
import { outlook, reading } from '../figures.ts'
import { day, month, roundMoney, signedPercent } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { AwaitingDemo, FirstSteps } from '../parts/first-steps.tsx'
import { ForecastChart } from '../parts/forecast-chart.tsx'
import { ModelErrors, Trust } from '../parts/forecast-trust.tsx'
import { CurrencyPicker } from '../parts/toolbar.tsx'
import { awaitingDemo, empty } from '../status.ts'

type Shown = ForecastAnswer['forecast']

const NAMES = { mrr: 'MRR', revenue: 'Net revenue' } as const

export function Forecast() {
  if (awaitingDemo.value) return <AwaitingDemo />
  if (empty.value) {
    return (
      <>
        <h1>Forecast</h1>
        <FirstSteps title="A forecast begins with the first whole month">
          Recurring and net revenue are continued from the months that are over, with ranges that say how sure that is. An import of past
          orders gives it years to learn from at once.
        </FirstSteps>
      </>
    )
  }
  const answer = outlook.value
  // What is on screen until the next answer came is of the metric it was asked for.
  const shown = answer?.forecast.metric === metric.value ? answer.forecast : null
  return (
    <div class={reading.value ? 'reading' : ''}>
      <Toolbar shown={shown} codes={answer?.currencies} />
      <Failure />
      {shown?.warning && shown.model !== null && (
        <p class="notice" role="status">
          {shown.warning.message}
        </p>
      )}
      {shown && shown.model === null ? (
        <Nothing shown={shown} codes={answer?.currencies ?? []} />
      ) : (
        <>
          <p class="verdict" data-testid="verdict">
            {shown ? <Verdict shown={shown} /> : '\u00a0'}
          </p>
          <div class="grid">
            <ForecastChart shown={shown} />
            <Trust shown={shown} />
            <ModelErrors shown={shown} />
          </div>
        </>
      )}
    </div>
  )
}

function Toolbar({ shown, codes }: { shown: Shown | null; codes: readonly string[] | undefined }) {
  return (
    <div class="toolbar">
      <div class="title">
        <h1>Forecast</h1>
        <p class="range">{shown?.model ? `made ${day(new Date(shown.madeAt).toISOString().slice(0, 10))}` : '\u00a0'}</p>
      </div>
      <div class="controls">
        <nav class="segments" aria-label="Metric">
          {FORECAST_CHOICES.map((id) => (
            <a key={id} href={withQuery({ metric: id === 'mrr' ? null : id })} aria-current={metric.value === id ? 'true' : undefined}>
              {NAMES[id]}
            </a>
          ))}
        </nav>
        <nav class="segments" aria-label="Months ahead">
          {HORIZONS.map((months) => (
            <a
              key={months}
              href={withQuery({ horizon: months === 12 ? null : String(months) })}
              aria-current={horizon.value === months ? 'true' : undefined}
            >
              <span aria-hidden="true">{months}m</span>
              <span class="hidden">{months} months</span>
            </a>
          ))}
        </nav>
        <CurrencyPicker chosen={shown?.currency} codes={codes} />
      </div>
    </div>
  )
}

/** The answer in one sentence: where it goes, how sure that is, against what it is now. */
function Verdict({ shown: { metric: of, currency, history, points } }: { shown: Shown }) {
  const last = points.at(-1)
  const now = history.at(-1)
  const range = last?.intervals.find(({ level }) => level === 80)
  if (!last || !now || !range) return null
  const change = now.amount > 0 ? `, ${signedPercent(last.amount / now.amount - 1)} on ${month(now.month)}` : ''
  return (
    <>
      {NAMES[of]} of <b>{roundMoney(last.amount, currency)}</b> is expected {of === 'mrr' ? 'at the end of' : 'in'} {month(last.month)}
      {change}: with a chance of 80 % it lies between {roundMoney(range.low, currency)} and {roundMoney(range.high, currency)}.
      {of === 'revenue' &&
        ` All ${points.length} months together: ${roundMoney(
          points.reduce((sum, { amount }) => sum + amount, 0),
          currency,
        )}.`}
    </>
  )
}

/** No whole month yet: what one comes from, and where there are some. */
function Nothing({ shown, codes }: { shown: Shown; codes: readonly string[] }) {
  const others = codes.filter((code) => code !== shown.currency)
  return (
    <>
      {others.length > 0 && (
        <p class="notice" role="status">
          There is something to continue in{' '}
          {others.map((code, at) => (
            <>
              {at > 0 && ', '}
              <a key={code} href={withQuery({ currency: code })}>
                {code}
              </a>
            </>
          ))}
        </p>
      )}
      <FirstSteps title={`No month of ${NAMES[shown.metric]} in ${shown.currency} is over yet`}>
        {shown.metric === 'mrr'
          ? 'Recurring revenue comes from subscription events of your server. The first forecast is made when the first month with some is over; an import of the past makes it at once.'
          : 'Net revenue comes from purchases that your server confirms, less refunds and disputes. The first forecast is made when the first month with some is over; an import of past orders makes it at once.'}
      </FirstSteps>
    </>
  )
}
