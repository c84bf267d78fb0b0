import type { MiddlewareHandler } from 'hono'
import { actorOf } from './auth.ts'
import { claimRequest, keepAnswer, releaseRequest } from './db/idempotency.ts'
import { sha256Hex } from './digest.ts'
import { DomainError } from './domain/error.ts'
import type { AppEnv } from './http.ts'

/**
 * Lets a request be repeated by whoever did not hear its answer: with the same `Idempotency-Key` from the same caller it is
 * carried out once, and answered with the same bytes for a day. A refusal is not kept. Stands behind what checks the
 * caller and reads the body.
 *
 * @throws DomainError idempotency_mismatch  the key came before with another body
 * @throws DomainError unavailable           the first of two equal requests is still under way
 */
export const idempotent = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const key = c.req.header('idempotency-key')
  if (key === undefined) return next()
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new DomainError('invalid_field', 'an Idempotency-Key is 1 to 255 visible ASCII characters', 'Idempotency-Key')
  const name = sha256Hex(`${actorOf(c)}\n${c.req.method} ${c.req.path}\n${key}`)
  const requestHash = sha256Hex(await c.req.text())
  const before = await claimRequest(c.env.DB, name, requestHash, Date.now())
  if (before) {
    if (before.requestHash !== requestHash)
      throw new DomainError('idempotency_mismatch', 'this Idempotency-Key came before with another body', 'Idempotency-Key')
    if (before.status === null || before.body === null)
      throw new DomainError('unavailable', 'the same request is being answered; ask again in a moment')
    return c.body(before.body, before.status as 200, { 'content-type': 'application/json', 'idempotency-replayed': 'true' })
  }
  await next()
  if (c.res.ok) await keepAnswer(c.env.DB, name, c.res.status, await c.res.clone().text())
  else await releaseRequest(c.env.DB, name)
}
