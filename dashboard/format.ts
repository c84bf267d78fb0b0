import { startOf } from './calendar.ts'

/** Numbers as people read them. The pages are in English, so are the numbers. */
const LOCALE = 'en-US'

const cache = new Map<string, Intl.NumberFormat>()
function formatter(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let format = cache.get(key)
  if (!format) {
    format = new Intl.NumberFormat(LOCALE, options)
    cache.set(key, format)
  }
  return format
}

/** An amount in decimal major units with its currency, to the minor unit. */
export const money = (amount: number, currency: string): string =>
  formatter(`money ${currency}`, { style: 'currency', currency }).format(amount)

/** An amount without decimals that are all zero: `$449`, `$4.50`. */
export const plainMoney = (amount: number, currency: string): string =>
  formatter(`plain ${currency}`, { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' }).format(amount)

/** An amount for an axis: `$12K`. */
export const shortMoney = (amount: number, currency: string): string =>
  formatter(`short ${currency}`, {
    style: 'currency',
    currency,
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumFractionDigits: 1,
  }).format(amount)

/** An amount with its sign, for movements. */
export const signedMoney = (amount: number, currency: string): string =>
  formatter(`signed ${currency}`, { style: 'currency', currency, signDisplay: 'exceptZero' }).format(amount)

/** Whole units, for cells with little room. */
export const roundMoney = (amount: number, currency: string): string =>
  formatter(`round ${currency}`, { style: 'currency', currency, maximumFractionDigits: 0 }).format(amount)

export const count = (value: number): string => formatter('count', { maximumFractionDigits: 0 }).format(value)

/** A share of 0–1 as a percentage with one decimal. */
export const percent = (share: number): string =>
  formatter('percent', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share)

export const signedPercent = (share: number): string =>
  formatter('signed percent', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(
    share,
  )

/** A difference of two shares in percentage points. */
export const points = (difference: number): string =>
  `${formatter('points', { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(difference * 100)} pp`

const decimals = { minimumFractionDigits: 1, maximumFractionDigits: 1 } as const

/** Of large numbers all whole digits are told. */
const FINE = { maximumFractionDigits: 0, roundingPriority: 'morePrecision' } as const

/** A plain number, with as many decimals as it takes to tell it from its like. */
export const decimal = (value: number): string => formatter('decimal', { ...FINE, maximumSignificantDigits: 4 }).format(value)

export const signedDecimal = (value: number): string =>
  formatter('signed decimal', { ...FINE, maximumSignificantDigits: 3, signDisplay: 'exceptZero' }).format(value)

/** `1 day`, `14 days`. */
export const days = (length: number): string =>
  formatter('days', { style: 'unit', unit: 'day', unitDisplay: 'long', maximumFractionDigits: 1 }).format(length)

/** How many times one thing is another: `3.1×`. */
export const times = (ratio: number): string =>
  `${formatter('times', { minimumFractionDigits: 1, maximumFractionDigits: 2 }).format(ratio)}×`

/** A length of time in months: `2.7 months`. */
export const months = (length: number): string => `${formatter('months', decimals).format(length)} months`

export const signedNumber = (value: number): string => formatter('signed', { ...decimals, signDisplay: 'exceptZero' }).format(value)

const utc = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: 'UTC' })
const shortDay = utc({ month: 'short', day: 'numeric' })
const longDay = utc({ weekday: 'short', month: 'short', day: 'numeric', year: 'numeric' })
const plainDay = utc({ month: 'short', day: 'numeric', year: 'numeric' })
const monthName = utc({ month: 'short', year: 'numeric' })
const monthAlone = utc({ month: 'short' })
const clock = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const moment = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })

export const day = (text: string): string => plainDay.format(startOf(text))
export const dayShort = (text: string): string => shortDay.format(startOf(text))
export const dayLong = (text: string): string => longDay.format(startOf(text))
export const month = (text: string): string => monthName.format(startOf(`${text.slice(0, 7)}-01`))
/** For an axis; the year only where it is needed. */
export const monthShort = (text: string, withYear: boolean): string =>
  (withYear ? monthName : monthAlone).format(startOf(`${text}-01`)).replace(' ', '\u00a0')
export const time = (at: number): string => clock.format(at)
export const dateTime = (at: number): string => moment.format(at)

const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
]
/** Seconds in the largest unit that leaves no rest: `15 minutes`. */
export function duration(seconds: number): string {
  const { unit, seconds: size } = UNITS.find((each) => seconds % each.seconds === 0) as (typeof UNITS)[number]
  return formatter(`duration ${unit}`, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size)
}

const regions = new Intl.DisplayNames(LOCALE, { type: 'region' })
/** Name of a country code; whatever is no country keeps its own word. */
export function country(code: string): string {
  if (code === 'other') return 'Other countries'
  if (['', 'unknown', 'XX', 'ZZ'].includes(code)) return 'Not known'
  if (!/^[A-Z]{2}$/.test(code)) return code
  return regions.of(code) ?? code
}

/** `add_to_cart` or `key.created` as people say it. */
export function words(id: string): string {
  const text = id.replaceAll(/[_.]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
