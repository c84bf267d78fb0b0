import type { MonthRow } from '../../worker/contract/analytics.ts'
import { asTable } from '../address.ts'
import { analytics } from '../figures.ts'
import { money, month, shortMoney, signedMoney } from '../format.ts'
import { CsvLink } from './csv-link.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { type Stack, StackedBars } from './stacked-bars.tsx'
import { ChartTabs } from './toolbar.tsx'

const STACKS: readonly Stack<MonthRow>[] = [
  { name: 'New', tone: 'new', value: (row) => row.new },
  { name: 'Expansion', tone: 'expansion', value: (row) => row.expansion },
  { name: 'Reactivation', tone: 'reactivation', value: (row) => row.reactivation },
  { name: 'Contraction', tone: 'contraction', value: (row) => row.contraction },
  { name: 'Churn', tone: 'churn', value: (row) => row.churn },
]

/** What moved recurring revenue, month by month. */
export function Movements() {
  const shown = analytics.value
  return (
    <figure class="panel movements" aria-labelledby="movements-title">
      <div class="panel-head">
        <h2 id="movements-title">
          Movements <span class="muted">of MRR by month</span>
        </h2>
        <div class="tools-row">
          <ChartTabs of="movements" />
          <CsvLink table="months" of="movements by month" />
        </div>
      </div>
      {shown &&
        (asTable.value ? (
          <Table months={shown.months} currency={shown.currency} />
        ) : (
          <Chart months={shown.months} currency={shown.currency} />
        ))}
    </figure>
  )
}

interface Shown {
  months: readonly MonthRow[]
  currency: string
}

const Chart = ({ months, currency }: Shown) => (
  <StackedBars
    label={`Movements of MRR from ${month(months[0]?.month ?? '')} to ${month(months.at(-1)?.month ?? '')}. Choose Table for the numbers`}
    rows={months}
    stacks={STACKS}
    short={(value) => shortMoney(value, currency)}
    long={(value) => signedMoney(value, currency)}
  />
)

const Table = ({ months, currency }: Shown) => (
  <ScrollBox class="plot" labelledBy="movements-title">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Month</th>
          <th scope="col">Opening</th>
          {STACKS.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
          <th scope="col">Closing</th>
        </tr>
      </thead>
      <tbody>
        {[...months].reverse().map((row) => (
          <tr key={row.month}>
            <th scope="row">
              {month(row.month)} {!row.complete && <span class="muted">so far</span>}
            </th>
            <td>{money(row.opening, currency)}</td>
            {STACKS.map(({ name, value }) => (
              <td key={name}>{signedMoney(value(row), currency)}</td>
            ))}
            <td>{money(row.closing, currency)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </ScrollBox>
)
