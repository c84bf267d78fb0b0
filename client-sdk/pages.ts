/** Calls `seen` for every address the page takes on; `forced` when it came back from the back-forward cache. */
export function watchPages(seen: (forced?: boolean) => void): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (...parameters) {
      original.apply(this, parameters)
      seen()
    }
  }
  addEventListener('popstate', () => seen())
  addEventListener('pageshow', (event) => event.persisted && seen(true))
}

/** Campaign or site this view came from, at most 64 characters. */
export function sourceOf(search: string, referrer: string, host: string): string | undefined {
  const campaign = new URLSearchParams(search).get('utm_source')
  const site = referrer.split('/')[2]
  return (campaign || (site !== host && site) || '').slice(0, 64) || undefined
}
