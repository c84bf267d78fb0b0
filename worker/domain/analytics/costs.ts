import { splitMinor } from '../money.ts'
import { daysBetween } from '../time.ts'
import type { Exchange } from './exchange.ts'
import type { CostDays } from './rows.ts'

/**
 * The part of a cost that falls on the days of a period: the amount is spread evenly over its days, by largest remainder,
 * so that the parts of neighbouring periods add up to it.
 *
 * @example costWithin({ firstDay: '2026-10-30', lastDay: '2026-11-01', amount: 100, currency: 'USD' }, { from: '2026-11-01', to: '2026-11-30' }) // => 33
 */
export function costWithin({ firstDay, lastDay, amount }: CostDays, { from, to }: { from: string; to: string }): number {
  if (firstDay > to || lastDay < from) return 0
  const days = daysBetween(firstDay, lastDay)
  const parts = splitMinor(
    amount,
    days.map(() => 1),
  )
  return parts.reduce((sum, part, at) => ((days[at] as string) >= from && (days[at] as string) <= to ? sum + part : sum), 0)
}

/** Costs of a period in the currency of the exchange; null where none is recorded for any of its days. */
export function costsOf(costs: readonly CostDays[], period: { from: string; to: string }, exchange: Exchange): number | null {
  const within = costs.filter(
    ({ firstDay, lastDay, currency }) => firstDay <= period.to && lastDay >= period.from && exchange.takes.includes(currency),
  )
  if (within.length === 0) return null
  const byCurrency = Map.groupBy(within, ({ currency }) => currency)
  return [...byCurrency].reduce(
    (total, [currency, rows]) =>
      total +
      exchange.sum(
        currency,
        rows.reduce((sum, row) => sum + costWithin(row, period), 0),
      ),
    0,
  )
}
