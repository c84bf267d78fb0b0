import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test'
import type { Env } from '../../worker/env.ts'
import worker from '../../worker/index.ts'
import { type Answer, ORIGIN } from './shop.ts'

type Stub = ReturnType<Env['CUSTOMERS']['get']>

/** The Worker's bindings with other stubs for its customers: slow ones, broken ones. */
export function withCustomers(get: (id: DurableObjectId, real: () => Stub) => Stub, variables: Partial<Env> = {}): Env {
  const CUSTOMERS = new Proxy(env.CUSTOMERS, {
    get(target, name) {
      if (name === 'get') return (id: DurableObjectId) => get(id, () => target.get(id))
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { ...env, CUSTOMERS, ...variables }
}

/** A request to the Worker under other bindings; what it does after its answer is done too when this returns. */
export async function sendTo(
  bindings: Env,
  method: string,
  path: string,
  { key, body, headers }: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const sent = new Headers({ 'user-agent': 'Mozilla/5.0 (test)', ...headers })
  if (key) sent.set('authorization', `Bearer ${key}`)
  const init: RequestInit = { method, headers: sent }
  if (body !== undefined) {
    sent.set('content-type', 'application/json')
    init.body = JSON.stringify(body)
  }
  const context = createExecutionContext()
  const response = await worker.fetch(new Request(`${ORIGIN}${path}`, init) as never, bindings, context)
  const text = await response.text()
  await waitOnExecutionContext(context)
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}
