/**
 * Assignment by hash, the same as GrowthBook's SDKs make, so that any of them agrees with us.
 * Bundled into the browser SDK: no imports, no allocation beyond the ranges.
 * Source: GrowthBook, "Build your own SDK" (hashing and bucketing), spec 0.8.0.
 */

/** Half-open interval of [0, 1). */
export type Range = readonly [start: number, end: number]

const OFFSET_BASIS = 0x811c9dc5 | 0

/** FNV-1a, 32 bits: the state after one more code unit. Source: Fowler, Noll, Vo. */
const step = (state: number, unit: number): number => Math.imul(state ^ unit, 0x01000193)

function absorb(state: number, text: string): number {
  for (let at = 0; at < text.length; at++) state = step(state, text.charCodeAt(at))
  return state
}

const stepDigit = (state: number, digit: number): number => step(state, 48 + digit)

/** As `absorb(OFFSET_BASIS, String(state >>> 0))`. Making that text would cost as much as all the rest of a decision. */
function absorbDigits(state: number): number {
  const high = ((state >>> 0) / 100_000) >>> 0
  if (high === 0) return absorb(OFFSET_BASIS, String(state >>> 0))
  const low = (state - Math.imul(high, 100_000)) | 0
  let after = OFFSET_BASIS
  if (high >= 10_000) after = stepDigit(after, (high / 10_000) | 0)
  if (high >= 1_000) after = stepDigit(after, ((high / 1_000) | 0) % 10)
  if (high >= 100) after = stepDigit(after, ((high / 100) | 0) % 10)
  if (high >= 10) after = stepDigit(after, ((high / 10) | 0) % 10)
  after = stepDigit(after, high % 10)
  after = stepDigit(after, (low / 10_000) | 0)
  after = stepDigit(after, ((low / 1_000) | 0) % 10)
  after = stepDigit(after, ((low / 100) | 0) % 10)
  after = stepDigit(after, ((low / 10) | 0) % 10)
  return stepDigit(after, low % 10)
}

/** The last step of version 2: hashing the digits of the hash takes the likeness of neighbouring values away. */
const placeOf = (state: number): number => ((absorbDigits(state) >>> 0) % 10_000) / 10_000

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
  if (version === 2) return placeOf(absorb(absorb(OFFSET_BASIS, seed), value))
  if (version === 1) return ((absorb(absorb(OFFSET_BASIS, value), seed) >>> 0) % 1_000) / 1_000
  return null
}

/**
 * `hash` under one seed for many values, or null for an unknown version. Version 2 reads the seed first, so the state
 * after it is kept.
 *
 * @example hashUnder('seed', 2)?.('b') // => 0.2696
 */
export function hashUnder(seed: string, version: number): ((value: string) => number) | null {
  if (version === 1) return (value) => hash(seed, value, 1)
  if (version !== 2) return null
  const afterSeed = absorb(OFFSET_BASIS, seed)
  return (value) => placeOf(absorb(afterSeed, value))
}

/** State of the hash once a seed is read, for `placesUnder`. */
export const stateAfter = (seed: string): number => absorb(OFFSET_BASIS, seed)

/**
 * Places (version 2) of one value under many seeds, as `hash` gives each. Four at a time: every step of a hash waits for
 * the one before it, so a processor takes four chains in the time of one.
 *
 * @param states  of each seed, by `stateAfter`
 * @param places  takes in the places, in the order of the states
 */
export function placesUnder(states: Int32Array, value: string, places: Float64Array): void {
  const fours = states.length - (states.length % 4)
  for (let at = 0; at < fours; at += 4) {
    let first = states[at] as number
    let second = states[at + 1] as number
    let third = states[at + 2] as number
    let fourth = states[at + 3] as number
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index)
      first = step(first, unit)
      second = step(second, unit)
      third = step(third, unit)
      fourth = step(fourth, unit)
    }
    places[at] = placeOf(first)
    places[at + 1] = placeOf(second)
    places[at + 2] = placeOf(third)
    places[at + 3] = placeOf(fourth)
  }
  for (let at = fours; at < states.length; at++) places[at] = placeOf(absorb(states[at] as number, value))
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

/** Whether a range holds a place. */
export const inRange = (place: number, range: Range): boolean => place >= range[0] && place < range[1]

/** Index of the first range that holds a place, or −1 when none does: not in the experiment. */
export function chooseVariation(place: number, ranges: readonly Range[]): number {
  for (let at = 0; at < ranges.length; at++) if (inRange(place, ranges[at] as Range)) return at
  return -1
}
