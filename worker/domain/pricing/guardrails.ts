import { MAXIMUM_AMOUNT_MINOR } from '../money.ts'
import { type Draft, describeAmount, describeShare, move, note, type PriceRange } from './draft.ts'
import { endingsOf, roundPrice } from './rounding.ts'
import type { PriceBook, ProductTerms } from './types.ts'

/** Integer at or above a computed bound; a last-digit error of the division does not count as a whole unit. */
const ceilMinor = (value: number): number => Math.ceil(value * (1 - 1e-12))
const floorMinor = (value: number): number => Math.floor(value * (1 + 1e-12))

/**
 * Lowest price, in minor units, that keeps the minimum margin: cost ÷ (1 − margin), rounded up. 0 where no cost or no
 * margin is set; Infinity where no price can keep it.
 *
 * @example lowestForMargin({ ...book, unitCostMinor: 4000 }, 0.9) // => 40000
 */
export function lowestForMargin(book: PriceBook, minimumMargin: number | null): number {
  if (minimumMargin === null || book.unitCostMinor === null || book.unitCostMinor === 0) return 0
  return minimumMargin >= 1 ? Number.POSITIVE_INFINITY : ceilMinor(book.unitCostMinor / (1 - minimumMargin))
}

/** Prices within the step limit of a base price. `share` is 0–1 of the base. */
export const withinStep = (baseMinor: number, share: number): PriceRange => ({
  lowMinor: ceilMinor(baseMinor * (1 - share)),
  highMinor: floorMinor(baseMinor * (1 + share)),
})

/**
 * As far towards a target as the step limit lets a price go in a day, and the way there: without the price it comes from, or
 * rounding would put it back each day and it would never arrive.
 *
 * @example stepTowards(20000, 10000, 0.1) // => { priceMinor: 11000, range: { lowMinor: 10001, highMinor: 11000 } }
 */
export function stepTowards(targetMinor: number, fromMinor: number, share: number): { priceMinor: number; range: PriceRange } {
  const step = withinStep(fromMinor, share)
  const priceMinor = clamp(targetMinor, step)
  if (priceMinor === targetMinor) return { priceMinor, range: step }
  const range = targetMinor > fromMinor ? { ...step, lowMinor: fromMinor + 1 } : { ...step, highMinor: fromMinor - 1 }
  return { priceMinor, range }
}

/** Floor, ceiling and margin as one range; low above high when they contradict each other. A paid product never becomes free. */
export function hardRange(product: ProductTerms, book: PriceBook): PriceRange {
  return {
    lowMinor: Math.max(Math.min(1, book.listMinor), book.floorMinor ?? 0, lowestForMargin(book, product.minimumMargin)),
    highMinor: Math.min(book.ceilingMinor ?? MAXIMUM_AMOUNT_MINOR, MAXIMUM_AMOUNT_MINOR),
  }
}

export const clamp = (value: number, { lowMinor, highMinor }: PriceRange): number => Math.min(highMinor, Math.max(lowMinor, value))

/**
 * Bounds an optimised price, then caps it at the living quote. Floor, ceiling and margin outrank the step limit. The
 * living quote outranks them all: it can still be redeemed at its price, so asking for more would only break a promise.
 * The list price is what the business set: only the living quote bounds it, and where rules moved the price the day before
 * it comes back to the list price in steps.
 */
export function applyGuardrails(draft: Draft): void {
  const before = draft.priceMinor
  if (draft.reason === 'list' && !isOnItsWayBack(draft)) draft.range = { lowMinor: draft.priceMinor, highMinor: draft.priceMinor }
  else boundOptimised(draft)
  capAtLivingQuote(draft)
  if (draft.test && draft.priceMinor !== before) draft.test = { ...draft.test, clamped: true }
}

/** No rule holds, but rules held the day before, and moved the price further from the list price than a step. */
function isOnItsWayBack({ dayBefore, book, slice: { product } }: Draft): boolean {
  if (!dayBefore || dayBefore.isList || product.maximumStepPerDay === null) return false
  const { lowMinor, highMinor } = withinStep(dayBefore.priceMinor, product.maximumStepPerDay)
  return book.listMinor < lowMinor || book.listMinor > highMinor
}

