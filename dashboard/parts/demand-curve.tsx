import type { Demand } from '../../worker/contract/analysis.ts'
import { areaBetween, lineThrough, placeOn, roundAxis } from '../axis.ts'
import { signedFineMoney } from '../fine-money.ts'
import { count, country, money, percent, plainMoney, shortMoney } from '../format.ts'
import { demand } from '../pricing.ts'
import { listAt, testPath } from '../pricing-address.ts'
import { Dot, Field } from './field.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** How many buy at which price, the curve through it, and the price it speaks for. */
export function DemandCurve({ id, currency }: { id: string; currency: string | null }) {
  const read = demand.value
  const shown = read?.of === id && read.currency === currency ? read.part : null
  return (
    <section class="panel demand" aria-labelledby="demand-title">
      <h2 id="demand-title">
        Demand <span class="muted">{shown?.value ? whatOf(shown.value) : '\u00a0'}</span>
      </h2>
      {shown === null && <span class="ghost" />}
      {shown?.trouble && <p class="lesson">The demand could not be read: {shown.trouble}.</p>}
      {shown?.value && <Curve of={shown.value} />}
    </section>
  )
}

/** What is counted. Of the past it is views and orders, which nobody drew by lot. */
const whatOf = ({ source }: Demand) =>
  source === 'history' ? 'observational: orders a view, by the list price of the past' : 'share of visitors who buy, by price'

function Curve({ of }: { of: Demand }) {
  const { points, source, reason, testId, elasticity, model } = of
  if (points.length === 0) {
    return (
      <>
        <p class="lesson">
          Nothing is known of it yet. {reason && `${reason}. `}A price test shows what people pay: each visitor sees one price, so what
          differs between them is the price alone.
        </p>
        <p class="actions">
          <a class="primary" href={listAt('tests', { new: 'test', product: of.productId })}>
            Start a price test
          </a>
        </p>
        <Observational of={of} />
      </>
    )
  }
  return (
    <>
      <Suggestion of={of} />
      <Drawing of={of} />
      <p class="small muted">
        {source === 'test' ? (
          <>
            From a price test, where chance alone chose who saw which price
            {testId && (
              <>
                {' '}
                (<a href={testPath(testId)}>the test</a>)
              </>
            )}
            .
          </>
        ) : (
          'From history, not from a test: whoever saw one price may differ from whoever saw another.'
        )}{' '}
        {model && `Curve: ${model === 'logit' ? 'logistic in the logarithm of the price' : 'log-log, one elasticity'}. `}
        {elasticity && `Elasticity ${range(elasticity)}: how many per cent fewer buy for one per cent more. `}
        Intervals of 95 %.
      </p>
      <Points of={of} />
      <BySegment of={of} />
      <Observational of={of} />
    </>
  )
}

const decimal = (value: number): string => value.toFixed(2).replace('-', '−')
const range = ({ value, low, high }: { value: number; low: number; high: number }) =>
  `${decimal(value)} (${decimal(low)} to ${decimal(high)})`

function Suggestion({ of: { suggestion, currency, reason } }: { of: Demand }) {
  if (!suggestion) return <p class="sentence">No price is suggested. {reason && `${reason}.`}</p>
  const { amount, gain, gainLow, gainHigh, clamped } = suggestion
  return (
    <p class="sentence" data-testid="suggestion">
      Suggested: <b>{plainMoney(amount, currency)}</b>, which is to bring {signedFineMoney(gain, currency)} a visitor (
      {signedFineMoney(gainLow, currency)} to {signedFineMoney(gainHigh, currency)})
      {gainLow <= 0 && gainHigh >= 0 && ', which may as well be nothing'}.
      {clamped && ' The best price lies outside the guardrails or the tested range, so this is the nearest within.'}
    </p>
  )
}

