import { exponentOf } from '../money.ts'
import { type Draft, move, note, type PriceRange } from './draft.ts'

/**
 * How prices of a currency end, in minor units. A list price of whole units keeps whole units (499 → 549, not 548.90);
 * any other list price gets the .99 ending of its unit. Currencies without decimals end anywhere.
 */
export function endingsOf(currency: string, listMinor: number): { unitMinor: number; endingMinor: number } {
  const unitMinor = 10 ** (exponentOf(currency) ?? 2)
  return { unitMinor, endingMinor: listMinor % unitMinor === 0 ? 0 : unitMinor - unitMinor / 100 }
}

/**
 * Nearest well-ended price inside the range; of two equally near the lower. The price itself where no such price lies
 * within a unit, or where it is less than a unit: an ending must never make a price free or several times larger.
 *
 * @example roundPrice(54890, { unitMinor: 100, endingMinor: 0 }, { lowMinor: 0, highMinor: 69900 }) // => 54900
 */
export function roundPrice(priceMinor: number, { unitMinor, endingMinor }: ReturnType<typeof endingsOf>, range: PriceRange): number {
  if (unitMinor === 1 || priceMinor < unitMinor) return priceMinor
  const below = Math.floor((priceMinor - endingMinor) / unitMinor) * unitMinor + endingMinor
  const nearestFirst = priceMinor - below <= below + unitMinor - priceMinor ? [below, below + unitMinor] : [below + unitMinor, below]
  return nearestFirst.find((candidate) => candidate > 0 && candidate >= range.lowMinor && candidate <= range.highMinor) ?? priceMinor
}

/** Rounds what rules have made. Arms, living quotes and the list price are prices somebody chose: they stay. */
export function applyRounding(draft: Draft): void {
  if (draft.reason === 'list' || draft.reason === 'test' || draft.priceMinor === draft.book.listMinor) {
    note(draft, 'rounding', 'skipped', 'A price that was set by hand is not rounded')
    return
  }
  const endings = endingsOf(draft.context.currency, draft.book.listMinor)
  const rounded = roundPrice(draft.priceMinor, endings, draft.range)
  const rule = endings.endingMinor === 0 ? 'whole units' : 'a .99 ending'
  if (rounded === draft.priceMinor)
    note(draft, 'rounding', 'kept', `Ends as it should, or no other ending lies inside the guardrails (${rule})`)
  else move(draft, 'rounding', rounded, `Nearest price with ${rule} inside the guardrails, as the list price ends`)
}