function boundOptimised(draft: Draft): void {
  const { book, slice } = draft
  const { product } = slice
  const hard = hardRange(product, book)
  if (hard.lowMinor > hard.highMinor) {
    move(draft, 'floor', book.listMinor, 'Floor, ceiling and minimum margin contradict each other: the list price')
    draft.range = { lowMinor: book.listMinor, highMinor: book.listMinor }
    if (draft.test) return
    draft.reason = 'list'
    draft.priceClass = 'uniform'
    return
  }
  const step = boundStep(draft, hard)
  const marginMinor = lowestForMargin(book, product.minimumMargin)
  if (book.floorMinor === null) note(draft, 'floor', 'skipped', 'No floor is set')
  else bound(draft, 'floor', Math.max(draft.priceMinor, book.floorMinor), 'Not below the floor')
  if (book.ceilingMinor === null) note(draft, 'ceiling', 'skipped', 'No ceiling is set')
  else bound(draft, 'ceiling', Math.min(draft.priceMinor, book.ceilingMinor), 'Not above the ceiling')
  if (marginMinor === 0) note(draft, 'margin', 'skipped', 'No minimum margin, or no unit cost, is set')
  else bound(draft, 'margin', Math.max(draft.priceMinor, marginMinor), 'Keeps the minimum margin')
  const bounded = clamp(draft.priceMinor, hard)
  if (bounded !== draft.priceMinor) move(draft, 'floor', bounded, 'Within the amounts we take, and never free')

  const lowMinor = Math.max(hard.lowMinor, step?.lowMinor ?? 0)
  const highMinor = Math.min(hard.highMinor, step?.highMinor ?? hard.highMinor)
  draft.range = lowMinor <= highMinor ? { lowMinor, highMinor } : { lowMinor: bounded, highMinor: bounded }
}

/**
 * Arms are left alone: they were checked on save, and a price test holds its prices constant. What counts is where the price
 * would end up, rounding included.
 */
function boundStep(draft: Draft, hard: PriceRange): PriceRange | null {
  const { dayBefore, book, context, slice } = draft
  const share = slice.product.maximumStepPerDay
  if (draft.reason === 'test' || !dayBefore || share === null) {
    const why =
      draft.reason === 'test' ? 'Arms are checked on save' : share === null ? 'No limit is set' : 'No day has closed with a price yet'
    note(draft, 'step_limit', 'skipped', why)
    return null
  }
  const bounded = draft.reason === 'list' ? book.listMinor : clamp(draft.priceMinor, hard)
  const endings = endingsOf(context.currency, book.listMinor, slice.product.rounding)
  const targetMinor = bounded === book.listMinor ? bounded : roundPrice(bounded, endings, hard)
  const { priceMinor, range } = stepTowards(targetMinor, dayBefore.priceMinor, share)
  const detail = `At most ${describeShare(share)} from ${describeAmount(dayBefore.priceMinor, context.currency)}, with which the day before closed`
  // Rounding may be what brings the price within the step, and may later find its way barred.
  if (priceMinor === targetMinor) bound(draft, 'step_limit', clamp(draft.priceMinor, range), detail)
  else {
    bound(draft, 'step_limit', priceMinor, detail)
    if (draft.reason === 'list') draft.reason = 'step_limit'
  }
  return range
}

function bound(draft: Draft, step: 'step_limit' | 'floor' | 'ceiling' | 'margin', priceMinor: number, detail: string): void {
  if (priceMinor === draft.priceMinor) note(draft, step, 'kept', detail)
  else move(draft, step, priceMinor, detail)
}

function capAtLivingQuote(draft: Draft): void {
  const quote = draft.facts.lastQuote
  if (!quote || quote.expiresAt <= draft.now) {
    note(draft, 'living_quote', 'skipped', 'No earlier quote is alive')
    return
  }
  const { amountMinor } = quote
  if (draft.priceMinor > amountMinor) {
    move(draft, 'living_quote', amountMinor, 'Not above the price of the quote that is still alive')
    draft.range = { lowMinor: amountMinor, highMinor: amountMinor }
    return
  }
  note(draft, 'living_quote', 'kept', 'Not above the price of the quote that is still alive')
  draft.range = { lowMinor: draft.range.lowMinor, highMinor: Math.min(draft.range.highMinor, amountMinor) }
}
