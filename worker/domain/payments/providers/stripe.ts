import { member, needText, needWhole } from '../json.ts'
import type { Claim, Provider, ProviderEvent, Reading } from '../provider.ts'
import { checkoutFailed, checkoutPaid } from '../stripe/checkout.ts'
import { instantOf, NOTHING, type Read, type StripeEvent } from '../stripe/common.ts'
import { invoiceFailed, invoicePaid, invoicePaymentPaid } from '../stripe/invoices.ts'
import { chargeRefunded, dispute } from '../stripe/reversals.ts'
import { subscriptionChanged } from '../stripe/subscriptions.ts'

/** https://docs.stripe.com/webhooks#verify-manually: `t=1492774577,v1=5257a8…,v1=…`; schemes other than v1 are no proof. */
function claimOf(header: (name: string) => string | null, body: string): Claim | null {
  const parts = (header('stripe-signature') ?? '').split(',').map((part) => part.trim().split('='))
  const times = parts.filter(([name]) => name === 't').map(([, value]) => value)
  const signatures = parts.flatMap(([name, value]) => (name === 'v1' && value !== undefined && /^[0-9a-f]{64}$/.test(value) ? [value] : []))
  const [time] = times
  if (times.length !== 1 || time === undefined || !/^\d{1,12}$/.test(time) || signatures.length === 0) return null
  return { messageId: null, sentAtSeconds: Number(time), content: `${time}.${body}`, signatures, encoding: 'hex' }
}

/** What each kind of event says; every other kind says nothing that we count. */
const READERS: Record<string, (event: StripeEvent) => Read> = {
  'checkout.session.completed': checkoutPaid,
  'checkout.session.async_payment_succeeded': checkoutPaid,
  'checkout.session.async_payment_failed': checkoutFailed,
  'invoice.paid': invoicePaid,
  'invoice.payment_succeeded': invoicePaid,
  'invoice.payment_failed': (event) => invoiceFailed(event, 'failed'),
  'invoice.payment_action_required': (event) => invoiceFailed(event, 'action_required'),
  'invoice_payment.paid': invoicePaymentPaid,
  'customer.subscription.created': subscriptionChanged,
  'customer.subscription.updated': subscriptionChanged,
  'customer.subscription.deleted': subscriptionChanged,
  'customer.subscription.paused': subscriptionChanged,
  'customer.subscription.resumed': subscriptionChanged,
  'charge.refunded': chargeRefunded,
  'charge.dispute.created': dispute,
  'charge.dispute.updated': dispute,
  'charge.dispute.funds_withdrawn': dispute,
  'charge.dispute.closed': dispute,
}

function read(payload: unknown, reading: Reading): ProviderEvent {
  const event: StripeEvent = {
    id: needText(payload, 'id'),
    type: needText(payload, 'type'),
    createdAt: instantOf(needWhole(payload, 'created')),
    object: member(payload, 'data.object'),
    previous: member(payload, 'data.previous_attributes'),
    reading,
  }
  const { id, type } = event
  const reader = Object.hasOwn(READERS, type) ? READERS[type] : undefined
  return { id, type, livemode: member(payload, 'livemode') === true, ...(reader ? reader(event) : NOTHING) }
}

export const stripe: Provider = {
  id: 'stripe',
  name: 'Stripe',
  variable: 'STRIPE_WEBHOOK_SECRET',
  secretForm: 'whsec_ and the rest, as the page of the endpoint in Stripe’s dashboard shows it',
  keyOf: (secret) => (/^whsec_[\x21-\x7e]{10,250}$/.test(secret) ? { text: secret, encoding: 'utf8' } : null),
  claimOf,
  read,
}
