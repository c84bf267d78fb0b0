import type { LiveEvent } from '../../contract/analytics.ts'
import { toMajor } from '../money.ts'
import type { AcceptedEvent } from './event.ts'

/** What the live feed may show of an event: what happened, never to whom. */
export function liveLineOf({ occurredAt, type, context, body, verified }: AcceptedEvent): LiveEvent {
  const priced = 'amountMinor' in body && body.amountMinor !== null && body.currency !== null ? body : null
  return {
    at: occurredAt,
    type,
    productId: 'productId' in body ? body.productId : null,
    country: context.country,
    amount: priced ? toMajor(priced.amountMinor as number, priced.currency as string) : null,
    currency: priced?.currency ?? null,
    verified,
  }
}
