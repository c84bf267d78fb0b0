import type { MonthRow } from '../../contract/analytics.ts'
import { METRIC } from '../customer/metrics.ts'
import { toMajor } from '../money.ts'
import { addMonths, monthOf } from '../time.ts'
import type { Exchange } from './exchange.ts'
import { lastMonthOver, retentionOf, shareKept } from './retention.ts'
import type { KeptSum, SumsByTime } from './rows.ts'
import { addTo, bridgeOf, movementOf, subscribersOf, type Totals } from './span.ts'

/** The trend looks back two years at most. */
const MOST_MONTHS = 24

/** The month before which no trend of a period that ends on `to` begins. */
export const earliestMonth = (to: string): string => addMonths(monthOf(to), 1 - MOST_MONTHS)

/** First month of the trend: not before there is anything. */
function firstMonthOf(to: string, firstDay: string | null): string {
  const earliest = earliestMonth(to)
  const begun = monthOf(firstDay !== null && firstDay <= to ? firstDay : to)
  return begun > earliest ? begun : earliest
}

/** Sums by month of sums by day or month. */
function byMonthOf({ times, sums }: SumsByTime): Map<string, number> {
  const months = new Map<string, number>()
  for (let at = 0; at < times.length; ) {
    const month = monthOf(times[at] as string)
    let sum = months.get(month) ?? 0
    for (; at < times.length && (times[at] as string).startsWith(month); at++) sum += sums[at] as number
    months.set(month, sum)
  }
  return months
}

interface MonthsInput {
  /** Before the period, by month, in the currency shown. */
  earlier: readonly SumsByTime[]
  /** Of the period, by day, in the currency shown. */
  days: readonly SumsByTime[]
  kept: readonly KeptSum[]
  exchange: Exchange
  /** What opened the period. */
  opening: { mrr: number; subscribers: number }
  period: { from: string; to: string }
  firstDay: string | null
  currency: string
  today: string
}

/** The calendar months up to the end of a period; each opens with what the one before it closed with. */
export function monthRows({ earlier, days, kept, exchange, opening, period, firstDay, currency, today }: MonthsInput): MonthRow[] {
  const first = firstMonthOf(period.to, firstDay)
  const byMonth = new Map<string, Totals>()
  const totalsOf = (month: string): Totals => {
    const totals = byMonth.get(month) ?? new Map()
    byMonth.set(month, totals)
    return totals
  }
  // From the opening of the period back to that of the first month, or on to it where the period begins earlier.
  let { mrr, subscribers } = opening
  for (const [of, isEarlier] of [
    [earlier, true],
    [days, false],
  ] as const) {
    const passed: Totals = new Map()
    for (const row of of) {
      for (const [month, sum] of byMonthOf(row)) {
        const isInside = month >= first
        if (isInside) addTo(totalsOf(month), row, sum)
        if (isInside === isEarlier) addTo(passed, row, sum)
      }
    }
    mrr += (isEarlier ? -1 : 1) * movementOf(passed)
    subscribers += (isEarlier ? -1 : 1) * subscribersOf(0, passed).closing
  }

  const over = lastMonthOver(period.to, today)
  const rows: MonthRow[] = []
  for (let month = first; month <= monthOf(period.to); month = addMonths(month, 1)) {
    const totals = totalsOf(month)
    const of = (metric: string) => totals.get(metric) ?? 0
    const bridge = bridgeOf(mrr, totals)
    const people = subscribersOf(subscribers, totals)
    const complete = month <= over
    const retained = retentionOf({ from: month, to: month, months: 1 }, mrr, kept, exchange)
    const churnOf = (lost: number) => (people.opening === 0 ? null : lost / people.opening)
    const major = (amountMinor: number) => toMajor(amountMinor, currency)
    rows.push({
      month,
      complete,
      gross: major(of(METRIC.gross)),
      net: major(of(METRIC.gross) - of(METRIC.refunded) - of(METRIC.disputed)),
      orders: of(METRIC.orders),
      customersNew: of(METRIC.customersNew),
      opening: major(bridge.opening),
      new: major(bridge.new),
      expansion: major(bridge.expansion),
      reactivation: major(bridge.reactivation),
      contraction: major(bridge.contraction),
      churn: major(bridge.churn),
      closing: major(bridge.closing),
      nrr: complete ? shareKept(retained.opening, retained.net) : null,
      grr: complete ? shareKept(retained.opening, retained.gross) : null,
      subscribersOpening: people.opening,
      subscribersWon: people.won,
      subscribersLost: people.lostVoluntary + people.lostInvoluntary,
      customerChurn: churnOf(people.lostVoluntary + people.lostInvoluntary),
      voluntaryChurn: churnOf(people.lostVoluntary),
      involuntaryChurn: churnOf(people.lostInvoluntary),
    })
    mrr = bridge.closing
    subscribers = people.closing
  }
  return rows
}
