const REQUEST_MS = 30_000

export interface Reply<T> {
  ok: boolean
  status: number
  /** What the server asks us to wait, 0 when it does not. */
  waitMs: number
  /** Of a refusal: the server's problem code, or `http_<status>` where it gave none. */
  code: string
  /** `{}` when the body is no JSON. */
  answer: T & { field?: string }
}

/** Whoever builds the page is told once; saying it at every request would bury it. */
let warned = false

/** One request. Cookies stay at home: on the Worker's own origin they would be the admin's. Rejects when nobody answers. */
export async function exchange<T>(url: string, init?: RequestInit): Promise<Reply<T>> {
  const response = await fetch(url, { credentials: 'omit', signal: AbortSignal.timeout?.(REQUEST_MS), ...init })
  const waitMs = Number(response.headers.get('retry-after')) * 1000 || 0
  const answer = await response.json().catch(() => ({}))
  const { ok, status } = response
  const code = answer.code ?? `http_${status}`
  if (code === 'unauthorized' && !warned) {
    warned = true
    console.warn(`fairlead: data-key: ${answer.error}`)
  }
  return { ok, status, waitMs, code, answer }
}
