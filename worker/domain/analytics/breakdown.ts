import type { ProductRow } from '../../contract/analytics.ts'
import { toMajor } from '../money.ts'
import type { Exchange } from './exchange.ts'
import { ordersPerView } from './products.ts'
import type { AnalyticsRows, ValueSum } from './rows.ts'
import type { Span } from './span.ts'

/** What a breakdown shows one by one; the rest stands together. */
export const SHOWN_VALUES = 50
/** The name of the rest. */
export const REST = 'other'

interface Part {
  value: string
  rest: boolean
  gross: number
  refunds: number
  disputes: number
  orders: number
  views: number
}

const AMOUNTS = ['gross', 'refunds', 'disputes'] as const

/** Largest first; what was only viewed stands below what sold. */
const bySize = (a: Part, b: Part): number => b.gross - a.gross || b.views - a.views || (a.value < b.value ? -1 : 1)

/**
 * A period under the values of one dimension in the currency of the exchange: the largest, then a rest, so that amounts and
 * orders add up to the figures of the period.
 */
function partsOf(values: readonly ValueSum[], dimension: string, exchange: Exchange, whole: Span): Part[] {
  const parts = new Map<string | null, Part>()
  const partOf = (value: string | null): Part => {
    const part = parts.get(value) ?? { value: value ?? REST, rest: value === null, gross: 0, refunds: 0, disputes: 0, orders: 0, views: 0 }
    parts.set(value, part)
    return part
  }
  const rows = values.filter((row) => row.dimension === dimension && (row.scope === '' || exchange.takes.includes(row.scope)))
  for (const [scope, of] of Map.groupBy(rows, ({ scope }) => scope)) {
    for (const amount of AMOUNTS) {
      const amounts = of.map((row) => row[amount])
      const shown = scope === '' ? amounts : exchange.parts(scope, amounts)
      for (const [at, { value }] of of.entries()) partOf(value)[amount] += shown[at] as number
    }
    for (const { value, orders, views } of of) {
      partOf(value).orders += orders
      partOf(value).views += views
    }
  }
  const rest = partOf(null)
  parts.delete(null)
  const ordered = [...parts.values()].sort(bySize)
  const shown = ordered.slice(0, SHOWN_VALUES)
  for (const { views } of ordered.slice(SHOWN_VALUES)) rest.views += views
  for (const field of [...AMOUNTS, 'orders'] as const) rest[field] = shown.reduce((left, part) => left - part[field], whole[field])
  const isEmpty = [rest.gross, rest.refunds, rest.disputes, rest.orders, rest.views].every((sum) => sum === 0)
  return isEmpty ? shown : [...shown, rest]
}

export function productsOf(rows: AnalyticsRows, exchange: Exchange, whole: Span): ProductRow[] {
  const { currency } = whole
  const catalogue = new Map(rows.products.map((product) => [product.id, product]))
  const orders = new Map(rows.ordersByProduct.map((row) => [row.productId, row.orders]))
  return partsOf(rows.values, 'product', exchange, whole).map((part) => ({
    productId: part.value,
    name: part.rest ? null : (catalogue.get(part.value)?.name ?? null),
    gross: toMajor(part.gross, currency),
    orders: part.orders,
    rest: part.rest,
    refunds: toMajor(part.refunds, currency),
    disputes: toMajor(part.disputes, currency),
    net: toMajor(part.gross - part.refunds - part.disputes, currency),
    views: part.views,
    ordersPerView: part.rest ? null : ordersPerView(catalogue.get(part.value), orders.get(part.value) ?? 0, part.views),
  }))
}

/** Gross revenue and orders under the values of a dimension, each row named by `key`. */
export function valuesOf<Key extends string>(
  rows: AnalyticsRows,
  key: Key,
  exchange: Exchange,
  whole: Span,
): (Record<Key, string> & { gross: number; orders: number; rest: boolean })[] {
  // Refunds and disputes are booked by product alone.
  const money = { ...whole, refunds: 0, disputes: 0 }
  return partsOf(rows.values, key, exchange, money).map(
    ({ value, gross, orders, rest }) =>
      ({ [key]: value, gross: toMajor(gross, whole.currency), orders, rest }) as Record<Key, string> & {
        gross: number
        orders: number
        rest: boolean
      },
  )
}
