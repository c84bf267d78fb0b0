import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Flag, FlagsAnswer } from '../../client-sdk/variants.ts'
import type { EventResult, IncomingEvent } from '../../worker/contract/events.ts'
import type { Pricing } from '../../worker/contract/pricing.ts'

/** A request as it came over the wire. */
export interface Seen {
  method: string
  path: string
  query: URLSearchParams
  type: string
  body: string
}

/** Decided price and list price, in dollars as in euros. */
const PRICES: Record<string, [number, number]> = {
  starter_bundle: [189.5, 199],
  pro_bundle: [449, 499],
  starter_monthly: [29, 29],
  pro_monthly: [79, 79],
  pro_yearly: [790, 790],
}

type Answer = { status: number; body?: unknown; headers?: Record<string, string> }

/** The Worker's public routes without a Worker: they remember what was sent, and fail on demand. */
export class FakeApi {
  readonly seen: Seen[] = []
  /** Rows as the real one would keep them: one for each event id. */
  readonly rows = new Map<string, IncomingEvent>()
  visitors = 0
  /** Next answers of `/api/events`, taken before the usual one. */
  readonly eventAnswers: Answer[] = []
  /** Ids that the next batch holding them settles differently, once. */
  readonly outcomes = new Map<string, Partial<EventResult>>()
  /** Decided prices that differ from the usual ones, by product. */
  readonly prices: Record<string, number> = {}
  /** Next answers of the shop server's checkout, taken before the usual one. */
  readonly orderAnswers: Answer[] = []
  /** Visitor ids that this deployment never minted. */
  readonly strangers = new Set<string>()
  pricingDelayMs = 0
  /** What flags answer, by key. */
  readonly flags: Record<string, Omit<Flag, 'key'>> = {}
  /** Assignments that the next answers of flags ask to be kept. */
  sticky: string | undefined
  /** Next answers of the flags, taken before the usual one. */
  readonly flagAnswers: Answer[] = []
  flagsDelayMs = 0
  /** Somebody else's server stands where ours should: it answers everything so. */
  everyAnswer: Answer | undefined
  disclosure: string | null = null
  /** The Worker hears `Sec-GPC: 1` from somewhere on the way: it mints nobody and says so. */
  profilingRefused = false
  /** No key is known here. */
  keyRefused = false
  #server = createServer((request, response) => void this.#handle(request, response))
  /** Headers of every file. */
  readonly headers: Record<string, string> = {}
  /** Files served as they are, by path. */
  readonly files: Record<string, { type: string; text: string }> = {}

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  to(path: string): Seen[] {
    return this.seen.filter((seen) => seen.path.startsWith(path) && seen.method !== 'OPTIONS')
  }

  /** Contexts that flags were asked for. */
  contexts(): Record<string, unknown>[] {
    return this.to('/ofrep/v1/evaluate/flags').map((seen) => JSON.parse(seen.body).context)
  }

  batches(): IncomingEvent[][] {
    return this.to('/api/events').map((seen) => JSON.parse(seen.body).events)
  }

