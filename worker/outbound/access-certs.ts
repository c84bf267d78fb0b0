import type { HonoJsonWebKey } from 'hono/utils/jwt/jws'

const TIMEOUT_MS = 5_000

/**
 * Public keys with which Cloudflare Access signs its assertions.
 * Source: https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
 *
 * @throws Error  the team domain does not answer with a key set
 */
export async function fetchAccessCerts(teamOrigin: string): Promise<HonoJsonWebKey[]> {
  const response = await fetch(`${teamOrigin}/cdn-cgi/access/certs`, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`Access answered ${response.status} for its certificates`)
  const { keys } = await response.json<{ keys?: HonoJsonWebKey[] }>()
  if (!Array.isArray(keys)) throw new Error('Access answered without certificates')
  return keys
}
