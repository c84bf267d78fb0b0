import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

const BASE = '/demo'
const read = () => location.pathname.replace(BASE, '').replace(/\/$/, '') || '/'

/** Path inside the shop, as in `/product/pro_bundle`. */
export const route = signal(read())

export function go(path: string): void {
  history.pushState({}, '', BASE + path)
  route.value = read()
  scrollTo(0, 0)
  // Whoever listens to the page hears where they are now.
  setTimeout(() => document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true }))
}

addEventListener('popstate', () => {
  route.value = read()
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
