import { call, DEMO_PUBLISHABLE_KEY, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import type { Product } from '../../worker/contract/configuration.ts'
import type { PricingAnswer } from '../../worker/contract/pricing.ts'
import type { ProjectionMessage } from '../../worker/domain/customer/projection.ts'
import type { PriceRule } from '../../worker/domain/pricing/types.ts'
import { demoPriceTest, demoProducts, demoRules, demoSettings } from '../simulation/catalogue.ts'
import { request, type Source } from './load.ts'

export interface Case extends Source {
  name: string
  server: 'floor' | 'product' | 'small' | 'large'
  /** Rows or events that one request carries. */
  rows?: number
  /** Name of the floor, and the most this case may cost as a multiple of it. */
  bar?: { floor: string; maximum: number }
  /** What a round leaves to alarms and the queue is done within this time, and counted with it. */
  tailMs?: number
}

const OBJECTS = 100
const EVENTS = 50
const MESSAGES = 50
const DELTAS = 20
/** Customers in turn: few enough to be a busy minute, many enough that no log outgrows what one may send in two days. */
const SHOPPERS = 100
const PRODUCTS = 300
/** A large catalogue beside a small one: what a decision costs must not depend on how much there is to sell. */
const LARGE_CATALOGUE = 50_000
const SMALL_CATALOGUE = 10
const RULES = 200
const FLAGS = 50
/** The longest an object lets changes gather, and what the queue then waits for company. */
const TAIL_MS = 5_000

let turn = 0
const inTurn = (count: number) => turn++ % count

/** Fifty page events of one person, each with an id of its own. */
const events = (): string =>
  JSON.stringify({
    events: Array.from({ length: EVENTS }, (_, index) => ({
      id: `bench-${turn}-${index}`,
      event: 'view_item',
      timestamp: Date.now(),
      customerId: `cus_bench_${turn % SHOPPERS}`,
      productId: 'pro_bundle',
      country: 'US',
      device: 'desktop',
      sessionId: `s${turn % SHOPPERS}`,
    })),
  })

const keys = Array.from({ length: DELTAS }, (_, index) => ['events', '', '2026-01-01', 'type', `bench_${index}`] as const)

const floorRows = JSON.stringify(
  Array.from({ length: MESSAGES }, () =>
    keys.map(([metric, scope, day, dimension, value]) => [metric, scope, dimension, value, day, 1]),
  ).flat(),
)

/** Messages of many objects that all add to the same sums, as a busy shop's do. The server fills object and seq. */
const messages: ProjectionMessage[] = Array.from({ length: MESSAGES }, () => ({
  object: '',
  seq: 0,
  digest: '0000000000000000',
  deltas: keys.map((key) => [key.join('|'), 1]),
  rows: [],
  departed: null,
  live: [],
}))

const planInTurn = () => (turn % 2 ? 'pro' : 'free')
/** What a page asks to have its flags evaluated. */
const question = (targetingKey: string | undefined): string =>
  JSON.stringify({ context: { targetingKey, plan: planInTurn(), country: 'US' } })

export const floorCases: Case[] = [
  { name: 'bare handler', server: 'floor', next: () => request('GET', '/bare') },
  { name: 'Hono GET JSON', server: 'floor', next: () => request('GET', '/hono') },
  { name: 'Hono POST JSON', server: 'floor', next: () => request('POST', '/hono', {}, question('floor')) },
  { name: 'RPC + SQLite read', server: 'floor', next: () => request('GET', `/read?object=${inTurn(OBJECTS)}`) },
  { name: 'RPC + SQLite write', server: 'floor', next: () => request('POST', `/write?object=${inTurn(OBJECTS)}`) },
  {
    name: 'parse + json_each insert of 50',
    server: 'floor',
    rows: EVENTS,
    next: () => request('POST', `/ingest?object=s${inTurn(SHOPPERS)}`, {}, events()),
  },
  { name: 'D1 json_each insert', server: 'floor', rows: MESSAGES * DELTAS, next: () => request('POST', '/d1', {}, floorRows) },
]

const browser = { authorization: `Bearer ${DEMO_PUBLISHABLE_KEY}`, 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' }
const shop = { authorization: `Bearer ${DEMO_SECRET_KEY}` }

/** Two hundred rules of which one holds: half of them are for every product, half name five. */
function rules(products: number): PriceRule[] {
  return Array.from({ length: RULES }, (_, index) => ({
    id: `rule_${String(index).padStart(3, '0')}`,
    kind: 'market',
    name: `Rule ${index}`,
    productIds: index % 2 ? Array.from({ length: 5 }, (_, at) => `sku_${(index * 5 + at) % products}`) : null,
    priority: -index,
    condition: index === RULES - 2 ? { country: 'US' } : { country: { $in: ['DE', 'FR', 'BR'] }, device: index % 3 ? 'mobile' : 'tablet' },
    multiplier: 0.9,
    sensitivity: null,
    minimum: null,
    maximum: null,
    reference: null,
    startsAt: null,
    endsAt: null,
  }))
}

/** Visitors in turn of a catalogue of so many products, which stands in the database alone before it is compiled: by HTTP it would take minutes. */
async function warmIn(url: string, products: number, over: Pick<Case, 'name' | 'server'> & Partial<Case>): Promise<Case> {
  const filled = await fetch(`${url}/bench/catalogue`, { method: 'POST', body: JSON.stringify({ products, rules: rules(products) }) })
  if (!filled.ok) throw new Error(`the catalogue was refused: ${await filled.text()}`)
  await call({ url }, 'PATCH', '/api/settings', { ...demoSettings, holdoutShare: 0 })
  await call({ url }, 'POST', '/api/keys', { name: 'bench', kind: 'publishable', secret: DEMO_PUBLISHABLE_KEY })
  const visitors: string[] = []
  // Ten products of each, spread over its shards, so that both are asked the same.
  const looked = Array.from({ length: SMALL_CATALOGUE }, (_, at) => `sku_${Math.floor((at * products) / SMALL_CATALOGUE)}`)
  for (let index = 0; index < OBJECTS; index++) {
    const path = `/api/pricing/${looked[index % looked.length]}?visitorId=new&country=US&device=desktop`
    const { visitorId, pricing } = await call<PricingAnswer>({ url, key: DEMO_PUBLISHABLE_KEY }, 'GET', path)
    if (!visitorId || pricing.fallback || pricing.reason !== 'market') throw new Error(`a new visitor got ${JSON.stringify(pricing)}`)
    visitors.push(visitorId)
  }
  return {
    ...over,
    next: () => {
      const at = inTurn(OBJECTS)
      return request('GET', `/api/pricing/${looked[at % looked.length]}?visitorId=${visitors[at]}&country=US&device=desktop`, browser)
    },
    bad: '"fallback":true',
  }
}

/** Names of the cases that need catalogues of their own. */
export const CATALOGUE_CASES = ['warm price of 10 products', 'warm price of 50,000 products']

/** Warm decisions of a small and of a large catalogue with the same rules, each on a server of its own. */
export const prepareCatalogues = async (small: string, large: string): Promise<Case[]> => [
  await warmIn(small, SMALL_CATALOGUE, { name: CATALOGUE_CASES[0] as string, server: 'small' }),
  await warmIn(large, LARGE_CATALOGUE, {
    name: CATALOGUE_CASES[1] as string,
    server: 'large',
    bar: { floor: CATALOGUE_CASES[0] as string, maximum: 1.2 },
  }),
]

/** A catalogue, a running test, keys and a hundred visitors who have already seen a price. Answers the product's cases. */
export async function prepareProduct(url: string): Promise<Case[]> {
  const admin = { url }
  await call(admin, 'PATCH', '/api/settings', { ...demoSettings, holdoutShare: 0 })
  for (const product of demoProducts) await putProduct(url, product)
  const pro = demoProducts.find(({ id }) => id === 'pro_bundle') as Product
  for (let index = 0; index < PRODUCTS; index++) await putProduct(url, { ...pro, id: `bench_${index}` })
  for (const { id, ...rule } of demoRules) await call(admin, 'PUT', `/api/price-rules/${id}`, rule)
  await call(admin, 'POST', '/api/price-tests', demoPriceTest)
  await call(admin, 'POST', '/api/keys', { name: 'bench', kind: 'publishable', secret: DEMO_PUBLISHABLE_KEY })
  await call(admin, 'POST', '/api/keys', { name: 'bench', kind: 'secret', secret: DEMO_SECRET_KEY })

  for (let index = 0; index < FLAGS; index++) {
    // Every second one looks at whom it is for.
    const condition = index % 2 ? { condition: { plan: { $in: ['pro', 'team'] }, country: 'US' } } : {}
    await call(admin, 'POST', '/api/experiments', {
      name: `bench ${index}`,
      variants: [{ name: 'control' }, { name: 'treatment' }],
      ...condition,
    })
  }

  const visitors: string[] = []
  for (let index = 0; index < OBJECTS; index++) {
    const path = '/api/pricing/pro_bundle?visitorId=new&country=US&device=desktop'
    const { visitorId, pricing } = await call<PricingAnswer>({ url, key: DEMO_PUBLISHABLE_KEY }, 'GET', path)
    if (!visitorId || pricing.fallback) throw new Error('a new visitor got no decision')
    visitors.push(visitorId)
  }
  const price = (product: string, visitor: number) =>
    request('GET', `/api/pricing/${product}?visitorId=${visitors[visitor]}&country=US&device=desktop`, browser)
  let pair = 0
  const warm: Case = {
    name: 'warm price',
    server: 'product',
    bar: { floor: 'RPC + SQLite read', maximum: 1.8 },
    next: () => price('pro_bundle', inTurn(OBJECTS)),
    bad: '"fallback":true',
  }
  const first: Case = {
    name: 'first decision',
    server: 'product',
    bar: { floor: 'RPC + SQLite write', maximum: 1.8 },
    tailMs: TAIL_MS,
    next: () => {
      const at = pair++ % (OBJECTS * PRODUCTS)
      return price(`bench_${Math.floor(at / OBJECTS)}`, at % OBJECTS)
    },
    bad: '"fallback":true',
  }
  const flags: Case = {
    name: 'fifty flags',
    server: 'product',
    bar: { floor: 'Hono GET JSON', maximum: 1.3 },
    next: () => request('GET', `/bench/flags?id=${visitors[inTurn(OBJECTS)]}&plan=${planInTurn()}`),
  }
  const bulk: Case = {
    name: 'fifty flags by OFREP',
    server: 'product',
    bar: { floor: 'Hono POST JSON', maximum: 1.8 },
    next: () => request('POST', '/ofrep/v1/evaluate/flags', browser, question(visitors[inTurn(OBJECTS)])),
    bad: '"errorCode"',
  }
  const ingest: Case = {
    name: 'ingest of 50 events',
    server: 'product',
    rows: EVENTS,
    bar: { floor: 'parse + json_each insert of 50', maximum: 1 / 0.6 },
    tailMs: TAIL_MS,
    next: () => {
      inTurn(1)
      return request('POST', '/api/events', shop, events())
    },
    bad: '"status":"r',
  }
  const consume: Case = {
    name: 'queue consumer',
    server: 'product',
    rows: MESSAGES * DELTAS,
    bar: { floor: 'D1 json_each insert', maximum: 1 / 0.6 },
    next: () => request('POST', '/bench/consume', {}, JSON.stringify(messages)),
  }
  return [warm, first, flags, bulk, ingest, consume]
}

async function putProduct(url: string, { id, ...product }: Product): Promise<void> {
  await call({ url }, 'PUT', `/api/products/${id}`, product)
}
