import type { NormalEvent } from '../../customer/accept.ts'
import { DomainError } from '../../error.ts'
import { firstText, idAt, listAt, member, needId, needText, needWhole, textAt, wholeAt } from '../json.ts'
import { factOf, type Link } from '../provider.ts'
import { countryAt, currencyOf, customersOf, instantOf, metadataOf, NOTHING, type Read, type StripeEvent } from './common.ts'
import { minorOf } from './money.ts'

/**
 * Money for an invoice. Its transaction is the invoice, in every version of the API: since 2025-03-31 the invoice does not
 * name its payment any more. Whatever payments it does name are linked to it, so that refunds and disputes find it.
 *
 * `invoice.paid` and `invoice.payment_succeeded` tell of the same thing and have the same facts.
 */
export function invoicePaid({ createdAt, object }: StripeEvent): Read {
  const amountPaid = needWhole(object, 'amount_paid')
  // A trial's invoice, or one paid from credit: no money has moved.
  if (amountPaid === 0) return NOTHING
  const invoiceId = needText(object, 'id')
  const paidAt = wholeAt(object, 'status_transitions.paid_at')
  const occurredAt = paidAt === null ? createdAt : instantOf(paidAt)
  const currency = currencyOf(object)
  const amountMinor = minorOf(amountPaid, currency, 'amount_paid')
  const purchase: NormalEvent = factOf(
    'stripe',
    `${invoiceId}:purchase`,
    'purchase',
    occurredAt,
    {
      kind: 'purchase',
      transactionId: invoiceId,
      amountMinor,
      currency,
      productId: metadataOf(object, 'productId') ?? productOf(object),
      quantity: 1,
      subscriptionId: subscriptionOf(object),
      decisionId: metadataOf(object, 'decisionId'),
    },
    countryAt(object, 'customer_address.country'),
  )
  const succeeded = paymentOf(object, 'succeeded', `${invoiceId}:succeeded`, occurredAt, amountMinor, currency)
  return { whose: { names: needCustomers(object) }, facts: [purchase, succeeded], links: linksOf(object, invoiceId) }
}

export function invoiceFailed({ createdAt, object }: StripeEvent, change: 'failed' | 'action_required'): Read {
  const invoiceId = needText(object, 'id')
  const currency = currencyOf(object)
  const key = `${invoiceId}:${change}:${attemptOf(object)}`
  const amountMinor = minorOf(needWhole(object, 'amount_due'), currency, 'amount_due')
  return {
    whose: { names: needCustomers(object) },
    facts: [paymentOf(object, change, key, createdAt, amountMinor, currency)],
    links: [],
  }
}

/** Which payment paid which invoice; told apart from the invoice since 2025-03-31. */
export function invoicePaymentPaid({ object }: StripeEvent): Read {
  const objectId = idAt(object, 'payment.payment_intent') ?? idAt(object, 'payment.charge')
  // Paid outside of Stripe: no refund of Stripe's will name it.
  if (objectId === null) return NOTHING
  const invoiceId = needId(object, 'invoice')
  return { whose: { objectId: invoiceId }, facts: [], links: [{ objectId, transactionId: invoiceId }] }
}

const needCustomers = (object: unknown) => {
  const names = customersOf(object)
  if (names.length === 0) throw new DomainError('missing_field', 'the invoice names no customer', 'customer')
  return names
}

const attemptOf = (object: unknown): number => Math.max(1, wholeAt(object, 'attempt_count') ?? 1)

function paymentOf(
  object: unknown,
  change: 'failed' | 'succeeded' | 'action_required',
  key: string,
  occurredAt: number,
  amountMinor: number,
  currency: string,
): NormalEvent {
  return factOf('stripe', key, `payment_${change}`, occurredAt, {
    kind: 'payment',
    change,
    invoiceId: needText(object, 'id'),
    attempt: attemptOf(object),
    amountMinor,
    currency,
    declineCode: change === 'failed' ? declineOf(object) : null,
  })
}

/** Why a payment failed, where the payment stands in the invoice whole. */
function declineOf(object: unknown): string | null {
  const intents = [
    member(object, 'payment_intent'),
    ...listAt(object, 'payments.data').map((each) => member(each, 'payment.payment_intent')),
  ]
  for (const intent of intents) {
    const code = firstText(intent, 'last_payment_error.decline_code', 'last_payment_error.code')
    if (code !== null) return code
  }
  return firstText(object, 'charge.outcome.reason', 'charge.failure_code')
}

export const subscriptionOf = (object: unknown): string | null =>
  idAt(object, 'subscription') ?? idAt(object, 'parent.subscription_details.subscription')

/** What the largest line is for: its price by the name the shop has given it, else its product. */
function productOf(object: unknown): string | null {
  let largest: unknown
  for (const line of listAt(object, 'lines.data')) {
    if (!largest || (wholeAt(line, 'amount') ?? 0) > (wholeAt(largest, 'amount') ?? 0)) largest = line
  }
  return (
    firstText(largest, 'price.lookup_key', 'pricing.price_details.price.lookup_key') ??
    idAt(largest, 'price.product') ??
    idAt(largest, 'pricing.price_details.product') ??
    textAt(largest, 'plan.product')
  )
}

function linksOf(object: unknown, invoiceId: string): Link[] {
  const payments = listAt(object, 'payments.data').flatMap((each) => [idAt(each, 'payment.payment_intent'), idAt(each, 'payment.charge')])
  const ids = new Set([invoiceId, idAt(object, 'payment_intent'), idAt(object, 'charge'), ...payments])
  return [...ids].flatMap((objectId) => (objectId === null ? [] : [{ objectId, transactionId: invoiceId }]))
}
