import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { IdempotencyHeader, PageQuery } from '../contract/admin.ts'
import type { ExperimentResults } from '../contract/experiment-results.ts'
import {
  ExperimentInput,
  ExperimentItem,
  ExperimentPatch,
  ExperimentRef,
  ExperimentStarted,
  ExperimentsAnswer,
  ShipVariantInput,
} from '../contract/experiments.ts'
import { addExperiment, readExperiment, readExperiments, readExposed, readLastSaid, replaceExperiment } from '../db/experiments.ts'
import { randomText } from '../digest.ts'
import { DomainError } from '../domain/error.ts'
import { answerOf, type Experiment, keyOf, spanOf } from '../domain/experiments/definition.ts'
import { archived, inputAfter, revised, shipped, started, stopped, withoutPastStart } from '../domain/experiments/lifecycle.ts'
import { resultsOf } from '../domain/experiments/results/results.ts'
import { namesOne, summaryNow } from '../domain/experiments/results/summary.ts'
import { variables } from '../env.ts'
import { readKnown } from '../evidence.ts'
import { type AppEnv, answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { idempotent } from '../idempotency.ts'
import { checkAudience, checkRoom, draftFrom, termsAtStart } from './experiment-terms.ts'

const tags = ['experiments']

const startExperiment = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Start an experiment, or keep a draft of one',
  description:
    'A name and variants are enough: it runs at once, is judged by net revenue per visitor and watched for refunds, disputes and failed payments. With `draft` nobody is drawn until it is started. What one person counts for at most, and how many people it takes, come from the history before its start.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES), idempotent()] as const,
  request: { headers: IdempotencyHeader, body: jsonBody(ExperimentInput) },
  responses: { 200: answers('The experiment that has started', ExperimentStarted), ...refusals },
})

const listExperiments = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Experiments in the order of their keys',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: PageQuery },
  responses: { 200: answers('A page of experiments', ExperimentsAnswer), ...refusals },
})

const getExperiment = createRoute({
  method: 'get',
  path: '/{key}',
  tags,
  summary: 'One experiment, with what it says',
  description:
    'The verdict first, then every metric by variant with its interval by the method of the experiment and for one look, what people did before taken out (CUPED), chance to win and expected loss; people by day and segment; warnings. Where people are not split as they should be (p < 0.001) no lift is told.',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: ExperimentRef },
  responses: { 200: answers('The experiment and its results', ExperimentItem), ...refusals },
})

const changed = { 200: answers('The experiment as it is now', ExperimentStarted), ...refusals }

const patchExperiment = createRoute({
  method: 'patch',
  path: '/{key}',
  tags,
  summary: 'Change a draft, or weights, coverage, audience or end of a running experiment',
  description:
    'A change of who is drawn, or into what, begins a new version, whose counts begin at nothing: whoever was counted before stays there. Whoever comes with a sticky assignment keeps their variant; of the others, growing a treatment at the expense of the control moves people from the control alone. What decides who is drawn, and how that is judged, is fixed from the start on.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ExperimentRef, body: jsonBody(ExperimentPatch) },
  responses: changed,
})

const startDraft = createRoute({
  method: 'post',
  path: '/{key}/start',
  tags,
  summary: 'Start a draft',
  description: 'From now on, or from its own start. An experiment is started once: its figures would mean two things.',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ExperimentRef },
  responses: changed,
})

const stopExperiment = createRoute({
  method: 'post',
  path: '/{key}/stop',
  tags,
  summary: 'Stop an experiment; everybody gets the control again',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ExperimentRef },
  responses: changed,
})

const archiveExperiment = createRoute({
  method: 'post',
  path: '/{key}/archive',
  tags,
  summary: 'Put a draft or a stopped experiment aside',
  description: 'It keeps its key and its figures, and what it had shipped stays shipped.',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ExperimentRef },
  responses: changed,
})

const shipVariant = createRoute({
  method: 'post',
  path: '/{key}/ship',
  tags,
  summary: 'Give everybody one variant, and end the experiment',
  description: 'Its flag answers that variant from now on. Shipping the control takes back what was shipped before.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ExperimentRef, body: jsonBody(ShipVariantInput) },
  responses: changed,
})

const startedAs = (experiment: Experiment, message: string) => ({
  success: true as const,
  testId: experiment.key,
  message,
  experiment: answerOf(experiment),
})

/** Who has seen which variant, for whoever wants no more than that. */
function countsOf({ currency, exposures, metrics }: ExperimentResults): ExperimentItem['counts'] {
  const totalOf = (metric: string, key: string) =>
    metrics.find((each) => each.metric === metric)?.variants.find((each) => each.key === key)?.total ?? null
  const variants = exposures.variants.map(({ key, exposed }) => ({
    key,
    exposed,
    buyers: totalOf('purchase@1', key),
    netRevenue: totalOf('net_revenue@1', key),
  }))
  return { currency, variants, excluded: exposures.excluded }
}

async function found(c: Context<AppEnv>, key: string): Promise<Experiment> {
  const experiment = await readExperiment(c.env.DB, key)
  if (!experiment) throw new DomainError('not_found', `experiment ${key} does not exist`)
  return experiment
}

const ATTEMPTS = 4

