import { analytics } from '../figures.ts'
import { count, money, month } from '../format.ts'
import { CsvLink } from './csv-link.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** The calendar months up to the end of the period, newest first, whatever its length. */
export function MonthsTable() {
  const shown = analytics.value
  return (
    <section class="panel wide-panel" aria-labelledby="months-title">
      <div class="panel-head">
        <h2 id="months-title">Calendar months</h2>
        <CsvLink table="months" of="calendar months" />
      </div>
      <ScrollBox labelledBy="months-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Month</th>
              <th scope="col">Net revenue</th>
              <th scope="col">Gross</th>
              <th scope="col">Orders</th>
              <th scope="col">New customers</th>
              <th scope="col">MRR at its end</th>
            </tr>
          </thead>
          <tbody>
            {[...(shown?.months ?? [])].reverse().map((row) => (
              <tr key={row.month}>
                <th scope="row">
                  {month(row.month)} {!row.complete && <span class="muted">so far</span>}
                </th>
                <td>{money(row.net, shown?.currency ?? 'USD')}</td>
                <td>{money(row.gross, shown?.currency ?? 'USD')}</td>
                <td>{count(row.orders)}</td>
                <td>{count(row.customersNew)}</td>
                <td>{money(row.closing, shown?.currency ?? 'USD')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
