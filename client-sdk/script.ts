import { type Client, type Consent, createClient, type DropReason, type OutgoingEvent } from './index.ts'

/** `fairlead('track', 'view_item', { productId })`: a method's name, its arguments, and a function for the result if wanted. */
export type Command = (method: keyof Client, ...parameters: unknown[]) => unknown

/** What `window.fairlead` is: before the script has come only the stub of the page, which keeps calls in `q`. */
export type Fairlead = Command & Client & { q?: IArguments[]; onDropped?: (event: OutgoingEvent, reason: DropReason) => void }

declare global {
  interface Window {
    fairlead?: Fairlead
  }
}

const stub = window.fairlead
const script = document.currentScript as HTMLScriptElement | null
const { key, host, flushMs = 5000, timeoutMs = 300, consent, pageViews, disclosure } = script?.dataset ?? {}

// A second inclusion finds the first one's methods and leaves them alone.
const first = !stub?.price
if (!key) console.warn('fairlead: data-key: missing, it is pk_…')
else if (first) {
  const client = createClient({
    key,
    host: host ?? new URL((script as HTMLScriptElement).src).origin,
    flushMs: +flushMs,
    timeoutMs: +timeoutMs,
    consent: consent as Consent | undefined,
    pageViews: pageViews !== 'off',
    disclosure: disclosure !== 'off',
    onDropped: (event, reason) => fairlead.onDropped?.(event, reason),
  })
  const command: Command = (method, ...parameters) => {
    const then = typeof parameters.at(-1) === 'function' ? (parameters.pop() as (result: unknown) => void) : undefined
    const result = (client[method] as ((...parameters: unknown[]) => unknown) | undefined)?.(...parameters)
    if (then) Promise.resolve(result).then(then)
    return result
  }
  const fairlead: Fairlead = Object.assign(command, client, { onDropped: stub?.onDropped })
  window.fairlead = fairlead
  for (const [method, ...parameters] of stub?.q ?? []) command(method, ...parameters)
}
