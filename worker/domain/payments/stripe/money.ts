import { DomainError } from '../../error.ts'
import { exponentOf, MAXIMUM_AMOUNT_MINOR } from '../../money.ts'

/**
 * Stripe counts in minor units of its own: https://docs.stripe.com/currencies#zero-decimal. Króna and Ugandan shilling have
 * no decimals but two in the API, the ariary has two in ISO 4217 and none in the API.
 */
const WITHOUT_DECIMALS = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '))

const stripeExponent = (currency: string): number => (WITHOUT_DECIMALS.has(currency) ? 0 : exponentOf(currency) === 3 ? 3 : 2)

/** Decimal places that an exact amount carries beyond Stripe's minor units: twelve of a unit price, six of a percentage. */
const SCALE = 10n ** 18n

/** An amount in Stripe's minor units, times 10^18. */
export type Exact = bigint

export const exactOf = (amount: number | bigint): Exact => BigInt(amount) * SCALE

/** @example parseExact('0.5') === exactOf(1) / 2n */
export function parseExact(text: string, field: string): Exact {
  const parts = /^(\d{1,18})(?:\.(\d{1,12}))?$/.exec(text)
  if (!parts) throw new DomainError('invalid_amount', `${field} is no decimal amount`, field)
  return BigInt(parts[1] as string) * SCALE + BigInt((parts[2] ?? '').padEnd(18, '0'))
}

/** What is left of an amount after a discount of so many per cent, which have four decimals at most. */
export function lessPercent(amount: Exact, percent: number): Exact {
  const kept = BigInt(Math.round((100 - percent) * 10_000))
  return kept > 0n ? (amount * kept) / 1_000_000n : 0n
}

/**
 * Our minor units of an exact amount, halves to even, and whether nothing had to be rounded.
 *
 * @throws DomainError invalid_amount  negative, or larger than is taken
 */
export function roundExact(amount: Exact, currency: string, field = 'amount'): { amountMinor: number; isWhole: boolean } {
  const shift = (exponentOf(currency) ?? 2) - stripeExponent(currency)
  const [numerator, denominator] = shift >= 0 ? [amount * 10n ** BigInt(shift), SCALE] : [amount, SCALE * 10n ** BigInt(-shift)]
  const floor = numerator / denominator
  const rest = (numerator % denominator) * 2n
  const isUp = rest > denominator || (rest === denominator && floor % 2n === 1n)
  const rounded = floor + (isUp ? 1n : 0n)
  if (amount < 0n || rounded > BigInt(MAXIMUM_AMOUNT_MINOR))
    throw new DomainError('invalid_amount', `${field} is negative, or larger than is taken`, field)
  return { amountMinor: Number(rounded), isWhole: rest === 0n }
}

/**
 * Our minor units of an amount in Stripe's.
 *
 * @example minorOf(1099, 'USD') // => 1099
 * @example minorOf(500, 'ISK') // => 5
 * @example minorOf(5, 'MGA') // => 500
 */
export const minorOf = (amount: number, currency: string, field = 'amount'): number =>
  roundExact(exactOf(amount), currency, field).amountMinor
