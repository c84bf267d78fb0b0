/** Numbers in [0, 1) that are the same for the same seed. */
export type Random = () => number

/**
 * A small seeded generator with a period of 2^32: enough to resample with, not to keep secrets by.
 *
 * Source: Tommy Ettinger, Mulberry32, public domain, 2017.
 *
 * @example seededRandom(1)() // => 0.6270739405881613
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
