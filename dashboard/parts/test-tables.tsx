import type { ArmResult } from '../../worker/contract/price-tests.ts'
import { fineMoney } from '../fine-money.ts'
import { count, country, money, percent, plainMoney, signedPercent, words } from '../format.ts'
import type { testPage } from '../pricing.ts'
import { armName } from '../pricing-words.ts'
import { ScrollBox } from './scroll-box.tsx'
import { oneIn, SplitTable } from './split-table.tsx'

type Page = NonNullable<typeof testPage.value>

type Estimate = NonNullable<ArmResult['perVisitor']>

const Within = ({ of, currency }: { of: Estimate | null; currency: string }) =>
  of === null ? (
    <span class="muted">too few to say</span>
  ) : (
    <>
      {fineMoney(of.value, currency)}{' '}
      <span class="muted">
        ({fineMoney(of.low, currency)} – {fineMoney(of.high, currency)})
      </span>
    </>
  )

/** Each price with what it earned. Where the figures cannot be trusted, nothing that ranks them is shown. */
export function Arms({ page: { test, results }, trusted }: { page: Page; trusted: boolean }) {
  const { currency } = results
  return (
    <section class="panel" aria-labelledby="arms-title">
      <h2 id="arms-title">
        Prices <span class="muted">intervals of 95 %</span>
      </h2>
      <ScrollBox labelledBy="arms-title">
        <table class="numbers arms">
          <thead>
            <tr>
              <th scope="col">Price</th>
              <th scope="col">Share today</th>
              <th scope="col">Exposed</th>
              <th scope="col">Buyers</th>
              <th scope="col">Net revenue</th>
              <th scope="col">{test.metric === 'margin' ? 'Margin' : 'Net revenue'} a visitor</th>
              {trusted && (
                <>
                  <th scope="col">Lift</th>
                  <th scope="col">Chance to be best</th>
                  <th scope="col">Expected loss a visitor</th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {results.arms.map((arm, index) => (
              <tr key={arm.key} class={trusted && results.arm === arm.key ? 'chosen' : ''} data-arm={arm.key}>
                <th scope="row">
                  {plainMoney(arm.amount, currency)}{' '}
                  <span class="muted">
                    {words(arm.key).toLowerCase()}
                    {arm.closedAt !== null && ', closed'}
                  </span>
                </th>
                <td>{percent(arm.weight)}</td>
                <td>
                  {count(arm.exposed)}
                  {arm.matured < arm.exposed && <span class="muted"> ({count(arm.matured)} matured)</span>}
                </td>
                <td>
                  {count(arm.buyers)}
                  {arm.exposed > 0 && <span class="muted"> {percent(arm.buyers / arm.exposed)}</span>}
                </td>
                <td>{money(arm.netRevenue, currency)}</td>
                <td>
                  <Within of={arm.perVisitor} currency={currency} />
                </td>
                {trusted && (
                  <>
                    <td>{index === 0 ? 'control' : arm.lift ? signedPercent(arm.lift.value) : '–'}</td>
                    <td>{arm.chanceToBeBest === null ? '–' : percent(arm.chanceToBeBest)}</td>
                    <td>{arm.expectedLoss === null ? '–' : fineMoney(arm.expectedLoss, currency)}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <p class="small muted">
        {results.method === 'blocks'
          ? 'Of a switchback, time windows are compared, not people.'
          : 'A visitor’s figures are weighed so that each price speaks for the same days: sums of people divided by hand need not agree with them.'}
      </p>
    </section>
  )
}

/** Shares that chance does not explain: said before any figure, with what each price should have had. */
export function SampleRatio({ page: { results } }: { page: Page }) {
  const ratio = results.sampleRatio
  if (!ratio?.mismatch) return null
  return (
    <section class="panel warning" aria-labelledby="ratio-title" role="alert">
      <h2 id="ratio-title">
        <span aria-hidden="true">⚠ </span>Some prices were shown to too many or too few people
      </h2>
      <p>
        Chance alone would do this about once in {oneIn(ratio.pValue)} tests, so somebody or something chose who is counted, and no price
        can be called better. Usual causes: pages kept in a cache, a redirect or an error for one of the prices, bots, an ad blocker, a
        change of the shares outside the test.
      </p>
      <SplitTable
        of="Price"
        rows={results.arms.map((arm, index) => ({
          key: arm.key,
          name: armName(arm, results.currency),
          expected: ratio.expected[index] ?? 0,
          exposed: arm.exposed,
        }))}
      />
    </section>
  )
}

const Share = ({ of }: { of: ArmResult['refunds'] }) =>
  of.rate === null ? (
    <>–</>
  ) : (
    <>
      {percent(of.rate)}{' '}
      <span class="muted">
        {count(of.count)} of {count(of.of)}
      </span>
    </>
  )

/** What stops a price by itself when it is worse than the control’s. */
export const Safety = ({ page: { results } }: { page: Page }) => (
  <section class="panel" aria-labelledby="safety-title">
    <h2 id="safety-title">
      Safety <span class="muted">a price that does harm is closed by itself</span>
    </h2>
    <ScrollBox labelledBy="safety-title">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Price</th>
            <th scope="col">Refunds</th>
            <th scope="col">Disputes</th>
            <th scope="col">Payment failures</th>
          </tr>
        </thead>
        <tbody>
          {results.arms.map((arm) => (
            <tr key={arm.key}>
              <th scope="row">{armName(arm, results.currency)}</th>
              <td>
                <Share of={arm.refunds} />
              </td>
              <td>
                <Share of={arm.disputes} />
              </td>
              <td>
                <Share of={arm.paymentFailures} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  </section>
)

export function Segments({ page: { test, results } }: { page: Page }) {
  if (test.segments === null) return null
  const name = (segment: string) => (test.segments === 'country' ? country(segment) : words(segment))
  return (
    <section class="panel" aria-labelledby="segments-title">
      <h2 id="segments-title">
        By {test.segments} <span class="muted">small groups lean on the whole, so that chance does not speak for them</span>
      </h2>
      {results.segments.length === 0 ? (
        <p class="lesson">Nothing can be said of any {test.segments} yet.</p>
      ) : (
        <ScrollBox labelledBy="segments-title">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">{words(test.segments)}</th>
                <th scope="col">Price</th>
                <th scope="col">Exposed</th>
                <th scope="col">Buyers</th>
                <th scope="col">Net revenue</th>
                <th scope="col">{test.metric === 'margin' ? 'Margin' : 'Net revenue'} a visitor</th>
              </tr>
            </thead>
            {results.segments.map(({ segment, arms }) => (
              <tbody key={segment}>
                {arms.map((arm, index) => (
                  <tr key={arm.key}>
                    {index === 0 && (
                      <th scope="rowgroup" rowSpan={arms.length}>
                        {name(segment)}
                      </th>
                    )}
                    <td>{plainMoney(results.arms.find(({ key }) => key === arm.key)?.amount ?? 0, results.currency)}</td>
                    <td>{count(arm.exposed)}</td>
                    <td>{count(arm.buyers)}</td>
                    <td>{money(arm.netRevenue, results.currency)}</td>
                    <td>
                      <Within of={arm.perVisitor} currency={results.currency} />
                    </td>
                  </tr>
                ))}
              </tbody>
            ))}
          </table>
        </ScrollBox>
      )}
    </section>
  )
}

/** Of a switchback: the windows in which everybody in one place had one price. */
export function Blocks({ page: { results } }: { page: Page }) {
  const { blocks, arms, currency } = results
  if (!blocks) return null
  return (
    <section class="panel" aria-labelledby="blocks-title">
      <h2 id="blocks-title">Time windows</h2>
      <ScrollBox labelledBy="blocks-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Price</th>
              <th scope="col">Windows</th>
              <th scope="col">Visitors</th>
              <th scope="col">Net revenue</th>
            </tr>
          </thead>
          <tbody>
            {blocks.map((each) => (
              <tr key={each.arm}>
                <th scope="row">{armName(arms.find(({ key }) => key === each.arm) ?? { key: each.arm, amount: 0 }, currency)}</th>
                <td>{count(each.blocks)}</td>
                <td>{count(each.visitors)}</td>
                <td>{money(each.netRevenue, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
