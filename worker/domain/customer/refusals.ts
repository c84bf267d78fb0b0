import type { ProblemCode } from '../../contract/problem.ts'
import type { NormalEvent } from './accept.ts'
import type { AcceptedEvent } from './event.ts'
import type { CustomerFacts, Purchase } from './facts.ts'
import { newIn, noteTotal } from './reversals.ts'

export type Refusal =
  | { status: 'duplicate'; bookedDay?: string }
  | { status: 'rejected'; code: ProblemCode; message: string; field: string }

interface Captured {
  amountMinor: number
  currency: string
  leftMinor: number
  refundedMinor: number
  refundedOf: Purchase['refundedOf']
  bookedDay?: string
}

/**
 * Why an event that came before under the same id is not simply a repeat: money must not change under a name that has been
 * settled. Behaviour may say what it likes again; it counted once.
 */
export function mismatchOf(known: AcceptedEvent, { body, type }: NormalEvent): Refusal | null {
  if (body.kind === 'behaviour' || body.kind === 'exposure' || body.kind === 'decision_voided') return null
  const before = known.body as typeof body
  const field = type === known.type ? TERMS.find((name) => Reflect.get(before, name) !== Reflect.get(body, name)) : 'event'
  return field === undefined ? null : mismatch(field === 'amountMinor' ? 'amount' : field)
}

/** What a settled id stands for. */
const TERMS = ['amountMinor', 'currency', 'transactionId', 'subscriptionId', 'version', 'invoiceId', 'attempt'] as const

const mismatch = (field: string): Refusal => ({
  status: 'rejected',
  code: 'idempotency_mismatch',
  message: 'this id has been settled with another value',
  field,
})

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
    const refundedOf = purchase.refundedOf.map(([id, minor]): [string, number] => [id, minor])
    const captured = { amountMinor, currency, leftMinor: amountMinor - refundedMinor - disputedMinor, refundedMinor, refundedOf, bookedDay }
    batch.set(transactionId, captured)
    return captured
  }
  return ({ body, verified, origin }) => {
    // What a payment provider tells has happened, and comes in any order: all of it is kept, and the fold makes sense of it.
    if (!verified || origin === 'provider') return null
    if (body.kind === 'purchase') {
      const known = capturedOf(body.transactionId)
      if (known && known.currency !== body.currency) return mismatch('currency')
      if (known && known.amountMinor !== body.amountMinor) return mismatch('amount')
      if (known) return { status: 'duplicate', bookedDay: known.bookedDay }
      const { amountMinor, currency } = body
      batch.set(body.transactionId, { amountMinor, currency, leftMinor: amountMinor, refundedMinor: 0, refundedOf: [] })
      return null
    }
    if (body.kind !== 'refund' && body.kind !== 'dispute_opened') return null
    const known = capturedOf(body.transactionId)
    if (!known) return null
    if (known.currency !== body.currency)
      return { status: 'rejected', code: 'currency_mismatch', message: `the purchase was in ${known.currency}`, field: 'currency' }
    const takenMinor = newIn(body, known)
    if (takenMinor > known.leftMinor)
      return { status: 'rejected', code: 'refund_above_capture', message: 'more than is left of the purchase', field: 'amount' }
    known.leftMinor -= takenMinor
    if (body.kind === 'refund') known.refundedMinor += takenMinor
    if (body.cumulative && body.paymentId !== null) noteTotal(known.refundedOf, body.paymentId, body.amountMinor)
    return null
  }
}
