import type { ReversalBody } from '../../customer/event.ts'
import { idAt, needId, needText, needWhole } from '../json.ts'
import { factOf } from '../provider.ts'
import { currencyOf, instantOf, NOTHING, type Read, type StripeEvent } from './common.ts'
import { minorOf } from './money.ts'

/** All that has been refunded of a charge so far. It is of whoever bought: what names a customer here may be another name than there. */
export function chargeRefunded({ createdAt, object }: StripeEvent): Read {
  const amountRefunded = needWhole(object, 'amount_refunded')
  if (amountRefunded === 0) return NOTHING
  const chargeId = needText(object, 'id')
  const objectId = idAt(object, 'invoice') ?? idAt(object, 'payment_intent') ?? chargeId
  const currency = currencyOf(object)
  const body: ReversalBody = {
    kind: 'refund',
    transactionId: objectId,
    amountMinor: minorOf(amountRefunded, currency, 'amount_refunded'),
    currency,
    won: false,
    cumulative: true,
    // An invoice may be paid by several charges, and each tells its own total.
    paymentId: chargeId,
  }
  return { whose: { objectId }, facts: [factOf('stripe', `${chargeId}:refunded:${amountRefunded}`, 'refund', createdAt, body)], links: [] }
}

/**
 * A dispute. Inquiries (`warning_…`) and those that were prevented take no money. An inquiry may become a dispute without
 * being created again, so whatever tells of a dispute tells that it was opened, always as the same fact. Its name is the
 * charge's, as in an exported file: one charge has one dispute.
 */
export function dispute({ createdAt, object, type }: StripeEvent): Read {
  const status = needText(object, 'status')
  if (status.startsWith('warning_') || status === 'prevented') return NOTHING
  const id = needText(object, 'id')
  const chargeId = needId(object, 'charge')
  const objectId = idAt(object, 'payment_intent') ?? chargeId
  const currency = currencyOf(object)
  const amountMinor = minorOf(needWhole(object, 'amount'), currency)
  const bodyOf = (kind: ReversalBody['kind']): ReversalBody => ({
    kind,
    transactionId: objectId,
    amountMinor,
    currency,
    won: kind === 'dispute_closed' && status === 'won',
    cumulative: false,
    paymentId: null,
  })
  const openedAt = instantOf(needWhole(object, 'created'))
  const opened = factOf('stripe', `${chargeId}:disputed`, 'dispute_opened', openedAt, bodyOf('dispute_opened'))
  const isClosed = type === 'charge.dispute.closed' && (status === 'won' || status === 'lost')
  // A millisecond later than anything of the same second: it must come behind what it closes.
  const closed = factOf('stripe', `${id}:closed`, 'dispute_closed', createdAt + 1, bodyOf('dispute_closed'))
  return { whose: { objectId }, facts: isClosed ? [opened, closed] : [opened], links: [] }
}
