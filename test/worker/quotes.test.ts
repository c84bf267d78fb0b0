import { env, evictDurableObject } from 'cloudflare:test'
import { sign } from 'hono/jwt'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { readConfiguration } from '../../worker/config.ts'
import { decisionIdOf, decisionPrefix } from '../../worker/decision-id.ts'
import { type QuoteClaims, signQuote } from '../../worker/quote.ts'
import { send, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'
const SK = 'sk_demo_server'

beforeAll(async () => {
  await setUpShop()
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
})

const price = async (visitorId = 'new', product = 'pro_bundle') =>
  (await send('GET', `/api/pricing/${product}?visitorId=${visitorId}&country=US`, { key: PK })).body
const verify = async (quote: string, more = {}) => (await send('POST', '/api/quotes/verify', { key: PK, body: { quote, ...more } })).body
let orders = 0
const redeem = (fields: Record<string, unknown>) =>
  send('POST', '/api/revenue/event', { key: SK, body: { event: 'purchase', transactionId: `ord_${++orders}`, ...fields } })
const configuration = () => readConfiguration(env, Date.now(), () => {})
const claimsOf = (quote: string): QuoteClaims => JSON.parse(Buffer.from(quote.split('.')[1] as string, 'base64url').toString())

/** The same claims, changed and signed with our own key: what only we could make. */
async function signed(quote: string, change: Partial<QuoteClaims>): Promise<string> {
  const { signing } = (await configuration()).secrets
  return signQuote({ ...claimsOf(quote), ...change }, signing[0] as { kid: string; privateKey: string })
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Refused by both doors with one code; whoever sees the price and whoever takes the money agree. */
async function expectRefused(quote: string, code: string, fields: Record<string, unknown>): Promise<void> {
  const { visitorId, ...terms } = fields
  expect(await verify(quote, { ...terms, visitorId })).toMatchObject({ valid: false, code })
  const { status, body } = await redeem({ ...fields, quote })
  expect(body).toMatchObject({ success: false, code })
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
}

describe('a quote', () => {
  it('holds as it was given, and anybody can check that with the published keys alone', async () => {
    const { pricing, visitorId } = await price()
    expect(await verify(pricing.quote, { visitorId, productId: 'pro_bundle', currency: 'usd' })).toMatchObject({
      valid: true,
      code: null,
      quote: { productId: 'pro_bundle', amount: pricing.optimizedPrice, currency: 'USD', decisionId: pricing.decisionId },
    })
    const { keys } = (await send('GET', '/.well-known/jwks.json')).body
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
    const [head, body, signature] = pricing.quote.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    expect(header).toEqual({ alg: 'EdDSA', kid: keys[0].kid, typ: 'JWT' })
    const key = await crypto.subtle.importKey('jwk', keys[0], { name: 'Ed25519' }, false, ['verify'])
    const bytes = new TextEncoder().encode(`${head}.${body}`)
    expect(await crypto.subtle.verify('Ed25519', key, Buffer.from(signature, 'base64url'), bytes)).toBe(true)
    const claims = claimsOf(pricing.quote)
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(15 * 60)
    expect(claims).toMatchObject({
      sub: visitorId,
      jti: pricing.decisionId,
      amount: pricing.optimizedPrice * 100,
      propensity: pricing.propensity,
    })
  })

  it('with any byte flipped is refused', async () => {
    const { pricing, visitorId } = await price()
    const { quote } = pricing
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const step = 7
    const flipped = Array.from({ length: Math.floor(quote.length / step) }, (_, index) => {
      const at = index * step
      const other = quote[at] === '.' ? 'A' : letters[(letters.indexOf(quote[at]) ^ 1) % 64]
      return quote.slice(0, at) + other + quote.slice(at + 1)
    })
    // The last letter carries bits that a lenient decoder ignores.
    flipped.push(quote.slice(0, -1) + letters[letters.indexOf(quote.at(-1)) ^ 1], `${quote}=`, `${quote}A`, ` ${quote}`)
    const answers = await Promise.all(flipped.map((each) => verify(each)))
    for (const answer of answers) expect(answer).toMatchObject({ valid: false, code: 'quote_tampered', quote: null })
    expect((await redeem({ visitorId, quote: flipped[20] })).body.code).toBe('quote_tampered')
  })

  it('put together from two is refused', async () => {
    const [one, other] = await Promise.all([price(), price()])
    const [head, body] = one.pricing.quote.split('.')
    await expectRefused(`${head}.${body}.${other.pricing.quote.split('.')[2]}`, 'quote_tampered', { visitorId: one.visitorId })
  })

  it('with another algorithm, an unknown key or no signature is refused', async () => {
    const { pricing, visitorId } = await price()
    const [, body, signature] = pricing.quote.split('.')
    const { kid } = (await configuration()).secrets.signing[0] as { kid: string }
    const claims = claimsOf(pricing.quote)
    const jwk = (await send('GET', '/.well-known/jwks.json')).body.keys[0]
    const forged = [
      `${encode({ alg: 'none', kid })}.${body}.`,
      `${encode({ alg: 'none', kid })}.${body}.${signature}`,
      `${encode({ alg: 'EdDSA', kid: 'another' })}.${body}.${signature}`,
      `${encode({ alg: 'EdDSA' })}.${body}.${signature}`,
      // The public key taken for a shared secret.
      await sign({ ...claims, amount: 1 } as never, JSON.stringify(jwk), 'HS256'),
      await sign({ ...claims, amount: 1 } as never, jwk.x, 'HS256'),
      'null.null.null',
      '..',
      'a.b',
    ]
    for (const each of forged) await expectRefused(each, 'quote_tampered', { visitorId })
  })

  it('holds to the last second, and not one longer', async () => {
    const { pricing, visitorId } = await price()
    const now = Math.floor(Date.now() / 1000)
    expect((await verify(await signed(pricing.quote, { exp: now + 60 }), { visitorId })).valid).toBe(true)
    await expectRefused(await signed(pricing.quote, { exp: now - 1 }), 'quote_expired', { visitorId })
  })

  it('is for one product, one currency, one person and one deployment', async () => {
    const [mine, yours] = await Promise.all([price(), price()])
    const { quote } = mine.pricing
    const { visitorId } = mine
    await expectRefused(quote, 'quote_wrong_product', { visitorId, productId: 'starter_bundle' })
    await expectRefused(quote, 'quote_wrong_currency', { visitorId, currency: 'EUR' })
    await expectRefused(quote, 'quote_wrong_subject', { visitorId: yours.visitorId })
    await expectRefused(await signed(quote, { iss: 'another deployment' }), 'quote_wrong_deployment', { visitorId })
    const elsewhere = decisionIdOf(decisionPrefix(yours.visitorId), 'AAAAAAAA', 0)
    await expectRefused(await signed(quote, { jti: elsewhere }), 'quote_void', { visitorId: yours.visitorId })
    await expectRefused(await signed(quote, { jti: 'd_nobody' }), 'quote_void', { visitorId })
    expect((await redeem({ customerId: 'cus_stranger', quote })).body.code).toBe('quote_wrong_subject')
    expect((await redeem({ visitorId, quote, amount: mine.pricing.optimizedPrice - 1, currency: 'USD' })).body).toMatchObject({
      code: 'quote_amount_mismatch',
      field: 'amount',
    })
    expect((await verify(quote, { visitorId })).valid).toBe(true)
  })

  it('pays once, however many ask at the same time', async () => {
    const { pricing, visitorId } = await price()
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem({ visitorId, quote: pricing.quote })))
    expect(answers.filter(({ body }) => body.status === 'accepted')).toHaveLength(1)
    expect(answers.filter(({ status, body }) => status === 409 && body.code === 'quote_used')).toHaveLength(49)
    expect(await verify(pricing.quote, { visitorId })).toMatchObject({ valid: false, code: 'quote_used' })
  })

  it('pays once, also while its visitor turns out to be a customer', async () => {
    const { pricing, visitorId } = await price()
    const one = (index: number) => redeem({ ...(index % 2 ? { visitorId } : { customerId: 'cus_hurried' }), quote: pricing.quote })
    const [identified, ...answers] = await Promise.all([
      send('POST', '/api/identify', { key: SK, body: { visitorId, customerId: 'cus_hurried' } }),
      ...Array.from({ length: 50 }, (_, index) => one(index)),
    ])
    expect(identified?.status).toBe(200)
    const paid = answers.filter(({ body }) => body.status === 'accepted')
    // Before the two are known to be one, the customer's own name is refused; in the middle of the move, one may be told to come again.
    for (const { body } of answers.filter((answer) => !paid.includes(answer)))
      expect(['quote_used', 'quote_wrong_subject', 'unavailable']).toContain(body.code)
    const last = await redeem({ customerId: 'cus_hurried', quote: pricing.quote })
    expect(paid.length + Number(last.body.status === 'accepted')).toBe(1)
    expect(await verify(pricing.quote, { visitorId })).toMatchObject({ valid: false, code: 'quote_used' })
  })

  it('is verified offline by a library that knows nothing of us', async () => {
    const { pricing } = await price()
    const keys = createLocalJWKSet((await send('GET', '/.well-known/jwks.json')).body)
    const { deployment } = (await configuration()).secrets
    const expected = { issuer: deployment, audience: 'fairlead-quote', algorithms: ['EdDSA'] }
    const { payload } = await jwtVerify(pricing.quote, keys, expected)
    expect(payload).toMatchObject({
      jti: pricing.decisionId,
      product: 'pro_bundle',
      amount: pricing.optimizedPrice * 100,
      currency: 'USD',
      variant: pricing.test.variant,
      propensity: pricing.propensity,
      exp: pricing.expiresAt / 1000,
    })
    const [head, , signature] = pricing.quote.split('.')
    const cheaper = `${head}.${encode({ ...payload, amount: 1 })}.${signature}`
    await expect(jwtVerify(cheaper, keys, expected)).rejects.toThrow(errors.JWSSignatureVerificationFailed)
    const later = new Date(pricing.expiresAt + 1000)
    await expect(jwtVerify(pricing.quote, keys, { ...expected, currentDate: later })).rejects.toThrow(errors.JWTExpired)
    await expect(jwtVerify(pricing.quote, keys, { ...expected, issuer: 'another' })).rejects.toThrow(errors.JWTClaimValidationFailed)
  })

  it('is redeemed again by the same transaction without a second effect', async () => {
    const { pricing, visitorId } = await price()
    const again = { visitorId, quote: pricing.quote, transactionId: 'ord_same' }
    expect((await redeem(again)).body.status).toBe('accepted')
    expect((await redeem(again)).body.status).toBe('duplicate')
    expect((await redeem({ ...again, transactionId: 'ord_other' })).body.code).toBe('quote_used')
  })

  it('needs a transaction to pay for, and agrees with the amount under either name', async () => {
    const { pricing, visitorId } = await price()
    const nameless = { event: 'purchase', visitorId, quote: pricing.quote }
    expect(await send('POST', '/api/revenue/event', { key: SK, body: nameless })).toMatchObject({
      status: 400,
      body: { code: 'missing_field', field: 'transactionId' },
    })
    expect((await redeem({ visitorId, quote: pricing.quote, value: 1, currency: 'USD' })).body.code).toBe('quote_amount_mismatch')
    expect((await redeem({ visitorId, quote: pricing.quote, value: pricing.optimizedPrice, currency: 'USD' })).body.status).toBe('accepted')
  })

  it('that was answered twice is not withdrawn by a page that missed one of the answers', async () => {
    const { pricing, visitorId } = await price()
    const missed = { event: 'price_not_shown', visitorId, decisionId: pricing.decisionId }
    const again = (await price(visitorId)).pricing
    expect(again.decisionId).toBe(pricing.decisionId)
    expect(await send('POST', '/api/events', { key: PK, body: missed })).toMatchObject({
      body: { rejected: 1, results: [{ code: 'conflict', field: 'decisionId' }] },
    })
    await evictDurableObject(env.CUSTOMERS.get(env.CUSTOMERS.idFromString(visitorId)))
    expect((await send('POST', '/api/events', { key: PK, body: missed })).body.rejected).toBe(1)
    expect((await redeem({ visitorId, quote: pricing.quote })).body.status).toBe('accepted')
  })

  it('multiplies by the quantity, and belongs to purchases alone', async () => {
    const { pricing, visitorId } = await price()
    expect((await redeem({ event: 'add_to_cart', visitorId, quote: pricing.quote })).body).toMatchObject({
      code: 'invalid_field',
      field: 'quote',
    })
    const { body } = await redeem({ visitorId, quote: pricing.quote, quantity: 3, transactionId: 'ord_three' })
    expect(body.status).toBe('accepted')
    const exported = await send('GET', `/api/decisions/${pricing.decisionId}`)
    expect(exported.body.decision.priceMinor).toBe(pricing.optimizedPrice * 100)
  })

  it('of a decision that was voided is refused', async () => {
    const { pricing, visitorId } = await price()
    await send('POST', '/api/events', { key: PK, body: { event: 'price_not_shown', visitorId, decisionId: pricing.decisionId } })
    await expectRefused(pricing.quote, 'quote_void', { visitorId })
  })

  it('goes along when the visitor turns out to be a customer', async () => {
    const { pricing, visitorId } = await price()
    await send('POST', '/api/identify', { key: SK, body: { visitorId, customerId: 'cus_merged' } })
    expect(await verify(pricing.quote, { visitorId })).toMatchObject({ valid: true })
    expect((await redeem({ customerId: 'cus_merged', quote: pricing.quote })).body).toMatchObject({ status: 'accepted' })
    expect((await redeem({ visitorId, quote: pricing.quote })).body).toMatchObject({ code: 'quote_used' })
  })

  it('is not told of a customer to somebody who cannot prove to be them', async () => {
    const { pricing, visitorId } = await price()
    await send('POST', '/api/identify', { key: SK, body: { visitorId, customerId: 'cus_secretive' } })
    expect(await verify(pricing.quote, { customerId: 'cus_secretive' })).toMatchObject({ valid: false, code: 'quote_wrong_subject' })
    expect(JSON.stringify(await verify(pricing.quote))).not.toContain('cus_secretive')
  })
})

