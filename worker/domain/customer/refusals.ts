import type { ProblemCode } from '../../contract/problem.ts'
import type { NormalEvent } from './accept.ts'
import type { CustomerFacts } from './facts.ts'

export type Refusal =
  | { status: 'duplicate'; bookedDay?: string }
  | { status: 'rejected'; code: ProblemCode; message: string; field: string }

interface Captured {
  currency: string
  leftMinor: number
  bookedDay?: string
}

/**
 * Judges the events of a batch by what only the customer's own state knows, each on top of those before it: a
 * transaction that is known already, and more money taken back than is left of it. Null: nothing speaks against it.
 */
export function judgeOf(facts: CustomerFacts | null): (event: NormalEvent) => Refusal | null {
  const batch = new Map<string, Captured>()
  const capturedOf = (transactionId: string): Captured | undefined => {
    const known = batch.get(transactionId)
    if (known) return known
    const purchase = facts?.purchases[transactionId]
    if (!purchase) return undefined
    const { currency, amountMinor, refundedMinor, disputedMinor, bookedDay } = purchase
    const captured = { currency, leftMinor: amountMinor - refundedMinor - disputedMinor, bookedDay }
    batch.set(transactionId, captured)
    return captured
  }
  return ({ body, verified }) => {
    if (!verified) return null
    if (body.kind === 'purchase') {
      const known = capturedOf(body.transactionId)
      if (known) return { status: 'duplicate', bookedDay: known.bookedDay }
      batch.set(body.transactionId, { currency: body.currency, leftMinor: body.amountMinor })
      return null
    }
    if (body.kind !== 'refund' && body.kind !== 'dispute_opened') return null
    const known = capturedOf(body.transactionId)
    if (!known) return null
    if (known.currency !== body.currency)
      return { status: 'rejected', code: 'currency_mismatch', message: `the purchase was in ${known.currency}`, field: 'currency' }
    if (body.amountMinor > known.leftMinor)
      return { status: 'rejected', code: 'refund_above_capture', message: 'more than is left of the purchase', field: 'amount' }
    known.leftMinor -= body.amountMinor
    return null
  }
}
