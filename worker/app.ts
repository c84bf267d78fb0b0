import { version } from '../package.json'
import { authenticate, publicCors, securityHeaders, unchanging } from './auth.ts'
import type { SdkManifest } from './contract/sdk.ts'
import { DomainError } from './domain/error.ts'
import { variables } from './env.ts'
import { onError, router } from './http.ts'
import { analysis } from './routes/analysis.ts'
import { analytics } from './routes/analytics.ts'
import { audit } from './routes/audit.ts'
import { costs } from './routes/costs.ts'
import { customers, decisions, visitorChain } from './routes/customers.ts'
import { demo, demoOnly } from './routes/demo.ts'
import { DOCS_STYLE, docsPage } from './routes/docs.ts'
import { events, revenue } from './routes/events.ts'
import { experimentAnalysis } from './routes/experiment-analysis.ts'
import { experiments } from './routes/experiments.ts'
import { exports, ledger } from './routes/export.ts'
import { flags } from './routes/flags.ts'
import { forecasts } from './routes/forecasts.ts'
import { funnel } from './routes/funnel.ts'
import { funnels } from './routes/funnels.ts'
import { guidePage } from './routes/guide.ts'
import { holdout } from './routes/holdout.ts'
import { identify } from './routes/identify.ts'
import { imports } from './routes/import.ts'
import { keys } from './routes/keys.ts'
import { marketSignals } from './routes/market-signals.ts'
import { metrics } from './routes/metrics.ts'
import { deadLetters, health, jobs, live, reconciliation, rejected, status } from './routes/operations.ts'
import { priceRules } from './routes/price-rules.ts'
import { priceTests } from './routes/price-tests.ts'
import { pricing, visitors } from './routes/pricing.ts'
import { productDemands } from './routes/product-demand.ts'
import { products } from './routes/products.ts'
import { providers } from './routes/providers.ts'
import { jwks, quotes } from './routes/quotes.ts'
import { session } from './routes/session.ts'
import { settings } from './routes/settings.ts'
import { webhooks } from './routes/webhooks.ts'

const base = router()
base.onError(onError)
base.use(securityHeaders())
for (const path of [
  '/api/pricing/*',
  '/api/events',
  '/api/identify',
  '/api/visitors',
  '/api/quotes/*',
  '/.well-known/*',
  '/ofrep/*',
  '/:file{sdk[.-].+}',
]) {
  base.use(path, publicCors())
}
base.use('/:file{sdk-.+}', unchanging())
base.use('/api/*', authenticate())
base.use('/ofrep/*', authenticate())
base.use('/demo/*', demoOnly)
base.use('/demo/api/*', authenticate())
base.notFound((c) => onError(new DomainError('not_found', 'no such route'), c))

export const app = base
  .route('/api/pricing', pricing)
  .route('/api/visitors', visitors)
  .route('/api/visitors', visitorChain)
  .route('/api/events', events)
  .route('/api/revenue', revenue)
  .route('/api/identify', identify)
  .route('/api/quotes', quotes)
  .route('/.well-known', jwks)
  .route('/api/import', imports)
  .route('/api/providers', providers)
  .route('/webhooks', webhooks)
  .route('/api/analytics', analytics)
  .route('/api/analysis', analysis)
  .route('/api/analysis', experimentAnalysis)
  .route('/api/costs', costs)
  .route('/api/export', exports)
  .route('/api/ledger', ledger)
  .route('/api/funnel', funnel)
  .route('/api/forecasts', forecasts)
  .route('/api/products', products)
  .route('/api/products', productDemands)
  .route('/api/price-rules', priceRules)
  .route('/api/market-signals', marketSignals)
  .route('/api/price-tests', priceTests)
  .route('/api/experiments', experiments)
  .route('/api/holdout', holdout)
  .route('/api/metrics', metrics)
  .route('/api/funnels', funnels)
  .route('/ofrep/v1/evaluate/flags', flags)
  .route('/api/settings', settings)
  .route('/api/keys', keys)
  .route('/api/customers', customers)
  .route('/api/decisions', decisions)
  .route('/api/audit', audit)
  .route('/api/dead-letters', deadLetters)
  .route('/api/rejected', rejected)
  .route('/api/reconcile', reconciliation)
  .route('/api/jobs', jobs)
  .route('/api/session', session)
  .route('/api/status', status)
  .route('/api/health', health)
  .route('/api/live', live)
  .route('/demo', demo)

export type App = typeof app

const description = {
  openapi: '3.1.0',
  info: {
    title: 'Fairlead',
    version,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    description:
      'Revenue optimisation at the edge: prices, events, identity and money. Amounts are decimal major units beside an ISO 4217 currency; times are epoch milliseconds, UTC.',
  },
}

app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
  type: 'http',
  scheme: 'bearer',
  description: 'A key: pk_… for pages, sk_… for servers. Beside each route stands the scope it needs',
})
app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
  type: 'apiKey',
  in: 'cookie',
  name: '__Host-fairlead',
  description: 'The dashboard’s session, from POST /api/session. Changes also need Origin and the header x-fairlead: 1',
})

app.openAPIRegistry.registerComponent('securitySchemes', 'signature', {
  type: 'apiKey',
  in: 'header',
  name: 'stripe-signature',
  description: 'The provider’s signature over the raw body: `stripe-signature`, or `webhook-signature` of Standard Webhooks',
})

let described: ReturnType<typeof app.getOpenAPI31Document> | undefined
const openApi = () => {
  described ??= app.getOpenAPI31Document(description)
  return described
}

app.get('/openapi.json', (c) => c.json(openApi()))
app.get('/docs', (c) => c.html(docsPage(openApi() as unknown as Parameters<typeof docsPage>[0], new URL(c.req.url).origin)))
app.get('/docs/embed', async (c) => {
  const manifest = await c.env.ASSETS.fetch(new URL('/sdk.json', c.req.url))
  return c.html(guidePage(new URL(c.req.url).origin, manifest.ok ? ((await manifest.json()) as SdkManifest) : null))
})
app.get('/docs.css', (c) => c.body(DOCS_STYLE, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=3600' }))
// Pages: the dashboard and the demo shop route by themselves, so every address that is no file is its index.
app.get('*', async (c) => {
  const { path } = c.req
  const isDemo = path === '/demo' || path.startsWith('/demo/')
  if (path.startsWith('/api/') || (isDemo && variables(c.env).environment !== 'development')) return c.notFound()
  const found = await c.env.ASSETS.fetch(c.req.raw)
  if (found.status !== 404) return found
  // Ids may have dots, as those that are mail addresses do.
  const isFile = /\.\w+$/.test(path) && !/^\/(customers|experiments|pricing\/\w+)\//.test(path)
  return isFile ? c.notFound() : c.env.ASSETS.fetch(new URL(isDemo ? '/demo/' : '/', c.req.url))
})
