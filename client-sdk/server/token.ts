import { unfit } from './errors.ts'

/** The Worker takes no token that outlives a day. */
const MAXIMUM_SECONDS = 86_400

const encoder = new TextEncoder()
const base64Url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const part = (value: object) => base64Url(encoder.encode(JSON.stringify(value)))

/**
 * A JWT (RFC 7519), HS256 with the identity secret: whoever holds it may speak for the customer until it expires.
 * `now` is in epoch milliseconds.
 *
 * @throws FairleadError invalid_field  without a secret or a customer, or for a life of less than a second or more than a day
 */
export async function signToken(secret: string | undefined, customerId: string, expiresInSeconds: number, now: number): Promise<string> {
  if (!secret) throw unfit('identitySecret', 'the secret that POST /api/settings/identity-secret answers')
  if (typeof customerId !== 'string' || !customerId) throw unfit('customerId', 'an id')
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= MAXIMUM_SECONDS)) throw unfit('expiresInSeconds', `1 to ${MAXIMUM_SECONDS}`)
  const issuedAt = Math.floor(now / 1000)
  const claims = { sub: customerId, iat: issuedAt, exp: issuedAt + Math.floor(expiresInSeconds) }
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return `${content}.${base64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(content))))}`
}
