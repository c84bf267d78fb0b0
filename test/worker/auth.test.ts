import { env as bindings } from 'cloudflare:test'
import { sign } from 'hono/jwt'
import type { HonoJsonWebKey } from 'hono/utils/jwt/jws'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { verifyCustomerToken } from '../../worker/auth.ts'
import { forgetConfiguration } from '../../worker/config.ts'
import { endKey } from '../../worker/db/keys.ts'
import { removeEndedSessions } from '../../worker/db/sessions.ts'
import type { Env } from '../../worker/env.ts'
import { compileSnapshot } from '../../worker/jobs/compile.ts'
import { change, configurationApp, fromDashboard, type Json, ORIGIN, type Sent, send } from './configuration-app.ts'

const env = bindings as unknown as Env
const app = configurationApp()
const production = { ENVIRONMENT: 'production' }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const newKey = async (input: Record<string, unknown>): Promise<{ id: string; secret: string }> => {
  const { body } = await change(app, 'POST', '/api/keys', { name: 'test', ...input })
  return { id: body.key?.id as unknown as string, secret: body.secret as unknown as string }
}
const inProduction = (path: string, sent: Sent = {}) => send(app, path, { bindings: production, ...sent })

describe('keys', () => {
  it('open what their scopes name: publishable ones what a browser needs, secret ones money too', async () => {
    const publishable = await newKey({ kind: 'publishable' })
    const secret = await newKey({ kind: 'secret' })
    expect(publishable.secret).toMatch(/^pk_[\w-]{43}$/)
    expect(secret.secret).toMatch(/^sk_[\w-]{43}$/)
    const post = (path: string, key: string) => inProduction(path, { method: 'POST', headers: bearer(key) })
    expect((await post('/decide', publishable.secret)).body).toMatchObject({ kind: 'key', keyId: publishable.id, keyKind: 'publishable' })
    expect(await post('/money', publishable.secret)).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
    expect((await post('/money', secret.secret)).body).toMatchObject({ scopes: ['decide', 'behaviour', 'money', 'import', 'read'] })
    expect(await inProduction('/api/audit', { headers: bearer(secret.secret) })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(await inProduction('/api/audit', { headers: bearer(publishable.secret) })).toMatchObject({ status: 401 })
    expect(await inProduction('/api/products', { headers: { 'x-fairlead-key': secret.secret } })).toMatchObject({ status: 200 })
    const { status } = await inProduction('/api/settings', {
      method: 'PATCH',
      headers: bearer((await newKey({ kind: 'secret', scopes: ['admin'] })).secret),
      json: { holdoutShare: 0.05 },
    })
    expect(status).toBe(200)
  })

  it('stand in an address only when publishable', async () => {
    const [publishable, secret] = [await newKey({ kind: 'publishable' }), await newKey({ kind: 'secret' })]
    expect(await inProduction(`/decide?key=${publishable.secret}`, { method: 'POST' })).toMatchObject({ status: 200 })
    expect(await inProduction(`/decide?key=${secret.secret}`, { method: 'POST' })).toMatchObject({ status: 401 })
  })

  it.each(['pk_unknown1', 'sk_demo_unknown', 'nonsense', `sk_${'x'.repeat(500)}`, "sk_' OR 1=1 --"])(
    '%s is refused, and never taken for nobody',
    async (key) => {
      expect(await send(app, '/public/price', { headers: { 'x-fairlead-key': key } })).toMatchObject({
        status: 401,
        body: { code: 'unauthorized' },
      })
    },
  )

  it('stop working within a minute after they were revoked in another isolate', async () => {
    const { id, secret } = await newKey({ kind: 'secret' })
    const ask = () => inProduction('/money', { method: 'POST', headers: bearer(secret) })
    expect(await ask()).toMatchObject({ status: 200 })
    const now = Date.now()
    await endKey(env.DB, id, { revokedAt: now }, { at: now, actor: 'test', action: 'key.revoked', subject: id })
    await compileSnapshot(env, now)
    vi.spyOn(Date, 'now').mockReturnValue(now + 59_000)
    expect(await ask()).toMatchObject({ status: 401 })
    vi.restoreAllMocks()
    forgetConfiguration()
  })

  it('stop at once where they are revoked, at their expiry, and after the grace of a rotation', async () => {
    const ask = (key: string) => inProduction('/money', { method: 'POST', headers: bearer(key) })
    const revoked = await newKey({ kind: 'secret' })
    await change(app, 'DELETE', `/api/keys/${revoked.id}`)
    expect((await ask(revoked.secret)).status).toBe(401)

    const now = Date.now()
    const expiring = await newKey({ kind: 'secret', expiresAt: new Date(now + 60_000).toISOString() })
    const graced = await newKey({ kind: 'secret', scopes: ['money'] })
    const rotated = await change(app, 'POST', `/api/keys/${graced.id}/rotate`, { graceSeconds: 60 })
    const successor = rotated.body.secret as unknown as string
    expect(rotated.body.key).toMatchObject({ scopes: ['money'], kind: 'secret' })
    const replaced = await newKey({ kind: 'secret' })
    expect((await send(app, `/api/keys/${replaced.id}/rotate`, { method: 'POST', headers: fromDashboard })).status).toBe(200)
    expect((await ask(replaced.secret)).status).toBe(401)
    for (const key of [expiring.secret, graced.secret, successor]) expect((await ask(key)).status).toBe(200)
    vi.spyOn(Date, 'now').mockReturnValue(now + 61_000)
    expect((await ask(expiring.secret)).status).toBe(401)
    expect((await ask(graced.secret)).status).toBe(401)
    expect((await ask(successor)).status).toBe(200)
    vi.restoreAllMocks()
    forgetConfiguration()
  })

  it('cannot be made with more than their kind may do, nor brought along in production, nor listed with their hash', async () => {
    for (const scope of ['money', 'import', 'read', 'admin']) {
      const { body } = await change(app, 'POST', '/api/keys', { name: 'x', kind: 'publishable', scopes: ['decide', scope] })
      expect(body).toMatchObject({ code: 'invalid_field', field: 'scopes' })
    }
    const known = { name: 'demo', kind: 'publishable', secret: 'pk_demo_storefront' }
    expect((await change(app, 'POST', '/api/keys', known)).body).toMatchObject({ secret: 'pk_demo_storefront' })
    expect((await change(app, 'POST', '/api/keys', known)).body).toMatchObject({ code: 'conflict' })
    expect((await change(app, 'POST', '/api/keys', { ...known, kind: 'secret' })).body).toMatchObject({ code: 'invalid_field' })
    const admin = await newKey({ kind: 'secret', scopes: ['admin'] })
    const refused = await inProduction('/api/keys', {
      method: 'POST',
      headers: bearer(admin.secret),
      json: { ...known, secret: 'pk_demo_other' },
    })
    expect(refused).toMatchObject({ status: 403, body: { code: 'development_only' } })
    const list = await send(app, '/api/keys')
    expect(JSON.stringify(list.body)).not.toMatch(/"hash"|pk_demo/)
  })

  it('remember the day they were last used', async () => {
    const { id, secret } = await newKey({ kind: 'publishable' })
    await inProduction('/decide', { method: 'POST', headers: bearer(secret) })
    const { body } = await send(app, '/api/keys')
    const key = (body.keys as unknown as Json[]).find((each) => (each.id as unknown) === id)
    expect(key?.lastUsedDay).toBe(new Date().toISOString().slice(0, 10))
  })
})

describe('the login-free demo', () => {
  it('exists in development, under the names of this machine only', async () => {
    for (const origin of ['http://localhost:8787', 'http://127.0.0.1:1', 'http://[::1]:8787']) {
      expect((await send(app, '/api/session', { origin })).body).toMatchObject({ kind: 'admin', actor: 'demo' })
    }
    for (const origin of [
      'http://evil.example',
      'http://localhost.evil.example:8787',
      'http://127.0.0.1.nip.io',
      'http://192.168.0.7:8787',
    ]) {
      expect((await send(app, '/api/session', { origin })).body).toMatchObject({ kind: 'anonymous', actor: null })
    }
    expect((await send(app, '/api/session', { headers: { host: 'rebound.example' } })).body).toMatchObject({ kind: 'anonymous' })
  })

  it('does not exist in production', async () => {
    expect((await inProduction('/api/session')).body).toMatchObject({ kind: 'anonymous', environment: 'production' })
    expect(await inProduction('/api/products')).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
  })
})

describe('an admin session', () => {
  const origin = 'https://revenue.example'
  const headers = { ...fromDashboard, origin }
  const signIn = (token: string, address = '203.0.113.1') =>
    inProduction('/api/session', { method: 'POST', origin, headers: { ...headers, 'cf-connecting-ip': address }, json: { token } })

  it('stands in a cookie that scripts, other sites and other paths cannot have, and ends when told', async () => {
    const answer = await signIn('test-admin-token')
    expect(answer.status).toBe(200)
    const cookie = answer.headers.get('set-cookie') as string
    expect(cookie).toMatch(/^__Host-fairlead=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    const signed = { ...headers, cookie: cookie.split(';')[0] as string }
    expect((await inProduction('/api/session', { origin, headers: signed })).body).toMatchObject({ kind: 'admin', actor: 'admin' })
    const stored = await env.DB.prepare('SELECT hash FROM admin_sessions').first<string>('hash')
    expect(cookie).not.toContain(stored)

    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 12 * 3_600_000 + 1)
    expect((await inProduction('/api/session', { origin, headers: signed })).body).toMatchObject({ kind: 'anonymous' })
    vi.restoreAllMocks()
    expect(await inProduction('/api/session', { method: 'DELETE', origin, headers: signed })).toMatchObject({ status: 200 })
    expect((await inProduction('/api/session', { origin, headers: signed })).body).toMatchObject({ kind: 'anonymous' })
  })

  it('has a cookie without the prefix only over plain http in development', async () => {
    const answer = await change(app, 'POST', '/api/session', { token: 'test-admin-token' })
    expect(answer.headers.get('set-cookie')).toMatch(/^fairlead=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
  })

  it('is refused when no token is configured, whatever is sent', async () => {
    for (const ADMIN_TOKEN of [undefined, '']) {
      const sent = { method: 'POST', headers: { ...fromDashboard, 'cf-connecting-ip': '203.0.113.9' }, json: { token: 'undefined' } }
      const bound = { ...production, ADMIN_TOKEN } as Partial<Env>
      expect(await send(app, '/api/session', { ...sent, bindings: bound })).toMatchObject({ status: 401, body: { code: 'login_failed' } })
    }
  })

  it('locks a source after five failures, counted one by one even when twenty come at once, and no other source', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => signIn(`guess ${at}`, '2001:db8:0:1::7')))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15)
    expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('60')
    expect((await signIn('test-admin-token', '2001:db8:0:1:ffff::1')).body).toMatchObject({ code: 'too_many_attempts' })
    expect((await signIn('test-admin-token', '2001:db8:0:2::7')).status).toBe(200)
    expect(
      await env.DB.prepare('SELECT group_concat(source) AS all_of_them FROM login_attempts').first<string>('all_of_them'),
    ).not.toContain('2001')

    const now = Date.now()
    vi.spyOn(Date, 'now').mockReturnValue(now + 61_000)
    expect((await signIn('guess', '2001:db8:0:1::7')).status).toBe(401)
    expect((await signIn('test-admin-token', '2001:db8:0:1::7')).status).toBe(429)
    vi.spyOn(Date, 'now').mockReturnValue(now + 62_000 + 120_000)
    expect((await signIn('test-admin-token', '2001:db8:0:1::7')).status).toBe(200)
    vi.restoreAllMocks()
  })

  it('leaves nothing behind once it has ended', async () => {
    await removeEndedSessions(env.DB, Date.now() + 2 * 86_400_000)
    const { left } =
      (await env.DB.prepare('SELECT (SELECT count(*) FROM admin_sessions) + (SELECT count(*) FROM login_attempts) AS left').first<{
        left: number
      }>()) ?? {}
    expect(left).toBe(0)
  })
})

