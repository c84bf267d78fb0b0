import { setTimeout as sleep } from 'node:timers/promises'

/** Keys of the local demo; the Worker knows them in development only. */
export const DEMO_PUBLISHABLE_KEY = 'pk_demo_storefront'
export const DEMO_SECRET_KEY = 'sk_demo_server'
export const DEFAULT_URL = 'http://localhost:8787'

export interface Api {
  url: string
  /** Secret key; without one the call is an administrator's, which needs no login in local development. */
  key?: string
}

/** An answer that is not 2xx, with what the server said about it. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string | undefined
  constructor(status: number, code: string | undefined, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The key given, or the environment's; without one the call is an administrator's, which works on this machine's demo. */
export const keyFor = (given: string | undefined): { key?: string } => {
  const key = given ?? process.env.FAIRLEAD_KEY
  return key ? { key } : {}
}

/** One JSON call. @throws ApiError on a refusal, TypeError when nobody answers */
export async function call<T>(api: Api, method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (api.key) headers.authorization = `Bearer ${api.key}`
  else Object.assign(headers, { 'x-fairlead': '1', origin: new URL(api.url).origin })
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(new URL(path, api.url), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await response.text()
  const answer = parse(text)
  if (response.ok && answer) return answer as T
  const { code, error, field } = (answer ?? {}) as { code?: string; error?: string; field?: string }
  const said = [error ?? text.slice(0, 200), field && `(${field})`].filter(Boolean).join(' ')
  throw new ApiError(response.status, code, `${method} ${path} answered ${response.status}${code ? ` ${code}` : ''}: ${said}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const passes = (error: unknown): boolean =>
  error instanceof ApiError ? error.status === 503 || error.status === 429 : error instanceof TypeError

/** Like `call`, again and again with growing, jittered pauses while the server is busy or away. */
export async function callPatiently<T>(api: Api, method: string, path: string, body: unknown, attempts = 8): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call<T>(api, method, path, body)
    } catch (error) {
      if (attempt >= attempts || !passes(error)) throw error
      await sleep(Math.min(15_000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2))
    }
  }
}
