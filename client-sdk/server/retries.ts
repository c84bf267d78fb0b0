const FIRST_BACKOFF_MS = 200
/** No call waits longer for a server that asks it to; by then whoever waits for the call has gone. */
const MAXIMUM_ASKED_MS = 10_000

/**
 * Milliseconds to wait before the next try: what the server asked for, 10 s at most, and on top of it a jittered
 * back-off (0.1–0.2 s, then twice that each time), so that not everybody who was sent away comes back at once.
 *
 * `tried` counts the retries so far from 0, `retryAfter` is the header (seconds or an HTTP date), `random` lies in [0, 1).
 *
 * @example delayMs(1, '2', 0.5, now) // => 2300
 */
export function delayMs(tried: number, retryAfter: string | null, random: number, now: number): number {
  return Math.min(MAXIMUM_ASKED_MS, askedMs(retryAfter, now)) + FIRST_BACKOFF_MS * 2 ** tried * (0.5 + random / 2)
}

function askedMs(retryAfter: string | null, now: number): number {
  if (retryAfter === null) return 0
  const seconds = Number(retryAfter)
  const asked = Number.isNaN(seconds) ? Date.parse(retryAfter) - now : seconds * 1000
  return asked > 0 ? asked : 0
}
