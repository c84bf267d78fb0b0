import type { Conversion } from '../../contract/analytics.ts'
import { exponentOf } from '../money.ts'

/** An exact quotient of whole numbers; the lower one is positive. */
export interface Fraction {
  over: bigint
  under: bigint
}

/** A decimal text as an exact fraction. @example parseDecimal('1.08') // => { over: 108n, under: 100n } */
export function parseDecimal(text: string): Fraction {
  const [whole = '0', decimals = ''] = text.split('.')
  return { over: BigInt(whole + decimals), under: 10n ** BigInt(decimals.length) }
}

/** Nearest whole number of a fraction, halves to the even neighbour. @example roundFraction({ over: 5n, under: 2n }) // => 2 */
export function roundFraction({ over, under }: Fraction): number {
  const negative = over < 0n
  const size = negative ? -over : over
  const floor = size / under
  const twice = (size % under) * 2n
  const rounded = twice > under || (twice === under && floor % 2n === 1n) ? floor + 1n : floor
  return Number(negative ? -rounded : rounded)
}

const productOf = (amount: number, { over, under }: Fraction): Fraction => ({ over: BigInt(amount) * over, under })

/** Reads sums of several currencies as sums of one. What has no currency passes as it is. */
export interface Exchange {
  /** Currencies whose sums it reads, the one it reads them into among them. */
  takes: readonly string[]
  /** One sum, in minor units, halves to even. */
  sum(currency: string, amountMinor: number): number
  /**
   * The parts of one sum: they are rounded so that they add up to the whole as `sum` rounds it. Each lies less than one
   * minor unit from its exact worth.
   */
  parts(currency: string, amountsMinor: readonly number[]): number[]
}

/** One currency, as it stands. */
export const withoutExchange = (currency: string): Exchange => ({
  takes: [currency],
  sum: (_, amountMinor) => amountMinor,
  parts: (_, amountsMinor) => [...amountsMinor],
})

/**
 * An exchange into `into` at rates that say what one unit of a currency is worth in `unit`. A currency without a rate is
 * not taken. Exact rational arithmetic: an amount is rounded once, at the end.
 *
 * @param rates decimal texts by currency
 * @example exchangeInto('USD', 'USD', { EUR: '1.08' }).sum('EUR', 1000) // => 1080
 */
export function exchangeInto(into: string, unit: string, rates: Readonly<Record<string, string>>): Exchange {
  const worthOf = (currency: string): Fraction | null => {
    if (currency === unit) return { over: 1n, under: 1n }
    const rate = Object.hasOwn(rates, currency) ? parseDecimal(rates[currency] as string) : null
    return rate && rate.over > 0n ? rate : null
  }
  const target = worthOf(into)
  const factors = new Map<string, Fraction>([[into, { over: 1n, under: 1n }]])
  for (const currency of target ? [unit, ...Object.keys(rates)] : []) {
    const worth = worthOf(currency)
    if (!worth || !target || currency === into) continue
    const [from, to] = [exponentOf(currency) ?? 2, exponentOf(into) ?? 2]
    factors.set(currency, {
      over: worth.over * target.under * 10n ** BigInt(to),
      under: worth.under * target.over * 10n ** BigInt(from),
    })
  }
  const factorOf = (currency: string): Fraction => {
    const factor = factors.get(currency)
    if (!factor) throw new Error(`there is no rate for ${currency}`)
    return factor
  }
  const sum = (currency: string, amountMinor: number) => roundFraction(productOf(amountMinor, factorOf(currency)))
  return {
    takes: [...factors.keys()],
    sum,
    parts(currency, amountsMinor) {
      let exact = 0
      let rounded = 0
      return amountsMinor.map((amountMinor) => {
        exact += amountMinor
        const before = rounded
        rounded = sum(currency, exact)
        return rounded - before
      })
    },
  }
}

/** What an answer says of its exchange: the rates that were used, and what was left out for want of one. */
export function conversionOf(
  exchange: Exchange,
  present: readonly string[],
  into: string,
  unit: string,
  rates: Readonly<Record<string, string>>,
): Conversion {
  const used = new Set([...present.filter((currency) => exchange.takes.includes(currency) && currency !== into), into])
  // Into another currency than the unit, everything also passes through the rate of that one.
  const isAlone = used.size === 1
  return {
    into,
    unit,
    rates: [...used]
      .filter((currency) => currency !== unit && Object.hasOwn(rates, currency) && !(isAlone && currency === into))
      .sort()
      .map((currency) => ({ currency, rate: rates[currency] as string })),
    leftOut: present.filter((currency) => !exchange.takes.includes(currency)),
  }
}