  named(event: string): IncomingEvent[] {
    return [...this.rows.values()].filter((row) => row.event === event)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url as string, 'http://fake')
    const file = this.files[url.pathname]
    if (file) {
      response.writeHead(200, { 'content-type': file.type, ...this.headers }).end(file.text)
      return
    }
    let body = ''
    for await (const chunk of request) body += chunk
    const seen: Seen = {
      method: request.method as string,
      path: url.pathname,
      query: url.searchParams,
      type: request.headers['content-type'] ?? '',
      body,
    }
    this.seen.push(seen)
    if (seen.path.startsWith('/api/pricing') && this.pricingDelayMs) await new Promise((done) => setTimeout(done, this.pricingDelayMs))
    if (seen.path.startsWith('/ofrep/') && this.flagsDelayMs) await new Promise((done) => setTimeout(done, this.flagsDelayMs))
    const { status, body: answer, headers } = this.#answer(seen)
    response.writeHead(status, {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'content-type',
      'access-control-expose-headers': 'retry-after',
      ...headers,
    })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}))
  }

  #answer({ method, path, query, body }: Seen): Answer {
    if (method === 'OPTIONS') return { status: 204 }
    if (this.everyAnswer) return this.everyAnswer
    if (this.keyRefused && path.startsWith('/api/'))
      return { status: 401, body: { success: false, code: 'unauthorized', error: 'the key is unknown, revoked or expired' } }
    const mint = (asked: string | null) => {
      if (this.profilingRefused || this.strangers.has(asked ?? '')) return null
      return asked === 'new' ? `visitor-${++this.visitors}` : asked
    }
    if (path === '/api/visitors') return { status: 200, body: { success: true, visitorId: mint('new') } }
    if (path === '/api/pricing') {
      const input = JSON.parse(body) as { products: string[]; visitorId?: string; currency?: string }
      const prices = input.products.filter((id) => id !== 'nothing').map((id) => this.#pricing(id, input.currency))
      return { status: 200, body: { success: true, prices, unknown: [], visitorId: mint(input.visitorId ?? null) } }
    }
    if (path.startsWith('/api/pricing/')) {
      const id = path.slice('/api/pricing/'.length)
      if (id === 'nothing') return { status: 404, body: { success: false, code: 'unknown_product', field: 'productId' } }
      return {
        status: 200,
        body: { success: true, pricing: this.#pricing(id, query.get('currency') ?? undefined), visitorId: mint(query.get('visitorId')) },
      }
    }
    if (path === '/ofrep/v1/evaluate/flags') {
      const flags = Object.entries(this.flags).map(([key, flag]) => ({ key, reason: 'SPLIT', ...flag }))
      const answer: FlagsAnswer = { flags, metadata: { sticky: this.sticky } }
      return this.flagAnswers.shift() ?? { status: 200, body: answer }
    }
    if (path === '/api/identify') {
      const { customerId, visitorId } = JSON.parse(body)
      return { status: 200, body: { success: true, message: '', visitorId, customerId, subject: 'visitor-1', merged: true } }
    }
    if (path === '/demo/api/sign-in') return { status: 200, body: { success: true, token: 'jwt' } }
    if (path === '/demo/api/checkout') {
      const { total, currency } = JSON.parse(body) as { total: number; currency: string }
      return this.orderAnswers.shift() ?? { status: 200, body: { success: true, orderId: 'ord_1', total, currency } }
    }
    if (path === '/api/events') return this.eventAnswers.shift() ?? { status: 200, body: this.#ingest(JSON.parse(body).events) }
    return { status: 404 }
  }

  #ingest(events: IncomingEvent[]) {
    const results = events.map((event, index): EventResult => {
      const id = event.id as string
      const planned = this.outcomes.get(event.event as string)
      this.outcomes.delete(event.event as string)
      if (planned) return { index, id, status: 'accepted', ...planned }
      const status = this.rows.has(id) ? 'duplicate' : 'accepted'
      this.rows.set(id, event)
      return { index, id, status }
    })
    return { success: true, message: '', accepted: 0, duplicate: 0, rejected: 0, retry: 0, results }
  }

  #pricing(productId: string, currency = 'USD'): Pricing {
    const optimizedPrice = this.prices[productId] ?? PRICES[productId]?.[0] ?? 0
    return {
      productId,
      optimizedPrice,
      lowest30Days: null,
      listPrice: PRICES[productId]?.[1] ?? 0,
      currency,
      decisionId: `decision-${productId}`,
      quote: `quote of ${optimizedPrice} ${currency}`,
      expiresAt: 0,
      personalized: true,
      priceClass: 'randomised',
      disclosure: this.disclosure,
      reason: this.profilingRefused ? 'consent' : 'test',
      test: { id: 'test-1', version: 1, variant: '449' },
      propensity: 0.5,
      explain: [
        { step: 'list', outcome: 'applied', before: 499, after: 499, detail: 'list price in USD' },
        { step: 'test', outcome: 'applied', before: 499, after: 449, detail: 'arm 449 of test pro_bundle_2, drawn with probability 0.5' },
        { step: 'floor', outcome: 'kept', before: 449, after: 449, detail: 'above the floor' },
      ],
      fallback: false,
      configVersion: 1,
    }
  }
}
