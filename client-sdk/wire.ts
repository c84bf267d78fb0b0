import { host, inBrowser, key } from './settings.ts'

const REQUEST_MS = 30_000

/** What the Worker throws back. Anything else that is thrown means that nobody answered. */
export interface Refusal {
  /** The problem code, or `http_<status>` where it gave none. */
  code: string
  status: number
  field?: string
  /** What it asks us to wait, 0 when it does not. */
  waitMs: number
}

/** For routes that take no plain text; the browser asks first whether it may (a preflight). */
export const AS_JSON = { 'content-type': 'application/json' }

/** Whoever builds the page is told once; saying it at every request would bury it. */
let warned = false

/** The address of a path that ends in `?` or `&`. */
export const addressOf = (path: string): string => `${host}/${path}key=${key}`

/**
 * One request: a GET, or with a body a POST that outlives the page. A body goes as plain text, which spares the browser's
 * preflight, unless `headers` say otherwise. Cookies stay at home: on the Worker's own origin they would be the admin's.
 *
 * @throws Refusal
 */
export async function request<T>(path: string, body?: object, headers?: Record<string, string>): Promise<T> {
  // A page that is being made on a server asks nobody.
  if (!inBrowser) throw {}
  const response = await fetch(addressOf(path), {
    credentials: 'omit',
    signal: AbortSignal.timeout?.(REQUEST_MS),
    ...(body && { method: 'POST', body: JSON.stringify(body), keepalive: true, headers }),
  })
  const { ok, status } = response
  if (ok) return response.json()
  const answer = await response.json().catch(() => ({}))
  const { code = `http_${status}` } = answer
  if (code === 'unauthorized' && !warned) {
    warned = true
    console.warn(`fairlead: data-key: ${answer.error}`)
  }
  throw { ...answer, code, status, waitMs: Number(response.headers.get('retry-after')) * 1000 || 0 } satisfies Refusal
}

/** The answer, or why there is none in time: a problem code, `network` or `timeout`. */
export const within = <T>(answer: Promise<T>, timeoutMs: number): Promise<T | string> =>
  Promise.race([
    answer.catch((refusal: Partial<Refusal>) => refusal.code ?? 'network'),
    new Promise<string>((resolve) => setTimeout(resolve, timeoutMs, 'timeout')),
  ])
