import { computed, effect, signal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'fairlead-theme'
const stated = document.documentElement.dataset.theme
export const theme = signal<Theme>(stated === 'light' || stated === 'dark' ? stated : 'system')

const media = matchMedia('(prefers-color-scheme: dark)')
const systemDark = signal(media.matches)
media.addEventListener('change', (event) => {
  systemDark.value = event.matches
})

/** What is on screen; canvases redraw when it changes, since CSS does not reach into them. */
export const dark = computed(() => theme.value === 'dark' || (theme.value === 'system' && systemDark.value))

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme.value
})

/** Colour of a class of the legend as the theme has it now, for a canvas. */
export const colourOf = (className: string) => () => getComputedStyle(document.querySelector(`.swatch.${className}`) ?? document.body).color

export function chooseTheme(next: Theme): void {
  theme.value = next
  try {
    if (next === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, next)
  } catch {}
}
