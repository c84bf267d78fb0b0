/**
 * The coercions of JavaScript, as the reference SDK makes them in conditions, over whatever JSON a visitor sends.
 * `{"toString": 1}` has no text and a list nested ten thousand deep is too deep for one: both throw in JavaScript.
 * Here they have none, so a condition on them fails.
 */

/** What `value + ''` gives, or null. A missing attribute is null and reads 'null'. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  try {
    return String(value)
  } catch {
    return null
  }
}

/** What `value * 1` gives; NaN where there is no number. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  try {
    return Number(value)
  } catch {
    return Number.NaN
  }
}

/** JSON of an object or list, or null. */
export function jsonOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  try {
    return JSON.stringify(value)
  } catch {
    return null
  }
}

/** Whether an order holds: texts by code unit, anything else as numbers. */
export function inOrder(order: (a: number, b: number) => boolean, a: unknown, b: unknown): boolean {
  try {
    // The operators take any two values; TypeScript lets them only have numbers.
    return order(a as number, b as number)
  } catch {
    return false
  }
}

/** Objects and lists: what has members. */
export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
