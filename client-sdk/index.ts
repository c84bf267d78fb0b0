import { hearConsentMode } from './consent-mode.ts'
import { fill } from './elements.ts'
import { clear, flush, leave, restore, resume, track } from './outbox.ts'
import { page, watchPages } from './pages.ts'
import { price, prices } from './prices.ts'
import { configure, inBrowser, key, pageViews, timeoutMs } from './settings.ts'
import type { Client, ClientOptions, Identified } from './types.ts'
import { forgetFlags, readFlag, setAttributes } from './variants.ts'
import { become, decideConsent, forget, known, refused, visitorId } from './visitor.ts'
import { AS_JSON, type Refusal, request } from './wire.ts'

export type * from './types.ts'

const client: Client = {
  price,
  prices,
  track,
  attributes: setAttributes,
  page: () => page(),
  visitorId: () => visitorId().catch(() => null),
  async variant<T>(key: string, fallback: T) {
    return ((await readFlag(key, timeoutMs))?.value as T) ?? fallback
  },
  offers: async () => [],
  async identify(customerId, options) {
    try {
      const id = await visitorId()
      if (!id) return null
      const answer = await request<Identified>('api/identify?', { visitorId: id, customerId, token: options.token }, AS_JSON)
      if (known() === id) {
        if (!answer.merged) forget()
        become(answer.visitorId, answer.subject)
        forgetFlags()
      }
      return answer
    } catch (refusal) {
      // An id of another deployment, or of a database that was emptied: begin anew.
      if ((refusal as Refusal).field === 'visitorId') forget()
      return null
    }
  },
  reset() {
    forget()
    forgetFlags()
  },
  consent(state) {
    const before = refused()
    decideConsent(state)
    if (refused() !== before) forgetFlags()
    if (refused()) clear('consent')
    else if (pageViews) page()
  },
}

/**
 * The client of this page, for one shop; a second call changes nothing. On a server it does nothing: prices resolve
 * unpriced, variants to their fallback, events go nowhere.
 *
 * @example const fairlead = createClient({ key: 'pk_…', host: 'https://prices.example' })
 *          const { optimizedPrice } = await fairlead.price('pro_bundle')
 */
export function createClient(options: ClientOptions): Client {
  if (key || !inBrowser) return client
  configure(options)
  decideConsent(options.consent)
  hearConsentMode(client.consent)
  restore()
  addEventListener('online', resume)
  addEventListener('pagehide', leave)
  addEventListener('visibilitychange', () => document.hidden && flush())
  const seen = (event?: { persisted?: boolean }) => {
    const forced = event?.persisted
    if (forced) resume()
    if (pageViews) page(forced)
    setTimeout(fill)
  }
  // A microtask later, so that what the page has queued (its consent, above all) is heard first.
  Promise.resolve().then(() => {
    watchPages(seen)
    if (pageViews) page()
    if (document.readyState === 'loading') addEventListener('DOMContentLoaded', fill)
    else fill()
  })
  return client
}
