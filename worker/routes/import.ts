import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { allow } from '../auth.ts'
import { BatchAnswer, ImportBatch, type IncomingEvent, MAXIMUM_IMPORT_BATCH, MAXIMUM_IMPORT_BODY_BYTES } from '../contract/events.ts'
import { saveProgress } from '../db/imports.ts'
import { parseInstant } from '../domain/customer/accept.ts'
import { DomainError } from '../domain/error.ts'
import { parseCurrency, toMinor } from '../domain/money.ts'
import type { PriceDecision } from '../domain/pricing/types.ts'
import { DAY_MS, dayOf } from '../domain/time.ts'
import { variables } from '../env.ts'
import { type AppEnv, answers, jsonBody, needs, parse, problem, readText, refusals, router } from '../http.ts'
import { parseJson } from '../json.ts'
import { customerPerson, type Person, visitorObjectId } from '../person.ts'
import { keepAside, summary, takeIn } from './intake.ts'

const postImport = createRoute({
  method: 'post',
  path: '/',
  tags: ['events'],
  summary: 'Past events in bulk, each booked on its own day',
  description:
    'Idempotent: ids come from the importer, so the same batch again counts as duplicates. `total` and `done` drive the progress bar on the dashboard.',
  security: needs('import'),
  request: { body: jsonBody(ImportBatch) },
  responses: { 200: answers('A result for each event', BatchAnswer), ...refusals },
})

export const imports = router()
imports.openAPIRegistry.registerPath(postImport)
imports.post('/', allow('import'), async (c) => {
  const batch = await readBatch(c)
  const results = await takeIn(c, batch.events, {
    origin: 'import',
    verified: true,
    personOf: (event) => personOfHistory(c, event),
    decisionOf: (event, now) => (event.event === 'price_decided' ? pastDecision(c, event, now) : null),
  })
  const counts = summary(results)
  if (counts.retry === results.length) return problem(c, 'unavailable', 'none of the events could be settled; send them again')
  // A batch that brings nothing in is no progress: an import of which every line was refused must not count as finished.
  if (counts.accepted + counts.duplicate > 0) {
    const { importId, label = importId, total = null, done = batch.events.length } = batch
    // The events are kept, whatever becomes of the bar that shows how far they have come.
    await saveProgress(c.env.DB, importId, label, total, done, Date.now()).catch((error: unknown) =>
      console.error('progress of an import', error),
    )
  }
  return c.json(
    { success: true as const, message: `${counts.accepted} accepted, ${counts.duplicate} known already`, ...counts, results },
    200,
  )
})

async function readBatch(c: Context<AppEnv>): Promise<ImportBatch> {
  let body = ''
  try {
    body = await readText(c.req.raw, MAXIMUM_IMPORT_BODY_BYTES)
    return parse(ImportBatch, parseJson(body, MAXIMUM_IMPORT_KEYS))
  } catch (error) {
    if (error instanceof DomainError) await keepAside(c, [{ source: 'import', code: error.code, field: error.field ?? null, body }])
    throw error
  }
}

/** An import may carry a thousand events of a few dozen keys each. */
const MAXIMUM_IMPORT_KEYS = MAXIMUM_IMPORT_BATCH * 40

/** Other systems have visitor ids of their own: each gets an object by its name. */
function personOfHistory(c: Context<AppEnv>, event: IncomingEvent): Person | null {
  const customerId = event.customerId ?? event.userId
  if (customerId !== undefined) return customerPerson(c.env, customerId)
  if (event.visitorId === undefined) return null
  const id = visitorObjectId(c.env, event.visitorId) ?? c.env.CUSTOMERS.idFromName(`visitor:${event.visitorId}`)
  return { id, who: { kind: 'visitor' } }
}

const IMPORTED = 'Imported: decided by another system'

/** A decision the demo's simulation says was made. A real shop's history has none of ours, so only development takes it. */
function pastDecision(c: Context<AppEnv>, event: IncomingEvent, now: number): PriceDecision {
  if (variables(c.env).environment !== 'development')
    throw new DomainError('development_only', 'past decisions are taken in development only', 'event')
  const { productId, amount, metadata = {} } = event
  const at = event.timestamp === undefined ? now : parseInstant(event.timestamp, now)
  const currency = parseCurrency(event.currency ?? 'USD')
  if (productId === undefined || amount === undefined)
    throw new DomainError('missing_field', 'a past decision needs productId and amount', 'productId')
  const priceMinor = toMinor(amount, currency)
  const listMinor = typeof metadata.listPrice === 'number' ? toMinor(metadata.listPrice, currency) : priceMinor
  const { testId, arm, propensity, epoch, segment, conversionWindow, heldOut } = metadata
  const test =
    typeof testId === 'string' && typeof arm === 'string' && typeof propensity === 'number'
      ? {
          testId,
          version: 1,
          arm,
          propensity,
          epoch: typeof epoch === 'string' && /^\d{4}-\d\d-\d\d$/.test(epoch) ? epoch : dayOf(at).slice(0, 8).concat('01'),
          mode: 'randomised' as const,
          weights: {},
          segment: typeof segment === 'string' ? segment.slice(0, 64) : null,
          conversionWindowMs: (typeof conversionWindow === 'number' ? Math.min(60, Math.max(1, conversionWindow)) : 14) * DAY_MS,
          unitCostMinor: null,
          block: null,
          clamped: false,
        }
      : null
  return {
    id: event.id ?? `past:${at}`,
    productId,
    currency,
    listMinor,
    lowest30DaysMinor: null,
    priceMinor,
    reason: heldOut === true ? 'holdout' : test ? 'test' : 'list',
    priceClass: test ? 'randomised' : 'uniform',
    personalized: test !== null,
    disclosure: null,
    test,
    propensity: test?.propensity ?? 1,
    explain: [
      {
        step: test ? 'test' : 'list',
        outcome: 'applied',
        beforeMinor: listMinor,
        afterMinor: priceMinor,
        detail: IMPORTED,
      },
      ...(typeof heldOut === 'boolean'
        ? [
            {
              step: 'holdout' as const,
              outcome: heldOut ? ('applied' as const) : ('kept' as const),
              beforeMinor: priceMinor,
              afterMinor: priceMinor,
              detail: IMPORTED,
            },
          ]
        : []),
    ],
    sliceHash: 'imported',
    facts: { subject: '', contracts: {}, arms: {}, firstSeenAt: null, orders: 0, inDunning: false, lastQuote: null },
    context: {
      currency,
      country: event.country?.toUpperCase() ?? null,
      region: null,
      device: event.device ?? null,
      behaviorFlags: [],
      profilingRefused: false,
    },
    decidedAt: at,
  }
}
