import type { HoldoutAnswer } from '../../worker/contract/holdout.ts'
import { holdout } from '../experiments.ts'
import { fineMoney, signedFineMoney } from '../fine-money.ts'
import { count, days, money, percent, signedMoney } from '../format.ts'
import { Lift } from './lift.tsx'
import { ScrollBox } from './scroll-box.tsx'

const CONCLUSIONS: Record<HoldoutAnswer['conclusion'], { mark: string; class: string }> = {
  gain: { mark: '▲', class: 'said ship' },
  loss: { mark: '▼', class: 'said roll_back' },
  unsure: { mark: '=', class: 'said' },
  invalid: { mark: '!', class: 'said invalid' },
}
const SIDES = { treated: 'Whom everything touches', held_out: 'Held out: whom nothing touches' }

/** What all levers together are worth, against those whom none of them touches. */
export function Holdout() {
  const known = holdout.value
  if (known === null) return null
  return (
    <section class="panel holdout" aria-labelledby="holdout-title">
      <h2 id="holdout-title">
        All levers together{' '}
        <span class="muted">
          {known.value &&
            `prices, offers and interventions, against the ${percent(known.value.share)} of customers whom none of them touches`}
        </span>
      </h2>
      {known.value ? (
        <Found of={known.value} />
      ) : (
        <p class="lesson">{known.trouble}. Some customers whom no lever touches are what shows what all of them are worth.</p>
      )}
    </section>
  )
}

function Found({ of }: { of: HoldoutAnswer }) {
  const { conclusion, sentence, effect, lift, total, currency, sides, reason, excluded, windowDays } = of
  const { mark, class: said } = CONCLUSIONS[conclusion]
  // Whatever the figures say, a wrong split makes them say nothing.
  const trusted = conclusion !== 'invalid' && !of.sampleRatio?.mismatch
  return (
    <>
      <p class="sentence" data-testid="holdout">
        <b class={said}>
          <span aria-hidden="true">{mark} </span>
        </b>
        {sentence}
        {effect === null && reason !== null && !sentence.includes(reason) && <span class="muted"> {reason}</span>}
      </p>
      {trusted && effect && (
        <dl class="sums-line">
          <div>
            <dt>More a customer</dt>
            <dd>
              {signedFineMoney(effect.value, currency)}{' '}
              <span class="muted">
                ({signedFineMoney(effect.low, currency)} to {signedFineMoney(effect.high, currency)})
              </span>
            </dd>
          </div>
          {lift && (
            <div>
              <dt>The same, relative</dt>
              <dd>
                <Lift of={lift} />
              </dd>
            </div>
          )}
          {total && (
            <div>
              <dt>In all</dt>
              <dd>
                {signedMoney(total.value, currency)}{' '}
                <span class="muted">
                  ({signedMoney(total.low, currency)} to {signedMoney(total.high, currency)})
                </span>
              </dd>
            </div>
          )}
        </dl>
      )}
      <ScrollBox labelledBy="holdout-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Customers</th>
              <th scope="col">Expected</th>
              <th scope="col">Came</th>
              <th scope="col">Net revenue</th>
              <th scope="col">Each</th>
            </tr>
          </thead>
          <tbody>
            {sides.map(({ key, exposed, matured, expected, netRevenue, perCustomer }) => (
              <tr key={key} data-side={key}>
                <th scope="row">{SIDES[key]}</th>
                <td>{count(expected)}</td>
                <td>
                  {count(exposed)}
                  {matured < exposed && <span class="muted"> ({count(matured)} matured)</span>}
                </td>
                <td>{money(netRevenue, currency)}</td>
                <td>
                  {perCustomer ? (
                    <>
                      {fineMoney(perCustomer.value, currency)}{' '}
                      <span class="muted">
                        ({fineMoney(perCustomer.low, currency)} – {fineMoney(perCustomer.high, currency)})
                      </span>
                    </>
                  ) : (
                    <span class="muted">too few to say</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <p class="small muted">
        What each brought in the {days(windowDays)} after the first price that was decided for them, in {currency}
        {excluded > 0 && `; ${count(excluded)} were on both sides, and are in neither`}.
      </p>
    </>
  )
}
