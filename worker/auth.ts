import type { Context, MiddlewareHandler, TypedResponse } from 'hono'
import { getCookie } from 'hono/cookie'
import { verify, verifyWithJwks } from 'hono/jwt'
import type { HonoJsonWebKey } from 'hono/utils/jwt/jws'
import { readConfiguration } from './config.ts'
import { Identifier } from './contract/events.ts'
import type { KeyKind, Scope } from './contract/lists.ts'
import { touchKey } from './db/keys.ts'
import { readSession } from './db/sessions.ts'
import { sha256Hex } from './digest.ts'
import type { KeyRecord, Root } from './domain/configuration.ts'
import { DomainError } from './domain/error.ts'
import { DAY_MS, dayOf } from './domain/time.ts'
import { variables } from './env.ts'
import type { AppEnv } from './http.ts'
import { fetchAccessCerts } from './outbound/access-certs.ts'

/** Who asks. `admin` is a person (or the local demo) with every right but to be steered from another site. */
export type Caller =
  | { kind: 'anonymous' }
  | { kind: 'key'; keyId: string; keyKind: KeyKind; scopes: Scope[] }
  | { kind: 'admin'; actor: string }

type AppContext = Context<AppEnv>

/** Scopes a key may have, by kind: what is printed in a page moves no money and reads nobody's figures. */
export const KEY_SCOPES: Record<KeyKind, readonly Scope[]> = {
  publishable: ['decide', 'behaviour'],
  secret: ['decide', 'behaviour', 'money', 'import', 'read', 'admin'],
}

/** A key nobody knows may be one made a moment ago elsewhere: the newest root is asked, but not for each guess. */
const UNKNOWN_KEY_WAIT_MS = 5_000
const MAXIMUM_CACHED_HASHES = 1_000
const CERTS_LIVE_MS = 3_600_000
const CERTS_PAUSE_MS = 60_000
const LONGEST_TOKEN_MS = DAY_MS

// ── Who ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Finds out who asks, from a key, a Cloudflare Access assertion, a session or, in development on this machine, nobody.
 *
 * @throws DomainError unauthorized   a key that is unknown, revoked or expired
 * @throws DomainError invalid_token  an assertion that Access did not make for us
 */
export function authenticate(fetchCerts = fetchAccessCerts): MiddlewareHandler<AppEnv> {
  const readAccess = accessReader(fetchCerts)
  return async (c, next) => {
    const now = Date.now()
    const key = presentedKey(c)
    c.set('caller', key === null ? await callerWithoutKey(c, readAccess, now) : await callerOfKey(c, key, now))
    await next()
  }
}

function presentedKey(c: AppContext): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  // The last is OpenFeature's.
  const header = bearer ?? c.req.header('x-fairlead-key') ?? c.req.header('x-api-key')
  if (header !== undefined) return header
  // A beacon can set no header. Addresses end up in logs and histories: a secret key there is a leak, not a credential.
  const query = c.req.query('key')
  if (query === undefined) return null
  if (!query.startsWith('pk_')) throw new DomainError('unauthorized', 'only publishable keys may stand in an address', 'key')
  return query
}

const hashes = new Map<string, string>()
const recordsByHash = new WeakMap<Root, Map<string, KeyRecord>>()
const usedDays = new Map<string, string>()

async function callerOfKey(c: AppContext, key: string, now: number): Promise<Caller> {
  if (!/^(pk|sk)_[\w-]{4,128}$/.test(key)) throw new DomainError('unauthorized', 'this is not a key')
  let hash = hashes.get(key)
  if (hash === undefined) {
    hash = sha256Hex(key)
    if (hashes.size >= MAXIMUM_CACHED_HASHES) hashes.clear()
    hashes.set(key, hash)
  }
  const waitUntil = (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise)
  let record = findKey((await readConfiguration(c.env, now, waitUntil)).root, hash)
  record ??= findKey((await readConfiguration(c.env, now, waitUntil, UNKNOWN_KEY_WAIT_MS)).root, hash)
  if (!record || (record.expiresAt !== null && record.expiresAt <= now)) {
    throw new DomainError('unauthorized', 'the key is unknown, revoked or expired')
  }
  const { id, kind, scopes } = record
  const day = dayOf(now)
  if (usedDays.get(id) !== day) {
    usedDays.set(id, day)
    waitUntil(touchKey(c.env.DB, id, day).catch(() => usedDays.delete(id)))
  }
  return { kind: 'key', keyId: id, keyKind: kind, scopes: scopes.filter((scope) => KEY_SCOPES[kind].includes(scope)) }
}

function findKey(root: Root, hash: string): KeyRecord | undefined {
  let records = recordsByHash.get(root)
  if (!records) {
    records = new Map(root.keys.map((record) => [record.hash, record]))
    recordsByHash.set(root, records)
  }
  return records.get(hash)
}

