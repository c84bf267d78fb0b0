import { DAY_MS } from '../time.ts'
import type { PriceBook } from './types.ts'

/** Days before a reduction over which the lowest price is looked for. */
export const PRIOR_PRICE_DAYS = 30

/** A list price from the ledger: in force from then until the next one. Null: from then on there was none. */
export interface LedgerPrice {
  effectiveAt: number
  amountMinor: number | null
}

export interface LedgerLine extends LedgerPrice {
  currency: string
  /** '': of the currency. */
  country: string
}

/** List prices of one currency, or of a country's own in it; oldest first. */
export interface PriceHistory {
  currency: string
  country: string
  prices: LedgerPrice[]
}

/** @param ledger of one product, oldest first */
export const historiesOf = (ledger: readonly LedgerLine[]): PriceHistory[] =>
  [...Map.groupBy(ledger, ({ currency, country }) => `${currency}${country}`).values()].map((lines) => {
    const { currency, country } = lines[0] as LedgerLine
    return { currency, country, prices: lines.map(({ effectiveAt, amountMinor }) => ({ effectiveAt, amountMinor })) }
  })

/** What a country paid: its own list price where it had one, else that of the currency. Both oldest first, and so the answer. */
export function inPlaceOf<T extends LedgerPrice>(ofCurrency: readonly T[], own: readonly T[]): T[] {
  const at = (prices: readonly T[], instant: number) => {
    const found = prices.findLast(({ effectiveAt }) => effectiveAt <= instant)
    return found && found.amountMinor !== null ? found : undefined
  }
  const instants = [...new Set([...ofCurrency, ...own].map(({ effectiveAt }) => effectiveAt))].sort((a, b) => a - b)
  const none = (own[0] ?? ofCurrency[0]) as T
  return instants.map((effectiveAt) => ({
    ...(at(own, effectiveAt) ?? at(ofCurrency, effectiveAt) ?? { ...none, amountMinor: null }),
    effectiveAt,
  }))
}

/**
 * The "prior price" a reduction is announced against: the lowest price in force at any time in the 30 days before the
 * present price came into force, one that was set earlier and was still in force included. 30 days after that, or where
 * there was no other price, it is the present price.
 *
 * Source: Directive 98/6/EC, article 6a, as read by the Court of Justice in C-330/23 (Aldi Süd), 26 September 2024: a
 * reduction is computed from that price, not from the one that came last.
 *
 * @param prices of one product, currency and country, oldest first
 * @returns null where there is no price now
 * @example a price of 100 for a year, 80 since today: 100
 */
export function lowestPrior(prices: readonly LedgerPrice[], now: number): number | null {
  const known = prices.filter(({ effectiveAt }) => effectiveAt <= now)
  // Saving the same price again is no new price.
  let at = known.length - 1
  const present = known[at]?.amountMinor ?? null
  if (present === null) return null
  while (at > 0 && known[at - 1]?.amountMinor === present) at--
  const since = (known[at] as LedgerPrice).effectiveAt
  if (since <= now - PRIOR_PRICE_DAYS * DAY_MS) return present
  const from = since - PRIOR_PRICE_DAYS * DAY_MS
  let lowest: number | null = null
  for (let earlier = at - 1; earlier >= 0; earlier--) {
    const { effectiveAt, amountMinor } = known[earlier] as LedgerPrice
    if (amountMinor !== null && (lowest === null || amountMinor < lowest)) lowest = amountMinor
    if (effectiveAt <= from) break
  }
  return lowest ?? present
}

/** Prior prices of a currency (country '') and of every country that has, or lately had, a list price of its own in it. */
export function priorPrices(
  currency: string,
  book: PriceBook,
  histories: readonly PriceHistory[],
  now: number,
): { country: string; listMinor: number; priorMinor: number }[] {
  const here = histories.filter((each) => each.currency === currency)
  // Where nothing is known to have moved, it has been what it is.
  const unmoved = (amountMinor: number) => [{ effectiveAt: 0, amountMinor }]
  const base = here.find(({ country }) => country === '')?.prices ?? unmoved(book.listMinor)
  const own = { ...book.countries }
  const countries = new Set(['', ...Object.keys(own), ...here.map(({ country }) => country)])
  return [...countries].map((country) => {
    const listMinor = own[country] ?? book.listMinor
    if (country === '') return { country, listMinor, priorMinor: lowestPrior(base, now) ?? listMinor }
    const prices = here.find((each) => each.country === country)?.prices ?? unmoved(listMinor)
    return { country, listMinor, priorMinor: lowestPrior(inPlaceOf(base, prices), now) ?? listMinor }
  })
}
