import { createRoute } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { sign } from 'hono/jwt'
import * as z from 'zod'
import { verifyCustomerToken } from '../auth.ts'
import { type Configuration, readConfiguration } from '../config.ts'
import { MAXIMUM_BODY_BYTES } from '../contract/events.ts'
import { AccountAnswer, AccountInput, CheckoutAnswer, CheckoutInput, SignInAnswer, SignInInput } from '../contract/operations.ts'
import { randomText } from '../digest.ts'
import { accountOf } from '../domain/customer/account.ts'
import { DomainError, unwrap } from '../domain/error.ts'
import { parseCurrency, toMajor, toMinor } from '../domain/money.ts'
import { describeAmount } from '../domain/pricing/draft.ts'
import { variables } from '../env.ts'
import { type AppEnv, answers, jsonBody, limitBody, refusals, router } from '../http.ts'
import { ask, customerPerson, decisionMaker } from '../person.ts'
import { openQuote, type QuoteClaims, quoteRefusal } from '../quote.ts'
import { takeIn } from './intake.ts'
import { REFUSAL_TEXT } from './redemption.ts'

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

/** The lines, and the sum the page showed for them: an order that comes to another is refused, never charged. */
const OrderInput = CheckoutInput.extend({
  currency: z.string().max(8).optional().describe('Of the lines without a quote. Default: the default currency'),
  total: z.number().optional().describe('What the page showed'),
}).meta({ id: 'DemoOrderInput', example: { customerId: 'cus_42', items: [{ productId: 'starter_bundle' }], total: 199, currency: 'USD' } })

const checkout = createRoute({
  method: 'post',
  path: '/api/checkout',
  tags: ['demo'],
  summary: 'The demo shop takes an order: redeems the quotes and records the purchase',
  middleware: [shopServer, limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(OrderInput) },
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

const account = createRoute({
  method: 'post',
  path: '/api/account',
  tags: ['demo'],
  summary: 'The demo shop shows customers what it knows of them, as a shop does from its own books',
  middleware: [shopServer, limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(AccountInput) },
  responses: { 200: answers('Orders and subscriptions', AccountAnswer), ...refusals },
})

export const demo = router()
  .openapi(checkout, async (c) => {
    const input = c.req.valid('json')
    const configuration = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
    const orderId = `ord_${randomText(9)}`
    const { defaultCurrency } = configuration.root.pricing
    const unquoted = input.currency === undefined ? defaultCurrency : parseCurrency(input.currency)
    const lines = await Promise.all(input.items.map((item, index) => lineOf(c, configuration, item, unquoted, `${orderId}-${index + 1}`)))
    const currency = lines[0]?.currency ?? defaultCurrency
    const totalMinor = lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
    if (lines.some((line) => line.currency !== currency))
      throw new DomainError('currency_mismatch', 'the lines of an order are in one currency', 'items')
    if (input.total !== undefined && toMinor(input.total, currency, 'total') !== totalMinor)
      throw new DomainError('quote_amount_mismatch', `the order comes to ${describeAmount(totalMinor, currency)}`, 'total')
    const person = input.customerId === undefined ? { visitorId: input.visitorId } : { customerId: input.customerId }
    const batch = lines.flatMap((line) => [
      { ...line.purchase, ...person },
      ...(line.subscription ? [{ ...line.subscription, ...person }] : []),
    ])
    const results = await takeIn(c, batch, { origin: 'server', verified: true })
    const failed = results.find(({ code }) => code)
    if (failed?.code) throw new DomainError(failed.code, failed.message ?? 'refused', failed.field)
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
  .openapi(account, async (c) => {
    const now = Date.now()
    const { secrets } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
    const customerId = await verifyCustomerToken(c.req.valid('json').token, secrets.identity, now)
    const { events } = unwrap(await ask(c.env, customerPerson(c.env, customerId), (stub) => stub.export()))
    return c.json({ success: true as const, customerId, ...accountOf(events) }, 200)
  })

interface Item {
  productId: string
  quote?: string | undefined
  quantity: number
}

/** One line of an order at the quoted price; without a quote at the list price. */
async function lineOf(c: Context<AppEnv>, configuration: Configuration, item: Item, unquoted: string, transactionId: string) {
  const { productId, quote, quantity } = item
  const slice = await configuration.slice(productId)
  if (!slice) throw new DomainError('unknown_product', 'this product is not in the catalogue', 'items')
  const claims = quote === undefined ? null : openQuote(quote, configuration.secrets.signing)
  if (claims) await refuseStale(c, configuration, claims, productId)
  const currency = claims?.currency ?? unquoted
  const unitMinor = claims?.amount ?? slice.product.prices[currency]?.listMinor
  if (unitMinor === undefined) throw new DomainError('unknown_currency', `${productId} has no price in ${currency}`, 'currency')
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

/** Looks at every quote before any is redeemed: a stale one on the second line must not leave half an order. */
async function refuseStale(c: Context<AppEnv>, { secrets }: Configuration, claims: QuoteClaims, productId: string): Promise<void> {
  const issuer = decisionMaker(c.env, claims.jti)
  const state = issuer ? unwrap(await ask(c.env, issuer, (stub, who) => stub.quoteState(who, claims.jti))).code : 'quote_void'
  const code = quoteRefusal(claims, { deployment: secrets.deployment, now: Date.now(), productId }) ?? state
  if (code) throw new DomainError(code, REFUSAL_TEXT[code] ?? 'the quote does not hold any longer', 'items')
}
