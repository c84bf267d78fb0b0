import { DomainError } from './error.ts'

/**
 * Decimal places of each ISO 4217 currency we take. Source: ISO 4217 list one (2026) and Stripe's currency page.
 * XXX, XTS, precious metals and fund codes are left out on purpose: nobody is charged in them.
 */
const EXPONENT_0 = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'
const EXPONENT_2 =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG'
const EXPONENT_3 = 'BHD IQD JOD KWD LYD OMR TND'

const exponents = new Map<string, number>([
  ...EXPONENT_0.split(' ').map((code) => [code, 0] as const),
  ...EXPONENT_2.split(' ').map((code) => [code, 2] as const),
  ...EXPONENT_3.split(' ').map((code) => [code, 3] as const),
])

/** Decimal places of a currency: 0 for JPY, 2 for USD, 3 for KWD. Undefined for a code we do not take. */
export const exponentOf = (currency: string): number | undefined => exponents.get(currency)

/**
 * Minor units in steps of which card payments are taken, where that is not 1: the last of three decimals is 0, and the
 * ariary, two decimals in ISO 4217, has none. Source: https://docs.stripe.com/currencies#special-cases
 */
export const chargeStepOf = (currency: string): number => (currency === 'MGA' ? 100 : exponents.get(currency) === 3 ? 10 : 1)

/**
 * Currencies with decimals that are paid out in whole units, so that prices we make are whole. Króna and Ugandan shilling
 * are whole units here already; what a provider's API writes with two decimals more is the provider's reader's affair.
 * Source: https://docs.stripe.com/currencies#special-cases
 */
const PAID_OUT_WHOLE = new Set(['HUF', 'TWD'])

/** Minor units in steps of which a price is made: what can be charged, and paid out. @example priceStepOf('KWD') // => 10 */
export const priceStepOf = (currency: string): number => (PAID_OUT_WHOLE.has(currency) ? 100 : chargeStepOf(currency))

/** Upper-cased ISO 4217 code. @throws DomainError unknown_currency for XXX, BTC or anything outside the list */
export function parseCurrency(text: string, field = 'currency'): string {
  const currency = text.toUpperCase()
  if (!exponents.has(currency))
    throw new DomainError('unknown_currency', `${JSON.stringify(text.slice(0, 8))} is not a currency we take`, field)
  return currency
}

/** Largest amount taken, in minor units: sums over a million such payments still fit SQLite's 64-bit integers. */
export const MAXIMUM_AMOUNT_MINOR = 1_000_000_000_000

/**
 * Minor units of a decimal amount in major units. Exact: the shortest decimal text of the number decides, so 4.35 USD
 * is 435 and 4.999 USD is refused instead of rounded. −0 becomes 0.
 *
 * @throws DomainError invalid_amount      not a finite number, negative, or above MAXIMUM_AMOUNT_MINOR
 * @throws DomainError amount_too_precise  more decimals than the currency has
 * @example toMinor(499.5, 'USD') // => 49950
 * @example toMinor(1.234, 'KWD') // => 1234
 */
export function toMinor(amount: number, currency: string, field = 'amount'): number {
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
    throw new DomainError('invalid_amount', 'an amount is a finite number of at least 0', field)
  }
  const exponent = exponents.get(currency)
  if (exponent === undefined) throw new DomainError('unknown_currency', `${currency} is not a currency we take`, 'currency')
  const minor = Math.round(amount * 10 ** exponent)
  if (minor > MAXIMUM_AMOUNT_MINOR) throw new DomainError('invalid_amount', 'an amount this large is not taken', field)
  if (minor / 10 ** exponent !== amount) {
    throw new DomainError('amount_too_precise', `${currency} has ${exponent} decimals`, field)
  }
  return minor + 0
}

/** Decimal major units of an integer amount in minor units. @example toMajor(49950, 'USD') // => 499.5 */
export const toMajor = (amountMinor: number, currency: string): number => amountMinor / 10 ** (exponents.get(currency) ?? 2)

/** Nearest integer, halves to the even neighbour, so that many roundings do not drift. @example roundHalfEven(2.5) // => 2 */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/**
 * Splits an integer amount in proportion to weights by largest remainder, so that the parts sum to the whole.
 *
 * @throws DomainError invalid_amount  no weight is positive
 * @example splitMinor(100, [1, 1, 1]) // => [34, 33, 33]
 */
export function splitMinor(amountMinor: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!(total > 0)) throw new DomainError('invalid_amount', 'splitMinor requires a positive weight', 'weights')
  const exact = weights.map((weight) => (amountMinor * weight) / total)
  const parts = exact.map(Math.floor)
  const missing = amountMinor - parts.reduce((sum, part) => sum + part, 0)
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) }))
  byRemainder.sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const { index } of byRemainder.slice(0, missing)) parts[index] = (parts[index] as number) + 1
  return parts
}
