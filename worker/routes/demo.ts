import { createRoute } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { sign } from 'hono/jwt'
import { readConfiguration } from '../config.ts'
import { MAXIMUM_BODY_BYTES } from '../contract/events.ts'
import { CheckoutAnswer, CheckoutInput, SignInAnswer, SignInInput } from '../contract/operations.ts'
import { randomText } from '../digest.ts'
import { DomainError } from '../domain/error.ts'
import { exponentOf, toMajor } from '../domain/money.ts'
import { variables } from '../env.ts'
import { type AppEnv, answers, jsonBody, limitBody, refusals, router } from '../http.ts'
import { openQuote } from '../quote.ts'
import { takeIn } from './intake.ts'

/** The whole demo shop, its pages too, exists in development only. */
export const demoOnly: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (variables(c.env).environment !== 'development') throw new DomainError('not_found', 'no such route')
  await next()
}

/**
 * The demo shop's own server: what a real shop writes with the server client and its secret key. It answers
 * to its own pages only.
 */
const shopServer: MiddlewareHandler<AppEnv> = async (c, next) => {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') throw new DomainError('cross_site', 'the demo shop answers to its own pages only')
  c.set('caller', { kind: 'key', keyId: 'demo-shop', keyKind: 'secret', scopes: ['decide', 'behaviour', 'money', 'read'] })
  await next()
}

const checkout = createRoute({
  method: 'post',
  path: '/api/checkout',
  tags: ['demo'],
  summary: 'The demo shop takes an order: redeems the quotes and records the purchase',
  middleware: [shopServer, limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(CheckoutInput) },
  responses: { 200: answers('The order', CheckoutAnswer), ...refusals },
})

const signIn = createRoute({
  method: 'post',
  path: '/api/sign-in',
  tags: ['demo'],
  summary: 'The demo shop signs a customer token, as a shop does after its own login',
  middleware: [shopServer, limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(SignInInput) },
  responses: { 200: answers('The token', SignInAnswer), ...refusals },
})

export const demo = router()
  .openapi(checkout, async (c) => {
    const input = c.req.valid('json')
    const configuration = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
    const orderId = `ord_${randomText(9)}`
    const lines = await Promise.all(input.items.map((item, index) => lineOf(c, item, `${orderId}-${index + 1}`)))
    const person = input.customerId === undefined ? { visitorId: input.visitorId } : { customerId: input.customerId }
    const batch = lines.flatMap((line) => [
      { ...line.purchase, ...person },
      ...(line.subscription ? [{ ...line.subscription, ...person }] : []),
    ])
    const results = await takeIn(c, batch, { origin: 'server', verified: true })
    const failed = results.find(({ code }) => code)
    if (failed?.code) throw new DomainError(failed.code, failed.message ?? 'refused', failed.field)
    const currency = lines[0]?.currency ?? configuration.root.pricing.defaultCurrency
    const totalMinor = lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
    const items = lines.map(({ productId, amountMinor }) => ({ productId, amount: toMajor(amountMinor, currency) }))
    return c.json({ success: true as const, orderId, total: toMajor(totalMinor, currency), currency, items }, 200)
  })
  .openapi(signIn, async (c) => {
    const { customerId } = c.req.valid('json')
    const now = Date.now()
    const { secrets } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
    const token = await sign({ sub: customerId, exp: Math.floor(now / 1000) + 3600 }, secrets.identity, 'HS256')
    return c.json({ success: true as const, token }, 200)
  })

interface Item {
  productId: string
  quote?: string | undefined
  quantity: number
}

/** One line of an order at the quoted price; without a quote at the list price. */
async function lineOf(c: Context<AppEnv>, { productId, quote, quantity }: Item, transactionId: string) {
  const configuration = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
  const slice = await configuration.slice(productId)
  if (!slice) throw new DomainError('unknown_product', 'this product is not in the catalogue', 'items')
  const claims = quote === undefined ? null : openQuote(quote, configuration.secrets.signing)
  const currency = claims?.currency ?? configuration.root.pricing.defaultCurrency
  const unitMinor = claims?.amount ?? slice.product.prices[currency]?.listMinor
  if (unitMinor === undefined || exponentOf(currency) === undefined)
    throw new DomainError('unknown_currency', `no price in ${currency}`, 'currency')
  const amountMinor = unitMinor * quantity
  const { interval } = slice.product
  const subscriptionId = interval ? `sub_${transactionId}` : undefined
  const sold = { productId, amount: toMajor(amountMinor, currency), currency, subscriptionId }
  return {
    productId,
    currency,
    amountMinor,
    purchase: { ...sold, event: 'purchase', id: transactionId, transactionId, quantity, quote },
    subscription: interval
      ? {
          ...sold,
          amount: toMajor(unitMinor, currency),
          event: 'subscription_started',
          id: `${transactionId}-started`,
          version: 1,
          interval,
          quantity,
        }
      : null,
  }
}
