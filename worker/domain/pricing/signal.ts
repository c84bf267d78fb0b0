import type { MarketSignal } from '../../contract/lists.ts'
import { DAY_MS } from '../time.ts'
import type { ProductSlice, SignalValue } from './types.ts'

/** Older signals are no news of the market: a feed that has died must not hold a price where it left it. */
export const STALE_AFTER_MS = 7 * DAY_MS

export const isStale = ({ at }: SignalValue, now: number): boolean => now - at > STALE_AFTER_MS

/** The value of a signal, or why there is none to go by. */
export function readSignal({ signals }: ProductSlice, signal: MarketSignal, now: number): { value: number } | { missing: string } {
  const told = signals?.[signal]
  if (!told) return { missing: `nobody has told of ${WORDS[signal]}` }
  if (isStale(told, now)) return { missing: `what was told of ${WORDS[signal]} is older than seven days` }
  return { value: told.value }
}

const WORDS: Record<MarketSignal, string> = { inventory: 'the stock of this product', competitor: 'what competitors ask for it' }
