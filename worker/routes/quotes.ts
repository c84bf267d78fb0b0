import { createRoute } from '@hono/zod-openapi'
import * as z from 'zod'
import { allow } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { MAXIMUM_BODY_BYTES } from '../contract/events.ts'
import { VerifyQuoteAnswer, VerifyQuoteInput } from '../contract/pricing.ts'
import type { ProblemCode } from '../contract/problem.ts'
import { DomainError, unwrap } from '../domain/error.ts'
import { parseCurrency, toMajor } from '../domain/money.ts'
import { answers, jsonBody, limitBody, needs, refusals, router } from '../http.ts'
import { ask, decisionMaker, personOf } from '../person.ts'
import { openQuote, quoteRefusal } from '../quote.ts'
import { isSamePerson } from './redemption.ts'

const verifyQuote = createRoute({
  method: 'post',
  path: '/verify',
  tags: ['prices'],
  summary: 'Whether a quote holds, without spending it',
  security: needs('decide'),
  middleware: [allow('decide'), limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(VerifyQuoteInput) },
  responses: { 200: answers('Valid, or the code that says why not', VerifyQuoteAnswer), ...refusals },
})

export const quotes = router().openapi(verifyQuote, async (c) => {
  const input = c.req.valid('json')
  const now = Date.now()
  const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const { secrets } = configuration
  try {
    const claims = openQuote(input.quote, secrets.signing)
    const currency = input.currency === undefined ? undefined : parseCurrency(input.currency)
    let code: ProblemCode | null = quoteRefusal(claims, { deployment: secrets.deployment, now, productId: input.productId, currency })
    if (!code) {
      const issuer = decisionMaker(c.env, claims.jti)
      code = issuer ? unwrap(await ask(c.env, issuer, (stub, who) => stub.quoteState(who, claims.jti))).code : 'quote_void'
      const named = input.visitorId !== undefined || input.customerId !== undefined
      if (!code && named) {
        const person = await personOf(c.env, c.var.caller, configuration, input, now)
        if (!person || !issuer || !(await isSamePerson(c, person, issuer))) code = 'quote_wrong_subject'
      }
    }
    const quote = {
      productId: claims.product,
      amount: toMajor(claims.amount, claims.currency),
      currency: claims.currency,
      decisionId: claims.jti,
      variant: claims.variant,
      issuedAt: claims.iat * 1000,
      expiresAt: claims.exp * 1000,
    }
    return c.json({ success: true as const, valid: code === null, code, quote }, 200)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'quote_tampered')
      return c.json({ success: true as const, valid: false, code: error.code, quote: null }, 200)
    throw error
  }
})

const Jwks = z
  .object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), crv: z.string().optional(), x: z.string().optional() })) })
  .meta({ id: 'Jwks' })

const getJwks = createRoute({
  method: 'get',
  path: '/jwks.json',
  tags: ['prices'],
  summary: 'Public keys of the quotes, for any JWT library',
  responses: { 200: answers('JSON Web Key Set', Jwks) },
})

export const jwks = router().openapi(getJwks, async (c) => {
  const { secrets } = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
  const keys = secrets.signing.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, use: 'sig', alg: 'EdDSA' }))
  return c.json({ keys }, 200, { 'cache-control': 'public, max-age=300' })
})