describe('the key of quotes', () => {
  it('can be changed without a quote that is refused: published at once, signing later, the old one verifying on', async () => {
    const { pricing, visitorId } = await price()
    const old = (await configuration()).secrets.signing[0]?.kid
    const { body } = await send('POST', '/api/settings/signing-key')
    const { keys } = (await send('GET', '/.well-known/jwks.json')).body
    expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual([body.kid, old])
    expect(JSON.stringify([body, keys])).not.toMatch(/private/i)
    const kidOf = (quote: string) => JSON.parse(Buffer.from(quote.split('.')[0] as string, 'base64url').toString()).kid as string
    expect(kidOf((await price()).pricing.quote)).toBe(old)
    vi.useFakeTimers({ toFake: ['Date'], now: body.activeAt + 1 })
    const next = await price()
    expect(kidOf(next.pricing.quote)).toBe(body.kid)
    expect((await verify(next.pricing.quote, { visitorId: next.visitorId })).valid).toBe(true)
    expect((await redeem({ visitorId, quote: pricing.quote })).body.status).toBe('accepted')
    vi.useRealTimers()
    const { entries } = (await send('GET', '/api/audit')).body
    expect(entries[0]).toMatchObject({ action: 'signing_key.rotated', subject: body.kid })
    expect(JSON.stringify(entries)).not.toContain('MC4CAQ')
  })
})

