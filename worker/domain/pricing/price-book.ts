import { clamp, hardRange } from './guardrails.ts'
import { tierOf } from './purchasing-power.ts'
import { endingsOf, roundPrice } from './rounding.ts'
import type { PriceBook, PricingSettings, ProductTerms, PurchasingPowerTier } from './types.ts'

/** Where a list price comes from: that of the currency, one of the country's own, or its tier's share. */
export type ListSource = 'currency' | 'country' | 'tier'

export interface CountryBook {
  /** The currency's book, with the list price of the country. */
  book: PriceBook
  source: ListSource
  /** What people in the country can afford, whether the product heeds it or not. */
  tier: PurchasingPowerTier
}

/** A tier's share of a list price, rounded as the currency wants, inside floor, ceiling and margin. */
function shareOf(listMinor: number, tier: PurchasingPowerTier, product: ProductTerms, currency: string, book: PriceBook): number {
  const hard = hardRange(product, book)
  if (hard.lowMinor > hard.highMinor) return listMinor
  const bounded = clamp(Math.round(listMinor * tier.share), hard)
  return roundPrice(bounded, endingsOf(currency, listMinor, product.rounding), hard)
}

/**
 * The list price of a country, where `baseMinor` is that of the currency and `ownMinor` the country's own. In law it is a
 * uniform price of a place: nothing of the person enters.
 */
export function listPriceIn(
  product: ProductTerms,
  currency: string,
  book: PriceBook,
  tier: PurchasingPowerTier,
  baseMinor: number,
  ownMinor: number | undefined,
): { listMinor: number; source: ListSource } {
  if (ownMinor !== undefined) return { listMinor: ownMinor, source: 'country' }
  if (!product.purchasingPower || tier.share === 1) return { listMinor: baseMinor, source: 'currency' }
  return { listMinor: shareOf(baseMinor, tier, product, currency, book), source: 'tier' }
}

const ownOf = <T>(record: Record<string, T> | undefined, key: string | null): T | undefined =>
  record && key !== null && Object.hasOwn(record, key) ? record[key] : undefined

/** The price book of a product in a country; null where it has no price in the currency. */
export function bookIn(product: ProductTerms, settings: PricingSettings, currency: string, country: string | null): CountryBook | null {
  const book = ownOf(product.prices, currency)
  if (!book) return null
  const tier = tierOf(settings, country)
  const { listMinor, source } = listPriceIn(product, currency, book, tier, book.listMinor, ownOf(book.countries, country))
  return { book: listMinor === book.listMinor ? book : { ...book, listMinor }, source, tier }
}

/**
 * Lowest list price of a country before the present one, for whoever announces a reduction. A country that pays its tier's
 * share has always paid it of the list price of the time.
 */
export function lowestPriorIn(
  product: ProductTerms,
  currency: string,
  country: string | null,
  { book, source, tier }: CountryBook,
): number {
  const { lowest, listMinor } = book
  if (!lowest) return listMinor
  // Also of a country that had a price of its own until lately.
  const own = ownOf(lowest, country)
  if (own !== undefined || source === 'country') return own ?? listMinor
  const base = ownOf(lowest, '')
  if (base === undefined) return listMinor
  return source === 'tier' ? shareOf(base, tier, product, currency, book) : base
}
