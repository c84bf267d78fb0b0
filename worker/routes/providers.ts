import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration, providerSecretName, readConfiguration } from '../config.ts'
import { Done } from '../contract/admin.ts'
import type { ProviderId } from '../contract/lists.ts'
import {
  LinksInput,
  ProviderAnswer,
  ProviderEventRef,
  ProviderEventsAnswer,
  ProviderEventsQuery,
  ProviderInput,
  ProviderRef,
  ProvidersAnswer,
  WebhookAnswer,
} from '../contract/providers.ts'
import { countProviderEvents, linkObjects, listProviderEvents, type ProviderCount, readProviderEvent } from '../db/providers.ts'
import { replaceSecret } from '../db/snapshot.ts'
import type { ProviderTerms } from '../domain/configuration.ts'
import { DomainError } from '../domain/error.ts'
import type { Provider } from '../domain/payments/provider.ts'
import { PROVIDERS } from '../domain/payments/providers/index.ts'
import { DAY_MS } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { tombstoneOf } from '../person.ts'
import { providerOf, settleKept, settleReleased, termsOf } from '../settlement.ts'

const tags = ['payments']
/** How long the secret before the newest stays good: deliveries under way, and endpoints that are changed one by one. */
const GRACE_MS = DAY_MS
const COUNTED_MS = 30 * DAY_MS
const MAXIMUM_LINKS_BYTES = 1024 * 1024

const listProviders = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Payment providers, where their webhooks go, and what came of them lately',
  security: needs('read'),
  middleware: [allow('read')] as const,
  responses: { 200: answers('Every provider there is', ProvidersAnswer), ...refusals },
})

const putProvider = createRoute({
  method: 'put',
  path: '/{id}',
  tags,
  summary: 'Set the signing secret of a provider’s webhooks, and how they count',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ProviderRef, body: jsonBody(ProviderInput) },
  responses: { 200: answers('The provider as it is now; its secret is never shown', ProviderAnswer), ...refusals },
})

const getEvents = createRoute({
  method: 'get',
  path: '/events',
  tags,
  summary: 'Webhooks that came in the last 30 days, newest first',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: ProviderEventsQuery },
  responses: { 200: answers('A page of webhooks', ProviderEventsAnswer), ...refusals },
})

const replayEvent = createRoute({
  method: 'post',
  path: '/events/{id}/replay',
  tags,
  summary: 'Try a webhook again that waits or was refused',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ProviderEventRef },
  responses: { 200: answers('What became of it this time', WebhookAnswer), ...refusals },
})

const postLinks = createRoute({
  method: 'post',
  path: '/{id}/links',
  tags,
  summary: 'Say to which transactions objects of a provider belong: what an import knows, for webhooks that come after it',
  security: needs('import'),
  middleware: [allow('import'), limitBody(MAXIMUM_LINKS_BYTES)] as const,
  request: { params: ProviderRef, body: jsonBody(LinksInput) },
  responses: { 200: answers('They are known now', Done), ...refusals },
})

function stateOf(env: Env, origin: string, provider: Provider, terms: ProviderTerms, counts: readonly ProviderCount[], now: number) {
  const own = counts.filter((each) => each.provider === provider.id)
  const countOf = (status: ProviderCount['status']) => own.find((each) => each.status === status)?.count ?? 0
  const previous = terms.secrets.flatMap(({ until }) => (until !== null && until > now ? [until] : []))
  return {
    id: provider.id,
    name: provider.name,
    webhookUrl: `${origin}/webhooks/${provider.id}`,
    hasSecret: terms.secrets.some(({ until }) => until === null) || provider.keyOf(env[provider.variable] ?? '') !== null,
    previousUntil: previous.length > 0 ? Math.max(...previous) : null,
    testMode: terms.testMode,
    countPastDue: terms.countPastDue,
    lastEventAt: own.length > 0 ? Math.max(...own.map(({ lastAt }) => lastAt)) : null,
    counts: { settled: countOf('settled'), ignored: countOf('ignored'), waiting: countOf('waiting'), refused: countOf('refused') },
  }
}

