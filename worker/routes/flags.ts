import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { allow, publicJson } from '../auth.ts'
import { type Configuration, readConfiguration } from '../config.ts'
import { MAXIMUM_BODY_BYTES } from '../contract/events.ts'
import { FlagAnswer, type FlagContext, FlagFailure, FlagQuestion, FlagRef, FlagsAnswer } from '../contract/flags.ts'
import { DEVICES } from '../contract/lists.ts'
import { sha256Hex } from '../digest.ts'
import type { NormalEvent } from '../domain/customer/accept.ts'
import { exposureEventId } from '../domain/customer/event.ts'
import { DomainError, unwrap } from '../domain/error.ts'
import { experimentIdOf, exposureOf } from '../domain/experiments/exposure.ts'
import type { Drawn } from '../domain/experiments/flag-book.ts'
import { mergeSticky } from '../domain/experiments/sticky-ledger.ts'
import { readSticky, writeSticky } from '../domain/experiments/sticky-text.ts'
import type { EvaluationContext } from '../domain/experiments/types.ts'
import { type AppEnv, answers, mediaTypeOf, needs, onError, parse, readText, refusals, router } from '../http.ts'
import { parseJson } from '../json.ts'
import { ask, customerPerson, ingest, isTrusted, type Person, visitorObjectId } from '../person.ts'
import { isBot, mayEvaluate, seenOf } from '../visit.ts'
import { PRICE_PREFIX, previewsOf, pricesOf, textOf } from './price-flags.ts'

const tags = ['flags']
const failed = (description: string) => ({ description, content: { 'application/problem+json': { schema: FlagFailure } } })
const body = { content: { 'application/json': { schema: FlagQuestion } }, required: true as const }

const getFlag = createRoute({
  method: 'post',
  path: '/{key}',
  tags,
  summary: 'Evaluate one flag; being drawn into an experiment here counts as having seen it',
  description:
    'OpenFeature Remote Evaluation Protocol. The key is that of an experiment, or `price:<productId>` for a price as an object. From a secret key the targeting key may be a customerId: then what counts is the subject that customer was first known by.',
  security: needs('decide'),
  request: { params: FlagRef, body },
  responses: { 200: answers('The value and why', FlagAnswer), ...refusals, 400: failed('See `errorCode`'), 404: failed('No such flag') },
})

const getFlags = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Evaluate every flag for one page view; seeing a variant is told by `experiment_viewed`',
  description:
    'OpenFeature Remote Evaluation Protocol, bulk. The ETag stands for context and results together: the same one sent as If-None-Match is answered 304. Takes text/plain too, which spares a browser the preflight.',
  security: needs('decide'),
  request: { body },
  responses: {
    200: answers('All flags', FlagsAnswer),
    304: { description: 'Nothing has changed' },
    ...refusals,
    400: failed('See `errorCode`'),
  },
})

export const flags = router()
flags.openAPIRegistry.registerPath(getFlag)
flags.openAPIRegistry.registerPath(getFlags)
flags.onError(failureOf)

flags.post('/', allow('decide'), async (c) => {
  const { context, configuration, now } = await begin(c)
  const book = await configuration.flags()
  const asker = await askerOf(c, context)
  const { results, changed } = book.evaluateAll(asker?.evaluation ?? null, now)
  const prices = await previewsOf(c, configuration, context)
  const marks = results.map(({ mark }) => mark)
  const etag = `"${sha256Hex(JSON.stringify([book.hash, book.editionAt(now), marks, prices, asker?.evaluation])).slice(0, 32)}"`
  if (isKnown(c, etag)) return c.body(null, 304, { etag })
  const known = asker?.evaluation.stickyAssignments
  const sticky = known && writeSticky(changed ? mergeSticky(known, changed) : known)
  const texts = [...results.map(({ text }) => text), ...prices]
  return publicJson<FlagsAnswer>(c, `{"flags":[${texts.join()}],"metadata":${JSON.stringify({ sticky })}}`, etag)
})

flags.post('/:key', allow('decide'), async (c) => {
  const key = c.req.param('key')
  const { context, configuration, now } = await begin(c)
  if (key.startsWith(PRICE_PREFIX)) {
    const [price] = await pricesOf(c, configuration, context, [key.slice(PRICE_PREFIX.length)], false)
    if (!price) throw unknownFlag(key)
    return publicJson<FlagAnswer>(c, price)
  }
  const book = await configuration.flags()
  const asker = await askerOf(c, context)
  if (asker && context.targetingKey === undefined)
    throw new DomainError('missing_field', 'whom the flag is for is not said', 'context.targetingKey')
  const result = book.evaluate(key, asker?.evaluation ?? null, now)
  if (!result) throw unknownFlag(key)
  if (result.drawn && asker?.person) c.executionCtx.waitUntil(recordExposure(c, configuration, asker.person, asker.seen, result.drawn, now))
  return publicJson<FlagAnswer>(c, result.text)
})

