import type * as z from 'zod'
import type { IdentifyAnswer, IncomingEvent } from '../worker/contract/events.ts'
import type { Device } from '../worker/contract/lists.ts'
import type { Pricing } from '../worker/contract/pricing.ts'

export type { Pricing }

/** Fields of an event that have a place of their own on the wire; every other field travels in `metadata`. */
export const EVENT_FIELDS = [
  'id',
  'timestamp',
  'amount',
  'value',
  'currency',
  'productId',
  'quantity',
  'transactionId',
  'transaction_id',
  'items',
  'decisionId',
  'funnelStep',
  'country',
  'device',
  'source',
  'metadata',
] as const
export type EventFields = Pick<IncomingEvent, (typeof EVENT_FIELDS)[number]> & Record<string, unknown>

/** GA4's names, which the funnel and the figures understand; any other name is kept as a custom event. */
export type EventName =
  | 'page_view'
  | 'view_item_list'
  | 'view_item'
  | 'add_to_cart'
  | 'remove_from_cart'
  | 'begin_checkout'
  | 'add_shipping_info'
  | 'add_payment_info'
  | 'purchase'
  | 'refund'
  | 'sign_up'
  | (string & {})

export type OutgoingEvent = IncomingEvent & { id: string; event: string }

/** Why an event was given up: our own reason, a problem code of the server, or `http_<status>`. */
export type DropReason = 'consent' | 'overflow' | 'too_large' | 'not_json' | (string & {})

/** No decision in time: show your own list price and sell at it. `reason` says why. */
export interface Unpriced {
  productId: string
  optimizedPrice: null
  listPrice: null
  currency: null
  decisionId: null
  quote: null
  disclosure: null
  reason: 'timeout' | 'network' | 'unknown_product' | (string & {})
  fallback: true
}
export type ShownPricing = Pricing | Unpriced

export interface PriceOptions {
  currency?: string
  country?: string
  region?: string
  device?: Device
  behaviorFlags?: string[]
  /** Counts only with `token`, the JWT that the shop's server signed. */
  customerId?: string
  token?: string
  /** Milliseconds until the fallback; the default is the client's. */
  timeoutMs?: number
}

export type Consent = 'granted' | 'denied'

export interface ClientOptions {
  /** Publishable key, `pk_…`. */
  key: string
  /** Origin of the Worker. Default: the page's own. */
  host?: string
  /** Milliseconds an event of a burst waits for company; any other waits 250 at most. Default 5000. */
  flushMs?: number
  /** Milliseconds a price may take. Default 300. */
  timeoutMs?: number
  /** State before the shop's consent dialog speaks. Default `granted`. Global Privacy Control always means `denied`. */
  consent?: Consent
  /** Reports page views by itself, single-page navigation included. Default true. */
  pageViews?: boolean
  /** Renders the disclosure text beside `data-fl-price` elements. Default true; turn it off only if the page shows it itself. */
  disclosure?: boolean
  /** Hears of every event that will never arrive. */
  onDropped?: (event: OutgoingEvent, reason: DropReason) => void
}

export type Identified = Pick<z.infer<typeof IdentifyAnswer>, 'visitorId' | 'customerId' | 'subject' | 'merged'>

/** Nothing here throws or rejects: the page is the host, this is the guest. */
export interface Client {
  /** The price of one product, counted as shown. Resolves an `Unpriced` when no decision came in time. */
  price(productId: string, options?: PriceOptions): Promise<ShownPricing>
  /** Prices of a listing (≤ 100), in the order asked; previews that are counted as shown when the product is viewed. */
  prices(productIds: string[], options?: PriceOptions): Promise<ShownPricing[]>
  track(event: EventName, fields?: EventFields): void
  /** Reports a page view, once for each address. */
  page(): void
  /** Ties this browser to the shop's customer. Null: refused or not reached. */
  identify(customerId: string, options: { token: string }): Promise<Identified | null>
  /** Forgets who this browser is, for signing out: the next call gets a fresh visitor. */
  reset(): void
  /** `denied` removes everything stored, stops events and asks for list prices. */
  consent(state: Consent): void
  /** The id to hand to the shop's server with an order. Null without consent, or while the Worker cannot be reached. */
  visitorId(): Promise<string | null>
}
