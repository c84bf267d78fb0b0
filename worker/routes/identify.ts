import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { IdentifyAnswer, IdentifyInput, MAXIMUM_BODY_BYTES } from '../contract/events.ts'
import { DomainError, unwrap } from '../domain/error.ts'
import { answers, jsonBody, limitBody, needs, refusals, router } from '../http.ts'
import { customerObjectId, isTrusted, personOf, reached, remote, visitorObjectId } from '../person.ts'

const identifyVisitor = createRoute({
  method: 'post',
  path: '/',
  tags: ['identity'],
  summary: 'Say which customer a visitor is',
  description:
    'From a browser only with a token signed by the shop’s server. The first verified identify wins; the next customer on the same browser gets a fresh visitorId.',
  security: needs('behaviour'),
  middleware: [allow('behaviour'), limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(IdentifyInput) },
  responses: { 200: answers('Who the visitor is now', IdentifyAnswer), ...refusals },
})

export const identify = router().openapi(identifyVisitor, async (c) => {
  const input = c.req.valid('json')
  const now = Date.now()
  const customerId = input.customerId ?? input.userId
  const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  if (input.customerId !== undefined && input.userId !== undefined && input.customerId !== input.userId)
    throw new DomainError('invalid_id', 'customerId and userId name two people', 'userId')
  if (!isTrusted(c.var.caller) && input.token === undefined) {
    throw new DomainError('invalid_token', "a browser identifies a customer only with the shop's token", 'token')
  }
  const person = await personOf(c.env, c.var.caller, configuration, { customerId, token: input.token }, now)
  if (person?.who.kind !== 'customer') throw new DomainError('missing_field', 'customerId is required', 'customerId')
  const visitor = visitorObjectId(c.env, input.visitorId)
  if (!visitor) throw new DomainError('invalid_id', 'this visitorId was not minted here', 'visitorId')
  const object = customerObjectId(c.env, person.who.customerId).toString()
  let visitorId = input.visitorId
  const { customerId: name } = person.who
  const become = (id: DurableObjectId) => reached(() => remote(c.env, id).identify(name, object, now))
  let merged = unwrap(await become(visitor))
  if (merged.taken) {
    // Somebody else has used this browser: their history stays theirs.
    const fresh = c.env.CUSTOMERS.newUniqueId()
    visitorId = fresh.toString()
    merged = unwrap(await become(fresh))
  }
  return c.json(
    {
      success: true as const,
      message:
        visitorId === input.visitorId
          ? 'This visitor is now known'
          : 'This browser belonged to somebody else: go on with the new visitorId',
      visitorId,
      customerId: person.who.customerId,
      subject: merged.subject,
      merged: visitorId === input.visitorId,
    },
    200,
  )
})
