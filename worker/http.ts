import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type * as z from 'zod'
import type { Caller } from './auth.ts'
import type { Scope } from './contract/lists.ts'
import { PROBLEM_CODES, Problem, type ProblemCode } from './contract/problem.ts'
import { ConfigurationError, DomainError } from './domain/error.ts'
import type { Env } from './env.ts'
import { parseJson } from './json.ts'
import { isPassing } from './passing.ts'

export interface AppEnv {
  Bindings: Env
  Variables: {
    caller: Caller
    /** The answer has its headers on: nothing is to be added. */
    isDressed?: boolean
  }
}

const STATUS: Record<ProblemCode, 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503> = {
  bad_request: 400,
  invalid_json: 400,
  invalid_field: 400,
  missing_field: 400,
  unknown_field: 400,
  too_deep: 400,
  too_many_keys: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  empty_batch: 400,
  batch_too_large: 413,
  event_too_large: 413,
  invalid_amount: 422,
  amount_too_precise: 422,
  invalid_currency: 422,
  unknown_currency: 422,
  currency_mismatch: 422,
  missing_currency: 422,
  invalid_id: 400,
  reserved_id: 400,
  invalid_time: 422,
  time_in_future: 422,
  invalid_quantity: 422,
  discount_above_price: 422,
  unknown_product: 404,
  refund_above_capture: 422,
  protected_attribute: 422,
  unauthorized: 401,
  forbidden: 403,
  cross_site: 403,
  invalid_token: 401,
  token_expired: 401,
  invalid_signature: 400,
  login_failed: 401,
  too_many_attempts: 429,
  not_found: 404,
  conflict: 409,
  idempotency_mismatch: 409,
  erased: 410,
  too_many_requests: 429,
  flood: 429,
  quote_tampered: 422,
  quote_expired: 422,
  quote_wrong_product: 422,
  quote_wrong_currency: 422,
  quote_wrong_subject: 422,
  quote_wrong_deployment: 422,
  quote_used: 409,
  quote_void: 422,
  quote_amount_mismatch: 422,
  weights_do_not_sum: 422,
  negative_weight: 422,
  weight_too_small: 422,
  no_control: 422,
  invalid_arm: 422,
  unit_cost_missing: 422,
  window_too_long: 422,
  options_conflict: 422,
  floor_above_ceiling: 422,
  price_out_of_bounds: 422,
  end_before_start: 422,
  unknown_step: 422,
  unknown_metric: 422,
  immutable_field: 422,
  test_already_running: 422,
  duplicate_key: 422,
  jurisdiction_forbids: 422,
  insufficient_data: 422,
  development_only: 403,
  unavailable: 503,
  internal: 500,
}

/** Seconds a caller should wait before the same request can do better. */
const RETRY_AFTER: Partial<Record<ProblemCode, string>> = {
  unavailable: '5',
  too_many_requests: '10',
  flood: '60',
  too_many_attempts: '60',
}

/** The one shape of a refusal. */
export function problem(c: Context, code: ProblemCode, message: string, field?: string, status = STATUS[code]): Response {
  const body: Problem = {
    success: false,
    type: `/docs#${code}`,
    title: code.replaceAll('_', ' '),
    error: message,
    code,
    ...(field === undefined ? {} : { field }),
    status,
  }
  const retryAfter = RETRY_AFTER[code]
  return c.json(body, status, {
    'content-type': 'application/problem+json',
    ...(retryAfter ? { 'retry-after': retryAfter } : {}),
  })
}

/** The one place that turns errors into answers. Unknown ones are logged and say nothing of their inside. */
export function onError(error: Error, c: Context): Response {
  if (error instanceof ConfigurationError) return problem(c, error.code, error.message, error.field, 422)
  if (error instanceof DomainError) return problem(c, error.code, error.message, error.field)
  if (error instanceof HTTPException) {
    if (error.status === 400) return problem(c, 'invalid_json', 'the body is not the JSON this route takes')
    if (error.status < 500) return problem(c, 'bad_request', error.message)
  }
  console.error(error)
  if (isPassing(error)) return problem(c, 'unavailable', 'a store does not answer; the same request may do better in a moment')
  return problem(c, 'internal', 'something went wrong on our side')
}

const issueCode = (path: readonly PropertyKey[], missing: boolean): ProblemCode => {
  const last = String(path.filter((part) => typeof part === 'string').at(-1) ?? '')
  if (missing) return 'missing_field'
  if (/^(amount|value|price|discount|floor|ceiling|unitCost|testPrices)$/.test(last)) return 'invalid_amount'
  if (/currency/i.test(last)) return 'invalid_currency'
  if (/^(id|.*Id|.*_id|products)$/.test(last)) return 'invalid_id'
  if (/^(timestamp|.*At)$/.test(last)) return 'invalid_time'
  if (last === 'quantity') return 'invalid_quantity'
  return 'invalid_field'
}

