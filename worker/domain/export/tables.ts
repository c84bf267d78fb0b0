import type { AnalyticsAnswer } from '../../contract/analytics.ts'
import type { ExportTable } from '../../contract/exports.ts'
import { exponentOf } from '../money.ts'
import { addMonths } from '../time.ts'
import { type Decimal, decimalOf, type Row } from './lines.ts'

/** Tables that the analytics answer shows; the others are read from the books. */
export type AnalyticsTable = Exclude<ExportTable, 'ledger' | 'movements' | 'costs'>

interface Table {
  columns: readonly string[]
  rows(answer: AnalyticsAnswer): Row[]
}

/** An amount of an answer as text: it is whole minor units, so the nearest one is meant. */
const amountOf = (amount: number, currency: string): Decimal => decimalOf(Math.round(amount * 10 ** (exponentOf(currency) ?? 2)), currency)

const amounts = <Field extends string>(row: Readonly<Record<NoInfer<Field>, number>>, fields: readonly Field[], currency: string) =>
  Object.fromEntries(fields.map((field) => [field, amountOf(row[field], currency)])) as Record<NoInfer<Field>, Decimal>

/** A breakdown without refunds: its rows with their amount as text. */
const parts = <Part extends Row & { gross: number }>(rows: readonly Part[], currency: string): Row[] =>
  rows.map((row) => ({ ...row, gross: amountOf(row.gross, currency), currency }))
const PART_COLUMNS = ['gross', 'orders', 'rest', 'currency'] as const

const BRIDGE = ['opening', 'new', 'expansion', 'reactivation', 'contraction', 'churn', 'closing'] as const

/** Each table of the analytics answer. */
export const ANALYTICS_TABLES: Readonly<Record<AnalyticsTable, Table>> = {
  days: {
    columns: ['day', 'gross', 'refunds', 'disputes', 'net', 'orders', 'visitors', 'entered', 'bought', 'mrr', 'currency'],
    rows: ({ series, currency }) =>
      series.map((row) => ({ ...row, ...amounts(row, ['gross', 'refunds', 'disputes', 'net', 'mrr'], currency), currency })),
  },
  months: {
    columns: [
      ...['month', 'complete', 'gross', 'net', 'orders', 'customersNew', ...BRIDGE, 'nrr', 'grr'],
      ...['subscribersOpening', 'subscribersWon', 'subscribersLost', 'customerChurn', 'voluntaryChurn', 'involuntaryChurn', 'currency'],
    ],
    rows: ({ months, currency }) => months.map((row) => ({ ...row, ...amounts(row, ['gross', 'net', ...BRIDGE], currency), currency })),
  },
  products: {
    columns: ['productId', 'name', 'gross', 'refunds', 'disputes', 'net', 'orders', 'views', 'ordersPerView', 'rest', 'currency'],
    rows: ({ products, currency }) =>
      products.map((row) => ({ ...row, ...amounts(row, ['gross', 'refunds', 'disputes', 'net'], currency), currency })),
  },
  countries: { columns: ['country', ...PART_COLUMNS], rows: ({ countries, currency }) => parts(countries, currency) },
  devices: { columns: ['device', ...PART_COLUMNS], rows: ({ devices, currency }) => parts(devices, currency) },
  sources: { columns: ['source', ...PART_COLUMNS], rows: ({ sources, currency }) => parts(sources, currency) },
  cohorts: {
    columns: ['cohort', 'customers', 'age', 'month', 'complete', 'active', 'revenue', 'currency'],
    rows: ({ cohorts, currency }) =>
      (cohorts ?? []).flatMap(({ cohort, customers, activeByMonth, revenueByMonth, lastMonthComplete }) =>
        activeByMonth.map((active, age) => ({
          cohort,
          customers,
          age,
          month: addMonths(cohort, age),
          complete: lastMonthComplete || age < activeByMonth.length - 1,
          active,
          revenue: amountOf(revenueByMonth[age] as number, currency),
          currency,
        })),
      ),
  },
  figures: {
    columns: ['id', 'name', 'unit', 'value', 'previous', 'currency', 'definition', 'formula', 'reason'],
    rows: ({ figures, currency }) =>
      Object.values(figures).map(({ inputs, ...figure }) => {
        const shown = (value: number | null) => (value !== null && figure.unit === 'money' ? amountOf(value, currency) : value)
        return { ...figure, value: shown(figure.value), previous: shown(figure.previous) }
      }),
  },
}
