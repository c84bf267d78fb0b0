import { createHash, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from './domain/configuration.ts'

/** SHA-256 in hex. Synchronous, so that looking up a key costs no turn of the event loop. */
export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Sixteen hex digits that stand for a value: equal for equal values, whatever the order of their keys. */
export const contentHash = (value: unknown): string => sha256Hex(canonicalJson(value)).slice(0, 16)

const POOL_BYTES = 1024
let pool = Buffer.alloc(0)

/** Text of `bytes` random bytes, base64url: 32 bytes are 43 characters. Drawn from a pool, as each draw costs a call into the runtime. */
export function randomText(bytes: number): string {
  if (pool.length < bytes) pool = Buffer.from(crypto.getRandomValues(new Uint8Array(Math.max(POOL_BYTES, bytes))).buffer)
  const text = pool.toString('base64url', 0, bytes)
  pool = pool.subarray(bytes)
  return text
}

/** Whether two texts are the same, in a time that says nothing of where they differ or how long they are. */
export const sameSecret = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
