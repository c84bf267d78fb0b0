import { addressOf, queryOf } from './address.ts'
import { FairleadError, unfit } from './errors.ts'
import { delayMs } from './retries.ts'
import type { Runtime } from './runtime.ts'
import type { CallOptions, ErrorCode, ServerClientOptions } from './types.ts'

const MAXIMUM_RETRIES = 10

export interface Outgoing {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the Worker's address, without a slash in front. */
  path: string
  query?: Record<string, unknown>
  /** JSON. */
  text?: string
  headers?: Record<string, string>
  /** The answer is the text of a file and no object. */
  isFile?: boolean
}

export interface Reply {
  status: number
  etag: string | null
  text: string
  /** The object in the text; none for a 304. */
  answer: object | undefined
}

export interface Failure {
  error: FairleadError
  retryAfter: string | null
}

/** Requests to one Worker with one key. Each of them may be sent again, so each is until it is answered or given up. */
export interface Wire {
  isSecret: boolean
  runtime: Runtime
  get<T>(path: string, query?: Record<string, unknown>, options?: CallOptions): Promise<T>
  post<T>(path: string, body?: unknown, options?: CallOptions, headers?: Record<string, string>): Promise<T>
  put<T>(path: string, body: unknown, options?: CallOptions): Promise<T>
  patch<T>(path: string, body: unknown, options?: CallOptions): Promise<T>
  delete<T>(path: string, options?: CallOptions): Promise<T>
  /** The text of a file. */
  file(path: string, query?: Record<string, unknown>, options?: CallOptions): Promise<string>
  /** @throws FairleadError when it is refused, or not answered however often it is tried */
  send(request: Outgoing, options?: CallOptions): Promise<Reply>
  /** One try. */
  attempt(request: Outgoing, options?: CallOptions): Promise<Reply | Failure>
  /** Waits for the next try; false when there is to be none. */
  again(tried: number, retryAfter: string | null, options?: CallOptions): Promise<boolean>
}

/** @throws FairleadError invalid_field  an option that cannot be; its message does not repeat a key */
export function createWire(options: ServerClientOptions, runtime: Runtime): Wire {
  const { key, retries = 3, timeoutMs = 10_000 } = options
  const base = addressOf(options.url)
  if (!/^(pk|sk)_[\w-]{4,128}$/.test(key)) throw unfit('key', 'a key that begins with sk_, or with pk_ for what browsers may do')
  if (!(Number.isInteger(retries) && retries >= 0 && retries <= MAXIMUM_RETRIES)) throw unfit('retries', `0 to ${MAXIMUM_RETRIES}`)
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) throw unfit('timeoutMs', 'milliseconds')
  // Taken out of the options: called as their method, the platform's own function refuses to work in Workers.
  const fetch: typeof globalThis.fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const withoutKey = (text: string) => text.replaceAll(key, `${key.slice(0, 3)}…`)

  async function attempt({ method, path, query, text, headers, isFile }: Outgoing, options: CallOptions = {}): Promise<Reply | Failure> {
    const limitMs = options.timeoutMs ?? timeoutMs
    const signal = AbortSignal.timeout(limitMs)
    let reply: Reply
    let retryAfter: string | null
    let isAttached = false
    try {
      const response = await fetch(`${base.href}${path}${queryOf(query)}`, {
        method,
        headers: {
          accept: isFile ? '*/*' : 'application/json',
          authorization: `Bearer ${key}`,
          ...(text !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        // Followed, a redirect would make a GET of a POST.
        redirect: 'manual',
        signal,
        ...(text !== undefined && { body: text }),
      })
      const { status } = response
      reply = { status, etag: response.headers.get('etag'), text: await response.text(), answer: undefined }
      retryAfter = response.headers.get('retry-after')
      isAttached = /^attachment\b/.test(response.headers.get('content-disposition') ?? '')
    } catch (cause) {
      const [code, why] = signal.aborted ? (['timeout', `within ${limitMs} ms`] as const) : (['network', `(${reasonOf(cause)})`] as const)
      return { error: new FairleadError(code, withoutKey(`no answer from ${base.origin} ${why}`), { cause }), retryAfter: null }
    }
    if (reply.status === 304 && headers?.['if-none-match']) return reply
    if (isFile && isAttached && reply.status === 200) return reply
    reply.answer = parse(reply.text)
    if (!isFile && reply.status >= 200 && reply.status < 300 && reply.answer) return reply
    return { error: refusalOf(reply, withoutKey), retryAfter }
  }

  async function again(tried: number, retryAfter: string | null, options: CallOptions = {}): Promise<boolean> {
    if (!(tried < Math.min(options.retries ?? retries, MAXIMUM_RETRIES))) return false
    await runtime.pause(delayMs(tried, retryAfter, runtime.random(), runtime.now()))
    return true
  }

  async function send(request: Outgoing, options?: CallOptions): Promise<Reply> {
    for (let tried = 0; ; tried++) {
      const outcome = await attempt(request, options)
      if (!('error' in outcome)) return outcome
      if (!outcome.error.retryable || !(await again(tried, outcome.retryAfter, options))) throw outcome.error
    }
  }

  const call = async <T>(request: Outgoing, options?: CallOptions) => (await send(request, options)).answer as T
  return {
    isSecret: key.startsWith('sk_'),
    runtime,
    attempt,
    again,
    send,
    get: (path, query = {}, options) => call({ method: 'GET', path, query }, options),
    post: (path, body = {}, options, headers = {}) => call({ method: 'POST', path, text: JSON.stringify(body), headers }, options),
    put: (path, body, options) => call({ method: 'PUT', path, text: JSON.stringify(body) }, options),
    patch: (path, body, options) => call({ method: 'PATCH', path, text: JSON.stringify(body) }, options),
    delete: (path, options) => call({ method: 'DELETE', path }, options),
    file: async (path, query = {}, options) => (await send({ method: 'GET', path, query, isFile: true }, options)).text,
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** A problem as the server tells it; whatever else stands on the way has only a status. */
function refusalOf({ status, answer }: Reply, withoutKey: (text: string) => string): FairleadError {
  const { code, error, field } = (answer ?? {}) as { code?: unknown; error?: unknown; field?: unknown }
  if (typeof code === 'string' && typeof error === 'string')
    return new FairleadError(code as ErrorCode, withoutKey(error), { status, ...(typeof field === 'string' && { field }) })
  if (status < 300)
    return new FairleadError('unreadable', 'the answer is not one of Fairlead: is url the address of the Worker?', { status })
  const why =
    status < 400 ? 'a redirect: url has to be the address it leads to' : 'without a problem of ours: what stands before the Worker?'
  return new FairleadError(`http_${status}`, `the answer is ${status}, ${why}`, { status })
}

/** `fetch failed` says nothing; what it failed of is its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: { message?: unknown } }
  return [message, cause?.message].filter((text) => typeof text === 'string' && text).join(': ') || String(error)
}
