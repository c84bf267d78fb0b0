import { computed, signal } from '@preact/signals'
import type { Client, Consent, PriceOptions, ShownPricing } from '../types.ts'
import type { Currency } from './catalogue.ts'
import { kept } from './kept.ts'

/** The SDK once its script has run, or null where it was blocked: then Harbour sells at its list prices. */
export const sdk = new Promise<Client | null>((resolve) => {
  const loaded = () => {
    const { fairlead } = window as { fairlead?: Partial<Client> }
    return fairlead?.price ? (fairlead as Client) : null
  }
  const settle = () => resolve(loaded())
  if (loaded()) return settle()
  document.querySelector('script[data-key]')?.addEventListener('load', settle)
  // The page's load waits for every script, failed ones too; the tag's own error may have gone by before this ran.
  addEventListener('load', settle)
})

export const country = kept('country', 'US')
export const device = kept<NonNullable<PriceOptions['device']>>('device', 'desktop')
const EURO_COUNTRIES = ['DE', 'FR']
/** What Harbour asks for where the buyer is; elsewhere dollars. */
export const currency = computed<Currency>(() => (EURO_COUNTRIES.includes(country.value) ? 'EUR' : 'USD'))

/** What the buyer chose on the page. */
export const wish = kept<Consent>('consent', 'granted')
/** The browser refuses for its owner (Global Privacy Control): no wish on a page outranks that. */
export const refusedByBrowser = signal((navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true)
export const consent = computed<Consent>(() => (refusedByBrowser.value ? 'denied' : wish.value))

export const customer = kept<string | null>('customer', null)
/** What the shop's server signed for them. */
export const token = kept<string>('token', '')
export const visitorId = signal<string | null>(null)
/** Product ids; a demo cart holds one of each. */
export const cart = kept<string[]>('cart', [])
export const order = kept<{ orderId: string; total: number; currency: string } | null>('order', null)

/** Latest price of each product for this visitor and context; absent while it is being asked. */
export const prices = signal<Record<string, ShownPricing>>({})
/** Decisions as they came, newest first, for the strip. */
export const decisions = signal<ShownPricing[]>([])

export const track: Client['track'] = (event, fields) => void sdk.then((client) => client?.track(event, fields))
