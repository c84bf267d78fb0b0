import type { Context } from 'hono'
import type { Configuration } from '../config.ts'
import type { IncomingEvent } from '../contract/events.ts'
import type { NormalEvent } from '../domain/customer/accept.ts'
import { DomainError, unwrap } from '../domain/error.ts'
import { toMajor } from '../domain/money.ts'
import type { AppEnv } from '../http.ts'
import { ask, decisionMaker, type Person } from '../person.ts'
import { type QuoteClaims, quoteRefusal } from '../quote.ts'

/** What a quote says of a purchase that does not say it itself. An amount that was sent, under either name, is compared, not replaced. */
export const termsOf = (claims: QuoteClaims, { quantity = 1, value }: IncomingEvent) => ({
  productId: claims.product,
  currency: claims.currency,
  ...(value === undefined && { amount: toMajor(claims.amount * quantity, claims.currency) }),
})

/** Redeems the quote of a purchase: the amount is the quoted one, whatever the browser believed. */
export async function spendQuote(
  c: Context<AppEnv>,
  { secrets }: Configuration,
  claims: QuoteClaims,
  input: IncomingEvent,
  event: NormalEvent,
  person: Person,
  now: number,
): Promise<void> {
  const { body } = event
  if (body.kind !== 'purchase') throw new DomainError('invalid_field', 'a quote belongs to a purchase', 'quote')
  if (!event.verified) throw new DomainError('forbidden', 'a quote is redeemed by the server, with a secret key', 'quote')
  // A quote pays for one transaction: without a name of its own a repeat would be another one, and find the quote spent.
  if (input.transactionId === undefined && input.transaction_id === undefined && input.id === undefined)
    throw new DomainError('missing_field', 'a purchase with a quote needs a transactionId', 'transactionId')
  const refusal = quoteRefusal(claims, { deployment: secrets.deployment, now, productId: input.productId, currency: body.currency })
  // An expired quote that this very transaction redeemed in time stays good: the object knows.
  if (refusal && refusal !== 'quote_expired') throw new DomainError(refusal, REFUSAL_TEXT[refusal] ?? 'the quote does not hold', 'quote')
  const expectedMinor = claims.amount * body.quantity
  if (body.amountMinor !== expectedMinor) {
    throw new DomainError('quote_amount_mismatch', `the quote says ${toMajor(expectedMinor, claims.currency)} ${claims.currency}`, 'amount')
  }
  const issuer = decisionMaker(c.env, claims.jti)
  if (!issuer) throw new DomainError('quote_void', 'we no longer know this quote', 'quote')
  if (!(await isSamePerson(c, person, issuer)))
    throw new DomainError('quote_wrong_subject', 'this quote was made for somebody else', 'quote')
  unwrap(await ask(c.env, issuer, (stub, who) => stub.redeem(who, claims.jti, body.transactionId, refusal === 'quote_expired', now)))
  event.body = { ...body, decisionId: claims.jti }
}

export const REFUSAL_TEXT: Record<string, string> = {
  quote_expired: 'the quote has expired',
  quote_wrong_product: 'the quote is for another product',
  quote_wrong_currency: 'the quote is in another currency',
  quote_wrong_deployment: 'the quote was issued by another deployment',
}

/** Whether two names lead to one object, by themselves or by their forwards. */
export async function isSamePerson(c: Context<AppEnv>, one: Person, other: Person): Promise<boolean> {
  if (one.id.equals(other.id)) return true
  const [first, second] = await Promise.all([one, other].map((person) => ask(c.env, person, (stub) => stub.speaker())))
  return first?.ok === true && second?.ok === true && first.value === second.value
}
