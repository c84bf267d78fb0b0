import { createHmac } from 'node:crypto'
import { sameSecret } from './digest.ts'
import { type Claim, isTimely, type SigningKey } from './domain/payments/provider.ts'

/** Whether a claim was made about now with one of the keys. Every pair is compared, each in a time that tells nothing. */
export function holds(claim: Claim, keys: readonly SigningKey[], now: number): boolean {
  if (!isTimely(claim, now)) return false
  let found = false
  for (const { text, encoding } of keys) {
    const expected = createHmac('sha256', Buffer.from(text, encoding)).update(claim.content).digest(claim.encoding)
    for (const signature of claim.signatures) found = sameSecret(signature, expected) || found
  }
  return found
}
