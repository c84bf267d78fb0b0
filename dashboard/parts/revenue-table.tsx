import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import type { Bucket } from '../buckets.ts'
import { count, day, money } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

/** The chart as numbers, newest first, in a box of the chart's size. */
export function RevenueTable({ rows, currency, bucket }: { rows: AnalyticsAnswer['series']; currency: string; bucket: Bucket }) {
  return (
    <ScrollBox class="plot" labelledBy="revenue-title">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">{bucket === 'day' ? 'Day' : `${bucket === 'week' ? 'Week' : 'Month'} from`}</th>
            <th scope="col">Net</th>
            <th scope="col">Gross</th>
            <th scope="col">Refunds</th>
            <th scope="col">Disputes</th>
            <th scope="col">Orders</th>
            <th scope="col">Visitor-days</th>
            <th scope="col">MRR</th>
          </tr>
        </thead>
        <tbody>
          {[...rows].reverse().map((row) => (
            <tr key={row.day}>
              <th scope="row">{day(row.day)}</th>
              <td>{money(row.net, currency)}</td>
              <td>{money(row.gross, currency)}</td>
              <td>{money(row.refunds, currency)}</td>
              <td>{money(row.disputes, currency)}</td>
              <td>{count(row.orders)}</td>
              <td>{count(row.visitors)}</td>
              <td>{money(row.mrr, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}
