import { type Operation, type Schemas, schemaOf } from './docs-document.ts'

/** Names for the places in an address, so that an example runs as it stands on the local demo. */
const SAMPLES: Record<string, string> = {
  '/api/pricing/{productId}': 'pro_bundle',
  '/api/products/{id}': 'pro_bundle',
  '/api/price-rules/{id}': 'germany',
  '/api/price-tests/{id}': '<testId>',
  '/api/keys/{id}': '<keyId>',
  '/api/customers/{id}': 'cus_42',
  '/api/visitors/{id}': '<visitorId>',
  '/api/costs/{id}': '<costId>',
  '/api/export/{table}': 'ledger',
  '/api/decisions/{id}': '<decisionId>',
}

/** Scopes of the demo shop's server key; for the rest the local demo takes its own pages' word. */
const SERVER_SCOPES = ['decide', 'behaviour', 'money', 'import', 'read']

/** A command that calls the operation where the page came from. */
export function exampleOf(path: string, method: string, operation: Operation, schemas: Schemas, origin: string): string {
  const { parameters = [], requestBody } = operation
  const sample = Object.entries(SAMPLES).find(([prefix]) => path.startsWith(prefix))?.[1] ?? ''
  const query = parameters.flatMap(({ name, in: where, schema }) =>
    where === 'query' && schema?.example !== undefined ? [`${name}=${schema.example}`] : [],
  )
  const url = `${origin}${path.replace(/\{\w+\}/, sample)}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const example = schemas[schemaOf(requestBody?.content)?.$ref?.split('/').at(-1) ?? '']?.example
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${url}'`,
    ...credentials(path, method, operation, origin),
    ...(example === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(withOwnIds(example, path))}'`]),
  ]
  return lines.join(' \\\n  ')
}

/** The local demo has a known server key and needs no login; elsewhere a secret key with the scope does everything. */
function credentials(path: string, method: string, { security }: Operation, origin: string): string[] {
  const scope = security?.[0]?.key?.[0]
  const fromPage = [`-H 'Origin: ${origin}' -H 'x-fairlead: 1'`]
  if (path === '/api/session' && method !== 'get') return fromPage
  if (scope === undefined) return []
  if (!/^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(origin)) return [`-H "Authorization: Bearer $FAIRLEAD_KEY"`]
  if (SERVER_SCOPES.includes(scope)) return [`-H 'Authorization: Bearer sk_demo_server'`]
  return method === 'get' ? [] : fromPage
}

/** Ids of events are told apart by their route: run one after the other, no example is taken for a repetition of another. */
const withOwnIds = (example: unknown, path: string): unknown =>
  JSON.parse(JSON.stringify(example), (key, value) =>
    key === 'id' && typeof value === 'string' && value.startsWith('evt_') ? `evt_${path.replace(/\W+/g, '_').slice(1)}` : value,
  )
