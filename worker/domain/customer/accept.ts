import type { IncomingEvent } from '../../contract/events.ts'
import type { Origin } from '../../contract/lists.ts'
import { DomainError } from '../error.ts'
import { MAXIMUM_AMOUNT_MINOR, parseCurrency, toMinor } from '../money.ts'
import { HOUR_MS } from '../time.ts'
import {
  type AcceptedEvent,
  type DecisionBody,
  type EventBody,
  type EventContext,
  type ExposureBody,
  type PaymentBody,
  type SubscriptionBody,
  SYSTEM_PREFIX,
  type TrialBody,
  voidedEventId,
} from './event.ts'
import { knownLabelOf, labelOf } from './sources.ts'
import { canonicalName, isMoneyEvent, isReserved, type MoneyEvent } from './vocabulary.ts'

/** An event that is well-formed; the object adds the day under which it is booked, and its own name. */
export type NormalEvent = Omit<AcceptedEvent, 'bookedDay' | 'home'>

export interface Acceptance {
  now: number
  /** Used when the caller sent no id; the event can then not be told from its repetition. */
  mintedId: string
  origin: Origin
  /** A secret key or a verified webhook: only then does money count. */
  verified: boolean
  defaultCurrency: string
  /** What the edge knows of the request; the caller's own words win only when trusted. */
  context: Pick<EventContext, 'country' | 'device'>
  /** A past decision, which only an import in development may bring, or an exposure to an experiment of ours. */
  body: DecisionBody | ExposureBody | null
  /** Fields of the event that the contract has no name for. */
  extras: Record<string, unknown>
  /** Currencies a product is sold in, or null for one we do not know. */
  currenciesOf: (productId: string) => readonly string[] | null
}

/** The page had fallen back to its list price before our answer came: the decision was never served. */
const NOT_SHOWN = 'price_not_shown'

/** A server that names one of these wrongly means money, and must not be told that all is well. */
const MONEY_FAMILY = /^(subscription|dispute)_/

/** Before this instant a number of milliseconds is rather a number of seconds. */
const EARLIEST_MS = 100_000_000_000
const LATEST_YEAR_MS = 253_402_300_799_999
export const MAXIMUM_QUANTITY = 1_000_000

/**
 * Turns an event as sent into an event as kept: names by canonical vocabulary, amounts in minor units, time in epoch ms.
 *
 * @throws DomainError with the field that is wrong
 */
export function normalise(input: IncomingEvent, acceptance: Acceptance): NormalEvent {
  const sentName = input.event ?? input.eventType ?? input.activity ?? input.type
  if (!sentName) throw new DomainError('missing_field', 'an event needs a name: event, eventType, activity or type', 'event')
  const type = canonicalName(sentName)
  if (isReserved(type) && acceptance.body?.kind !== 'decision')
    throw new DomainError('invalid_field', `${type} is written by us alone`, 'event')
  if (acceptance.verified && MONEY_FAMILY.test(type) && !isMoneyEvent(type))
    throw new DomainError('invalid_field', `${sentName} is no event of a subscription or dispute: it would move nothing`, 'event')
  if (input.id?.startsWith(SYSTEM_PREFIX)) throw new DomainError('reserved_id', `ids beginning with ${SYSTEM_PREFIX} are ours`, 'id')
  const sentAt = input.timestamp === undefined ? acceptance.now : parseInstant(input.timestamp, acceptance.now)
  const isPage = acceptance.origin === 'browser'
  const source = input.source ? (isPage ? knownLabelOf(input.source) : labelOf(input.source)) : null
  const voids = type === NOT_SHOWN && input.decisionId !== undefined
  const id = voids ? voidedEventId(input.decisionId as string) : (input.id ?? acceptance.mintedId)
  return {
    id,
    type,
    // A decision bears our time, and what undoes it must come after it, however slow the page's clock is.
    occurredAt: voids && acceptance.origin !== 'import' ? acceptance.now : sentAt,
    origin: acceptance.origin,
    verified: acceptance.verified,
    context: {
      country: (acceptance.verified && input.country?.toUpperCase()) || acceptance.context.country || input.country?.toUpperCase() || null,
      device: input.device ?? acceptance.context.device,
      source,
      sessionId: input.sessionId ?? null,
    },
    body: acceptance.body ?? bodyOf(type, id, input, acceptance),
    metadata: {
      ...withoutPrototypeKeys({ ...acceptance.extras, ...input.metadata }),
      ...(type === sentName ? {} : { sentName }),
      ...(isPage && input.source !== undefined && source !== input.source ? { sentSource: input.source } : {}),
    },
  }
}

