import type { IdentifyAnswer, IncomingEvent } from '../worker/contract/events.ts'
import type { Device } from '../worker/contract/lists.ts'
import type { Pricing } from '../worker/contract/pricing.ts'
import type { EventField } from './event-fields.ts'

export type { Pricing }

export type EventFields = Pick<IncomingEvent, EventField> & Record<string, unknown>

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
  /** Milliseconds a price or a variant may take. Default 300. */
  timeoutMs?: number
  /**
   * State before anybody has spoken. Default `granted`. What Google's Consent Mode says in `window.dataLayer`, and
   * `consent()`, count as they come; Global Privacy Control always means `denied`.
   */
  consent?: Consent
  /** Reports page views by itself, single-page navigation included. Default true. */
  pageViews?: boolean | 'off'
  /** Renders the disclosure text beside `data-fl-price` elements. Default true; turn it off only if the page shows it itself. */
  disclosure?: boolean | 'off'
  /** Hears of every event that will never arrive. */
  onDropped?: (event: OutgoingEvent, reason: DropReason) => void
}

export type Identified = Pick<IdentifyAnswer, 'visitorId' | 'customerId' | 'subject' | 'merged'>

/** Something to offer this visitor. Nobody is made an offer yet. */
export interface Offer {
  id: string
  productId: string
}

/** Nothing here throws or rejects: the page is the host, this is the guest. */
export interface Client {
  /** The price of one product, counted as shown. Resolves an `Unpriced` when no decision came in time. */
  price(productId: string, options?: PriceOptions): Promise<ShownPricing>
  /** Prices of a listing (≤ 100), in the order asked; previews that are counted as shown when the product is viewed. */
  prices(productIds: string[], options?: PriceOptions): Promise<ShownPricing[]>
  /**
   * The value of a flag for this visitor, counted as seen. The fallback when the flag is unknown, no answer came in time, or
   * consent is denied. All reads of a page share one request.
   *
   * @example const headline = await fairlead.variant('hero', 'Set sail')
   */
  variant<T>(key: string, fallback: T): Promise<T>
  /** What flags may target, as in `{ plan: 'pro' }`. Takes the place of what was said before; the next variant is asked anew. */
  attributes(values: Record<string, unknown>): void
  /** Offers for this visitor: an empty list until there are some. */
  offers(): Promise<Offer[]>
  track(event: EventName, fields?: EventFields): void
  /** Reports a page view, once for each address. */
  page(): void
  /** Ties this browser to the shop's customer. Null: refused or not reached. */
  identify(customerId: string, options: { token: string }): Promise<Identified | null>
  /** Forgets who this browser is, for signing out: the next call gets a fresh visitor. */
  reset(): void
  /** `denied` removes everything stored, stops events and asks for list prices and control. */
  consent(state: Consent): void
  /** The id to hand to the shop's server with an order. Null without consent, or while the Worker cannot be reached. */
  visitorId(): Promise<string | null>
}

/** `fairlead('track', 'view_item', { productId })`: a method's name, its arguments, and a function for the result if wanted. */
export type Command = (method: keyof Client, ...parameters: unknown[]) => unknown

/** What `window.fairlead` is: before the script has come only the stub of the page, which keeps calls in `q`. */
export type Fairlead = Command & Client & { q?: IArguments[]; onDropped?: ClientOptions['onDropped'] }

declare global {
  interface Window {
    fairlead?: Fairlead
  }
}
