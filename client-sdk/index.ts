import { fillPrices } from './elements.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { sourceOf, watchPages } from './pages.ts'
import { createPrices } from './prices.ts'
import { type Client, type ClientOptions, EVENT_FIELDS, type Identified, type OutgoingEvent } from './types.ts'
import { createVisitor } from './visitor.ts'
import { exchange } from './wire.ts'

export type * from './types.ts'

/** 128 random bits; `crypto.randomUUID` would need a secure context. */
const randomId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')

/**
 * A client for one shop. On a server it does nothing: prices resolve unpriced, events go nowhere.
 *
 * @example const fairlead = createClient({ key: 'pk_…', host: 'https://prices.example' })
 *          const { optimizedPrice } = await fairlead.price('pro_bundle')
 */
export function createClient({
  key,
  host = '',
  flushMs = 5000,
  timeoutMs = 300,
  consent = 'granted',
  pageViews = true,
  disclosure = true,
  onDropped,
}: ClientOptions): Client {
  const inBrowser = typeof document === 'object'
  const visitor = createVisitor(inBrowser ? consent : 'denied')
  const credential = `key=${encodeURIComponent(key)}`

  /** One request to the Worker: a GET without a body, else JSON. Rejects with a problem code as the message. */
  async function call<T>(path: string, body?: unknown): Promise<T> {
    if (!inBrowser) throw new Error('no_browser')
    const url = `${host}/api/${path}${path.includes('?') ? '&' : '?'}${credential}`
    const post = body ? { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : undefined
    const { ok, code, answer } = await exchange<T>(url, post).catch(() => {
      throw new Error('network')
    })
    if (ok) return answer
    // An id of another deployment, or of a database that was emptied: begin anew.
    if (answer.field === 'visitorId') visitor.forget()
    // The key itself is refused: no event kept for it can ever leave.
    if (code === 'unauthorized') outbox?.clear(code)
    throw new Error(code)
  }

  const drop = (event: OutgoingEvent, reason: string) => {
    try {
      onDropped?.(event, reason)
    } catch {}
  }

  /** The id there is, or one minted now. Rejects while the Worker cannot be reached. */
  async function visitorId(): Promise<string | null> {
    const known = visitor.known()
    if (known || visitor.refused()) return known
    const answer = await visitor.introduce(async (id) =>
      id === 'new' ? call<{ visitorId: string | null }>('visitors', {}) : { visitorId: id ?? null },
    )
    // Null: the Worker heard a refusal of profiling that this page does not know of.
    if (!answer.visitorId) client.consent('denied')
    return answer.visitorId
  }

  let outbox: Outbox | undefined

  function track(event: string, fields: Record<string, unknown> = {}) {
    const outgoing: OutgoingEvent = { id: randomId(), event, timestamp: Date.now(), visitorId: visitor.known() ?? undefined }
    try {
      const metadata: Record<string, unknown> = { ...(fields.metadata as object) }
      for (const [name, value] of Object.entries(fields)) {
        if (!(EVENT_FIELDS as readonly string[]).includes(name)) metadata[name] = value
        else if (value != null) Object.assign(outgoing, { [name]: value })
      }
      if (Object.keys(metadata).length) outgoing.metadata = metadata
      if (visitor.refused()) drop(outgoing, 'consent')
      else outbox?.add(outgoing)
    } catch {
      drop(outgoing, 'not_json')
    }
  }

  const { price, prices } = createPrices({
    timeoutMs,
    visitor,
    call,
    onRefused: () => client.consent('denied'),
    onLate: ({ decisionId, productId, fallback }) => {
      if (decisionId && !fallback) track('price_not_shown', { decisionId, productId })
    },
  })

  let address = ''
  let from = inBrowser ? document.referrer : ''
  function page(forced?: boolean) {
    const { pathname, search, href, host: here } = location
    if (visitor.refused() || (!forced && address === pathname + search)) return
    address = pathname + search
    track('page_view', { path: pathname, referrer: from.split('?')[0], source: sourceOf(search, from, here) })
    from = href
  }

  const client: Client = {
    price,
    prices,
    track,
    page: () => page(),
    visitorId: () => visitorId().catch(() => null),
    async identify(customerId, options) {
      try {
        const id = await visitorId()
        if (!id) return null
        const answer = await call<Identified>('identify', { visitorId: id, customerId, token: options.token })
        visitor.keep(answer.visitorId, answer.subject)
        return answer
      } catch {
        return null
      }
    },
    reset: visitor.forget,
    consent(state) {
      visitor.consent(state)
      if (visitor.refused()) outbox?.clear('consent')
      else if (pageViews) page()
    },
  }

  if (inBrowser) {
    outbox = createOutbox({
      url: `${host}/api/events?${credential}`,
      flushMs,
      visitorId,
      knownVisitorId: visitor.known,
      onDropped: drop,
    })
    if (visitor.refused()) outbox.clear('consent')
    const { flush, leave, resume } = outbox
    addEventListener('online', resume)
    addEventListener('pagehide', leave)
    addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && flush())
    const fill = () => fillPrices(client, timeoutMs, disclosure).catch(() => {})
    const seen = (forced?: boolean) => {
      if (forced) resume()
      if (pageViews) page(forced)
      setTimeout(fill)
    }
    // A microtask later, so that what the page has queued (its consent, above all) is heard first.
    queueMicrotask(() => {
      watchPages(seen)
      if (pageViews) page()
      if (document.readyState === 'loading') addEventListener('DOMContentLoaded', fill)
      else fill()
    })
  }
  return client
}
