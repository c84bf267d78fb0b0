import { compareBeliefs, normalBelief, type Standing } from '../../statistics/best.ts'
import type { Estimate, Lift } from './types.ts'

/** Share of intervals that may miss. */
export const ALPHA = 0.05

/** A figure a visitor, with how many people and degrees of freedom are behind its error. */
export interface Figure {
  readonly value: number
  readonly standardError: number
  readonly effective: number
}

/** The interval that reaches `multiplier` standard errors to either side. */
export const estimateOf = ({ value, standardError }: Figure, multiplier: number): Estimate => ({
  value,
  standardError,
  low: value - multiplier * standardError,
  high: value + multiplier * standardError,
})

/**
 * A figure as a share of the control's, less one; its error by the first-order delta method. The share is of the control's absolute
 * value, so that more is positive also where refunds have made that negative. Null where the control is at zero or
 * nothing varies.
 *
 * @param multiplier standard errors to either side of the interval
 */
export function liftOf(control: Figure, variant: Figure, multiplier: number): Lift | null {
  if (control.value === 0) return null
  const scale = Math.abs(control.value)
  const value = (variant.value - control.value) / scale
  const standardError = Math.hypot(variant.standardError, (variant.value / control.value) * control.standardError) / scale
  if (!(standardError > 0)) return null
  return { value, standardError, low: value - multiplier * standardError, high: value + multiplier * standardError }
}

/** How each figure stands among all, or null for each where one is not known with an error. */
export function standingsOf(figures: readonly (Figure | null)[]): (Standing | null)[] {
  const known = figures.filter((figure) => figure !== null && figure.standardError > 0) as Figure[]
  if (known.length < figures.length || known.length < 2) return figures.map(() => null)
  return compareBeliefs(known.map(({ value, standardError }) => normalBelief(value, standardError)))
}
