import type { PriceRule } from './types.ts'

/**
 * The factor of a rule that follows a figure: 1 + sensitivity × deviation, kept within its bounds. A deviation of 0 is the
 * usual state of things, 0.2 is a fifth above it.
 *
 * @returns null for a rule that lacks one of the three, or whose bounds are no factors
 * @example follow({ ...rule, sensitivity: 0.5, minimum: 0.9, maximum: 1.2 }, 0.2) // => 1.1
 */
export function follow({ sensitivity, minimum, maximum }: PriceRule, deviation: number): number | null {
  if (sensitivity === null || minimum === null || maximum === null || !(minimum > 0 && minimum <= maximum)) return null
  const factor = Math.min(maximum, Math.max(minimum, 1 + sensitivity * deviation))
  return Number.isFinite(factor) ? factor : null
}

/** A figure as people read it. @example figure(1.23456) // => '1.235' */
export const figure = (value: number): string => String(Number(value.toPrecision(4)))
