import { compareBeliefs, normalBelief, type Standing } from '../../statistics/best.ts'
import { allKnown, type Figure } from './figures.ts'
import type { Estimate, Lift } from './types.ts'

/** Chance with which intervals may miss. */
export const ALPHA = 0.05

type Value = Pick<Figure, 'value' | 'standardError'>

/** The interval that reaches `multiplier` standard errors to either side. */
export const estimateOf = ({ value, standardError }: Value, multiplier: number): Estimate => ({
  value,
  standardError,
  low: value - multiplier * standardError,
  high: value + multiplier * standardError,
})

/**
 * A figure as a share of the control's, less one. The share is of the control's absolute value, so that more is positive
 * also where refunds have made that negative; null where it is zero.
 *
 * Errors are by the first-order delta method. Where both figures are positive the interval is taken on the logarithm of
 * their ratio, which is nearly normal. On the ratio itself an arm with bad luck has a low ratio and a small error, one with
 * good luck a high ratio and a large one: simulated tests of equal prices were rolled back several times too often, and
 * never shipped.
 *
 * @param multiplier standard errors to either side of the interval
 */
export function liftOf(control: Value, variant: Value, multiplier: number): Lift | null {
  if (control.value === 0) return null
  const scale = Math.abs(control.value)
  const value = (variant.value - control.value) / scale
  const standardError = Math.hypot(variant.standardError, (variant.value / control.value) * control.standardError) / scale
  if (!(standardError > 0)) return null
  if (control.value < 0 || variant.value <= 0) return estimateOf({ value, standardError }, multiplier)
  const reach = multiplier * Math.hypot(variant.standardError / variant.value, control.standardError / control.value)
  return { value, standardError, low: (1 + value) * Math.exp(-reach) - 1, high: (1 + value) * Math.exp(reach) - 1 }
}

/** How each stands among all; null for each where one is not known, or there is one alone. */
export function standingsOf(figures: readonly (Figure | null)[]): (Standing | null)[] {
  const known = allKnown(figures)
  if (known === null || known.length < 2) return figures.map(() => null)
  return compareBeliefs(known.map(({ value, standardError }) => normalBelief(value, standardError)))
}
