import type { StickyAssignments } from './types.ts'

/**
 * Sticky assignments as a page keeps them between visits: one text, which it need not understand. Written by us and read
 * back from anywhere, so whatever is not of our making is as good as nothing.
 */

/** @returns nothing for a text we cannot have written */
export function readSticky(text: string): StickyAssignments {
  const read: StickyAssignments = Object.create(null)
  let kept: unknown
  try {
    kept = JSON.parse(text || '{}')
  } catch {
    return read
  }
  if (typeof kept !== 'object' || kept === null) return read
  for (const [name, assignments] of Object.entries(kept)) {
    const at = name.indexOf('||')
    if (at < 1 || typeof assignments !== 'object' || assignments === null) continue
    const words = Object.entries(assignments).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    read[name] = { attributeName: name.slice(0, at), attributeValue: name.slice(at + 2), assignments: Object.fromEntries(words) }
  }
  return read
}

export const writeSticky = (kept: StickyAssignments): string =>
  JSON.stringify(Object.fromEntries(Object.entries(kept).map(([name, { assignments }]) => [name, assignments])))