describe('another site', () => {
  const patch = (headers: Record<string, string>) => send(app, '/api/settings', { method: 'PATCH', headers, json: { holdoutShare: 0.5 } })

  it.each([
    ['a cross-site JSON request', { ...fromDashboard, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a form', { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }],
    ['a JSON form as text/plain', { origin: 'https://evil.example', 'content-type': 'text/plain' }],
    ['an opaque origin', { ...fromDashboard, origin: 'null' }],
    ['an origin that ends like ours', { ...fromDashboard, origin: 'http://evil-localhost:8787' }],
    ['an origin that begins like ours', { ...fromDashboard, origin: 'http://localhost:8787.evil.example' }],
    ['our host under another scheme', { ...fromDashboard, origin: 'https://localhost:8787' }],
    ['a sibling site', { ...fromDashboard, 'sec-fetch-site': 'same-site' }],
    ['no origin at all', { 'x-fairlead': '1' }],
    ['a request without the custom header', { origin: ORIGIN, 'sec-fetch-site': 'same-origin' }],
  ])('cannot make the admin change anything by %s', async (_, headers) => {
    expect(await patch(headers)).toMatchObject({ status: 403, body: { code: 'cross_site' } })
  })

  it('cannot sign the admin in or out, or read', async () => {
    const headers = { ...fromDashboard, origin: 'https://evil.example' }
    for (const method of ['POST', 'DELETE']) {
      expect(await send(app, '/api/session', { method, headers, ...(method === 'POST' ? { json: { token: 'x' } } : {}) })).toMatchObject({
        status: 403,
      })
    }
    const read = await send(app, '/api/settings', { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(read).toMatchObject({ status: 403 })
    expect(read.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('leaves the dashboard itself working', async () => {
    expect(await patch(fromDashboard)).toMatchObject({ status: 200 })
    expect(await patch({ origin: ORIGIN, 'x-fairlead': '1' })).toMatchObject({ status: 200 })
  })
})

describe('Cloudflare Access', () => {
  const team = 'https://team.cloudflareaccess.com'
  const claims = { iss: team, aud: ['ours'], email: 'ada@shop.example', sub: 'u1' }
  const guarded = { ...production, ACCESS_TEAM_DOMAIN: team, ACCESS_AUDIENCE: 'ours' }
  let certs: HonoJsonWebKey[] = []
  let fetched = 0
  const accessApp = configurationApp(async () => {
    fetched++
    return certs
  })
  const keyPair = async (kid: string) => {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
    const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
    const jwk = async (key: CryptoKey) =>
      ({ ...((await crypto.subtle.exportKey('jwk', key)) as JsonWebKey), kid, alg: 'RS256' }) as HonoJsonWebKey
    return { privateKey: await jwk(pair.privateKey), publicKey: await jwk(pair.publicKey) }
  }
  let own: Awaited<ReturnType<typeof keyPair>>
  let foreign: typeof own
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
  const who = (assertion: string, env: Partial<Env> = guarded) =>
    send(accessApp, '/api/session', { headers: { 'cf-access-jwt-assertion': assertion }, bindings: env })
  const signed = (changes: Record<string, unknown> = {}, key = own.privateKey) =>
    sign({ ...claims, exp: inSeconds(60), ...changes }, key, 'RS256')

  beforeAll(async () => {
    ;[own, foreign] = await Promise.all([keyPair('one'), keyPair('one')])
    certs = [own.publicKey]
  })

  it('names the admin', async () => {
    expect((await who(await signed())).body).toMatchObject({ kind: 'admin', actor: 'ada@shop.example' })
    await who(await signed())
    expect(fetched).toBe(1)
  })

  it.each([
    ['for another application', () => signed({ aud: ['theirs'] })],
    ['without an audience', () => signed({ aud: undefined })],
    ['of another team', () => signed({ iss: 'https://team.cloudflareaccess.com.evil.example' })],
    ['that has expired', () => signed({ exp: inSeconds(-1) })],
    ['that never expires', () => signed({ exp: undefined })],
    ['signed by somebody else under our key id', () => signed({}, foreign.privateKey)],
    ['with a key id nobody knows', () => signed({}, { ...own.privateKey, kid: 'other' } as HonoJsonWebKey)],
    ['signed with HS256 and the public key', () => sign({ ...claims, exp: inSeconds(60) }, JSON.stringify(own.publicKey), 'HS256')],
    ['without a signature', async () => `${btoa('{"alg":"none","kid":"one"}')}.${(await signed()).split('.')[1]}.`],
    ['that is no token', async () => 'rubbish'],
  ])('refuses an assertion %s', async (_, make) => {
    expect(await who(await make())).toMatchObject({ status: 401, body: { code: 'invalid_token' } })
  })

  it('looks again for new certificates, at most once a minute', async () => {
    const next = await keyPair('two')
    certs = [next.publicKey]
    const before = fetched
    expect((await who(await signed({}, next.privateKey))).status).toBe(401)
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000)
    expect((await who(await signed({ exp: inSeconds(60) }, next.privateKey))).body).toMatchObject({ kind: 'admin' })
    expect(fetched).toBe(before + 1)
    vi.restoreAllMocks()
  })

  it('opens nothing where it is not set up', async () => {
    expect((await who(await signed(), production)).body).toMatchObject({ kind: 'anonymous' })
  })
})

describe('a customer token', () => {
  const now = Date.UTC(2026, 10, 1)
  const exp = now / 1000 + 3_600
  const token = (payload: Record<string, unknown>, secret = 'identity') => sign(payload, secret, 'HS256')
  it('names the customer', async () => {
    expect(await verifyCustomerToken(await token({ sub: 'cus_42', exp }), 'identity', now)).toBe('cus_42')
  })
  it.each([
    ['another secret', { sub: 'cus_42', exp }, 'other', 'invalid_token'],
    ['no sub', { exp }, 'identity', 'invalid_token'],
    ['a placeholder as sub', { sub: 'undefined', exp }, 'identity', 'invalid_token'],
    ['no exp', { sub: 'cus_42' }, 'identity', 'invalid_token'],
    ['an exp beyond 24 hours', { sub: 'cus_42', exp: exp + 86_400 }, 'identity', 'invalid_token'],
    ['an exp that is a text', { sub: 'cus_42', exp: String(exp) }, 'identity', 'invalid_token'],
    ['an exp that has come', { sub: 'cus_42', exp: now / 1000 }, 'identity', 'token_expired'],
  ])('is refused with %s', async (_, payload, secret, code) => {
    await expect(verifyCustomerToken(await token(payload, secret), 'identity', now)).rejects.toMatchObject({ code })
  })
  it.each(['', 'a.b', 'a.b.c', `${btoa('{"alg":"none"}')}.${btoa('{"sub":"cus_42"}')}.`])('is refused as %j', async (text) => {
    await expect(verifyCustomerToken(text, 'identity', now)).rejects.toMatchObject({ code: 'invalid_token' })
  })
})

describe('headers', () => {
  it('guard every answer, refusals too', async () => {
    for (const answer of [await send(app, '/api/session'), await send(app, '/nowhere'), await inProduction('/api/products')]) {
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws://localhost:8787 wss://localhost:8787; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
      )
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('open public routes to every origin without credentials, refusals too, and need no key for the preflight', async () => {
    const preflight = await inProduction('/public/price', { method: 'OPTIONS', headers: { origin: 'https://shop.example' } })
    expect(preflight).toMatchObject({ status: 204 })
    expect(preflight.headers.get('access-control-allow-headers')).not.toContain('x-fairlead,')
    for (const answer of [
      preflight,
      await inProduction('/public/price'),
      await inProduction('/public/price', { headers: bearer('sk_wrong') }),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    }
  })
})
