import type { Cost as WireCost } from '../../contract/costs.ts'
import { DomainError } from '../error.ts'
import { parseCurrency, splitMinor, toMajor, toMinor } from '../money.ts'
import { DAY_MS, daysBetween, startOfDay } from '../time.ts'
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

/** A cost as it is kept: amounts in minor units, days first and last included. */
export interface Cost extends CostDays {
  id: string
  channel: string
  note: string
  /** Epoch ms. */
  createdAt: number
  updatedAt: number
}

/**
 * What is kept of a cost as it was told.
 *
 * @throws DomainError end_before_start  the last day lies before the first
 * @throws DomainError invalid_field     more days than a cost may have
 * @throws DomainError unknown_currency, invalid_amount, amount_too_precise  as for every amount
 */
export function parseCost(
  { amount, currency, from, to, channel, note }: Omit<WireCost, 'id' | 'createdAt' | 'updatedAt'>,
  maximumDays: number,
): Omit<Cost, 'id' | 'createdAt' | 'updatedAt'> {
  if (to < from) throw new DomainError('end_before_start', 'the last day lies before the first', 'to')
  if (startOfDay(to) - startOfDay(from) >= maximumDays * DAY_MS)
    throw new DomainError('invalid_field', `a cost has ${maximumDays} days at most; split it`, 'to')
  const code = parseCurrency(currency)
  return { firstDay: from, lastDay: to, amount: toMinor(amount, code), currency: code, channel, note }
}

/** A cost as the API tells it. */
export const costOf = ({ id, amount, currency, firstDay, lastDay, channel, note, createdAt, updatedAt }: Cost): WireCost => ({
  id,
  amount: toMajor(amount, currency),
  currency,
  from: firstDay,
  to: lastDay,
  channel,
  note,
  createdAt,
  updatedAt,
})
