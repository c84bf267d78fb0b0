import type { Interval } from '../../../contract/lists.ts'
import type { SubscriptionBody } from '../../customer/event.ts'
import { monthlyRecurring } from '../../customer/recurring.ts'
import { DomainError } from '../../error.ts'
import { MAXIMUM_AMOUNT_MINOR, parseCurrency } from '../../money.ts'
import { firstText, idAt, listAt, member, textAt, wholeAt } from '../json.ts'
import { currencyOf, metadataOf } from './common.ts'
import { type Exact, exactOf, lessPercent, parseExact, roundExact } from './money.ts'

type Value = Pick<SubscriptionBody, 'amountMinor' | 'currency' | 'interval' | 'intervalCount' | 'quantity' | 'productId'>

/** One thing that is subscribed to. */
interface Item {
  unit: Exact
  quantity: number
  interval: Interval
  intervalCount: number
  productId: string | null
  discounts: Discount[]
}

interface Discount {
  percentOff: number
  amountOff: number
}

/**
 * What a subscription is worth each time it is paid. One item is told as price and seats; several are one amount, of their
 * common interval or, where they have none, of a month. Discounts that last forever are off; those that end are not, as
 * they would make every end of one an expansion. Prices without a unit amount (tiers, usage) count 0: what they come to
 * is known only afterwards.
 */
export function worthOf(object: unknown): Value {
  const currency = currencyOf(object)
  const items = itemsOf(object, currency)
  const discounts = discountsOf(object)
  const [first] = items
  if (!first) throw new DomainError('missing_field', 'a subscription has items', 'items.data')
  const productId = metadataOf(object, 'productId') ?? items.find((item) => item.productId !== null)?.productId ?? null
  if (productId === null) throw new DomainError('missing_field', 'the price names no product', 'items.data.0.price.product')
  const shared = { currency, productId, interval: first.interval, intervalCount: first.intervalCount }
  const sameRhythm = items.every(({ interval, intervalCount }) => interval === first.interval && intervalCount === first.intervalCount)
  if (items.length === 1) {
    const seat = seatOf(first, discounts, currency)
    if (seat !== null) return bounded({ ...shared, amountMinor: seat, quantity: first.quantity })
  }
  if (sameRhythm) {
    const total = reduce(items.map(totalOf).reduce(sum, 0n), discounts)
    return bounded({ ...shared, amountMinor: roundExact(total, currency).amountMinor, quantity: 1 })
  }
  const percentages = discounts.map(({ percentOff }) => ({ percentOff, amountOff: 0 }))
  const monthly = items.map((item) =>
    monthlyRecurring(roundExact(reduce(totalOf(item), percentages), currency).amountMinor, item.interval, item.intervalCount),
  )
  const off = roundExact(exactOf(discounts.reduce((total, { amountOff }) => total + amountOff, 0)), currency).amountMinor
  const amountMinor = monthly.reduce((total, each) => total + each, 0) - monthlyRecurring(off, first.interval, first.intervalCount)
  return bounded({ ...shared, interval: 'month', intervalCount: 1, amountMinor: Math.max(0, amountMinor), quantity: 1 })
}

const sum = (a: Exact, b: Exact): Exact => a + b

function bounded(value: Value): Value {
  if (value.amountMinor * value.quantity > MAXIMUM_AMOUNT_MINOR)
    throw new DomainError('invalid_amount', 'an amount this large is not taken', 'items.data')
  return value
}

/** Price of one seat in our minor units, where it is a whole number of them; else null, and the total is rounded once. */
function seatOf(item: Item, discounts: readonly Discount[], currency: string): number | null {
  if (item.quantity < 1) return null
  const all = [...item.discounts, ...discounts]
  if (all.some(({ amountOff }) => amountOff > 0) && item.quantity > 1) return null
  const { amountMinor, isWhole } = roundExact(reduce(item.unit, all), currency)
  return isWhole ? amountMinor : null
}

const totalOf = (item: Item): Exact => reduce(item.unit * BigInt(item.quantity), item.discounts)

function reduce(amount: Exact, discounts: readonly Discount[]): Exact {
  let left = amount
  for (const { percentOff, amountOff } of discounts) left = lessPercent(left, percentOff) - exactOf(amountOff)
  return left > 0n ? left : 0n
}

/** Before 2018 a subscription had one plan and no items; all that is told since stands in the items. */
function itemsOf(object: unknown, currency: string): Item[] {
  const items = listAt(object, 'items.data').filter((item) => member(item, 'deleted') !== true)
  return (items.length > 0 || !member(object, 'plan') ? items : [object]).map((item, index) =>
    itemOf(item, currency, `items.data.${index}`),
  )
}

function itemOf(item: unknown, currency: string, field: string): Item {
  const isPrice = typeof member(item, 'price') === 'object' && member(item, 'price') !== null
  const price = isPrice ? member(item, 'price') : member(item, 'plan')
  const terms = isPrice ? member(price, 'recurring') : price
  const interval = textAt(terms, 'interval')
  if (interval !== 'day' && interval !== 'week' && interval !== 'month' && interval !== 'year')
    throw new DomainError('invalid_field', 'an interval is day, week, month or year', `${field}.price.recurring.interval`)
  const isMetered = textAt(terms, 'usage_type') === 'metered'
  return {
    unit: isMetered ? 0n : unitOf(price, currency, field),
    quantity: isMetered ? 0 : packages(wholeAt(item, 'quantity') ?? 1, price),
    interval,
    intervalCount: wholeAt(terms, 'interval_count') ?? 1,
    productId: firstText(price, 'metadata.productId', 'lookup_key') ?? idAt(price, 'product'),
    discounts: discountsOf(item),
  }
}

/** A price may be for so many at once: `transform_quantity`. */
function packages(quantity: number, price: unknown): number {
  const size = wholeAt(price, 'transform_quantity.divide_by')
  if (size === null || size < 1) return quantity
  return textAt(price, 'transform_quantity.round') === 'down' ? Math.floor(quantity / size) : Math.ceil(quantity / size)
}

/** A price may have amounts in several currencies; the subscription is in one of them. */
function unitOf(price: unknown, currency: string, field: string): Exact {
  const named = textAt(price, 'currency')
  const isOther = named !== null && parseCurrency(named) !== currency
  const terms = isOther ? member(price, `currency_options.${currency.toLowerCase()}`) : price
  if (terms === undefined)
    throw new DomainError('currency_mismatch', 'the price does not tell its amount in the currency of the subscription', `${field}.price`)
  const decimal = firstText(terms, 'unit_amount_decimal', 'amount_decimal')
  if (decimal !== null) return parseExact(decimal, `${field}.price.unit_amount_decimal`)
  return exactOf(wholeAt(terms, 'unit_amount') ?? wholeAt(terms, 'amount') ?? 0)
}

/** Discounts that last forever, where the webhook tells them whole: newer versions of the API may name them by id only. */
function discountsOf(object: unknown): Discount[] {
  const listed = listAt(object, 'discounts')
  return [...(listed.some((each) => typeof each === 'object') ? listed : [member(object, 'discount')])].flatMap((discount) => {
    const coupon = member(discount, 'coupon') ?? member(discount, 'source.coupon')
    if (textAt(coupon, 'duration') !== 'forever') return []
    const percentOff = member(coupon, 'percent_off')
    return [{ percentOff: typeof percentOff === 'number' ? percentOff : 0, amountOff: wholeAt(coupon, 'amount_off') ?? 0 }]
  })
}
