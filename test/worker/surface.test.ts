import { env } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Problem } from '../../worker/contract/problem.ts'
import { docsPage } from '../../worker/routes/docs.ts'
import { sendTo, withCustomers } from './fault.ts'
import { ORIGIN, send, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'

interface Operation {
  method: string
  path: string
  summary?: string
  tags?: string[]
  security?: Record<string, string[]>[]
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>
}

let document: { openapi: string; paths: Record<string, Record<string, Operation>>; components: Record<string, Record<string, unknown>> }
let operations: Operation[]

beforeAll(async () => {
  await setUpShop()
  document = (await send('GET', '/openapi.json')).body
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  )
})

describe('the description of the API', () => {
  it('says of each operation what it does, who may, what it takes and what it refuses', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(operations.length).toBeGreaterThan(40)
    const answeredWith: Record<string, string> = { 'GET /api/live': '101', 'POST /api/costs': '201' }
    const open = [
      '/api/health',
      '/api/status',
      '/api/session',
      '/.well-known/jwks.json',
      '/demo/api/checkout',
      '/demo/api/sign-in',
      '/demo/api/account',
    ]
    for (const { method, path, summary, tags, security, responses, requestBody } of operations) {
      const name = `${method} ${path}`
      expect([name, summary?.length, tags?.length]).toEqual([name, expect.any(Number), 1])
      expect([name, security !== undefined]).toEqual([name, !open.includes(path)])
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining([answeredWith[name] ?? '200'])])
      if (security) expect(responses['401']?.content?.['application/problem+json']?.schema.$ref).toBe('#/components/schemas/Problem')
      for (const { schema } of Object.values(requestBody?.content ?? {}).slice(0, 1)) {
        const input = document.components.schemas?.[schema.$ref?.split('/').at(-1) ?? ''] as { example?: unknown }
        expect([name, input.example]).toEqual([name, expect.anything()])
      }
    }
  })

  it('refers to nothing that is missing, and names every route there is', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(100)
    for (const [, kind, name] of references) expect(document.components[kind as string]).toHaveProperty(name as string)
    for (const path of ['/api/live', '/api/events', '/api/revenue/event', '/api/import', '/.well-known/jwks.json'])
      expect(Object.keys(document.paths)).toContain(path)
  })

  it('is also a page without scripts, with a command for each operation', async () => {
    const { body, headers } = await send('GET', '/docs')
    expect(headers.get('content-type')).toContain('text/html')
    expect(body).not.toMatch(/<script|javascript:|https:\/\/(?!localhost)| on\w+=/i)
    expect(body.match(/curl /g)).toHaveLength(operations.length)
    expect(body).toContain('pro_bundle?visitorId=new')
    for (const [, target] of body.matchAll(/href="#([^"]+)"/g)) expect(body).toContain(`id="${target}"`)
  })

  it('gives the dashboard to pages whose ids have dots, and nothing to a file that is missing', async () => {
    for (const path of ['/customers/ann@example.com', '/pricing/products/pro.v2', '/pricing'])
      expect([path, (await send('GET', path)).headers.get('content-type')]).toEqual([path, expect.stringContaining('text/html')])
    for (const path of ['/app/missing.js', '/missing.css']) expect([path, (await send('GET', path)).status]).toEqual([path, 404])
  })

  it('keeps hostile words inert on that page', () => {
    const evil = `"><img src=x onerror=alert(1)>'`
    const page = docsPage({
      info: { title: evil, version: evil, description: evil },
      paths: {
        [`/${evil}`]: {
          get: {
            tags: [evil],
            summary: evil,
            description: evil,
            parameters: [{ name: evil, in: 'query', schema: { type: evil, description: evil, example: evil } }],
            requestBody: { content: { 'application/json': { schema: { $ref: `#/components/schemas/${evil}` } } } },
            responses: { [evil]: { description: evil } },
          },
        },
      },
      components: { schemas: { [evil]: { example: evil } } },
    })
    expect(page).not.toContain('<img')
  })
})

