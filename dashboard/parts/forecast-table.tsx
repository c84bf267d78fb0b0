import type { ForecastAnswer } from '../../worker/contract/forecasts.ts'
import { money, month } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

/** The fan as numbers: what is to come in order, then the past, newest first. */
export function ForecastTable({ shown: { currency, history, points } }: { shown: ForecastAnswer['forecast'] }) {
  return (
    <ScrollBox class="plot" labelledBy="forecast-title">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Month</th>
            <th scope="col">Amount</th>
            {points[0]?.intervals.map(({ level }) => (
              <th key={level} scope="col">
                {level} % range
              </th>
            ))}
          </tr>
        </thead>
        <tbody data-testid="expected">
          {points.map((point) => (
            <tr key={point.month}>
              <th scope="row">
                {month(point.month)} <span class="muted">expected</span>
              </th>
              <td>{money(point.amount, currency)}</td>
              {point.intervals.map(({ level, low, high }) => (
                <td key={level}>
                  {money(low, currency)} – {money(high, currency)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tbody data-testid="past">
          {[...history].reverse().map((past) => (
            <tr key={past.month}>
              <th scope="row">{month(past.month)}</th>
              <td>{money(past.amount, currency)}</td>
              <td colSpan={points[0]?.intervals.length ?? 1} />
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}
