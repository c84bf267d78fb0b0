import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LiveMessage, StatusAnswer } from '../../worker/contract/analytics.ts'
import type { Cost } from '../../worker/contract/costs.ts'
import type { DeadLettersAnswer } from '../../worker/contract/dead-letters.ts'
import type { SdkManifest } from '../../worker/contract/sdk.ts'
import { answerCalculators } from './fake-calculators.ts'
import { fakeChain, fakeCustomers } from './fake-customers.ts'
import { answerExperiments, type FakeExperiments, freshExperiments } from './fake-experiments.ts'
import { type Extras, type ForecastExtras, fakeAnalytics, fakeForecast, fakeLine, TODAY } from './fake-figures.ts'
import { answerFunnels, type FakeFunnels, freshFunnels } from './fake-funnels.ts'
import { answerPricing, type FakePricing, freshPricing } from './fake-pricing.ts'

const ASSETS = fileURLToPath(new URL('../../dist/assets', import.meta.url))
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

/** As strict as the Worker's: a test that passes here has no inline script or style. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

export interface FakeState extends Extras {
  status: StatusAnswer
  signedIn: boolean
  socket: boolean
  optimizationEnabled: boolean
  /** Name of keys, tests and audit subjects, for texts that try to become markup. */
  name: string
  failing: boolean
  deadLetters: DeadLettersAnswer['deadLetters']
  forecast: ForecastExtras
  costs: Cost[]
  pricing: FakePricing
  funnels: FakeFunnels
  /** Whether the calculators reckon, where else a fixed answer is enough. */
  calculators: boolean
  experiments: FakeExperiments
  /** Ids of the customers there are. */
  customerIds: readonly string[]
}

export interface FakeApi {
  url: string
  state: FakeState
  /** Paths asked, with method, in order. */
  asked: string[]
  push(message: Partial<LiveMessage>): void
  dropSockets(): void
  close(): Promise<void>
}

const PRODUCT_IDS = ['pro_bundle', 'starter_bundle', 'pro_yearly', 'pro_monthly', 'starter_monthly']

const fresh = (): FakeState => ({
  bonus: 0,
  productIds: PRODUCT_IDS,
  pricing: freshPricing(PRODUCT_IDS, 'Storefront'),
  funnels: freshFunnels(),
  calculators: false,
  experiments: freshExperiments('Checkout button'),
  countries: ['US', 'DE', 'GB', 'FR', 'CA', 'other'],
  signedIn: true,
  socket: true,
  optimizationEnabled: true,
  name: 'Storefront',
  failing: false,
  deadLetters: [],
  forecast: {},
  costs: [],
  customerIds: Array.from({ length: 120 }, (_, at) => `cus_${String(at + 1).padStart(3, '0')}`),
  status: {
    success: true,
    environment: 'development',
    signedIn: true,
    version: '0.1.0',
    configVersion: 7,
    products: 5,
    events: 41_280,
    imports: [],
    demo: { publishableKey: 'pk_demo_storefront', secretKey: 'sk_demo_server' },
  },
})

/** The API the dashboard reads, with figures that can be told what to be. */
export async function startFakeApi(change: (state: FakeState) => void = () => {}): Promise<FakeApi> {
  const state = fresh()
  change(state)
  const asked: string[] = []
  const sockets = new Set<Socket>()
  let revision = 1

  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    void answer(state, request, response)
  })
  server.on('upgrade', (request, socket: Socket) => {
    if (!state.socket) {
      socket.destroy()
      return
    }
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => sockets.delete(socket))
    const events = Array.from({ length: 20 }, (_, at) => fakeLine(at, state.productIds[at % state.productIds.length] as string))
    socket.write(frame({ events, revision, activeVisitors: 14 }))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    asked,
    push: (message) => {
      revision++
      for (const socket of sockets) socket.write(frame({ events: [], activeVisitors: 14, ...message, revision }))
    },
    dropSockets: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
}

/** One unmasked text frame, as servers send them. */
function frame(message: LiveMessage): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.from([0x81, 126, body.length >> 8, body.length & 255])
  return Buffer.concat([head, body])
}