describe('the life of a quote', () => {
  const put = (id: string, amount: number) =>
    send('PUT', `/api/products/${id}`, { body: { name: id, prices: [{ currency: 'USD', amount }] } })

  it('outlasts an edit of another product, and ends with an edit of its own', async () => {
    const first = await price('new', 'starter_bundle')
    const again = () => price(first.visitorId, 'starter_bundle')
    expect(await again()).toEqual(first)
    await put('other_product', 10)
    expect((await again()).pricing.quote).toBe(first.pricing.quote)
    await put('starter_bundle', 189)
    const { pricing } = await again()
    expect(pricing).toMatchObject({ optimizedPrice: 189 })
    expect(pricing.quote).not.toBe(first.pricing.quote)
    expect(pricing.decisionId).not.toBe(first.pricing.decisionId)
    // What was promised is honoured until it expires.
    expect(await verify(first.pricing.quote, { visitorId: first.visitorId })).toMatchObject({ valid: true, quote: { amount: 199 } })
    await put('starter_bundle', 259)
    expect((await again()).pricing.optimizedPrice).toBeLessThanOrEqual(259)
  })

  it('survives the eviction of its object', async () => {
    const first = await price()
    await evictDurableObject(env.CUSTOMERS.get(env.CUSTOMERS.idFromString(first.visitorId)))
    expect(await price(first.visitorId)).toEqual(first)
  })

  it('ends when it is spent: the next visit gets a decision of its own', async () => {
    const first = await price()
    await redeem({ visitorId: first.visitorId, quote: first.pricing.quote })
    const next = await price(first.visitorId)
    expect(next.pricing.decisionId).not.toBe(first.pricing.decisionId)
    expect(next.pricing.test?.variant).toBe(first.pricing.test?.variant)
  })
})