/** Epoch ms of a number or of ISO 8601 text that names its zone. @throws DomainError invalid_time, time_in_future */
export function parseInstant(value: number | string, now: number, field = 'timestamp'): number {
  const instant = typeof value === 'number' ? value : parseIso(value, field)
  if (!Number.isSafeInteger(instant) || instant < EARLIEST_MS || instant > LATEST_YEAR_MS) {
    throw new DomainError('invalid_time', 'a time is epoch milliseconds, or ISO 8601 with a zone', field)
  }
  if (instant > now + HOUR_MS) throw new DomainError('time_in_future', 'a time may lie an hour ahead at most', field)
  return instant
}

function parseIso(text: string, field: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/.exec(text)
  if (!parts) throw new DomainError('invalid_time', 'a time in text is ISO 8601 with a zone, as 2026-02-03T04:05:06Z', field)
  const daysInMonth = new Date(Date.UTC(Number(parts[1]), Number(parts[2]), 0)).getUTCDate()
  if (Number(parts[3]) > daysInMonth) throw new DomainError('invalid_time', 'this day does not exist', field)
  return Math.floor(Date.parse(text))
}

function bodyOf(type: string, id: string, input: IncomingEvent, acceptance: Acceptance): EventBody {
  if (type === NOT_SHOWN && input.decisionId !== undefined) return { kind: 'decision_voided', decisionId: input.decisionId }
  return isMoneyEvent(type) ? moneyBody(type, id, input, acceptance) : behaviourBody(input, acceptance)
}

function behaviourBody(input: IncomingEvent, acceptance: Acceptance): EventBody {
  const productId = input.productId ?? input.items?.find((item) => item.item_id !== undefined)?.item_id ?? null
  // Pages name things we do not sell, too; only known products become keys of a sum.
  const known = productId !== null && acceptance.currenciesOf(productId) !== null
  return { kind: 'behaviour', productId: known ? productId : null, funnelStep: input.funnelStep ?? null }
}

function moneyBody(type: MoneyEvent, id: string, input: IncomingEvent, acceptance: Acceptance): EventBody {
  switch (type) {
    case 'purchase': {
      const { amountMinor, currency } = money(input, acceptance)
      if (input.discount !== undefined && (input.discount < 0 || toMinor(input.discount, currency, 'discount') > amountMinor)) {
        throw new DomainError('discount_above_price', 'a discount lies between 0 and the amount', 'discount')
      }
      return {
        kind: 'purchase',
        transactionId: input.transactionId ?? input.transaction_id ?? id,
        amountMinor,
        currency,
        productId: product(input, currency, acceptance),
        quantity: quantity(input),
        subscriptionId: input.subscriptionId ?? null,
        decisionId: input.decisionId ?? null,
      }
    }
    case 'refund':
    case 'dispute_opened':
    case 'dispute_closed': {
      const transactionId = required(input.transactionId ?? input.transaction_id, 'transactionId')
      return {
        kind: type,
        transactionId,
        ...money(input, acceptance),
        won: input.won ?? false,
        cumulative: input.cumulative ?? false,
        paymentId: input.paymentId ?? null,
      }
    }
    case 'subscription_started':
    case 'subscription_renewed':
    case 'subscription_changed':
    case 'subscription_cancelled':
    case 'subscription_ended':
      return subscriptionBody(type.slice('subscription_'.length) as SubscriptionBody['change'], input, acceptance)
    case 'payment_failed':
    case 'payment_succeeded':
    case 'payment_action_required': {
      const priced = input.amount === undefined && input.value === undefined ? null : money(input, acceptance)
      return {
        kind: 'payment',
        change: type.slice('payment_'.length) as PaymentBody['change'],
        invoiceId: required(input.invoiceId ?? input.sessionId, 'invoiceId'),
        attempt: input.attempt ?? 1,
        amountMinor: priced?.amountMinor ?? null,
        currency: priced?.currency ?? null,
        declineCode: input.declineCode ?? null,
      }
    }
    case 'trial_started':
    case 'trial_ended':
      return {
        kind: 'trial',
        change: type.slice('trial_'.length) as TrialBody['change'],
        subscriptionId: required(input.subscriptionId, 'subscriptionId'),
      }
  }
}

