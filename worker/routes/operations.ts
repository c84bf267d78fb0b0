import { createRoute } from '@hono/zod-openapi'
import { version } from '../../package.json'
import { actorOf, allow, refuseCrossSite } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { LiveMessage, StatusAnswer } from '../contract/analytics.ts'
import { DeadLettersAnswer } from '../contract/dead-letters.ts'
import {
  ErasureAnswer,
  HealthAnswer,
  JobsAnswer,
  ReconciliationAnswer,
  ReconciliationQuery,
  RejectedAnswer,
  ReplayInput,
} from '../contract/operations.ts'
import { readExtent } from '../db/analytics.ts'
import { readImports } from '../db/imports.ts'
import { readJobs } from '../db/jobs.ts'
import { listDeadLetters, markReplayed } from '../db/projections.ts'
import { listRejected } from '../db/rejected.ts'
import { DomainError } from '../domain/error.ts'
import { scheduledJobs, slotOf } from '../domain/schedule.ts'
import { variables } from '../env.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { reached } from '../person.ts'
import { compareLedger, compareTable, reconcile } from '../reconcile.ts'

const tags = ['operations']

const getHealth = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Whether the Worker and its database answer',
  responses: { 200: answers('Health', HealthAnswer), 503: answers('The database does not answer', HealthAnswer) },
})

export const health = router().openapi(getHealth, async (c) => {
  const database = await c.env.DB.prepare('SELECT 1')
    .first()
    .then(
      () => true,
      () => false,
    )
  const configVersion = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise)).then(
    ({ root }) => root.version,
    () => null,
  )
  const ok = database && configVersion !== null
  return c.json({ success: ok, ok, database, configVersion }, ok ? 200 : 503)
})

const getStatus = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'What the dashboard shows before anything else: who is signed in, imports on their way',
  responses: { 200: answers('Status', StatusAnswer) },
})

export const status = router().openapi(getStatus, async (c) => {
  const { caller } = c.var
  const { environment } = variables(c.env)
  const signedIn = caller.kind === 'admin'
  const now = Date.now()
  const { root } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  // Strangers learn that it is here, and no more.
  const [imports, { events }] = signedIn ? await Promise.all([readImports(c.env.DB, now), readExtent(c.env.DB)]) : [[], { events: 0 }]
  const demo = environment === 'development' && signedIn ? { publishableKey: 'pk_demo_storefront', secretKey: 'sk_demo_server' } : null
  return c.json(
    {
      success: true as const,
      environment,
      signedIn,
      version,
      configVersion: root.version,
      products: signedIn ? root.productCount : 0,
      events,
      imports,
      demo,
    },
    200,
  )
})

const getDeadLetters = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Entries that could not be applied, each with its reason',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  responses: { 200: answers('Newest first', DeadLettersAnswer), ...refusals },
})

const replayDeadLetter = createRoute({
  method: 'post',
  path: '/replay',
  tags,
  summary: 'Send a parked entry again',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { body: jsonBody(ReplayInput) },
  responses: { 200: answers('It is on its way', ErasureAnswer), ...refusals },
})

export const deadLetters = router()
  .openapi(getDeadLetters, async (c) => c.json({ success: true as const, deadLetters: await listDeadLetters(c.env.DB) }, 200))
  .openapi(replayDeadLetter, async (c) => {
    const { object, seq } = c.req.valid('json')
    let stub: ReturnType<typeof c.env.CUSTOMERS.get>
    try {
      stub = c.env.CUSTOMERS.get(c.env.CUSTOMERS.idFromString(object))
    } catch {
      throw new DomainError('not_found', 'no such entry is parked', 'object')
    }
    const replayed = await reached(() => stub.replay(seq))
    // An entry that is parked no more, as after an erasure, is a letter about nothing: it is not listed again.
    await markReplayed(c.env.DB, { object, seq, isParked: replayed, actor: actorOf(c), now: Date.now() })
    if (!replayed) throw new DomainError('not_found', 'no such entry is parked', 'seq')
    return c.json({ success: true as const, message: `entry ${seq} is on its way` }, 200)
  })

const getRejected = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Refused events of the last 30 days, as they came',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  responses: { 200: answers('Newest first', RejectedAnswer), ...refusals },
})

export const rejected = router().openapi(getRejected, async (c) =>
  c.json({ success: true as const, rejected: await listRejected(c.env.DB, 500) }, 200),
)

const postReconcile = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Compare the sums of D1 with every customer’s object, and mend what differs',
  security: needs('admin'),
  description: 'Asks up to 1,000 objects; where there are more, `next` is the `after` of the call that goes on.',
  middleware: [allow('admin')] as const,
  request: { query: ReconciliationQuery },
  responses: { 200: answers('What was found', ReconciliationAnswer), ...refusals },
})

export const reconciliation = router().openapi(postReconcile, async (c) => {
  const page = await reconcile(c.env, { after: c.req.valid('query').after, limit: 1000 })
  return c.json({ success: true as const, ...page, table: await compareTable(c.env), ledger: await compareLedger(c.env) }, 200)
})

const getJobs = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'What the clock starts, and how the last runs ended',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  responses: { 200: answers('The schedule', JobsAnswer), ...refusals },
})

const RUNS_SHOWN = 100

export const jobs = router().openapi(getJobs, async (c) => {
  const { states, runs } = await readJobs(c.env.DB, RUNS_SHOWN)
  const byJob = new Map(states.map((state) => [state.job, state]))
  const now = Date.now()
  return c.json(
    {
      success: true as const,
      jobs: scheduledJobs(variables(c.env)).map((job) => {
        const { finishedSlot = null, heldUntil = 0 } = byJob.get(job.id) ?? {}
        return {
          ...job,
          doneFor: finishedSlot,
          dueAt: finishedSlot === null ? slotOf(job, now) : slotOf(job, finishedSlot + job.everyMs),
          heldUntil: heldUntil > now ? heldUntil : null,
        }
      }),
      runs,
    },
    200,
  )
})

const getLive = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'A socket that tells what people do, as it happens',
  security: needs('admin'),
  responses: { 101: answers('The socket is open. Every message it sends is one of these, as text', LiveMessage), ...refusals },
})

/** The dashboard's socket. Cookies go with a socket from anywhere, so the origin is checked as for a change. */
export const live = router()
live.openAPIRegistry.registerPath(getLive)
live.get('/', allow('admin'), async (c) => {
  refuseCrossSite(c)
  const origin = c.req.header('origin')
  if (origin !== undefined && origin !== new URL(c.req.url).origin)
    throw new DomainError('cross_site', 'the live feed answers to its own pages only')
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') throw new DomainError('bad_request', 'the live feed is a WebSocket')
  return c.env.LIVE.get(c.env.LIVE.idFromName('live')).fetch(c.req.raw)
})
