/**
 * Assignment by hash, the same as GrowthBook's SDKs make, so that any of them agrees with us.
 * Bundled into the browser SDK: no imports, no allocation beyond the ranges.
 * Source: GrowthBook, "Build your own SDK" (hashing and bucketing), spec 0.8.0.
 */

/** Half-open interval of [0, 1). */
export type Range = readonly [start: number, end: number]

/** FNV-1a over UTF-16 code units, 32 bits, unsigned. Source: Fowler, Noll, Vo. */
function fnv32a(text: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  return state >>> 0
}

/**
 * Place of a value on [0, 1): even over values, independent between seeds.
 *
 * Version 2 has 10,000 places. Version 1 has 1,000 and is biased between tests of similar seeds; it is kept because
 * whoever was assigned by it stays where they were. An unknown version answers null: not assigned.
 *
 * @example hash('seed', 'b', 2) // => 0.2696
 */
export function hash(seed: string, value: string, version: 1 | 2): number
export function hash(seed: string, value: string, version: number): number | null
export function hash(seed: string, value: string, version: number): number | null {
  if (version === 2) return (fnv32a(String(fnv32a(seed + value))) % 10_000) / 10_000
  if (version === 1) return (fnv32a(value + seed) % 1_000) / 1_000
  return null
}

/** Equal weights for so many variations. */
export const equalWeights = (count: number): number[] => (count < 1 ? [] : new Array<number>(count).fill(1 / count))

/**
 * The range of each variation, [start, start + coverage · weight). Starts depend on the weights alone, so raising the
 * coverage only takes in people who were outside; with two variations at full coverage a smaller first
 * weight moves people only from the first to the second. Weights that do not sum to 1 (± 0.01) are replaced by equal ones; coverage is kept in 0–1.
 *
 * @example variationRanges([0.2, 0.3, 0.5], 0.2) // => [[0, 0.04], [0.2, 0.26], [0.5, 0.6]]
 */
export function variationRanges(weights: readonly number[], coverage = 1): Range[] {
  const share = Math.min(1, Math.max(0, coverage))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const fair = total >= 0.99 && total <= 1.01 ? weights : equalWeights(weights.length)
  let start = 0
  return fair.map((weight) => {
    const range: Range = [start, start + share * weight]
    start += weight
    return range
  })
}

/** Index of the range that holds a place, or −1 when none does: not in the experiment. */
export function chooseVariation(place: number, ranges: readonly Range[]): number {
  return ranges.findIndex(([start, end]) => place >= start && place < end)
}