const unknownFlag = (key: string) => new DomainError('not_found', `no flag is called ${key}`, 'key')

async function begin(c: Context<AppEnv>): Promise<{ context: FlagContext; configuration: Configuration; now: number }> {
  const now = Date.now()
  if (!mayEvaluate(c, now)) throw new DomainError('too_many_requests', 'flags are evaluated too often for one address')
  const type = mediaTypeOf(c)
  if (type !== 'application/json' && type !== 'text/plain')
    throw new DomainError('unsupported_media_type', 'send application/json or text/plain')
  const { context } = parse(FlagQuestion, parseJson(await readText(c.req.raw, MAXIMUM_BODY_BYTES)))
  const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  return { context, configuration, now }
}

interface Asker {
  evaluation: EvaluationContext
  /** Whose exposure it is; null for somebody who is not ours. */
  person: Person | null
  /** Where they are, and on what, as far as it is known. */
  seen: ReturnType<typeof seenOf>
}

/** Who asks, with what is known of them; null for whoever refuses profiling, or is an obvious bot: they get the controls. */
async function askerOf(c: Context<AppEnv>, context: FlagContext): Promise<Asker | null> {
  const trusted = isTrusted(c.var.caller)
  if (context.consent === 'denied' || c.req.header('sec-gpc') === '1' || (!trusted && isBot(c))) return null
  const { targetingKey, url, sticky, products: _, consent: __, token: ___, ...attributes } = context
  const visitor = targetingKey === undefined ? null : visitorObjectId(c.env, targetingKey)
  const person: Person | null = visitor
    ? { id: visitor, who: { kind: 'visitor' } }
    : trusted && targetingKey !== undefined
      ? customerPerson(c.env, targetingKey)
      : null
  const id = trusted && person ? await subjectOf(c, person) : targetingKey
  const seen = seenOf(c, textOf(context.country))
  return {
    seen: { country: countryIn(seen.country), device: DEVICES.find((device) => device === context.device) ?? seen.device },
    evaluation: {
      attributes: { ...attributes, id, country: seen.country, device: context.device ?? seen.device },
      ...(url !== undefined && { url }),
      ...(sticky !== undefined && { stickyAssignments: readSticky(sticky) }),
    },
    person,
  }
}

/** What a server says of a country may be anything; a name of sums is two letters. */
const countryIn = (text: string | null): string | null => (text !== null && /^[a-z]{2}$/i.test(text) ? text.toUpperCase() : null)

/** What tests hash on: the first id this person was known by, so that nothing flips when a server asks under another. */
async function subjectOf(c: Context<AppEnv>, person: Person): Promise<string> {
  return unwrap(await ask(c.env, person, (stub, who) => stub.subject(who)))
}

/** Writes down that a variant was seen. The answer does not wait for it, and it is written once, however often it is tried. */
async function recordExposure(
  c: Context<AppEnv>,
  configuration: Configuration,
  person: Person,
  seen: Asker['seen'],
  drawn: Drawn,
  now: number,
): Promise<void> {
  const { experiment, variant } = drawn
  const exposure = exposureOf(() => experiment, experimentIdOf(experiment), variant, configuration.root.version)
  if (!exposure) return
  const trusted = isTrusted(c.var.caller)
  const event: NormalEvent = {
    id: exposureEventId(exposure, person.id.toString()),
    type: 'experiment_viewed',
    occurredAt: now,
    origin: trusted ? 'server' : 'browser',
    verified: trusted,
    context: { ...seen, source: null, sessionId: null },
    body: exposure,
    metadata: {},
  }
  await ingest(c.env, configuration, person, [event], now).catch((error: unknown) => console.warn('exposure', error))
}

// ── Failures ──────────────────────────────────────────────────────────────────────────────────────────────────────

const isKnown = (c: Context<AppEnv>, etag: string): boolean =>
  (c.req.header('if-none-match') ?? '').split(',').some((known) => known.trim().replace(/^W\//, '') === etag)

/** A refusal as everywhere else, with the two members the protocol asks for; what is wrong with the context is its 400. */
async function failureOf(error: Error, c: Context): Promise<Response> {
  const refusal = onError(error, c)
  const problem = (await refusal.json()) as { code: string; error: string; field?: string; status: number }
  const status = problem.status === 422 ? 400 : refusal.status
  const errorCode =
    problem.field === 'context.targetingKey' && problem.code === 'missing_field'
      ? 'TARGETING_KEY_MISSING'
      : status === 404
        ? 'FLAG_NOT_FOUND'
        : /json|too_deep|too_many_keys|duplicate_key/.test(problem.code)
          ? 'PARSE_ERROR'
          : status === 400
            ? 'INVALID_CONTEXT'
            : 'GENERAL'
  const key = c.req.param('key')
  const failure = { ...(key !== undefined && { key }), errorCode, errorDetails: problem.error } satisfies FlagFailure
  return new Response(JSON.stringify({ ...problem, status, ...failure }), { status, headers: refusal.headers })
}
