import type { Rounding } from '../../contract/lists.ts'
import { exponentOf, priceStepOf } from '../money.ts'
import { type Draft, move, note, type PriceRange } from './draft.ts'

/** How a price ends, in minor units: a multiple of the unit, and the ending; at least a multiple of the step. */
export interface Endings {
  unitMinor: number
  endingMinor: number
  stepMinor: number
}

/**
 * How prices of a currency end. `auto`: as the list price does, so that one of whole units keeps whole units (499 → 549,
 * not 548.90), and any other gets the .99 ending of its unit. Currencies without decimals, and `none`, end anywhere.
 * Currencies that are paid out in whole units end in them, whatever was asked for.
 */
export function endingsOf(currency: string, listMinor: number, rounding: Rounding = 'auto'): Endings {
  const whole = 10 ** (exponentOf(currency) ?? 2)
  const stepMinor = priceStepOf(currency)
  if (rounding === 'none' || stepMinor >= whole) return { unitMinor: stepMinor, endingMinor: 0, stepMinor }
  const isWhole = rounding === 'whole' || (rounding === 'auto' && listMinor % whole === 0)
  return { unitMinor: whole, endingMinor: isWhole ? 0 : whole - whole / 100, stepMinor }
}

const isInside = (priceMinor: number, { lowMinor, highMinor }: PriceRange): boolean =>
  priceMinor > 0 && priceMinor >= lowMinor && priceMinor <= highMinor

/** The nearest of the two neighbours that end so and lie inside the range; of two equally near the lower. */
function nearest(priceMinor: number, unitMinor: number, endingMinor: number, range: PriceRange): number | undefined {
  const below = Math.floor((priceMinor - endingMinor) / unitMinor) * unitMinor + endingMinor
  const neighbours = priceMinor - below <= below + unitMinor - priceMinor ? [below, below + unitMinor] : [below + unitMinor, below]
  return neighbours.find((candidate) => isInside(candidate, range))
}

/**
 * Nearest well-ended price inside the range; of two equally near the lower. Where no such price lies within a unit, or the
 * price is less than a unit, the nearest that can be charged, else the price itself: an ending must never make a price free
 * or several times larger.
 *
 * @example roundPrice(54890, { unitMinor: 100, endingMinor: 0, stepMinor: 1 }, { lowMinor: 0, highMinor: 69900 }) // => 54900
 */
export function roundPrice(priceMinor: number, { unitMinor, endingMinor, stepMinor }: Endings, range: PriceRange): number {
  const ended = unitMinor === 1 || priceMinor < unitMinor ? undefined : nearest(priceMinor, unitMinor, endingMinor, range)
  return ended ?? (stepMinor === 1 ? undefined : nearest(priceMinor, stepMinor, 0, range)) ?? priceMinor
}

/** Rounds what rules have made. Arms, living quotes and the list price are prices somebody chose: they stay. */
export function applyRounding(draft: Draft): void {
  if (draft.reason === 'list' || draft.reason === 'test' || draft.priceMinor === draft.book.listMinor) {
    note(draft, 'rounding', 'skipped', 'A price that was set by hand is not rounded')
    return
  }
  const endings = endingsOf(draft.context.currency, draft.book.listMinor, draft.slice.product.rounding)
  const rounded = roundPrice(draft.priceMinor, endings, draft.range)
  const rule = describeEndings(endings)
  if (rounded === draft.priceMinor)
    note(draft, 'rounding', 'kept', `Ends as it should, or no other ending lies inside the guardrails (${rule})`)
  else move(draft, 'rounding', rounded, `Nearest price with ${rule} inside the guardrails`)
}

const describeEndings = ({ unitMinor, endingMinor, stepMinor }: Endings): string =>
  endingMinor > 0 ? 'a .99 ending' : unitMinor > stepMinor ? 'whole units' : 'what can be charged'
