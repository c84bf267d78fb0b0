import type { PriceRule, ProductSlice, Rulebook } from './types.ts'

/** Where there is no rule for every product. */
export const EMPTY_RULEBOOK: Rulebook = { hash: '', rules: [] }

export const comesBefore = (a: PriceRule, b: PriceRule): boolean => a.priority > b.priority || (a.priority === b.priority && a.id < b.id)

export const inOrder = (rules: readonly PriceRule[]): PriceRule[] => [...rules].sort((a, b) => (comesBefore(a, b) ? -1 : 1))

interface Parts {
  own: ProductSlice
  rulebook: Rulebook
}

/** Neither part ever changes once it is read, so two of them are put together once, and go with the memory that held them. */
const whole = new WeakMap<Rulebook, WeakMap<ProductSlice, ProductSlice>>()
const parts = new WeakMap<ProductSlice, Parts>()

/**
 * All a price decision needs of one product: its own slice, as shards hold it, and what concerns every product, which is
 * stored once, or 200 rules would be in each of 50,000 slices. Its hash stands for both.
 */
export function completeSlice(own: ProductSlice, rulebook: Rulebook): ProductSlice {
  if (rulebook.hash === '') return own
  let ofBook = whole.get(rulebook)
  if (!ofBook) {
    ofBook = new WeakMap()
    whole.set(rulebook, ofBook)
  }
  let slice = ofBook.get(own)
  if (!slice) {
    const rules = own.rules.length === 0 ? rulebook.rules : inOrder([...rulebook.rules, ...own.rules])
    const changed = own.product.maximumStepPerDay === null ? undefined : rulebook.past?.rules
    slice = { ...own, hash: `${own.hash}.${rulebook.hash}`, rules }
    if (changed) slice.past = { ...own.past, rules: [...changed, ...(own.past?.rules ?? [])] }
    ofBook.set(own, slice)
    parts.set(slice, { own, rulebook })
  }
  return slice
}

/** What a slice was put together from. */
export const partsOf = (slice: ProductSlice): Parts => parts.get(slice) ?? { own: slice, rulebook: EMPTY_RULEBOOK }
