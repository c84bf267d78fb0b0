import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import * as z from 'zod'
import { allow } from '../auth.ts'
import { BatchAnswer, EventBatch, IncomingEvent, MAXIMUM_BATCH, MAXIMUM_BODY_BYTES, RevenueEventAnswer } from '../contract/events.ts'
import { DomainError } from '../domain/error.ts'
import { type AppEnv, answers, jsonBody, parseJson, problem, readText, refusals, router } from '../http.ts'
import { isTrusted } from '../person.ts'
import { summary, takeIn } from './intake.ts'

const tags = ['events']

const postEvents = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Up to 100 events, each settled by itself',
  description: 'Takes application/json, and text/plain from beacons. The answer comes after what was accepted is durable.',
  request: { body: { content: { 'application/json': { schema: EventBatch }, 'text/plain': { schema: z.string() } }, required: true } },
  responses: { 200: answers('A result for each event', BatchAnswer), ...refusals },
})

/** Read by hand: a beacon's text is JSON too, and each event is checked by itself so that its neighbours are kept. */
async function readBody(c: Context<AppEnv>, types: readonly string[]): Promise<unknown> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!types.includes(type)) throw new DomainError('unsupported_media_type', `send ${types.join(' or ')}`)
  return parseJson(await readText(c.req.raw, MAXIMUM_BODY_BYTES))
}

const Envelope = z.object({ events: z.array(z.unknown()), token: z.string().max(4096).optional() })

/** A whole batch, or one event that stands alone. */
function unwrapBatch(body: unknown): z.infer<typeof Envelope> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new DomainError('invalid_field', 'send {"events": [ … ]}', 'events')
  if (!('events' in body)) return { events: [body] }
  const parsed = Envelope.safeParse(body)
  if (!parsed.success) throw new DomainError('invalid_field', 'send {"events": [ … ]}', 'events')
  if (parsed.data.events.length === 0) throw new DomainError('empty_batch', 'a batch holds at least one event', 'events')
  if (parsed.data.events.length > MAXIMUM_BATCH)
    throw new DomainError('batch_too_large', `a batch may hold ${MAXIMUM_BATCH} events`, 'events')
  return parsed.data
}

export const events = router()
events.openAPIRegistry.registerPath(postEvents)
events.post('/', allow('behaviour'), async (c) => {
  const { events, token } = unwrapBatch(await readBody(c, ['application/json', 'text/plain']))
  const trusted = isTrusted(c.var.caller)
  const results = await takeIn(c, events, { origin: trusted ? 'server' : 'browser', verified: trusted, token })
  const counts = summary(results)
  if (counts.retry === results.length) return problem(c, 'unavailable', 'none of the events could be settled; send them again')
  const message = `${counts.accepted} of ${results.length} accepted`
  return c.json({ success: true as const, message, ...counts, results }, 200)
})

const postRevenueEvent = createRoute({
  method: 'post',
  path: '/event',
  tags,
  summary: 'One event of money, a subscription or a payment',
  request: { body: jsonBody(IncomingEvent) },
  responses: { 200: answers('What became of it', RevenueEventAnswer), ...refusals },
})

export const revenue = router()
revenue.openAPIRegistry.registerPath(postRevenueEvent)
revenue.post('/event', allow('behaviour'), async (c) => {
  const body = await readBody(c, ['application/json'])
  const trusted = isTrusted(c.var.caller)
  const [result] = await takeIn(c, [body], { origin: trusted ? 'server' : 'browser', verified: trusted })
  if (!result) throw new DomainError('internal', 'the event has no result')
  if (result.code) throw new DomainError(result.code, result.message ?? 'refused', result.field)
  const { id, status, bookedDay } = result
  return c.json(
    {
      success: true as const,
      message: status === 'duplicate' ? 'Known already; nothing has changed' : 'Recorded',
      eventId: id as string,
      status,
      bookedDay: bookedDay as string,
      verified: trusted,
      deduplicable: result.deduplicable ?? true,
      insights: insightsOf(trusted, bookedDay as string, result.deduplicable ?? true),
    },
    200,
  )
})

function insightsOf(trusted: boolean, bookedDay: string, deduplicable: boolean): string[] {
  const said = [`Booked on ${bookedDay} (UTC)`]
  if (!trusted) said.push('Reported by a browser: shown apart, and not revenue until a secret key or a verified webhook says the same')
  if (!deduplicable) said.push('Sent without an id: sending it again would count it again')
  return said
}
