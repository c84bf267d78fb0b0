const REQUEST_MS = 30_000

export interface Reply<T> {
  ok: boolean
  status: number
  /** What the server asks us to wait, 0 when it does not. */
  waitMs: number
  /** `{}` when the body is no JSON. */
  answer: T & { code?: string; field?: string }
}

/** One request. Cookies stay at home: on the Worker's own origin they would be the admin's. Rejects when nobody answers. */
export async function exchange<T>(url: string, init?: RequestInit): Promise<Reply<T>> {
  const response = await fetch(url, { credentials: 'omit', signal: AbortSignal.timeout?.(REQUEST_MS), ...init })
  const waitMs = Number(response.headers.get('retry-after')) * 1000 || 0
  return { ok: response.ok, status: response.status, waitMs, answer: await response.json().catch(() => ({})) }
}
