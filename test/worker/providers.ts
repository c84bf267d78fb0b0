import { applyD1Migrations, env, reset } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { forgetConfiguration } from '../../worker/config.ts'
import type { ProviderId } from '../../worker/contract/lists.ts'
import { type Delivery, SECRETS, SIGN } from '../domain/payments/webhooks.ts'
import { type Answer, ORIGIN, send } from './shop.ts'

/** A deployment without anything in it but the secrets of its providers. */
export async function freshDeployment(): Promise<void> {
  await reset()
  await applyD1Migrations(env.DB, env.MIGRATIONS)
  forgetConfiguration()
  for (const [id, secret] of Object.entries(SECRETS)) {
    const { status } = await send('PUT', `/api/providers/${id}`, { body: { secret } })
    if (status !== 200) throw new Error(`the secret of ${id} was not taken`)
  }
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** The very bytes, as a provider sends them. */
export async function deliver(provider: ProviderId, { headers, body }: Delivery): Promise<Answer> {
  const response = await exports.default.fetch(`${ORIGIN}/webhooks/${provider}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}

export async function deliverStripe(payload: unknown, atSeconds = nowSeconds()): Promise<Answer> {
  return deliver('stripe', await SIGN.stripe(JSON.stringify(payload), SECRETS.stripe, atSeconds))
}

export async function deliverStandard(payload: unknown, messageId: string): Promise<Answer> {
  return deliver('standard', await SIGN.standard(JSON.stringify(payload), SECRETS.standard, nowSeconds(), messageId))
}
