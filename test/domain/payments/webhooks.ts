import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { IncomingEvent } from '../../../worker/contract/events.ts'
import type { ProviderId } from '../../../worker/contract/lists.ts'
import { DomainError } from '../../../worker/domain/error.ts'
import type { Provider, ProviderEvent, Reading } from '../../../worker/domain/payments/provider.ts'
import history from '../../golden/stripe/history.json'
import stream from '../../golden/stripe/stream.json'

/** A delivery as a provider's own library signs it. */
export interface Delivery {
  headers: Record<string, string>
  body: string
}

export const SECRETS: Record<ProviderId, string> = {
  stripe: 'whsec_of.the.tests',
  standard: `whsec_${btoa('thirty-two bytes of test secret!')}`,
}

/** What signs as each provider does; with the makers' own libraries, so that we agree with them and not with ourselves. */
export const SIGN: Record<ProviderId, (body: string, secret: string, atSeconds: number, messageId?: string) => Promise<Delivery>> = {
  async stripe(body, secret, timestamp) {
    const header = await Stripe.webhooks.generateTestHeaderStringAsync({ payload: body, secret, timestamp })
    return { headers: { 'stripe-signature': header }, body }
  },
  async standard(body, secret, atSeconds, messageId = 'msg_1') {
    const signature = new Webhook(secret).sign(messageId, new Date(atSeconds * 1000), body)
    return { headers: { 'webhook-id': messageId, 'webhook-timestamp': String(atSeconds), 'webhook-signature': signature }, body }
  },
}

export const claimOf = (provider: Provider, { headers, body }: Delivery) => provider.claimOf((name) => headers[name] ?? null, body)

export const reading = (over: Partial<Reading> = {}): Reading => ({
  now: Date.parse('2026-11-03T00:00:00Z'),
  messageId: 'msg_1',
  defaultCurrency: 'USD',
  countPastDue: true,
  incoming(value) {
    const parsed = IncomingEvent.safeParse(value)
    if (!parsed.success) throw new DomainError('invalid_field', 'not an event', `data.${parsed.error.issues[0]?.path.join('.')}`)
    return parsed.data
  },
  ...over,
})

export const read = (provider: Provider, payload: unknown, over: Partial<Reading> = {}): ProviderEvent =>
  provider.read(payload, reading(over))

export interface StripePayload {
  id: string
  type: string
  created: number
  data: { object: Record<string, unknown>; previous_attributes?: unknown }
}

const DAY_SECONDS = 86_400

/** Moves every time of a fixture by the same number of seconds: whatever number lies within a year of its beginning is a time. */
export function shifted<T>(value: T, base: number, bySeconds: number): T {
  return JSON.parse(JSON.stringify(value), (_, inner) =>
    typeof inner === 'number' && Math.abs(inner - base) < 365 * DAY_SECONDS ? inner + bySeconds : inner,
  ) as T
}

/** Everything of it happened within these two days, so that none is late when a test sends it. */
const SPAN_SECONDS = 40 * 3_600

const HOUR_SECONDS = 3_600

/**
 * Seconds by which a fixture moves to have just ended. One subscription begins four hours after the beginning and ends 22
 * hours later: where both would fall on one day, which moves no recurring revenue, everything is two hours earlier.
 */
export function shiftTo(now: number): number {
  const latest = Math.floor(now / 1000) - SPAN_SECONDS - stream.base
  const begunAt = (stream.base + latest + 4 * HOUR_SECONDS) % DAY_SECONDS
  return begunAt < 2 * HOUR_SECONDS ? latest - 2 * HOUR_SECONDS : latest
}

export const STREAM_BASE = stream.base
export const streamAt = (bySeconds: number): StripePayload[] => shifted(stream.events as unknown as StripePayload[], stream.base, bySeconds)
export const historyAt = (bySeconds: number): StripePayload[] =>
  shifted(history.events as unknown as StripePayload[], history.base, bySeconds)

/** An exported file with its times moved like the events. */
export const exportAt = (text: string, bySeconds: number): string =>
  text.replace(/2026-11-0\d \d\d:\d\d:\d\d/g, (time) =>
    new Date(Date.parse(`${time.replace(' ', 'T')}Z`) + bySeconds * 1000).toISOString().slice(0, 19).replace('T', ' '),
  )

/** A small generator, so that an order that fails can be had again: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Each of the things one to three times, in some order. */
export function duplicatedAndShuffled<T>(things: readonly T[], seed: number): T[] {
  const random = randomOf(seed)
  const all = things.flatMap((thing) => Array.from({ length: 1 + Math.floor(random() * 3) }, () => thing))
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[all[at], all[other]] = [all[other] as T, all[at] as T]
  }
  return all
}
