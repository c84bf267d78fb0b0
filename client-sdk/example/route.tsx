import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

const BASE = '/demo'
const read = () => location.pathname.replace(BASE, '').replace(/\/$/, '') || '/'

/** Path inside the shop, as in `/product/pro_bundle`. */
export const route = signal(read())

/** After the page has changed, whoever listens to it hears where they are: at the element named, or at the heading. */
const focusOn = (selector: string) =>
  setTimeout(() => {
    const element = document.querySelector<HTMLElement>(selector) ?? document.querySelector<HTMLElement>('h1')
    element?.focus({ preventScroll: true })
  })

export function go(path: string): void {
  // The entry that is left remembers the link that was followed: Back puts the focus there again.
  history.replaceState({ left: document.activeElement?.getAttribute('href') }, '')
  history.pushState({}, '', BASE + path)
  route.value = read()
  scrollTo(0, 0)
  focusOn('h1')
}

addEventListener('popstate', ({ state }) => {
  route.value = read()
  focusOn(state?.left ? `a[href="${CSS.escape(state.left)}"]` : 'h1')
})

interface LinkProps {
  to: string
  class?: string
  children: ComponentChildren
}

export function Link({ to, children, class: name }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    go(to)
  }
  return (
    <a href={BASE + to} class={name} onClick={follow}>
      {children}
    </a>
  )
}