describe('answers', () => {
  it('of the API are kept by nobody on the way, whatever became of the request', async () => {
    for (const path of ['/api/products', '/api/pricing/pro_bundle', '/api/nothing', '/api/health']) {
      expect((await send('GET', path)).headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('a price', () => {
  it('carries what every answer carries, and what opens it to pages', async () => {
    const headersOf = async (path: string) => {
      const { headers } = await send('GET', path, { key: PK })
      return [...headers].filter(([name]) => !/^content-(type|length|encoding)$|^transfer-encoding$/.test(name))
    }
    const refused = await headersOf('/api/pricing/nothing?visitorId=new')
    expect(refused.map(([name]) => name)).toEqual(expect.arrayContaining(['content-security-policy', 'access-control-allow-origin']))
    expect(await headersOf('/api/pricing/pro_bundle?visitorId=new')).toEqual(refused)
    expect((await send('GET', '/api/pricing/pro_bundle?visitorId=new', { key: PK })).headers.get('content-type')).toBe('application/json')
  })
})

describe('every question', () => {
  it('is answered without a database that is overloaded, or sent back to come again: never as a fault of ours', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    const overloaded = () => {
      throw new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.')
    }
    const down = { ...env, DB: { prepare: overloaded, batch: overloaded } as unknown as D1Database }
    const asked = operations.filter(({ method, path }) => method === 'GET' && path !== '/api/live')
    expect(asked.length).toBeGreaterThan(15)
    for (const { path } of asked) {
      const { status, headers } = await sendTo(down, 'GET', path.replace(/\{\w+\}/g, 'pro_bundle'), { key: SK })
      expect([path, status]).toEqual([path, expect.toSatisfy((code: number) => code < 500 || code === 503)])
      if (status === 503 && path !== '/api/health') expect([path, headers.get('retry-after')]).toEqual([path, '5'])
    }
    vi.restoreAllMocks()
  })
})

describe('an object that breaks while it answers', () => {
  const breaking = (flags: { retryable?: boolean; overloaded?: boolean }, times: number) => {
    let asked = 0
    const bindings = withCustomers((_id, real) => (asked++ < times ? (unreachable(flags) as ReturnType<typeof real>) : real()))
    return { bindings, asked: () => asked }
  }
  const unreachable = (flags: object) =>
    new Proxy({}, { get: () => () => Promise.reject(Object.assign(new Error('the object has moved'), flags)) })
  const event = { event: 'page_view', customerId: 'cus_of_a_broken_object' }

  it('is asked once more through a new stub where that may help, and left alone when it is overloaded', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const once = breaking({ retryable: true }, 1)
    expect((await sendTo(once.bindings, 'POST', '/api/events', { key: SK, body: event })).body).toMatchObject({ accepted: 1 })
    const twice = breaking({ retryable: true }, 2)
    expect(await sendTo(twice.bindings, 'POST', '/api/events', { key: SK, body: event })).toMatchObject({ status: 503 })
    const busy = breaking({ retryable: true, overloaded: true }, 1)
    const answer = await sendTo(busy.bindings, 'POST', '/api/events', { key: SK, body: event })
    expect([answer.status, answer.headers.get('retry-after'), busy.asked()]).toEqual([503, '5', 1])
    const { visitorId } = (await send('POST', '/api/visitors', { key: PK })).body
    const identified = breaking({ retryable: true }, 1)
    const body = { visitorId, customerId: 'cus_of_a_broken_object' }
    expect((await sendTo(identified.bindings, 'POST', '/api/identify', { key: SK, body })).status).toBe(200)
    vi.restoreAllMocks()
  })
})

describe('new visitors from one address', () => {
  it('are damped, each minute anew and each address by itself', async () => {
    const production = { ...env, ENVIRONMENT: 'production' }
    const mint = (address: string) =>
      sendTo(production, 'POST', '/api/visitors', { key: PK, headers: { 'cf-connecting-ip': address } }).then(({ status }) => status)
    const statuses = await Promise.all(Array.from({ length: 300 }, () => mint('192.0.2.1')))
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(50)
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(120)
    expect(await mint('192.0.2.2')).toBe(200)
  })
})

describe('every route', () => {
  const HOSTILE: unknown[] = [
    '',
    'null',
    '[]',
    '0',
    '{"',
    '{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}',
    `{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
    JSON.stringify({ id: `' OR 1=1 --`, name: '%'.repeat(200), events: [null], products: [{}], token: 'x'.repeat(5000), quote: {} }),
    JSON.stringify({
      name: '<img src=x onerror=alert(1)>\u0000\ud800',
      kind: 'publishable',
      scopes: ['admin'],
      prices: [{ currency: 'USD', amount: 1e308 }],
      testPrices: [1e308, -1],
      productId: '\ud800',
      duration: 1e308,
      multiplier: null,
      startsAt: '275761-01-01T00:00:00Z',
      law: { US: null },
      events: [{ event: 'purchase', items: [{ item_id: {} }] }],
      items: [{ productId: 'x', quantity: -1 }],
      object: 'f'.repeat(64),
      seq: 1,
    }),
  ]
  const IDS = ['x', '%00', '%ff', '%E0%A4%A', '..%2f..%2f', `%27%20OR%201=1`, 'a'.repeat(2000), '__proto__', '%F0%9F%98%80']
  const QUERIES = [
    '',
    '?limit=-1&after=%00&before=NaN&timeframe=%F0&to=0000-99-99&currency=XXX&replay=2',
    '?visitorId=%ff&customerId=null&token=a.b.c&limit=1e99&timeframe=all&to=9999-12-31&key=pk_x',
  ]

  it('refuses what is hostile as a problem, and never breaks', async () => {
    const failures: string[] = []
    const ask = async (method: string, path: string, body: unknown, key: string | undefined) => {
      const { status, body: answer, headers } = await send(method, path, key === undefined ? { body } : { body, key })
      const line = `${method} ${path.slice(0, 90)} ${String(body).slice(0, 60)} ${key ?? 'admin'} → ${status} ${JSON.stringify(answer).slice(0, 200)}`
      if (status >= 500) failures.push(line)
      if (status >= 400 && (!headers.get('content-type')?.startsWith('application/problem+json') || !Problem.safeParse(answer).success))
        failures.push(line)
      if (status >= 400 && /\.ts:|SQLITE|D1_|stack|at \w+ \(/.test(JSON.stringify(answer))) failures.push(line)
    }
    for (const { method, path, requestBody } of operations) {
      if (path === '/api/reconcile' || path === '/api/session' || path === '/api/settings/identity-secret') continue
      const bodies = requestBody ? HOSTILE : [undefined]
      const paths = path.includes('{') ? IDS.map((id) => path.replace(/\{\w+\}/, id)) : [path]
      const calls: Promise<void>[] = []
      for (const [at, body] of bodies.entries()) calls.push(ask(method, `${paths[at % paths.length]}`, body, at % 2 ? SK : undefined))
      for (const [at, each] of paths.entries()) calls.push(ask(method, each + QUERIES[at % 3], bodies.at(-1), undefined))
      for (const query of QUERIES) calls.push(ask(method, `${paths[0]}${query}`, bodies.at(-1), PK))
      await Promise.all(calls)
    }
    expect(failures).toEqual([])
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('lets nobody past who lacks the scope it names', async () => {
    for (const { method, path, security } of operations) {
      const scope = security?.[0]?.key?.[0]
      if (scope === undefined) continue
      const address = path.replace(/\{\w+\}/, 'x')
      const nobody = await sendTo({ ...env, ENVIRONMENT: 'production' }, method, address)
      expect([address, nobody.status]).toEqual([address, 401])
      if (scope === 'decide' || scope === 'behaviour') continue
      const page = await send(method, address, { key: PK })
      expect([address, page.status, page.body.code]).toEqual([address, 401, 'unauthorized'])
      if (scope === 'admin')
        expect([address, (await send(method, address, { key: SK })).status]).toEqual([address, scope === 'admin' ? 403 : 200])
    }
  })

  it('that is none is a problem too', async () => {
    for (const [method, path] of [
      ['GET', '/api/nothing'],
      ['POST', '/api/analytics'],
      ['PUT', '/'],
      ['DELETE', '/docs'],
      ['GET', '/app/nothing.js'],
    ] as const) {
      const { status, body } = await send(method, path)
      expect([path, status, body.code]).toEqual([path, 404, 'not_found'])
    }
  })
})

describe('what surrounds an answer', () => {
  it.each(['/docs', '/openapi.json', '/api/health', '/api/products', '/api/nothing', '/.well-known/jwks.json'])(
    '%s carries the headers that guard it',
    async (path) => {
      const { headers } = await send('GET', path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("script-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBeTruthy()
    },
  )

  it('is open to other origins on public routes alone, and never with credentials', async () => {
    const open = [
      '/api/pricing/pro_bundle',
      '/api/pricing',
      '/api/events',
      '/api/identify',
      '/api/visitors',
      '/api/quotes/verify',
      '/.well-known/jwks.json',
    ]
    const closed = [
      '/api/products',
      '/api/analytics',
      '/api/session',
      '/api/customers/x/export',
      '/api/keys',
      '/api/revenue/event',
      '/api/import',
      '/openapi.json',
    ]
    for (const path of [...open, ...closed]) {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await send(method, path, {
          headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
        })
        expect([path, headers.get('access-control-allow-origin')]).toEqual([path, open.includes(path) ? '*' : null])
        expect(headers.get('access-control-allow-credentials')).toBeNull()
      }
    }
  })

  it('of a refusal says when to come again where that helps', async () => {
    const { status, body } = await send('GET', '/api/pricing/nothing', { key: PK })
    expect([status, body]).toMatchObject([404, { success: false, type: '/docs#unknown_product', title: 'unknown product', status: 404 }])
  })
})

describe('the live feed', () => {
  const upgrade = (headers: Record<string, string>) =>
    exports.default.fetch(`${ORIGIN}/api/live`, { headers: { upgrade: 'websocket', ...headers } })

  it('opens to its own pages, and to no other', async () => {
    const own = await upgrade({ origin: ORIGIN })
    expect(own.status).toBe(101)
    own.webSocket?.accept()
    own.webSocket?.close()
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost:8787.evil.example',
      'http://localhost:87870',
      'https://localhost:8787',
    ]) {
      const response = await upgrade({ origin })
      expect([origin, response.status]).toEqual([origin, 403])
      expect(await response.json()).toMatchObject({ code: 'cross_site' })
    }
    expect((await upgrade({ origin: ORIGIN, 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await upgrade({ authorization: `Bearer ${PK}` })).status).toBe(401)
    expect((await send('GET', '/api/live')).status).toBe(400)
  })
})

describe('in production', () => {
  const production = () => ({ ...env, ENVIRONMENT: 'production' })

  it('there is no demo, neither its pages nor its server', async () => {
    for (const [method, path] of [
      ['GET', '/demo'],
      ['GET', '/demo/'],
      ['GET', '/demo/index.html'],
      ['POST', '/demo/api/checkout'],
      ['POST', '/demo/api/sign-in'],
    ] as const) {
      const { status, body } = await sendTo(production(), method, path, method === 'POST' ? { body: { customerId: 'cus_1' } } : {})
      expect([path, status, body.code]).toEqual([path, 404, 'not_found'])
    }
  })

  it('nobody is signed in by coming from this machine, and no demo key is shown', async () => {
    const { body } = await sendTo(production(), 'GET', '/api/status')
    expect(body).toMatchObject({ signedIn: false, demo: null, imports: [] })
    expect((await sendTo(production(), 'GET', '/api/products')).status).toBe(401)
  })

  it('the import takes no past decisions', async () => {
    const past = { id: 'd', event: 'price_decided', customerId: 'cus_1', productId: 'pro_bundle', amount: 1 }
    const { body } = await sendTo(production(), 'POST', '/api/import', { key: SK, body: { importId: 'i', events: [past] } })
    expect(body.results[0]).toMatchObject({ status: 'rejected', code: 'development_only' })
  })

  it('a variable that is wrong or missing is named by the first request', async () => {
    await expect(sendTo({ ...env, PRICE_BUDGET: 'soon' }, 'GET', '/api/health')).rejects.toThrow('PRICE_BUDGET')
  })
})
