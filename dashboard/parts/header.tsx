import { useEffect, useRef } from 'preact/hooks'
import { pageAt, path } from '../address.ts'
import { activeVisitors, socketOpen } from '../live.ts'
import { status } from '../status.ts'
import { chooseTheme, THEMES, theme } from '../theme.ts'
import { helpOpen } from './help.tsx'

export const PAGES = [
  { at: '/', name: 'Overview' },
  { at: '/revenue', name: 'Revenue' },
  { at: '/pricing', name: 'Pricing' },
  { at: '/funnel', name: 'Funnel' },
  { at: '/experiments', name: 'Experiments' },
  { at: '/customers', name: 'Customers' },
  { at: '/forecast', name: 'Forecast' },
  { at: '/setup', name: 'Set-up' },
]
/** Pages that one of the others leads to: a row of nine leaves no room for what stands beside it. */
const UNDER = [{ at: '/calculators', name: 'Calculators', of: '/experiments' }]

/** The page itself, or one under it. */
export const pageOf = (path: string) =>
  UNDER.find(({ at }) => at === path) ?? PAGES.find(({ at }) => at === path || (at !== '/' && path.startsWith(`${at}/`)))

function isAt(at: string, path: string): 'page' | 'true' | undefined {
  if (at === path) return 'page'
  const page = pageOf(path)
  return page && ('of' in page ? page.of : page.at) === at ? 'true' : undefined
}

/** Sunlit, moonlit, or as the system says. */
const GLYPHS = {
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
}

export function Header() {
  const nav = useRef<HTMLElement>(null)
  const at = path.value
  // Where the row of pages scrolls, the present one is in view.
  useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }), [at])
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system'
  return (
    <header class="top">
      {/* Where there is no room for the word, it is still its name. */}
      <a class="brand" href={pageAt('/')} aria-label="Fairlead">
        <img src="/app/icon.svg" alt="" width="24" height="24" />
        <span>Fairlead</span>
      </a>
      <nav aria-label="Pages" ref={nav}>
        {PAGES.map(({ at, name }) => (
          <a key={at} href={pageAt(at)} aria-current={isAt(at, path.value)}>
            {name}
          </a>
        ))}
      </nav>
      <div class="tools">
        <LiveBadge />
        {status.value?.environment === 'development' && (
          <a class="quiet wide" href="/demo">
            Storefront
          </a>
        )}
        <button
          type="button"
          class="icon"
          onClick={() => chooseTheme(next)}
          aria-label={`Theme: ${theme.value}. Change to ${next}`}
          title={`Theme: ${theme.value}`}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={GLYPHS[theme.value]} />
          </svg>
        </button>
        <button
          type="button"
          class="icon"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => {
            helpOpen.value = true
          }}
        >
          ?
        </button>
      </div>
    </header>
  )
}

function LiveBadge() {
  const visitors = activeVisitors.value
  return (
    <span
      class={socketOpen.value ? 'badge live' : 'badge'}
      title={socketOpen.value ? 'Live: figures follow events within two seconds' : 'No live connection: figures are read every few seconds'}
    >
      <i aria-hidden="true" />
      <span class="word">{socketOpen.value ? 'Live' : 'Polling'}</span>
      {visitors !== null && <span class="wide"> · {visitors} active now</span>}
    </span>
  )
}
