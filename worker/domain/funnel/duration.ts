import { SECOND_MS } from '../time.ts'

/** Times from step to step are kept as a histogram whose buckets grow by 2^(1/4): a median from it is right to within a fifth. */
const BUCKETS_A_DOUBLING = 4

/**
 * Bucket of a time: 0 below one second, then n for [2^((n−1)/4), 2^(n/4)) seconds.
 *
 * @example bucketOfTime(1_000) // => 1
 */
export function bucketOfTime(elapsedMs: number): number {
  const seconds = elapsedMs / SECOND_MS
  return seconds < 1 ? 0 : Math.floor(Math.log2(seconds) * BUCKETS_A_DOUBLING) + 1
}

/** Bounds of a bucket in seconds. */
const boundsOf = (bucket: number): [low: number, high: number] =>
  bucket === 0 ? [0, 1] : [2 ** ((bucket - 1) / BUCKETS_A_DOUBLING), 2 ** (bucket / BUCKETS_A_DOUBLING)]

/**
 * Median in seconds, interpolated inside its bucket as if its times lay evenly in it; null of none.
 *
 * @example medianSeconds(new Map([[1, 10]])) // => 1.0946…, the middle of [1, 2^(1/4))
 */
export function medianSeconds(histogram: ReadonlyMap<number, number>): number | null {
  const buckets = [...histogram].filter(([, count]) => count > 0).sort(([a], [b]) => a - b)
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return null
  let below = 0
  for (const [bucket, count] of buckets) {
    if (below + count >= total / 2) {
      const [low, high] = boundsOf(bucket)
      return low + ((total / 2 - below) / count) * (high - low)
    }
    below += count
  }
  return null
}
