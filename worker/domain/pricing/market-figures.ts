import type { MarketSignal } from '../../contract/lists.ts'
import { currencyOf } from './rule-condition.ts'
import type { PriceRule, ProductSlice, SignalValue } from './types.ts'

/** What is known of the market, of all products. */
export interface MarketFigures {
  /** Newest signals by product; under '' those of every product that has none of its own. */
  signals: ReadonlyMap<string, Partial<Record<MarketSignal, SignalValue>>>
  /** Units of the default currency that one unit is worth, by currency. */
  exchangeRates: Readonly<Record<string, number>>
}

/** What some rules follow. */
export interface Followed {
  signals: readonly MarketSignal[]
  currencies: readonly string[]
}

/** What rules follow, so that a product holds no figure that moves no price of it: its quotes live on when that changes. */
export function followedBy(rules: readonly PriceRule[]): Followed {
  const signals = new Set<MarketSignal>()
  const currencies = new Set<string>()
  for (const { kind, condition } of rules) {
    if (kind === 'inventory' || kind === 'competitor') signals.add(kind)
    const currency = kind === 'exchange_rate' ? currencyOf(condition) : null
    if (currency !== null) currencies.add(currency)
  }
  return { signals: [...signals].sort(), currencies: [...currencies].sort() }
}

/** The figures that a product's rules follow, as far as they are known; nothing where they follow none. */
export function figuresOf(
  product: { id: string; prices: Readonly<Record<string, unknown>> },
  followed: readonly Followed[],
  { signals, exchangeRates }: MarketFigures,
): Pick<ProductSlice, 'signals' | 'exchangeRates'> {
  const told: Partial<Record<MarketSignal, SignalValue>> = {}
  const rates: Record<string, number> = {}
  for (const { signals: kinds, currencies } of followed) {
    for (const kind of kinds) {
      const value = signals.get(product.id)?.[kind] ?? signals.get('')?.[kind]
      if (value) told[kind] = value
    }
    for (const currency of currencies) {
      const rate = Object.hasOwn(exchangeRates, currency) && Object.hasOwn(product.prices, currency) ? exchangeRates[currency] : undefined
      if (rate !== undefined) rates[currency] = rate
    }
  }
  return {
    ...(Object.keys(told).length === 0 ? {} : { signals: told }),
    ...(Object.keys(rates).length === 0 ? {} : { exchangeRates: rates }),
  }
}

/** Rates of the settings, which are decimal texts, as numbers; the default currency is worth 1 of itself. */
export const ratesOf = (texts: Readonly<Record<string, string>>, defaultCurrency: string): Record<string, number> => ({
  ...Object.fromEntries(Object.entries(texts).map(([currency, text]) => [currency, Number(text)])),
  [defaultCurrency]: 1,
})
