import { track } from './outbox.ts'
import { refused } from './visitor.ts'

let address: string | undefined
let from: string | undefined

/** Reports a page view, once for each address unless `forced`. */
export function page(forced?: boolean): void {
  if (refused()) return
  const { pathname, search, href, host } = location
  if (!forced && address === pathname + search) return
  address = pathname + search
  from ??= document.referrer
  const campaign = new URLSearchParams(search).get('utm_source')
  const site = from.split('/')[2]
  const source = (campaign || (site !== host && site) || '').slice(0, 64)
  track('page_view', { path: pathname, referrer: from.split('?')[0], source: source || undefined })
  from = href
}

/** Calls `seen` for every address the page takes on; the event says whether it came back from the back-forward cache. */
export function watchPages(seen: (event?: { persisted?: boolean }) => void): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (...parameters) {
      original.apply(this, parameters)
      seen()
    }
  }
  for (const name of ['popstate', 'pageshow']) addEventListener(name, seen as () => void)
}