async function callerWithoutKey(c: AppContext, readAccess: AccessReader, now: number): Promise<Caller> {
  const assertion = c.req.header('cf-access-jwt-assertion')
  const accessActor = assertion === undefined ? null : await readAccess(c, assertion, now)
  if (accessActor !== null) return { kind: 'admin', actor: accessActor }
  const session = getCookie(c, sessionCookie(c))
  const actor = session === undefined ? null : await readSession(c.env.DB, sha256Hex(session), now)
  if (actor !== null) return { kind: 'admin', actor }
  return isLocalDemo(c) ? { kind: 'admin', actor: 'demo' } : { kind: 'anonymous' }
}

/** `__Host-` makes the browser insist on Secure, Path=/ and no Domain; plain http on this machine cannot have it. */
export const sessionCookie = (c: AppContext): string => (isPlainDevelopment(c) ? 'fairlead' : '__Host-fairlead')

export const isPlainDevelopment = (c: AppContext): boolean =>
  variables(c.env).environment === 'development' && new URL(c.req.url).protocol === 'http:'

/** Only names of this machine: a foreign name that points here (DNS rebinding) stands in the Host header too. */
function isLocalDemo(c: AppContext): boolean {
  if (variables(c.env).environment !== 'development') return false
  const { host } = new URL(c.req.url)
  return [host, c.req.header('host') ?? host].every((name) => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(name))
}

type AccessReader = (c: AppContext, assertion: string, now: number) => Promise<string | null>

/** Checks assertions of Cloudflare Access; null where Access is not set up, so that the header alone opens nothing. */
function accessReader(fetchCerts: typeof fetchAccessCerts): AccessReader {
  let certs: { team: string; keys: HonoJsonWebKey[]; fetchedAt: number } | null = null
  const readCerts = async (team: string, now: number, livesMs: number) => {
    if (certs?.team === team && now - certs.fetchedAt < livesMs) return certs.keys
    try {
      certs = { team, keys: await fetchCerts(team), fetchedAt: now }
    } catch (error) {
      console.error(error)
      if (certs?.team !== team) throw new DomainError('unavailable', 'the certificates of Access cannot be read')
      certs = { ...certs, fetchedAt: now }
    }
    return certs.keys
  }
  return async (c, assertion, now) => {
    const { ACCESS_TEAM_DOMAIN, ACCESS_AUDIENCE: aud } = c.env
    if (!ACCESS_TEAM_DOMAIN || !aud) return null
    const team = new URL(ACCESS_TEAM_DOMAIN).origin
    const check = async (livesMs: number) => {
      const keys = await readCerts(team, now, livesMs)
      const payload = await verifyWithJwks(assertion, { keys, allowedAlgorithms: ['RS256'], verification: { iss: team, aud } })
      if (payload.exp === undefined) throw new DomainError('invalid_token', 'the Access assertion never expires')
      return String(payload.email ?? payload.common_name ?? payload.sub)
    }
    try {
      // Access changes its keys: a second look, at most once a minute, before it is refused.
      return await check(CERTS_LIVE_MS).catch(() => check(CERTS_PAUSE_MS))
    } catch (error) {
      if (error instanceof DomainError) throw error
      throw new DomainError('invalid_token', 'the Access assertion is not valid here')
    }
  }
}

// ── May they ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Lets through an admin, and a key that has every scope named.
 *
 * @throws DomainError unauthorized  nobody, or a publishable key where none can ever do: another credential is needed
 * @throws DomainError forbidden     the key could, but lacks the scope
 * @throws DomainError cross_site    an admin's browser, steered from another site
 */
export const allow =
  (...scopes: Scope[]): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const { caller } = c.var
    if (caller.kind === 'anonymous') throw new DomainError('unauthorized', 'send a key or sign in')
    if (caller.kind === 'admin') refuseCrossSite(c)
    else {
      const missing = scopes.find((scope) => !caller.scopes.includes(scope))
      if (missing !== undefined) {
        if (!KEY_SCOPES[caller.keyKind].includes(missing)) throw new DomainError('unauthorized', 'send a secret key or sign in')
        throw new DomainError('forbidden', `this key lacks the scope ${missing}`)
      }
    }
    await next()
  }

/**
 * Refuses what another site makes an admin's browser send. The body's type is no defence, as scripts may send any; the
 * exact origin is, and so is the custom header, which other origins cannot send without a preflight that we never grant.
 */
export function refuseCrossSite(c: AppContext): void {
  const site = c.req.header('sec-fetch-site')
  if (site === 'cross-site' || site === 'same-site') throw new DomainError('cross_site', 'the dashboard answers to its own pages only')
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return
  const sameOrigin = c.req.header('origin') === new URL(c.req.url).origin && (site === undefined || site === 'same-origin')
  if (!sameOrigin || c.req.header('x-fairlead') !== '1') {
    throw new DomainError('cross_site', 'changes need this origin in Origin and the header x-fairlead: 1, or a secret key with the scope')
  }
}