/** Changes an experiment as it stands. Of two at once the second looks at what the first has made of it. */
async function change(
  c: Context<AppEnv>,
  action: string,
  now: number,
  of: (experiment: Experiment) => Experiment | Promise<Experiment>,
): Promise<Experiment> {
  const key = c.req.param('key') as string
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await found(c, key)
    const after = await of(before)
    if (after === before) return before
    const line = { at: now, actor: actorOf(c), action, subject: key, before: answerOf(before), after: answerOf(after) }
    if (!(await replaceExperiment(c.env.DB, before, after, now, line))) continue
    await compileConfiguration(c.env, now)
    return after
  }
  throw new DomainError('conflict', 'the experiment is being changed by somebody else: read it again')
}

/** @throws DomainError end_before_start  it would be over before it begins; in development that is how the past is told */
async function begin(c: Context<AppEnv>, draft: Experiment, now: number): Promise<Experiment> {
  const { startsAt, endsAt } = draft.input ? spanOf(draft.input, now) : draft
  if (endsAt <= now && variables(c.env).environment !== 'development')
    throw new DomainError('end_before_start', 'the experiment would be over before it begins', 'endsAt')
  return started(draft, await termsAtStart(c.env, draft, startsAt), now)
}

const later = (c: Context<AppEnv>) => (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise)

export const experiments = router()
  .openapi(startExperiment, async (c) => {
    const input = c.req.valid('json')
    const now = Date.now()
    const start = async (key: string): Promise<Experiment | null> => {
      const draft = await draftFrom(c.env, input, key, now, later(c))
      const experiment = input.draft ? draft : await begin(c, draft, now)
      const action = input.draft ? 'experiment.drafted' : 'experiment.started'
      const line = { at: now, actor: actorOf(c), action, subject: key, after: answerOf(experiment) }
      return (await addExperiment(c.env.DB, experiment, now, line)) ? experiment : null
    }
    const key = input.key ?? keyOf(input.name)
    const made = (await start(key)) ?? (input.key === undefined ? await start(`${key.slice(0, 57)}_${randomText(4).toLowerCase()}`) : null)
    if (!made) throw new DomainError('duplicate_key', `an experiment ${key} exists, and its counts with it: choose another key`, 'key')
    await compileConfiguration(c.env, now)
    const what = input.draft ? 'kept as a draft' : `${made.variants.length} variants`
    return c.json(startedAs(made, `${made.name}: ${what}`), 200)
  })
  .openapi(listExperiments, async (c) => {
    const { after, limit } = c.req.valid('query')
    const rows = await readExperiments(c.env.DB, { after, limit: limit + 1 })
    const page = rows.slice(0, limit)
    const next = rows.length > limit ? (page.at(-1)?.key ?? null) : null
    const said = await readLastSaid(c.env.DB, page)
    const naming = page.filter(({ key }) => namesOne(said.get(key)))
    const exposed = naming.length > 0 ? await readExposed(c.env.DB, naming) : new Map()
    const summary = (each: Experiment) => {
      const last = said.get(each.key)
      return last ? summaryNow(each, last, exposed.get(each.key) ?? []) : null
    }
    const experiments = page.map((each) => ({ ...answerOf(each), summary: summary(each) }))
    return c.json({ success: true as const, experiments, next }, 200)
  })
  .openapi(getExperiment, async (c) => {
    const experiment = await found(c, c.req.valid('param').key)
    const { judged, evidence, history } = await readKnown(c.env.DB, experiment)
    const results = resultsOf(experiment, judged, evidence, history, Date.now())
    return c.json({ success: true as const, experiment: answerOf(experiment), counts: countsOf(results), results }, 200)
  })
  .openapi(patchExperiment, async (c) => {
    const patch = c.req.valid('json')
    const now = Date.now()
    if (patch.key !== undefined) throw new DomainError('immutable_field', 'an experiment keeps its key: sums are kept under it', 'key')
    const after = await change(c, 'experiment.changed', now, async (before) => {
      if (before.status === 'draft') return draftFrom(c.env, inputAfter(before, patch), before.key, now, later(c))
      const next = revised(before, patch, now)
      await checkAudience(c.env, next)
      await checkRoom(c.env, next)
      return next
    })
    const message = after.status === 'draft' ? `${after.name} is a draft` : `${after.name} is now version ${after.version}`
    return c.json(startedAs(after, message), 200)
  })
  .openapi(startDraft, async (c) => {
    const now = Date.now()
    const after = await change(c, 'experiment.started', now, (before) => begin(c, withoutPastStart(before, now), now))
    return c.json(startedAs(after, `${after.name}: ${after.variants.length} variants`), 200)
  })
  .openapi(stopExperiment, async (c) => {
    const now = Date.now()
    const after = await change(c, 'experiment.stopped', now, (before) => stopped(before, 'stopped', now))
    return c.json(startedAs(after, `${after.name} is stopped`), 200)
  })
  .openapi(archiveExperiment, async (c) => {
    const after = await change(c, 'experiment.archived', Date.now(), (before) => (before.status === 'archived' ? before : archived(before)))
    return c.json(startedAs(after, `${after.name} is archived`), 200)
  })
  .openapi(shipVariant, async (c) => {
    const { variant } = c.req.valid('json')
    const now = Date.now()
    const after = await change(c, 'experiment.shipped', now, (before) => shipped(before, variant, now))
    return c.json(
      startedAs(after, `Everybody gets ${after.variants.find(({ key }) => key === variant)?.name ?? variant} of ${after.name}`),
      200,
    )
  })
