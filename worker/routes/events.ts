import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import * as z from 'zod'
import { allow } from '../auth.ts'
import { BatchAnswer, EventBatch, IncomingEvent, MAXIMUM_BATCH, MAXIMUM_BODY_BYTES, RevenueEventAnswer } from '../contract/events.ts'
import type { ProblemCode } from '../contract/problem.ts'
import { DomainError } from '../domain/error.ts'
import { type AppEnv, answers, jsonBody, mediaTypeOf, needs, problem, readText, refusals, router } from '../http.ts'
import { elementsOf, parseJson } from '../json.ts'
import { isTrusted, movesMoney } from '../person.ts'
import { isBot } from '../visit.ts'
import { type Intake, keepAside, summary, takeIn } from './intake.ts'

const tags = ['events']

const postEvents = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Up to 100 events, each settled by itself',
  description: 'Takes application/json, and text/plain from beacons. The answer comes after what was accepted is durable.',
  security: needs('behaviour'),
  request: { body: { content: { 'application/json': { schema: EventBatch }, 'text/plain': { schema: z.string() } }, required: true } },
  responses: { 200: answers('A result for each event', BatchAnswer), ...refusals },
})

/** Read by hand: a beacon's text is JSON too, and each event is checked by itself so that its neighbours are kept. */
async function readEvents(c: Context<AppEnv>, types: readonly string[], most: number): Promise<z.infer<typeof Envelope>> {
  let text = ''
  try {
    if (!types.includes(mediaTypeOf(c))) throw new DomainError('unsupported_media_type', `send ${types.join(' or ')}`)
    text = await readText(c.req.raw, MAXIMUM_BODY_BYTES)
    return unwrapBatch(most === 1 ? parseJson(text) : parseApart(text), most)
  } catch (error) {
    if (error instanceof DomainError)
      await keepAside(c, [{ source: intakeOf(c).origin, code: error.code, field: error.field ?? null, body: withoutToken(text) }])
    throw error
  }
}

/** What may be wrong with the JSON of one event, and is none of its neighbours' business. */
const OF_ONE_EVENT: readonly ProblemCode[] = ['duplicate_key', 'too_deep', 'too_many_keys']

/** A batch with what is wrong of an event in that event's place; anything else that is wrong is wrong with the whole. */
function parseApart(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    const found = error instanceof DomainError && OF_ONE_EVENT.includes(error.code) ? elementsOf(text, 'events') : null
    if (!found || found.elements.length < 2) throw error
    const events = found.elements.map((element) => {
      try {
        return parseJson(element)
      } catch (flaw) {
        return flaw
      }
    })
    return { ...(parseJson(found.around) as object), events }
  }
}

/** What is kept aside is read by people; the customer's token in it would let them speak for that customer. */
const withoutToken = (text: string): string => text.replace(/("token"\s*:\s*)"(?:[^"\\]|\\.)*"?/g, '$1"…"')

const Envelope = z.object({ events: z.array(z.unknown()), token: z.string().max(4096).optional() })

/** A whole batch, or one event that stands alone. */
function unwrapBatch(body: unknown, most: number): z.infer<typeof Envelope> {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (isObject && (most === 1 || !('events' in body))) return { events: [body] }
  const parsed = Envelope.safeParse(body)
  if (!parsed.success) {
    const shape = most === 1 ? 'send one event as an object' : 'send {"events": [ … ]}'
    throw new DomainError('invalid_field', shape, most === 1 ? undefined : String(parsed.error.issues[0]?.path[0] ?? 'events'))
  }
  const { length } = parsed.data.events
  if (length === 0) throw new DomainError('empty_batch', 'a batch holds at least one event', 'events')
  if (length > most) throw new DomainError('batch_too_large', `a batch may hold ${most} events`, 'events')
  return parsed.data
}

const intakeOf = (c: Context<AppEnv>): Intake => ({
  origin: isTrusted(c.var.caller) ? 'server' : 'browser',
  verified: movesMoney(c.var.caller),
})

export const events = router()
events.openAPIRegistry.registerPath(postEvents)
events.post('/', allow('behaviour'), async (c) => {
  const { events, token } = await readEvents(c, ['application/json', 'text/plain'], MAXIMUM_BATCH)
  if (!isTrusted(c.var.caller) && isBot(c))
    throw new DomainError('forbidden', 'obvious bots are in no analysis: their events are not taken')
  const results = await takeIn(c, events, { ...intakeOf(c), token })
  const counts = summary(results)
  if (counts.retry === results.length) {
    const flooded = results.every(({ code }) => code === 'flood')
    if (flooded) return problem(c, 'flood', 'too many events of one customer in two days; send them again later')
    return problem(c, 'unavailable', 'none of the events could be settled; send them again')
  }
  const message = `${counts.accepted} of ${results.length} accepted`
  return c.json({ success: true as const, message, ...counts, results }, 200)
})

const postRevenueEvent = createRoute({
  method: 'post',
  path: '/event',
  tags,
  summary: 'One event of money, a subscription or a payment',
  security: needs('behaviour'),
  request: { body: jsonBody(IncomingEvent) },
  responses: { 200: answers('What became of it', RevenueEventAnswer), ...refusals },
})

export const revenue = router()
revenue.openAPIRegistry.registerPath(postRevenueEvent)
revenue.post('/event', allow('behaviour'), async (c) => {
  const { events } = await readEvents(c, ['application/json'], 1)
  const intake = intakeOf(c)
  const [result] = await takeIn(c, events, intake)
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
      verified: intake.verified,
      deduplicable: result.deduplicable ?? true,
      insights: insightsOf(intake.verified, bookedDay as string, result.deduplicable ?? true),
    },
    200,
  )
})

function insightsOf(verified: boolean, bookedDay: string, deduplicable: boolean): string[] {
  const said = [`Booked on ${bookedDay} (UTC)`]
  if (!verified) said.push('Reported by a browser: shown apart, and not revenue until a secret key or a verified webhook says the same')
  if (!deduplicable) said.push('Sent without an id: sending it again would count it again')
  return said
}
