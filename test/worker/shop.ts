import { env, listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'

export const ORIGIN = 'http://localhost:8787'

/** JSON of which only names are known; tests say what stands there. */
// biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came over the wire
type Json = any

export interface Answer {
  status: number
  headers: Headers
  body: Json
}

/** A request as a client sends it; without a key it is the local demo's admin. */
export async function send(
  method: string,
  path: string,
  { key, body, headers }: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const sent = new Headers({ origin: ORIGIN, 'x-fairlead': '1', 'user-agent': 'Mozilla/5.0 (test)', ...headers })
  if (key) sent.set('authorization', `Bearer ${key}`)
  if (body !== undefined && !sent.has('content-type')) sent.set('content-type', 'application/json')
  const init: RequestInit = { method, headers: sent }
  if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await exports.default.fetch(`${ORIGIN}${path}`, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}

async function must(method: string, path: string, body?: unknown): Promise<Json> {
  const answer = await send(method, path, { body })
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** A small catalogue, both demo keys, and terms that let prices be tested in the US. */
export async function setUpShop({ test = true }: { test?: boolean } = {}): Promise<void> {
  await must('PUT', '/api/products/starter_bundle', { name: 'Starter bundle', prices: [{ currency: 'USD', amount: 199 }] })
  await must('PUT', '/api/products/pro_bundle', {
    name: 'Pro bundle',
    prices: [
      { currency: 'USD', amount: 499, floor: 299, ceiling: 699 },
      { currency: 'EUR', amount: 459 },
    ],
  })
  await must('PUT', '/api/products/pro_monthly', { name: 'Pro, monthly', interval: 'month', prices: [{ currency: 'USD', amount: 79 }] })
  await must('PATCH', '/api/settings', { law: { US: { uniform: 'allow', randomised: 'disclose', personal: 'off' } } })
  if (test) await must('POST', '/api/price-tests', { productId: 'pro_bundle', testPrices: [449, 499, 549], duration: 30 })
  await must('POST', '/api/keys', { name: 'Storefront', kind: 'publishable', secret: 'pk_demo_storefront' })
  await must('POST', '/api/keys', { name: 'Server', kind: 'secret', secret: 'sk_demo_server' })
}

/** Lets every outbox reach D1: fires the alarms until nothing is pending and the queue has delivered. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const ids = await listDurableObjectIds(env.CUSTOMERS)
    const states = await Promise.all(ids.map((id) => env.CUSTOMERS.get(id).pending()))
    if (states.every((pending) => !pending)) return
    await Promise.all(ids.map(async (id, index) => states[index] === 'alarm' && (await runDurableObjectAlarm(env.CUSTOMERS.get(id)))))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the outboxes do not settle')
}
