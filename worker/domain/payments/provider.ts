import type { IncomingEvent } from '../../contract/events.ts'
import type { ProviderId } from '../../contract/lists.ts'
import type { NormalEvent } from '../customer/accept.ts'
import type { EventBody } from '../customer/event.ts'

/**
 * A payment provider whose webhooks we read. A new one is a file that exports one of these, and a line in
 * `providers/index.ts`; routes, storage, API and the suite of laws read the list.
 */
export interface Provider {
  id: ProviderId
  /** As people call it. */
  name: string
  /** Variable of the deployment that may hold the signing secret, beside the one set through the API. */
  variable: 'STRIPE_WEBHOOK_SECRET' | 'STANDARD_WEBHOOK_SECRET'
  /** What a signing secret looks like, in words. */
  secretForm: string
  /** The key of the HMAC that a secret stands for; null for a text that is no secret of this provider. */
  keyOf(secret: string): SigningKey | null
  /** What the headers of a delivery claim of its body; null where they claim nothing that could be checked. */
  claimOf(header: (name: string) => string | null, body: string): Claim | null
  /**
   * What a delivery says, once its signature held.
   *
   * @throws DomainError with the field that cannot be read
   */
  read(payload: unknown, reading: Reading): ProviderEvent
}

export interface SigningKey {
  text: string
  encoding: 'utf8' | 'base64'
}

/** HMAC-SHA-256 over `content`, as one of `signatures`, made at `sentAtSeconds`. */
export interface Claim {
  /** Id of the delivery where a header carries it. */
  messageId: string | null
  /** Seconds since the epoch. */
  sentAtSeconds: number
  content: string
  signatures: readonly string[]
  encoding: 'hex' | 'base64'
}

/** What reading needs to know beside the payload. */
export interface Reading {
  now: number
  /** As the headers had it. */
  messageId: string | null
  defaultCurrency: string
  /** Whether a subscription that is past due still counts as recurring revenue. */
  countPastDue: boolean
  /** Checks an event of our own contract. @throws DomainError with its field */
  incoming(value: unknown): IncomingEvent
}

/** What a webhook says in our words. Without facts and links there is nothing in it that we count. */
export interface ProviderEvent {
  id: string
  /** The provider's own name of it. */
  type: string
  /** False: made with test keys, no real money. */
  livemode: boolean
  whose: Whose
  facts: readonly NormalEvent[]
  /** Objects of the provider that later webhooks may name alone, and the transaction they belong to. */
  links: readonly Link[]
}

export interface Link {
  objectId: string
  transactionId: string
}

/**
 * Whom an event is of. Either it names somebody, in order of preference, where a name that cannot be one is passed over;
 * or it knows only an object of a purchase, and is of whoever bought.
 */
export type Whose = { names: readonly Name[] } | { objectId: string }
export type Name = { customerId: string } | { visitorId: string }

export const NOBODY: Whose = { names: [] }

/** How far the clocks of provider and receiver may lie apart, in either direction: a signature is good for so long, and no longer. */
export const TOLERANCE_SECONDS = 300

/** Whether a signature was made about now. Stripe's own library refuses old ones only; one from the future is as good as forged. */
export const isTimely = ({ sentAtSeconds }: Claim, now: number): boolean =>
  Math.abs(Math.floor(now / 1000) - sentAtSeconds) <= TOLERANCE_SECONDS

/** A fact as an event for the customer's log. `key` is what happened, not who told of it: told twice, it is one fact. */
export const factOf = (
  provider: ProviderId,
  key: string,
  type: string,
  occurredAt: number,
  body: EventBody,
  country: string | null = null,
): NormalEvent => ({
  id: `${provider}:${key}`,
  type,
  occurredAt,
  origin: 'provider',
  verified: true,
  context: { country, device: null, source: null, sessionId: null },
  body,
  metadata: {},
})

/** The event once it is known which transaction its object belongs to: a refund names a payment, we booked an invoice. */
export const boundTo = (event: ProviderEvent, transactionId: string): ProviderEvent => ({
  ...event,
  facts: event.facts.map((fact) => ('transactionId' in fact.body ? { ...fact, body: { ...fact.body, transactionId } } : fact)),
  links: event.links.map(({ objectId }) => ({ objectId, transactionId })),
})
