import type { Figure, FigureId, FigureInput, FigureUnit } from '../../contract/analytics.ts'
import { toMajor } from '../money.ts'
import { roundFraction } from './exchange.ts'
import type { Span } from './span.ts'

export interface Computed {
  value: number | null
  inputs: FigureInput[]
  /** Why there is no value. */
  reason: string | null
}

/** How one figure is made of a stretch of time. */
export interface FigureRule {
  id: FigureId
  name: string
  unit: FigureUnit
  definition: string
  formula: string
  /** What is counted has no currency. */
  ofAll?: boolean
  /** A level and no flow: compared with the opening of the period. */
  stands?: boolean
  compute(span: Span): Computed
}

export const amount = (name: string, minor: number | null, { currency }: Span): FigureInput => ({
  name,
  value: minor === null ? null : toMajor(minor, currency),
  unit: currency,
})
export const count = (name: string, value: number | null): FigureInput => ({ name, value, unit: 'count' })

export const known = (value: number, inputs: FigureInput[]): Computed => ({ value, inputs, reason: null })
export const unknown = (reason: string, inputs: FigureInput[]): Computed => ({ value: null, inputs, reason })

/** A quotient of the inputs; what lies below is named where it is zero. */
export function share(over: number, under: number, inputs: FigureInput[], nothing: string): Computed {
  return under === 0 ? unknown(nothing, inputs) : known(over / under, inputs)
}

/** Average amount, in minor units with halves to even; null of nobody. @example averageMinor(1000, 3) // => 333 */
export const averageMinor = (minor: number, of: number): number | null =>
  of === 0 ? null : roundFraction({ over: BigInt(of < 0 ? -minor : minor), under: BigInt(Math.abs(of)) })

/** An average amount as a figure. */
export function average(minor: number, of: number, span: Span, inputs: FigureInput[], nothing: string): Computed {
  const each = averageMinor(minor, of)
  return each === null ? unknown(nothing, inputs) : known(toMajor(each, span.currency), inputs)
}

/** A rule applied to a period, beside what it is compared with; null where there is nothing to compare. */
export function figureOf(rule: FigureRule, now: Span, before: Span | null): Figure {
  const { value, inputs, reason } = rule.compute(now)
  return {
    id: rule.id,
    name: rule.name,
    unit: rule.unit,
    value,
    previous: before && rule.compute(before).value,
    currency: rule.ofAll ? null : now.currency,
    definition: rule.definition,
    formula: rule.formula,
    inputs,
    reason,
  }
}
