import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { ProblemCode } from './contract/problem.ts'
import { DomainError } from './domain/error.ts'

/**
 * Signed quotes: compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037). The public keys stand at
 * `/.well-known/jwks.json`, so any JWT library can check a quote offline; single use is known to the issuing object alone.
 * Synchronous on purpose: a quote is signed inside the transaction that writes its decision.
 */
export interface QuoteClaims {
  /** Deployment that issued it. */
  iss: string
  aud: 'fairlead-quote'
  /** Subject of the decision. */
  sub: string
  /** Decision, which is also the id that can be redeemed once; it names the object that issued the quote. */
  jti: string
  /** Seconds since 1970, as JWT has them. */
  iat: number
  exp: number
  product: string
  /** Minor units. */
  amount: number
  currency: string
  variant: string | null
  propensity: number
}

export interface SigningKey {
  kid: string
  /** PKCS8 DER, base64. */
  privateKey: string
}

export interface VerifyingKey {
  kid: string
  publicJwk: JsonWebKey
}

const privateKeys = new Map<string, KeyObject>()
const publicKeys = new Map<string, KeyObject>()

/** Keys are parsed once an isolate; there are as many as rotations, so the maps stay small. */
function cached(keys: Map<string, KeyObject>, kid: string, make: () => KeyObject): KeyObject {
  let key = keys.get(kid)
  if (!key) {
    key = make()
    keys.set(kid, key)
  }
  return key
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const headers = new Map<string, string>()

function headerOf(kid: string): string {
  let header = headers.get(kid)
  if (header === undefined) {
    header = encode({ alg: 'EdDSA', kid, typ: 'JWT' })
    headers.set(kid, header)
  }
  return header
}

export function signQuote(claims: QuoteClaims, key: SigningKey): string {
  const privateKey = cached(privateKeys, `${claims.iss}/${key.kid}`, () =>
    createPrivateKey({ key: Buffer.from(key.privateKey, 'base64'), format: 'der', type: 'pkcs8' }),
  )
  const signed = `${headerOf(key.kid)}.${encode(claims)}`
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
}

/** The claims of a quote we signed. @throws DomainError quote_tampered, whatever it is that does not fit */
export function openQuote(token: string, keys: readonly VerifyingKey[]): QuoteClaims {
  const tampered = () => new DomainError('quote_tampered', 'this quote was not signed by us as it stands', 'quote')
  const parts = token.split('.')
  if (parts.length !== 3) throw tampered()
  const [head, body, signature] = parts as [string, string, string]
  const header = decode(head) as { alg?: unknown; kid?: unknown } | null
  // The algorithm is fixed by the key, never by the token.
  const key = keys.find(({ kid }) => kid === header?.kid)
  if (!key || header?.alg !== 'EdDSA') throw tampered()
  const publicKey = cached(publicKeys, `${key.publicJwk.x}`, () => createPublicKey({ key: key.publicJwk as never, format: 'jwk' }))
  const bytes = Buffer.from(signature, 'base64url')
  // Several spellings of base64url decode to the same bytes; only the canonical one is ours.
  if (bytes.toString('base64url') !== signature || !verify(null, Buffer.from(`${head}.${body}`), publicKey, bytes)) throw tampered()
  return decode(body) as QuoteClaims
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch {
    return null
  }
}

export interface QuoteExpectation {
  deployment: string
  now: number
  productId?: string | undefined
  currency?: string | undefined
}

/** Why a genuine quote does not hold here and now, or null. */
export function quoteRefusal(claims: QuoteClaims, expected: QuoteExpectation): ProblemCode | null {
  if (claims.iss !== expected.deployment || claims.aud !== 'fairlead-quote') return 'quote_wrong_deployment'
  if (expected.now >= claims.exp * 1000) return 'quote_expired'
  if (expected.productId !== undefined && expected.productId !== claims.product) return 'quote_wrong_product'
  if (expected.currency !== undefined && expected.currency.toUpperCase() !== claims.currency) return 'quote_wrong_currency'
  return null
}
