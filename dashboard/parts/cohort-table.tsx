import type { AnalyticsAnswer, CohortRow } from '../../worker/contract/analytics.ts'
import { COHORT_MEASURES, type CohortMeasure, measure, withQuery } from '../address.ts'
import { coverage, dayOf, shiftMonth } from '../calendar.ts'
import { columnsOf } from '../cohort-columns.ts'
import { analytics } from '../figures.ts'
import { count, day, month, percent, roundMoney } from '../format.ts'
import { CsvLink } from './csv-link.tsx'
import { ScrollBox } from './scroll-box.tsx'

const NAMES: Record<CohortMeasure, string> = { customers: 'Customers', share: 'Share', revenue: 'Revenue' }

const EXPLAINED: Record<CohortMeasure, string> = {
  customers: 'Customers with at least one order in the month, of those whose first order fell in the cohort’s month.',
  share: 'Share of the cohort with at least one order in the month.',
  revenue: 'Revenue of the cohort less refunds and disputes, in the month they are booked.',
}

/** Who comes back, month by month after the first order: all history, whatever the period. */
export function CohortTable() {
  const shown = analytics.value
  return (
    <section class="panel cohorts" aria-labelledby="cohort-title">
      <div class="panel-head">
        <h2 id="cohort-title">
          {NAMES[measure.value]} <span class="muted">by month after the first order</span>
        </h2>
        <div class="tools-row">
          <nav class="segments small" aria-label="Measure">
            {COHORT_MEASURES.map((word) => (
              <a
                key={word}
                href={withQuery({ measure: word === 'customers' ? null : word })}
                aria-current={measure.value === word ? 'true' : undefined}
              >
                {NAMES[word]}
              </a>
            ))}
          </nav>
          <CsvLink table="cohorts" of="cohorts" />
        </div>
      </div>
      {shown?.cohorts?.length === 0 ? (
        <p class="lesson">
          Cohorts begin with the first order in {shown.currency}. Each row will follow the customers of one month: how many come back, and
          what they spend. An import of past orders fills it at once.
        </p>
      ) : (
        <>
          <p class="muted small">
            {EXPLAINED[measure.value]} <span class="hatch-key" aria-hidden="true" /> Hatched: the month is not over. All history
            {shown ? ` up to ${day(shown.period.to)}` : ''}.
          </p>
          {shown?.cohorts ? <Heatmap cohorts={shown.cohorts} shown={shown} /> : <div class="cohort-space" />}
        </>
      )}
    </section>
  )
}

const shareOf = (row: CohortRow, at: number): number =>
  measure.value === 'revenue'
    ? (row.revenueByMonth[at] ?? 0) / (row.revenueByMonth[0] || 1)
    : (row.activeByMonth[at] ?? 0) / (row.customers || 1)

function Heatmap({ cohorts, shown }: { cohorts: readonly CohortRow[]; shown: AnalyticsAnswer }) {
  const columns = Array.from({ length: columnsOf(cohorts) }, (_, at) => at)
  const today = dayOf(Date.now())
  // Month 0 is always full; the colours belong to what comes after it.
  const most = Math.max(0.01, ...cohorts.flatMap((row) => columns.slice(1).map((at) => Math.min(1, shareOf(row, at)))))
  return (
    <ScrollBox class="heat" labelledBy="cohort-title">
      <table>
        <thead>
          <tr>
            <th scope="col">First order</th>
            <th scope="col">Customers</th>
            {columns.map((at) => (
              <th key={at} scope="col">
                <span class="hidden">Month </span>
                {at}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((row) => (
            <tr key={row.cohort}>
              <th scope="row">{month(row.cohort)}</th>
              <td class="size">{count(row.customers)}</td>
              {columns.map((at) => (
                <Cell key={at} row={row} at={at} shown={shown} most={most} today={today} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function Cell({ row, at, shown, most, today }: { row: CohortRow; at: number; shown: AnalyticsAnswer; most: number; today: string }) {
  const covered = coverage(shiftMonth(row.cohort, at), shown.period.to, today)
  const active = row.activeByMonth[at]
  if (covered === 'none' || active === undefined) return <td class="future" />
  const share = shareOf(row, at)
  const level = at === 0 ? 10 : Math.min(9, Math.round((Math.min(1, share) / most) * 9))
  const text =
    measure.value === 'revenue'
      ? roundMoney(row.revenueByMonth[at] ?? 0, shown.currency)
      : measure.value === 'share'
        ? percent(share)
        : count(active)
  return (
    <td class={`h${level}${covered === 'part' ? ' part' : ''}`} title={covered === 'part' ? 'This month is not over' : undefined}>
      {text}
      {covered === 'part' && <span class="hidden"> so far</span>}
    </td>
  )
}
