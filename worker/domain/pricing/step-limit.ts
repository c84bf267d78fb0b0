import { DAY_MS } from '../time.ts'
import type { Draft } from './draft.ts'
import { clamp, hardRange, stepTowards } from './guardrails.ts'
import { changesUntil, isTimed, pastListPrice, sliceAt } from './past.ts'
import { listPriceIn } from './price-book.ts'
import { endingsOf, roundPrice } from './rounding.ts'
import { applyRules, RULE_KIND_TERMS } from './rules.ts'
import type { PriceBook } from './types.ts'

/** A uniform price, and whether it was the list price because no rule moved it. */
export interface UniformPrice {
  priceMinor: number
  isList: boolean
}

const UNIFORM_KINDS = RULE_KIND_TERMS.filter(({ priceClass }) => priceClass === 'uniform')

/**
 * The uniform price of the product with which the UTC day before closed, in this draft's country and on its device: what
 * the step limit counts from. Null where the product was not sold then.
 *
 *   what rules wanted at each close   100 100 200 200 200 …
 *   what the price was, 10 % a day    100 100 110 121 133 …  ← each a step from the one before
 *
 * It is worked out anew from what list prices, rules and demand were then, since nobody keeps prices of all contexts: from
 * the last close before anything changed, a step a day. Price tests are left out, as they hold prices of their own.
 */
export function dayBeforeOf(draft: Draft): UniformPrice | null {
  const { slice, context, now } = draft
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const changes = changesUntil(slice, context.currency, context.country, now)
  const earliest = changes.length === 0 ? now : Math.min(...changes)
  const daysBack = Math.max(0, Math.ceil((today - earliest) / DAY_MS))
  let price: UniformPrice | null = isTimed(slice) ? restingPrice(draft, today - 1 - daysBack * DAY_MS) : null
  let wanted: Wanted | null = null
  let wantedAt = Number.NEGATIVE_INFINITY
  for (let back = daysBack; back >= 0; back--) {
    const closedAt = today - 1 - back * DAY_MS
    if (wantedAt === Number.NEGATIVE_INFINITY || changes.some((at) => at > wantedAt && at <= closedAt)) wanted = wantedThen(draft, closedAt)
    wantedAt = closedAt
    price = wanted && stepFrom(price, wanted, draft)
  }
  return price
}

const DAYS_A_WEEK = 7

/**
 * Where a price that rules move by weekday comes to rest: of a week's closes, what was wanted nearest to the list price. One
 * that begins with the weekday on which the memory happens to begin would be another each day, where the limit is too tight
 * for it to arrive.
 */
function restingPrice(draft: Draft, from: number): UniformPrice | null {
  let resting: Wanted | null = null
  for (let day = 0; day < DAYS_A_WEEK; day++) {
    const wanted = wantedThen(draft, from + day * DAY_MS)
    if (day === 0 && !wanted) return null
    if (wanted && (!resting || distance(wanted) < distance(resting))) resting = wanted
  }
  return resting
}

const distance = ({ priceMinor, book }: Wanted): number => Math.abs(priceMinor - book.listMinor)

interface Wanted extends UniformPrice {
  book: PriceBook
}

/** Where list price, rules and demand of a past instant wanted the price, inside the guardrails of today. */
function wantedThen(draft: Draft, at: number): Wanted | null {
  const { slice, context, tier } = draft
  const { product } = slice
  const { currency, country } = context
  const current = product.prices[currency] as PriceBook
  const base = pastListPrice(slice, currency, '', at)
  if (base === null) return null
  const own = country === null ? undefined : pastListPrice(slice, currency, country, at)
  const ownMinor = own === undefined ? (country === null ? undefined : current.countries?.[country]) : (own ?? undefined)
  const { listMinor } = listPriceIn(product, currency, current, tier, base ?? current.listMinor, ownMinor)
  const book = { ...current, listMinor }
  const then: Draft = {
    ...draft,
    slice: sliceAt(slice, at),
    book,
    now: at,
    // A rule that looks at the person makes no uniform price, whatever its kind.
    law: { ...draft.law, personal: 'off' },
    priceMinor: listMinor,
    reason: 'list',
    priceClass: 'uniform',
    explain: [],
    attributes: null,
  }
  for (const terms of UNIFORM_KINDS) applyRules(then, terms)
  const hard = hardRange(product, book)
  if (then.reason === 'list' || hard.lowMinor > hard.highMinor) return { book, priceMinor: listMinor, isList: true }
  return { book, priceMinor: ended(clamp(then.priceMinor, hard), book, draft, hard), isList: false }
}

/** The list price somebody has set is served as it is, unless the price is still on its way from somewhere else. */
function stepFrom(before: UniformPrice | null, { book, priceMinor, isList }: Wanted, draft: Draft): UniformPrice {
  const share = draft.slice.product.maximumStepPerDay
  if (!before || share === null || (isList && before.isList)) return { priceMinor, isList }
  const { priceMinor: stepMinor, range } = stepTowards(priceMinor, before.priceMinor, share)
  if (stepMinor === priceMinor) return { priceMinor, isList }
  const hard = hardRange(draft.slice.product, book)
  const bounded = clamp(stepMinor, hard)
  const way = { lowMinor: Math.max(range.lowMinor, hard.lowMinor), highMinor: Math.min(range.highMinor, hard.highMinor) }
  return { priceMinor: way.lowMinor <= way.highMinor ? ended(bounded, book, draft, way) : bounded, isList: false }
}

const ended = (priceMinor: number, book: PriceBook, { slice, context }: Draft, range: { lowMinor: number; highMinor: number }): number =>
  priceMinor === book.listMinor
    ? priceMinor
    : roundPrice(priceMinor, endingsOf(context.currency, book.listMinor, slice.product.rounding), range)
