import type { ClientOptions } from './types.ts'

export const inBrowser = typeof document === 'object'

/** What the page has set. One page has one client, so it is kept in variables of the module, which minify to a letter each. */
export let key: string
export let host: string
export let flushMs: number
export let timeoutMs: number
export let pageViews: boolean
export let disclosure: boolean
export let onDropped: ClientOptions['onDropped']

/** A script tag's settings are texts. */
export function configure(options: ClientOptions): void {
  ;({ key, host = '', onDropped } = options)
  flushMs = Number(options.flushMs ?? 5000)
  timeoutMs = Number(options.timeoutMs ?? 300)
  pageViews = !/off|false/.test(options.pageViews as string)
  disclosure = !/off|false/.test(options.disclosure as string)
}
