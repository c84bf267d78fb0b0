import { placeOn, roundAxis } from '../axis.ts'
import { signedPercent } from '../format.ts'
import type { testPage } from '../pricing.ts'
import { armName, METRIC_WORDS } from '../pricing-words.ts'

type Page = NonNullable<typeof testPage.value>

/** Whether the whole interval lies on one side of nothing. */
export function sideOf({ low, high }: { low: number; high: number }): 'better' | 'worse' | 'either' {
  if (low > 0) return 'better'
  return high < 0 ? 'worse' : 'either'
}
const SIDES = { better: 'better than the control', worse: 'worse than the control', either: 'may be either' }

/** Each price against the control: its lift with its interval, on one scale around zero. */
export function LiftForest({ page: { test, results } }: { page: Page }) {
  const others = results.arms.slice(1)
  const told = others.flatMap(({ lift }) => (lift ? [lift.low, lift.high] : []))
  const axis = roundAxis(told, (value) => signedPercent(value), [0])
  return (
    <section class="panel forest" aria-labelledby="forest-title">
      <h2 id="forest-title">
        Lift over the control <span class="muted">{METRIC_WORDS[test.metric].toLowerCase()} a visitor, valid at every look</span>
      </h2>
      {told.length === 0 ? (
        <p class="lesson">Too few people have been shown these prices to say anything of a difference.</p>
      ) : (
        <table aria-labelledby="forest-title">
          <thead class="hidden">
            <tr>
              <th scope="col">Price</th>
              <th scope="col">Interval</th>
              <th scope="col">Lift</th>
            </tr>
          </thead>
          <tbody>
            {others.map((arm) => (
              <tr key={arm.key} class={arm.lift ? sideOf(arm.lift) : 'either'}>
                <th scope="row">{armName(arm, results.currency)}</th>
                <td class="track" aria-hidden="true">
                  <i class="zero" style={{ left: `${placeOn(axis, 0)}%` }} />
                  {arm.lift && (
                    <>
                      <i
                        class="reach"
                        style={{
                          left: `${placeOn(axis, arm.lift.low)}%`,
                          width: `${placeOn(axis, arm.lift.high) - placeOn(axis, arm.lift.low)}%`,
                        }}
                      />
                      <i class="middle" style={{ left: `${placeOn(axis, arm.lift.value)}%` }} />
                    </>
                  )}
                </td>
                <td>
                  {arm.lift ? (
                    <>
                      <b>{signedPercent(arm.lift.value)}</b>{' '}
                      <span class="muted">
                        ({signedPercent(arm.lift.low)} to {signedPercent(arm.lift.high)}), {SIDES[sideOf(arm.lift)]}
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
      )}
    </section>
  )
}
