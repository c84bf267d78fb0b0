import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { actorOf, isPlainDevelopment, refuseCrossSite, sessionCookie } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { Done, SessionAnswer, SessionInput } from '../contract/admin.ts'
import { addSession, endSession, forgiveLogin, startLogin } from '../db/sessions.ts'
import { randomText, sameSecret, sha256Hex } from '../digest.ts'
import { DomainError } from '../domain/error.ts'
import { HOUR_MS, SECOND_MS } from '../domain/time.ts'
import { variables } from '../env.ts'
import { type AppEnv, answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, refusals, router } from '../http.ts'

const tags = ['session']
const LIFETIME_MS = 12 * HOUR_MS
const ACTOR = 'admin'

const getSession = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Who is signed in',
  responses: { 200: answers('The caller', SessionAnswer), ...refusals },
})

const signIn = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Open an admin session with the token of this deployment',
  middleware: [limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { body: jsonBody(SessionInput) },
  responses: { 200: answers('The session stands in a cookie', SessionAnswer), ...refusals },
})

const signOut = createRoute({
  method: 'delete',
  path: '/',
  tags,
  summary: 'End the admin session',
  responses: { 200: answers('Signed out', Done), ...refusals },
})

const cookieOptions = (c: Context<AppEnv>) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: !isPlainDevelopment(c), maxAge: LIFETIME_MS / SECOND_MS }) as const

/** Where an attempt comes from, as a salted hash: an IPv4 address, or the /64 network that one IPv6 customer has. */
async function sourceOf(c: Context<AppEnv>, now: number): Promise<string> {
  const { secrets } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const address = c.req.header('cf-connecting-ip') ?? 'local'
  return sha256Hex(`login:${secrets.tombstoneSalt}:${networkOf(address)}`)
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.toLowerCase().split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  return [...left, ...new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right].slice(0, 4).join(':')
}

export const session = router()
  .openapi(getSession, (c) => {
    const { kind } = c.var.caller
    const actor = kind === 'anonymous' ? null : actorOf(c)
    return c.json({ success: true as const, kind, actor, environment: variables(c.env).environment }, 200)
  })
  .openapi(signIn, async (c) => {
    refuseCrossSite(c)
    const now = Date.now()
    const source = await sourceOf(c, now)
    if (!(await startLogin(c.env.DB, source, now))) throw new DomainError('too_many_attempts', 'too many attempts; wait before the next')
    // Without a token configured the comparison runs all the same, and fails.
    const isRight = sameSecret(c.req.valid('json').token, c.env.ADMIN_TOKEN || randomText(32))
    if (!isRight) throw new DomainError('login_failed', 'this is not the admin token', 'token')
    const value = randomText(32)
    await addSession(c.env.DB, sha256Hex(value), ACTOR, now, now + LIFETIME_MS)
    await forgiveLogin(c.env.DB, source)
    setCookie(c, sessionCookie(c), value, cookieOptions(c))
    return c.json({ success: true as const, kind: 'admin' as const, actor: ACTOR, environment: variables(c.env).environment }, 200)
  })
  .openapi(signOut, async (c) => {
    refuseCrossSite(c)
    const value = getCookie(c, sessionCookie(c))
    if (value !== undefined) await endSession(c.env.DB, sha256Hex(value))
    deleteCookie(c, sessionCookie(c), cookieOptions(c))
    return c.json({ success: true as const, message: 'signed out' }, 200)
  })
