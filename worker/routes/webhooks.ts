import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type Configuration, readConfiguration } from '../config.ts'
import { MAXIMUM_BODY_BYTES } from '../contract/events.ts'
import { WebhookAnswer, WebhookBody, WebhookRef } from '../contract/providers.ts'
import { sha256Hex } from '../digest.ts'
import { DomainError } from '../domain/error.ts'
import type { Provider, ProviderEvent, SigningKey } from '../domain/payments/provider.ts'
import { variables } from '../env.ts'
import { type AppEnv, answers, jsonBody, readText, refusals, router } from '../http.ts'
import { parseJson } from '../json.ts'
import { isPassing } from '../passing.ts'
import { type Delivery, type Fate, keep, providerOf, readDelivery, refuseDelivery, rowOf, settleEvent, termsOf } from '../settlement.ts'
import { holds } from '../webhook-signature.ts'

const postWebhook = createRoute({
  method: 'post',
  path: '/{provider}',
  tags: ['payments'],
  summary: 'A webhook of a payment provider, signed with the secret of the endpoint',
  description:
    'Answers 2xx only after what it says is durable. Stripe: checkout.session.*, invoice.*, invoice_payment.paid, customer.subscription.*, charge.refunded and charge.dispute.*, in any version of its API; `metadata.customerId` names the customer (else Stripe’s own id does), `metadata.productId` the product, `metadata.decisionId` the price decision. Others: Standard Webhooks 1.0.0, with `{type, timestamp, data}` where `data` is an event as in POST /api/events.',
  security: [{ signature: [] }],
  request: { params: WebhookRef, body: jsonBody(WebhookBody) },
  responses: { 200: answers('What became of it', WebhookAnswer), ...refusals },
})

export const webhooks = router()
webhooks.openAPIRegistry.registerPath(postWebhook)
webhooks.post('/:provider', async (c) => {
  const provider = providerOf(c.req.param('provider'))
  if (!provider) throw new DomainError('not_found', 'no such payment provider', 'provider')
  const body = await readText(c.req.raw, MAXIMUM_BODY_BYTES)
  const now = Date.now()
  const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const claim = provider.claimOf((name) => c.req.header(name) ?? null, body)
  if (!claim || !holds(claim, keysOf(c, configuration, provider, now), now))
    throw new DomainError('invalid_signature', 'the signature does not hold for this body at this time')
  const { status, code, field } = await settle(c, configuration, provider, claim.messageId, body, now)
  return c.json({ success: true as const, status, ...(code === null ? {} : { code }), ...(field === null ? {} : { field }) }, 200)
})

/** All keys that are good now, those of the deployment's variable among them. @throws DomainError unavailable */
function keysOf(c: Context<AppEnv>, configuration: Configuration, provider: Provider, now: number): SigningKey[] {
  const { secrets } = termsOf(configuration, provider)
  const values = secrets.flatMap(({ value, until }) => (until === null || now < until ? [value] : []))
  const variable = c.env[provider.variable]
  return [...values, ...(variable ? [variable] : [])].flatMap((secret) => provider.keyOf(secret) ?? [])
}

/**
 * A webhook that cannot be read is kept and answered as taken: the same bytes would come again for days and be refused
 * each time, and people can have it read again. What time or a store alone stands against is sent back to come again.
 */
async function settle(
  c: Context<AppEnv>,
  configuration: Configuration,
  provider: Provider,
  messageId: string | null,
  body: string,
  now: number,
): Promise<Fate> {
  let delivery: Delivery = {
    provider,
    messageId: messageId ?? `unreadable:${sha256Hex(body).slice(0, 32)}`,
    payload: null,
    receivedAt: now,
  }
  try {
    let event: ProviderEvent
    try {
      delivery = { ...delivery, payload: parseJson(body) }
      event = readDelivery(configuration, delivery, now)
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'time_in_future') throw error
      return await refuseDelivery(c.env, delivery, null, error)
    }
    const isTest = !event.livemode && variables(c.env).environment === 'production'
    if (isTest && !termsOf(configuration, provider).testMode)
      return await keep(c.env, { ...rowOf(delivery, event), status: 'ignored', code: 'test_mode' })
    return await settleEvent(c.env, configuration, delivery, event, now)
  } catch (error) {
    if (error instanceof DomainError || isPassing(error)) throw error
    // Whatever broke, the provider shall come again.
    console.error('webhook', provider.id, error)
    throw new DomainError('unavailable', 'the webhook could not be settled; send it again')
  }
}