/** The new secret first; of those before, each keeps to the earlier of its own end and the grace. */
function rotated({ secrets }: ProviderTerms, secret: string, now: number): ProviderTerms['secrets'] {
  const before = secrets.filter(({ value, until }) => value !== secret && (until === null || until > now))
  return [{ value: secret, until: null }, ...before.map(({ value, until }) => ({ value, until: until ?? now + GRACE_MS }))]
}

const mustFind = (id: ProviderId): Provider => {
  const provider = providerOf(id)
  if (!provider) throw new DomainError('not_found', 'no such payment provider', 'id')
  return provider
}

export const providers = router()
  .openapi(listProviders, async (c) => {
    const now = Date.now()
    const [configuration, counts] = await Promise.all([
      readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise)),
      countProviderEvents(c.env.DB, now - COUNTED_MS),
    ])
    const { origin } = new URL(c.req.url)
    const states = PROVIDERS.map((provider) => stateOf(c.env, origin, provider, termsOf(configuration, provider), counts, now))
    return c.json({ success: true as const, providers: states }, 200)
  })
  .openapi(putProvider, async (c) => {
    const provider = mustFind(c.req.valid('param').id)
    const { secret, ...rest } = c.req.valid('json')
    if (typeof secret === 'string' && !provider.keyOf(secret))
      throw new DomainError('invalid_field', `a secret of ${provider.name} is ${provider.secretForm}`, 'secret')
    const now = Date.now()
    const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise), 0)
    const before = termsOf(configuration, provider)
    const secrets = secret === undefined ? before.secrets : secret === null ? [] : rotated(before, secret, now)
    const terms: ProviderTerms = { ...before, ...rest, secrets }
    const action = secret === undefined ? 'provider.changed' : secret === null ? 'provider_secret.removed' : 'provider_secret.rotated'
    await replaceSecret(c.env.DB, providerSecretName(provider.id), JSON.stringify(terms), now, {
      at: now,
      actor: actorOf(c),
      action,
      subject: provider.id,
    })
    // A new version is what makes other isolates read the secrets again.
    await compileConfiguration(c.env, now)
    const counts = await countProviderEvents(c.env.DB, now - COUNTED_MS)
    const state = stateOf(c.env, new URL(c.req.url).origin, provider, terms, counts, now)
    return c.json({ success: true as const, message: 'in force everywhere within a minute', provider: state }, 200)
  })
  .openapi(getEvents, async (c) => {
    const { status = null, cursor, limit } = c.req.valid('query')
    const [receivedAt = '', ...id] = cursor?.split(' ') ?? []
    const before = cursor === undefined ? null : { receivedAt: Number(receivedAt), id: id.join(' ') }
    const rows = await listProviderEvents(c.env.DB, { status, before, limit: limit + 1 })
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const events = rows.slice(0, limit).map(({ eventId: _, ...row }) => row)
    return c.json({ success: true as const, events, next: last ? `${last.receivedAt} ${last.id}` : null }, 200)
  })
  .openapi(replayEvent, async (c) => {
    const { id } = c.req.valid('param')
    const row = await readProviderEvent(c.env.DB, id)
    if (!row) throw new DomainError('not_found', 'no such webhook', 'id')
    if (!row.body) throw new DomainError('conflict', 'this webhook neither waits nor was kept when it was refused', 'id')
    const now = Date.now()
    const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
    const { eventId, receivedAt, body } = row
    const delivery = { provider: mustFind(row.provider), messageId: eventId, payload: JSON.parse(body) as unknown, receivedAt }
    const { status, code, field } = await settleKept(c.env, configuration, delivery, now)
    return c.json({ success: true as const, status, ...(code === null ? {} : { code }), ...(field === null ? {} : { field }) }, 200)
  })
  .openapi(postLinks, async (c) => {
    const provider = mustFind(c.req.valid('param').id)
    const now = Date.now()
    const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
    const links = c.req.valid('json').links.map((link) => ({ ...link, tombstone: tombstoneOf(configuration.secrets, link.customerId) }))
    let released = 0
    for (const waiting of await linkObjects(c.env.DB, provider.id, links, null, now))
      if (await settleReleased(c.env, configuration, waiting, now)) released++
    return c.json({ success: true as const, message: `known, and ${released} waiting webhooks settled` }, 200)
  })