function Drawing({ of }: { of: Demand }) {
  const { points, curve, currency, suggestion, productId } = of
  const amounts = [...points, ...curve].map(({ amount }) => amount)
  const x = roundAxis([...amounts, ...(suggestion ? [suggestion.amount] : [])], (amount) => shortMoney(amount, currency))
  const y = roundAxis(
    [...points, ...curve].map(({ high }) => high),
    (rate) => percent(rate),
    [0],
  )
  const inside = { ...y, low: 0 }
  return (
    <>
      <Field label={`Demand for ${productId} in ${currency}, ${whatOf(of)}; the table below has the numbers`} x={x} y={inside}>
        <path
          class="band"
          d={areaBetween(
            curve.map(({ amount, low, high }) => ({ x: amount, low, high })),
            x,
            inside,
          )}
        />
        <path
          class="curve"
          d={lineThrough(
            curve.map(({ amount, rate }) => ({ x: amount, y: rate })),
            x,
            inside,
          )}
        />
        {suggestion && <path class="suggested" d={`M${placeOn(x, suggestion.amount)} 0V100`} />}
        {points.map(({ amount, rate, low, high }) => (
          <g key={amount}>
            <path class="whisker" d={`M${placeOn(x, amount)} ${100 - placeOn(inside, low)}V${100 - placeOn(inside, high)}`} />
            <Dot class="seen" x={placeOn(x, amount)} y={placeOn(inside, rate)} />
          </g>
        ))}
      </Field>
      <p class="legend">
        <span>
          <i class="swatch point" /> what was seen
        </span>
        {curve.length > 0 && (
          <span>
            <i class="swatch line-mrr" /> fitted
          </span>
        )}
        {suggestion && (
          <span>
            <i class="swatch dashed" /> suggested
          </span>
        )}
      </p>
    </>
  )
}

const Points = ({ of: { points, currency, source } }: { of: Demand }) => (
  <ScrollBox label="Demand by price">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Price</th>
          <th scope="col">{source === 'history' ? 'Views' : 'Visitors'}</th>
          <th scope="col">{source === 'history' ? 'Orders' : 'Buyers'}</th>
          <th scope="col">{source === 'history' ? 'Orders a view' : 'Share'}</th>
          <th scope="col">95 %</th>
        </tr>
      </thead>
      <tbody>
        {points.map(({ amount, visitors, buyers, rate, low, high }) => (
          <tr key={amount}>
            <th scope="row">{money(amount, currency)}</th>
            <td>{count(visitors)}</td>
            <td>{count(buyers)}</td>
            <td>{percent(rate)}</td>
            <td>
              {percent(low)} – {percent(high)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </ScrollBox>
)

/** Where the test is read by segment: of each by itself. */
function BySegment({ of: { segments } }: { of: Demand }) {
  if (segments.length === 0) return null
  return (
    <ScrollBox label="Elasticity by segment">
      <table class="numbers">
        <caption>By segment</caption>
        <thead>
          <tr>
            <th scope="col">Segment</th>
            <th scope="col">Visitors</th>
            <th scope="col">Buyers</th>
            <th scope="col">Elasticity</th>
          </tr>
        </thead>
        <tbody>
          {segments.map(({ segment, visitors, buyers, elasticity, reason }) => (
            <tr key={segment}>
              <th scope="row">{country(segment)}</th>
              <td>{count(visitors)}</td>
              <td>{count(buyers)}</td>
              <td class={elasticity ? '' : 'words'}>{elasticity ? range(elasticity) : (reason ?? 'too few to say')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

/** Slopes over past prices stand apart, under a name that says they are no effect of the price. */
function Observational({ of: { observational } }: { of: Demand }) {
  if (!observational) return null
  return (
    <div class="observational">
      <h3>
        Observational <span class="muted">not from a test</span>
      </h3>
      <p class="small muted">
        How purchases went with past prices. Prices were changed for reasons (a season, a sale, stock), and these move purchases too, so
        neither slope says what a change of price would do.
      </p>
      <dl class="facts">
        <div>
          <dt>Pooled, all days together</dt>
          <dd>{range(observational.pooled)}</dd>
        </div>
        <div>
          <dt>Within, days of the same weekday and month</dt>
          <dd>{observational.within ? range(observational.within) : 'too few to say'}</dd>
        </div>
      </dl>
    </div>
  )
}
