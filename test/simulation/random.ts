/** A source of numbers in [0, 1). */
export type Random = () => number

/**
 * Mulberry32: a small seeded generator with a period of 2^32, plenty for a demo shop.
 * Source: Tommy Ettinger, public domain, 2017.
 */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Uniform number in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + random() * (high - low)

/** Integer in [low, high], both included. */
export const integer = (random: Random, low: number, high: number): number => Math.floor(between(random, low, high + 1))

export const chance = (random: Random, probability: number): boolean => random() < probability

/** A key drawn in proportion to its weight. */
export function pick<K extends string>(random: Random, weights: Readonly<Record<K, number>>): K {
  const entries = Object.entries(weights) as [K, number][]
  let at = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [key, weight] of entries) {
    at -= weight
    if (at < 0) return key
  }
  return (entries.at(-1) as [K, number])[0]
}

/** Waiting time with the given mean. */
export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random())

/**
 * A share in (0, 1) with the shape of a beta distribution, by inverting Kumaraswamy's. Customers differ in how readily
 * they leave, which is what makes retention curves flatten with age.
 */
export const kumaraswamy = (random: Random, a: number, b: number): number => (1 - (1 - random()) ** (1 / b)) ** (1 / a)