async function answer(state: FakeState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake')
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
    response.end(JSON.stringify(body))
  }
  const refuse = (status: number, code: string, error: string) =>
    send(status, { success: false, type: `/docs#${code}`, title: code, error, code, status })
  if (url.pathname === '/sdk.json') return send(200, SDK)
  if (!url.pathname.startsWith('/api/')) return file(url.pathname, response)

  const body = await text(request)
  if (request.method !== 'GET' && request.headers['x-fairlead'] !== '1')
    return refuse(403, 'cross_site', 'the header x-fairlead is missing')
  if (url.pathname === '/api/session') {
    if (JSON.parse(body).token !== 'right') return refuse(401, 'login_failed', 'this token opens nothing')
    state.signedIn = true
    return send(200, { success: true })
  }
  if (url.pathname === '/api/status') return send(200, { ...state.status, signedIn: state.signedIn })
  if (!state.signedIn) return refuse(401, 'unauthorized', 'sign in first')
  if (state.failing) return refuse(503, 'unavailable', 'a store does not answer')

  if (state.calculators && answerCalculators(request.method ?? 'GET', url, body, send)) return
  if (answerExperiments(state.experiments, request.method ?? 'GET', url, body, send)) return
  if (answerPricing(state.pricing, request.method ?? 'GET', url, body, send)) return
  if (answerFunnels(state.funnels, request.method ?? 'GET', url, body, send)) return
  const query = url.searchParams
  const timeframe = query.get('timeframe') ?? '30d'
  const to = query.get('to') ?? TODAY
  switch (url.pathname) {
    case '/api/analytics':
      if (query.get('currency') === 'ZZZ') return refuse(422, 'unknown_currency', '"ZZZ" is not a currency we take')
      return send(200, fakeAnalytics(timeframe, to, query.get('currency') ?? 'USD', query.get('includeCohorts') === 'true', state))
    case '/api/forecasts/mrr':
    case '/api/forecasts/revenue': {
      if (query.get('currency') === 'ZZZ') return refuse(422, 'unknown_currency', '"ZZZ" is not a currency we take')
      const metric = url.pathname.endsWith('mrr') ? 'mrr' : 'revenue'
      return send(200, fakeForecast(metric, Number(query.get('horizon')), query.get('currency') ?? 'USD', state.forecast))
    }
    case '/api/customers':
      return send(200, fakeCustomers(state.customerIds, query))
    case '/api/costs':
      if (request.method === 'POST') return takeCost(state, JSON.parse(body), send, refuse)
      return send(200, { success: true, costs: state.costs, next: null })
    case '/api/settings':
      if (request.method === 'PATCH') state.optimizationEnabled = JSON.parse(body).optimizationEnabled
      return send(200, { success: true, settings: settings(state) })
    default:
      break
  }
  const [, kind = '', id = ''] = /^\/api\/(customers|costs)\/([^/]+)/.exec(url.pathname) ?? []
  if (kind === 'customers') {
    const customerId = decodeURIComponent(id)
    if (!state.customerIds.includes(customerId)) return refuse(404, 'not_found', 'nobody is known by this id')
    return send(200, fakeChain(customerId, query.get('before'), state.name))
  }
  if (kind === 'costs' && request.method === 'DELETE') {
    state.costs = state.costs.filter((cost) => cost.id !== decodeURIComponent(id))
    return send(200, { success: true, message: 'Removed' })
  }
  const list = lists(state, url.pathname)
  return list ? send(200, list) : refuse(404, 'not_found', 'there is no such route')
}

function takeCost(
  state: FakeState,
  input: Omit<Cost, 'id' | 'createdAt' | 'updatedAt'>,
  send: (status: number, body: unknown) => void,
  refuse: (status: number, code: string, error: string) => void,
): void {
  if (input.to < input.from) return refuse(422, 'end_before_start', 'the last day lies before the first')
  const cost = { ...input, id: `cost_${state.costs.length}`, createdAt: 0, updatedAt: 0 }
  state.costs.push(cost)
  send(200, { success: true, id: cost.id, cost })
}

export const SDK: SdkManifest = {
  version: '0.1.0',
  file: 'sdk-0.1.0.0f3c9a12.js',
  integrity: 'sha384-DzyaEg==',
  module: 'sdk-0.1.0.2ab45e01.mjs',
  moduleIntegrity: 'sha384-KrReAQ==',
}

const settings = (state: FakeState) => ({
  optimizationEnabled: state.optimizationEnabled,
  holdoutShare: 0.05,
  defaultCurrency: 'USD',
  law: {},
  quoteLifetimeSeconds: 900,
  decisionSampleShare: 0.1,
})

/** The lists of the set-up page, or null for a path that has none. */
function lists(state: FakeState, path: string): unknown {
  const at = Date.parse(`${TODAY}T09:30:00Z`)
  switch (path) {
    case '/api/keys':
      return { success: true, keys: keys(state.name, at) }
    case '/api/dead-letters':
      return { success: true, deadLetters: state.deadLetters }
    case '/api/audit':
      return { success: true, entries: changes(state.name, at) }
    default:
      return null
  }
}

const keys = (name: string, at: number) => {
  const key = { scopes: ['decide', 'behaviour'], createdAt: at, expiresAt: null, revokedAt: null, lastUsedDay: TODAY }
  return [
    { ...key, id: 'k1', name, kind: 'publishable' },
    { ...key, id: 'k2', name: 'Server', kind: 'secret', lastUsedDay: null },
  ]
}

const changes = (subject: string, at: number) => {
  const change = { at, actor: 'demo', subject }
  const settingsOf = (optimizationEnabled: boolean) => ({ holdoutShare: 0.05, optimizationEnabled, law: { DE: { personal: 'off' } } })
  return [
    { ...change, id: 2, action: 'settings.changed', before: settingsOf(true), after: settingsOf(false) },
    { ...change, id: 1, action: 'key.created', before: null, after: { name: subject, kind: 'publishable' } },
  ]
}

async function text(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}

async function file(path: string, response: ServerResponse): Promise<void> {
  const isPage = /^\/(customers|experiments|pricing\/\w+)\//.test(path)
  const name = extname(path) && !isPage ? normalize(path) : '/index.html'
  try {
    const body = await readFile(join(ASSETS, name))
    response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'content-security-policy': POLICY })
    response.end(body)
  } catch {
    response.writeHead(404).end()
  }
}
