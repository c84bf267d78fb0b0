import { exponentOf, toMajor } from '../../money.ts'
import type { Experiment } from '../definition.ts'
import type { Judged } from './evidence.ts'

/** A share with its sign and one decimal. @example describeLift(0.0512) // => '+5.1 %' */
export const describeLift = (lift: number): string => `${lift < 0 ? '−' : '+'}${Math.abs(lift * 100).toFixed(1)} %`

export const describeDays = (days: number): string => (days === 1 ? '1 day' : `${days} days`)

export const nameOf = ({ variants }: Experiment, key: string | undefined): string =>
  variants.find((each) => each.key === key)?.name ?? key ?? ''

/** A metric inside a sentence. @example describeMetric({ name: 'Net revenue per visitor' }) // => 'net revenue per visitor' */
export const describeMetric = ({ name }: { name: string }): string =>
  /^[A-Z][a-z]/.test(name) ? `${name.charAt(0).toLowerCase()}${name.slice(1)}` : name

/** A figure of a metric: a share in per cent, money in its currency, else a number. */
export function describeFigure({ definition, currency }: Judged, value: number): string {
  if (definition.kind === 'proportion') return `${(value * 100).toFixed(1)} %`
  if (currency !== undefined)
    return `${value < 0 ? '−' : ''}${Math.abs(toMajor(value, currency)).toFixed(exponentOf(currency) ?? 2)} ${currency}`
  return String(Number(value.toPrecision(3)))
}
