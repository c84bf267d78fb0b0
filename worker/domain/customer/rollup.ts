import { formatLanes, LANE_SEEDS, laneHash } from '../fingerprint.ts'

/**
 * Rollup keys and the digest over them. A key names one sum of D1's `rollups` table; a customer's contributions map
 * keys to integers, and every sum in D1 is the sum of one key over all customers.
 */
export type Contributions = Map<string, number>

export interface RollupName {
  metric: string
  /** Currency, or a definition with its version; '' where neither applies. */
  scope: string
  dimension: string
  value: string
  /** UTC day; for cohorts a month. */
  day: string
}

/** The value stands last, so that it may hold the separator; no other part may. */
export const rollupKey = (metric: string, scope: string, day: string, dimension = '', value = ''): string =>
  `${metric}|${scope}|${day}|${dimension}|${value}`

export function parseRollupKey(key: string): RollupName {
  const [metric = '', scope = '', day = '', dimension = ''] = key.split('|', 4)
  return { metric, scope, day, dimension, value: key.slice(metric.length + scope.length + day.length + dimension.length + 4) }
}

export function add(contributions: Contributions, key: string, amount: number): void {
  if (amount === 0) return
  const sum = (contributions.get(key) ?? 0) + amount
  if (sum === 0) contributions.delete(key)
  else contributions.set(key, sum)
}

/** What must be added to `before` to reach `after`. */
export function difference(before: Contributions, after: Contributions): Contributions {
  const result: Contributions = new Map()
  for (const [key, value] of after) add(result, key, value - (before.get(key) ?? 0))
  for (const [key, value] of before) if (!after.has(key)) add(result, key, -value)
  return result
}

/** Two 32-bit lanes of Σ hash(key) × value, each modulo 2^32. */
export type Digest = readonly [number, number]
export const EMPTY_DIGEST: Digest = [0, 0]

/**
 * Digest after adding `amount` under `key`. It is additive: the digest of a sum of maps is the lane-wise sum of their
 * digests, so the digests of all objects add up to the digest of D1's whole rollup table, and a lost or doubled
 * message shows without comparing a single key. It guards against faults, not against forgery.
 */
export function digestAdd(digest: Digest, key: string, amount: number): Digest {
  return [
    (digest[0] + Math.imul(laneHash(key, LANE_SEEDS[0]), amount)) >>> 0,
    (digest[1] + Math.imul(laneHash(key, LANE_SEEDS[1]), amount)) >>> 0,
  ]
}

export const digestOf = (contributions: Contributions): Digest => {
  let digest: Digest = EMPTY_DIGEST
  for (const [key, value] of contributions) digest = digestAdd(digest, key, value)
  return digest
}

export const sumDigests = (a: Digest, b: Digest): Digest => [(a[0] + b[0]) >>> 0, (a[1] + b[1]) >>> 0]

export const formatDigest = (digest: Digest): string => formatLanes(digest)
export const parseDigest = (text: string): Digest => [
  Number.parseInt(text.slice(0, 8), 16) >>> 0,
  Number.parseInt(text.slice(8, 16), 16) >>> 0,
]
