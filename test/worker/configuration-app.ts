import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test'
import { Hono } from 'hono'
import { allow, authenticate, publicCors, securityHeaders } from '../../worker/auth.ts'
import type { Env } from '../../worker/env.ts'
import { type AppEnv, onError } from '../../worker/http.ts'
import type { fetchAccessCerts } from '../../worker/outbound/access-certs.ts'
import { audit } from '../../worker/routes/audit.ts'
import { keys } from '../../worker/routes/keys.ts'
import { priceRules } from '../../worker/routes/price-rules.ts'
import { priceTests } from '../../worker/routes/price-tests.ts'
import { products } from '../../worker/routes/products.ts'
import { session } from '../../worker/routes/session.ts'
import { settings } from '../../worker/routes/settings.ts'

export const ORIGIN = 'http://localhost:8787'

/** The configuration routes behind the real doors, beside three routes that only say which scope let the caller in. */
export function configurationApp(fetchCerts?: typeof fetchAccessCerts) {
  const app = new Hono<AppEnv>()
  app.onError(onError)
  app.use(securityHeaders())
  app.use('/public/*', publicCors())
  app.use(authenticate(fetchCerts))
  app.get('/public/price', (c) => c.json(c.var.caller))
  app.post('/decide', allow('decide'), (c) => c.json(c.var.caller))
  app.post('/money', allow('money'), (c) => c.json(c.var.caller))
  app.route('/api/products', products)
  app.route('/api/price-rules', priceRules)
  app.route('/api/price-tests', priceTests)
  app.route('/api/settings', settings)
  app.route('/api/keys', keys)
  app.route('/api/audit', audit)
  app.route('/api/session', session)
  return app
}

/** JSON of which only names are known; tests say what stands there. */
export interface Json {
  [name: string]: Json
}

export interface Answer {
  status: number
  headers: Headers
  body: Json
}

export interface Sent {
  method?: string
  headers?: Record<string, string>
  json?: unknown
  body?: string
  bindings?: Partial<Env>
  origin?: string
}

/** What the dashboard sends with every change. */
export const fromDashboard = { origin: ORIGIN, 'sec-fetch-site': 'same-origin', 'x-fairlead': '1' }

/** Sends one request and waits for all it started. */
export async function send(app: ReturnType<typeof configurationApp>, path: string, sent: Sent = {}): Promise<Answer> {
  const {
    method = 'GET',
    headers = {},
    json,
    body = json === undefined ? undefined : JSON.stringify(json),
    bindings = {},
    origin = ORIGIN,
  } = sent
  const context = createExecutionContext()
  const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' }
  const request = new Request(origin + path, { method, headers: { ...type, ...headers }, body: body ?? null })
  const response = await app.fetch(request, { ...(env as unknown as Env), ...bindings }, context)
  const text = await response.text()
  await waitOnExecutionContext(context)
  return { status: response.status, headers: response.headers, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Json }
}

/** A change as the dashboard makes it. */
export const change = (app: ReturnType<typeof configurationApp>, method: string, path: string, json?: unknown): Promise<Answer> =>
  send(app, path, { method, headers: fromDashboard, ...(json === undefined ? {} : { json }) })