function subscriptionBody(change: SubscriptionBody['change'], input: IncomingEvent, acceptance: Acceptance): SubscriptionBody {
  const { amountMinor, currency } = money(input, acceptance)
  const seats = quantity(input)
  if (amountMinor * seats > MAXIMUM_AMOUNT_MINOR) throw new DomainError('invalid_amount', 'an amount this large is not taken', 'amount')
  return {
    kind: 'subscription',
    change,
    subscriptionId: required(input.subscriptionId, 'subscriptionId'),
    version: required(input.version, 'version'),
    productId: required(product(input, currency, acceptance) ?? undefined, 'productId'),
    amountMinor,
    currency,
    interval: required(input.interval, 'interval'),
    intervalCount: input.intervalCount ?? 1,
    quantity: seats,
    trial: input.trial ?? null,
    suspended: input.suspended ?? false,
    churnReason: input.churnReason ?? null,
  }
}

/** Amount and currency. `amount` without a currency takes the configured default; GA4's `value` never goes without one. */
function money(input: IncomingEvent, acceptance: Acceptance): { amountMinor: number; currency: string } {
  if (input.amount === undefined && input.value !== undefined && input.currency === undefined) {
    throw new DomainError('missing_currency', 'value needs a currency beside it', 'currency')
  }
  const currency = parseCurrency(input.currency ?? acceptance.defaultCurrency)
  const field = input.amount === undefined ? 'value' : 'amount'
  return { amountMinor: toMinor(required(input.amount ?? input.value, 'amount'), currency, field), currency }
}

function product(input: IncomingEvent, currency: string, acceptance: Acceptance): string | null {
  const productId = input.productId ?? (input.items?.length === 1 ? input.items[0]?.item_id : undefined)
  if (productId === undefined) return null
  // History may name what is no longer sold, and a provider what it alone sells; other money of today may not.
  if (acceptance.origin === 'import' || acceptance.origin === 'provider') return productId
  const currencies = acceptance.currenciesOf(productId)
  if (!currencies) {
    if (!acceptance.verified) return null
    throw new DomainError('unknown_product', 'this product is not in the catalogue', 'productId')
  }
  if (!currencies.includes(currency)) throw new DomainError('currency_mismatch', `this product has no price in ${currency}`, 'currency')
  return productId
}

function quantity(input: IncomingEvent): number {
  const value = input.quantity ?? 1
  if (!Number.isSafeInteger(value) || value < 1 || value > MAXIMUM_QUANTITY) {
    throw new DomainError('invalid_quantity', `a quantity is a whole number from 1 to ${MAXIMUM_QUANTITY}`, 'quantity')
  }
  return value
}

function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new DomainError('missing_field', `${field} is required`, field)
  return value
}

/** Copies free fields without the keys that would reach an object's prototype when somebody assigns them later. */
function withoutPrototypeKeys(value: Record<string, unknown>): Record<string, unknown> {
  if (Object.keys(value).length === 0) return {}
  return JSON.parse(JSON.stringify(value), (key, inner) =>
    key === '__proto__' || key === 'constructor' || key === 'prototype' ? undefined : inner,
  )
}
