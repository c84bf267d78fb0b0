import type { AnalyticsAnswer, MonthRow } from '../../worker/contract/analytics.ts'
import { asTable } from '../address.ts'
import { analytics } from '../figures.ts'
import { count, month, percent } from '../format.ts'
import { CsvLink } from './csv-link.tsx'
import { type FigureTile, FigureTiles } from './figure-tiles.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { type Stack, StackedBars } from './stacked-bars.tsx'
import { ChartTabs } from './toolbar.tsx'

const TILES: readonly FigureTile[] = [
  { figure: 'subscribers', name: 'Subscribers', stands: true },
  { figure: 'customerChurn', name: 'Customer churn', cost: true },
  { figure: 'voluntaryChurn', name: 'Voluntary', cost: true, aside: () => 'cancelled' },
  { figure: 'involuntaryChurn', name: 'Involuntary', cost: true, aside: () => 'payment failed' },
]

const STACKS: readonly Stack<MonthRow>[] = [
  { name: 'Cancelled', tone: 'churn', value: (row) => row.voluntaryChurn ?? 0 },
  { name: 'Payment failed', tone: 'contraction', value: (row) => row.involuntaryChurn ?? 0 },
]

/** Who stays, who leaves, and why. */
export function Retention() {
  const shown = analytics.value
  return (
    <>
      <FigureTiles tiles={TILES} label="Figures of retention" />
      <figure class="panel wide-panel" aria-labelledby="churn-title">
        <div class="panel-head">
          <h2 id="churn-title">
            Customer churn <span class="muted">by month, of the subscribers at its opening</span>
          </h2>
          <div class="tools-row">
            <ChartTabs of="churn" />
            <CsvLink table="months" of="churn by month" />
          </div>
        </div>
        {shown && (asTable.value ? <Table shown={shown} /> : <Chart shown={shown} />)}
      </figure>
    </>
  )
}

const Chart = ({ shown: { months } }: { shown: AnalyticsAnswer }) => (
  <StackedBars
    label={`Customer churn from ${month(months[0]?.month ?? '')} to ${month(months.at(-1)?.month ?? '')}, by its reason. Choose Table for the numbers`}
    rows={months}
    stacks={STACKS}
    short={percent}
    long={percent}
  />
)

const share = (value: number | null) => (value === null ? '–' : percent(value))

const Table = ({ shown: { months } }: { shown: AnalyticsAnswer }) => (
  <ScrollBox class="plot" labelledBy="churn-title">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Month</th>
          <th scope="col">At its opening</th>
          <th scope="col">Won</th>
          <th scope="col">Lost</th>
          <th scope="col">Churn</th>
          <th scope="col">Cancelled</th>
          <th scope="col">Payment failed</th>
          <th scope="col">NRR</th>
          <th scope="col">GRR</th>
        </tr>
      </thead>
      <tbody>
        {[...months].reverse().map((row) => (
          <tr key={row.month}>
            <th scope="row">
              {month(row.month)} {!row.complete && <span class="muted">so far</span>}
            </th>
            <td>{count(row.subscribersOpening)}</td>
            <td>{count(row.subscribersWon)}</td>
            <td>{count(row.subscribersLost)}</td>
            <td>{share(row.customerChurn)}</td>
            <td>{share(row.voluntaryChurn)}</td>
            <td>{share(row.involuntaryChurn)}</td>
            <td>{share(row.nrr)}</td>
            <td>{share(row.grr)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </ScrollBox>
)