/** Name for the audit log. */
export const actorOf = (c: AppContext): string => {
  const { caller } = c.var
  return caller.kind === 'admin' ? caller.actor : caller.kind === 'key' ? `key:${caller.keyId}` : 'anonymous'
}

/**
 * The customer a shop's server vouches for: a JWT, HS256 with the identity secret, with `sub` and `exp`.
 *
 * @throws DomainError invalid_token  not signed with the secret, without sub or exp, or valid for more than 24 h
 * @throws DomainError token_expired
 */
export async function verifyCustomerToken(token: string, secret: string, now: number): Promise<string> {
  const claims = { exp: false, nbf: false, iat: false }
  const payload = await verify(token, secret, { alg: 'HS256', ...claims }).catch(() => {
    throw new DomainError('invalid_token', 'the token is not signed with the identity secret', 'token')
  })
  const expiresAt = typeof payload.exp === 'number' ? payload.exp * 1000 : Number.NaN
  const sub = Identifier.safeParse(payload.sub)
  if (!sub.success) throw new DomainError('invalid_token', 'the token needs the customerId as sub', 'token')
  if (!(expiresAt <= now + LONGEST_TOKEN_MS)) throw new DomainError('invalid_token', 'the token needs an exp within 24 hours', 'token')
  if (expiresAt <= now) throw new DomainError('token_expired', 'the token has expired', 'token')
  return sub.data
}

// ── Headers ───────────────────────────────────────────────────────────────────────────────────────────────────────

const CORS_HEADERS: Header[] = [
  ['access-control-allow-origin', '*'],
  ['access-control-expose-headers', 'retry-after, etag'],
  ['cross-origin-resource-policy', 'cross-origin'],
]

/** Opens a route to every origin, without credentials: for what a shop's pages call. */
export const publicCors = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  if (c.req.method === 'OPTIONS') {
    return c.body(null, 204, {
      ...Object.fromEntries(CORS_HEADERS),
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': 'authorization, content-type, x-fairlead-key, x-api-key, if-none-match',
      'access-control-max-age': '86400',
    })
  }
  await next()
  if (!c.var.isDressed) setHeaders(c, CORS_HEADERS)
}

/** For files whose name holds their hash: whoever has one need never ask for it again. */
export const unchanging = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  await next()
  if (c.res.status < 400) setHeaders(c, [['cache-control', 'public, max-age=31536000, immutable']])
}

/** What every answer carries. */
export const securityHeaders = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  await next()
  // The answer to a socket's upgrade is not a page, and cannot be copied.
  if (c.var.isDressed || c.res.status === 101) return
  const { url } = c.req
  setHeaders(c, securityOf(url))
  // Answers of the API are of their moment and of their caller: nobody on the way keeps them.
  const from = url.indexOf('/', 8)
  if (url.startsWith('/api/', from) || url.startsWith('/ofrep/', from)) c.res.headers.set(...NO_STORE)
}

/**
 * JSON of a public route of the API with all its headers on: copied at once from those of the answer before, they cost far
 * less than set one by one, and prices are asked for most of all.
 */
export function publicJson<T>(c: AppContext, text: string, etag?: string): TypedResponse<T, 200, 'json'> {
  const security = securityOf(c.req.url)
  if (dressed?.security !== security)
    dressed = { security, headers: new Headers([['content-type', 'application/json'], NO_STORE, ...CORS_HEADERS, ...security]) }
  c.set('isDressed', true)
  const response = new Response(text, { headers: dressed.headers })
  if (etag !== undefined) response.headers.set('etag', etag)
  return response as unknown as TypedResponse<T, 200, 'json'>
}

let dressed: { security: Header[]; headers: Headers } | null = null

type Header = [name: string, value: string]
const NO_STORE: Header = ['cache-control', 'no-store']

let last: { origin: string; headers: Header[] } = { origin: '', headers: [] }

/** The policy names the socket's address, as not every browser counts it as 'self'. */
function securityOf(url: string): Header[] {
  const origin = url.slice(0, url.indexOf('/', 8))
  if (last.origin !== origin) {
    const { host, protocol } = new URL(url)
    const headers: Header[] = [['content-security-policy', contentPolicy(host)], ...SECURITY_HEADERS]
    last = { origin, headers: protocol === 'https:' ? [...headers, ...HTTPS_HEADERS] : headers }
  }
  return last.headers
}

const contentPolicy = (host: string): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ws://${host} wss://${host}`,
    "object-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ')

const SECURITY_HEADERS: Header[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'strict-origin-when-cross-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
]
const HTTPS_HEADERS: Header[] = [['strict-transport-security', 'max-age=31536000']]

function setHeaders(c: AppContext, headers: Header[]): void {
  try {
    for (const [name, value] of headers) c.res.headers.set(name, value)
  } catch {
    // Answers of other services are read-only.
    c.res = new Response(c.res.body, c.res)
    for (const [name, value] of headers) c.res.headers.set(name, value)
  }
}
