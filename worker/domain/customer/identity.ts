/** Who an object is. Stored beside the facts, not folded: identity is what the log is filed under. */
export interface Identity {
  kind: 'visitor' | 'customer'
  /** The shop's id; null for a visitor. */
  customerId: string | null
  /** What tests and the holdout hash on: the first visitorId, kept through merges, so that nothing flips at login. */
  subject: string
  bornAt: number
  /** A visitor who has said who they are: every call goes on to that customer's object, one hop. */
  forward: { object: string; customerId: string; confirmed: boolean } | null
  /** Visitor objects whose logs are already part of this one. */
  absorbed: string[]
  /** A visitor who stayed away until they were taken for gone, and has not come back. */
  departed: boolean
  erased: boolean
}

/**
 * Who a caller means: a visitor we minted, a customer of the shop, or whoever a visitor's forward leads to. A caller who
 * only means a visitor never reaches a customer's object by its id.
 */
export type Who = { kind: 'visitor' } | { kind: 'customer'; customerId: string } | { kind: 'forwarded' }

/** First version of an identified owner's rows: newer than any the visitor object wrote of the same row. */
export const IDENTIFIED_VERSION = 1_000_000

export const born = (who: Who, object: string, now: number, subject?: string): Identity => ({
  kind: who.kind === 'customer' ? 'customer' : 'visitor',
  customerId: who.kind === 'customer' ? who.customerId : null,
  subject: subject ?? (who.kind === 'customer' ? who.customerId : object),
  bornAt: now,
  forward: null,
  absorbed: [],
  departed: false,
  erased: false,
})
