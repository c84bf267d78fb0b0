import { idAt, needText, needWhole, textAt } from '../json.ts'
import { factOf, type Name } from '../provider.ts'
import { countryAt, currencyOf, customersOf, metadataOf, NOTHING, type Read, type StripeEvent } from './common.ts'
import { minorOf } from './money.ts'

/** A checkout that was paid. Where an invoice comes of it, of a subscription always, the invoice is the money. */
export function checkoutPaid({ createdAt, object }: StripeEvent): Read {
  const isOwnMoney = textAt(object, 'mode') === 'payment' && textAt(object, 'payment_status') === 'paid' && idAt(object, 'invoice') === null
  const amountTotal = isOwnMoney ? needWhole(object, 'amount_total') : 0
  if (amountTotal === 0) return NOTHING
  const sessionId = needText(object, 'id')
  const transactionId = idAt(object, 'payment_intent') ?? sessionId
  const currency = currencyOf(object)
  const purchase = factOf(
    'stripe',
    `${sessionId}:purchase`,
    'purchase',
    createdAt,
    {
      kind: 'purchase',
      transactionId,
      amountMinor: minorOf(amountTotal, currency, 'amount_total'),
      currency,
      productId: metadataOf(object, 'productId'),
      quantity: 1,
      subscriptionId: null,
      decisionId: metadataOf(object, 'decisionId'),
    },
    countryAt(object, 'customer_details.address.country'),
  )
  return {
    whose: { names: buyersOf(object, transactionId) },
    facts: [purchase],
    links: [{ objectId: transactionId, transactionId }],
  }
}

/** A payment that takes days, such as a debit, did not come through. */
export function checkoutFailed({ createdAt, object }: StripeEvent): Read {
  // Of a subscription the invoice tells.
  if (textAt(object, 'mode') !== 'payment' || idAt(object, 'invoice') !== null) return NOTHING
  const sessionId = needText(object, 'id')
  const currency = currencyOf(object)
  const failed = factOf('stripe', `${sessionId}:failed`, 'payment_failed', createdAt, {
    kind: 'payment',
    change: 'failed',
    invoiceId: sessionId,
    attempt: 1,
    amountMinor: minorOf(needWhole(object, 'amount_total'), currency, 'amount_total'),
    currency,
    declineCode: null,
  })
  return { whose: { names: buyersOf(object, idAt(object, 'payment_intent') ?? sessionId) }, facts: [failed], links: [] }
}

/**
 * Who bought: a customer, a visitor of ours, or somebody who is known by this purchase alone. `client_reference_id` names
 * nobody: whoever opens a Payment Link may set it in its URL, and could put a purchase into the account of any customer; nor
 * does it name a guest, as buyers who never met share one (a campaign's, an affiliate's), and Stripe's exported files, which
 * have no column for it, would book the same purchase to another. Metadata only the shop can set.
 */
function buyersOf(object: unknown, transactionId: string): Name[] {
  const visitorId = metadataOf(object, 'visitorId')
  return [...customersOf(object), ...(visitorId === null ? [] : [{ visitorId }]), { customerId: `guest:${transactionId}` }]
}