/** The first issue of a failed parse as code, sentence and field. */
export function refusalOf(error: z.ZodError, prefix = ''): { code: ProblemCode; message: string; field: string } {
  const issue = error.issues[0] as z.core.$ZodIssue
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...issue.path, ...unknown].map(String).join('.')
  const field = [prefix, path].filter(Boolean).join('.')
  const missing = issue.code === 'invalid_type' && /received undefined/.test(issue.message)
  // A check of ours may name its code itself.
  const named = issue.code === 'custom' ? String(issue.params?.code) : ''
  return {
    code: isProblemCode(named) ? named : unknown.length > 0 ? 'unknown_field' : issueCode(issue.path, missing),
    message: `${path || 'the body'}: ${issue.message}`.slice(0, 300),
    field,
  }
}

/** Parses what a route takes by hand, with the same refusals as a declared body. */
export function parse<T extends z.ZodType>(schema: T, input: unknown, prefix = ''): z.infer<T> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const refusal = refusalOf(result.error, prefix)
  throw new DomainError(refusal.code, refusal.message, refusal.field)
}

export const router = (): OpenAPIHono<AppEnv> =>
  new OpenAPIHono<AppEnv>({
    defaultHook: (result, c) => {
      if (result.success) return
      const refusal = refusalOf(result.error as unknown as z.ZodError)
      return problem(c, refusal.code, refusal.message, refusal.field)
    },
  })

/** One answer of a route, for `createRoute`. */
export const answers = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})

const refused = (description: string) => ({ description, content: { 'application/problem+json': { schema: Problem } } })
/** The refusals every route shares. */
export const refusals = {
  400: refused('The request is malformed: see `code` and `field`'),
  401: refused('No valid key or session'),
  403: refused('The key or session may not do this'),
  404: refused('No such thing'),
  409: refused('It clashes with what is there'),
  410: refused('This person has been erased'),
  413: refused('Too large: see `error` for the limit'),
  415: refused('Another media type is needed'),
  422: refused('Understood, but not possible: see `code` and `field`'),
  429: refused('Too much at once: see Retry-After'),
  500: refused('Something went wrong on our side'),
  503: refused('A store does not answer: see Retry-After'),
} as const

/** Who may call a route, for its description: a key with the scope, or somebody signed in. `allow` is what enforces it. */
export const needs = (scope: Scope): Record<string, string[]>[] => [{ key: [scope] }, { session: [] }]

export const jsonBody = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } }, required: true as const })

/** Bodies of the configuration resources are small. */
export const MAXIMUM_ADMIN_BODY_BYTES = 64 * 1024

/** Body text, read up to a limit whatever the length header says. UTF-8 only; a byte order mark is dropped. */
export async function readText(request: Request, maximumBytes: number): Promise<string> {
  const encoding = request.headers.get('content-encoding')
  if (encoding && encoding !== 'identity') throw new DomainError('unsupported_media_type', 'compressed bodies are not taken')
  if (Number(request.headers.get('content-length') ?? 0) > maximumBytes) throw tooLarge(maximumBytes)
  if (!request.body) return ''
  const bytes = request.headers.has('content-length') ? await readAtOnce(request, maximumBytes) : await readInChunks(request, maximumBytes)
  try {
    return utf8.decode(bytes)
  } catch {
    throw new DomainError('invalid_json', 'the body is not UTF-8')
  }
}

/** A body that says how long it is: HTTP lets it be no longer. */
async function readAtOnce(request: Request, maximumBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.byteLength > maximumBytes) throw tooLarge(maximumBytes)
  return bytes
}

async function readInChunks(request: Request, maximumBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = (request.body as ReadableStream<Uint8Array>).getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength
    if (size > maximumBytes) {
      await reader.cancel()
      throw tooLarge(maximumBytes)
    }
    chunks.push(read.value)
  }
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const tooLarge = (maximumBytes: number) => new DomainError('body_too_large', `a body may have ${maximumBytes} bytes`)

/** Media type of a body, without its parameters. */
export const mediaTypeOf = (c: Context): string => c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''

/** Reads and checks a JSON body once; the route's own parse then finds the text already there. */
export const limitBody =
  (maximumBytes: number, maximumKeys?: number): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (c.req.raw.body) {
      const type = mediaTypeOf(c)
      if (type !== 'application/json' && !type.endsWith('+json')) throw new DomainError('unsupported_media_type', 'send application/json')
      const text = await readText(c.req.raw, maximumBytes)
      parseJson(text, maximumKeys)
      c.req.bodyCache.text = Promise.resolve(text) as never
    }
    await next()
  }

export const isProblemCode = (text: string): text is ProblemCode => (PROBLEM_CODES as readonly string[]).includes(text)
