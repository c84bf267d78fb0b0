import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration, readConfiguration } from '../config.ts'
import { IdempotencyHeader, PageQuery } from '../contract/admin.ts'
import {
  ExperimentInput,
  ExperimentItem,
  ExperimentPatch,
  ExperimentRef,
  ExperimentStarted,
  ExperimentsAnswer,
} from '../contract/experiments.ts'
import { addExperiment, readCounts, readExperiment, readExperiments, replaceExperiment } from '../db/experiments.ts'
import { randomText } from '../digest.ts'
import { DomainError } from '../domain/error.ts'
import { conditionFlaw } from '../domain/experiments/condition-flaw.ts'
import { answerOf, type Experiment, experimentOf, keyOf, revised } from '../domain/experiments/definition.ts'
import { parseCurrency, toMajor } from '../domain/money.ts'
import { type AppEnv, answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { idempotent } from '../idempotency.ts'

const tags = ['experiments']

const startExperiment = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Start an experiment',
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
  summary: 'One experiment, with who has seen which variant',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: ExperimentRef },
  responses: { 200: answers('The experiment and its counts', ExperimentItem), ...refusals },
})

const patchExperiment = createRoute({
  method: 'patch',
  path: '/{key}',
  tags,
  summary: 'Change weights, coverage, audience or end of a running experiment',
  description:
    'A change of who is drawn, or into what, begins a new version, whose counts begin at nothing. Whoever comes with a sticky assignment keeps their variant; of the others, growing a treatment at the expense of the control moves people from the control alone.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ExperimentRef, body: jsonBody(ExperimentPatch) },
  responses: { 200: answers('The experiment as it is now', ExperimentStarted), ...refusals },
})

const stopExperiment = createRoute({
  method: 'post',
  path: '/{key}/stop',
  tags,
  summary: 'Stop an experiment; everybody gets the control again',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ExperimentRef },
  responses: { 200: answers('The stopped experiment', ExperimentStarted), ...refusals },
})

const startedAs = (experiment: Experiment, message: string) => ({
  success: true as const,
  testId: experiment.key,
  message,
  experiment: answerOf(experiment),
})

async function found(c: Context<AppEnv>, key: string): Promise<Experiment> {
  const experiment = await readExperiment(c.env.DB, key)
  if (!experiment) throw new DomainError('not_found', `experiment ${key} does not exist`)
  return experiment
}

/** Prerequisites must be there before whatever depends on them, so that none can lead back to itself. */
async function checkAudience(c: Context<AppEnv>, { condition, prerequisites }: Experiment): Promise<void> {
  const flaw = condition && conditionFlaw(condition)
  if (flaw) throw new DomainError('invalid_field', flaw.message, ['condition', ...flaw.path].join('.'))
  for (const [at, { key, condition }] of prerequisites.entries()) {
    const flaw = conditionFlaw(condition)
    if (flaw) throw new DomainError('invalid_field', flaw.message, ['prerequisites', at, 'condition', ...flaw.path].join('.'))
    if (!(await readExperiment(c.env.DB, key)))
      throw new DomainError('not_found', `experiment ${key} does not exist`, `prerequisites.${at}.key`)
  }
}

async function replace(c: Context<AppEnv>, before: Experiment, after: Experiment, action: string, now: number): Promise<void> {
  const line = { at: now, actor: actorOf(c), action, subject: before.key, before: answerOf(before), after: answerOf(after) }
  if (!(await replaceExperiment(c.env.DB, before, after, now, line)))
    throw new DomainError('conflict', 'somebody has changed this experiment meanwhile: read it again')
  await compileConfiguration(c.env, now)
}

export const experiments = router()
  .openapi(startExperiment, async (c) => {
    const input = c.req.valid('json')
    const now = Date.now()
    const { root } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
    const currency = input.currency === undefined ? root.pricing.defaultCurrency : parseCurrency(input.currency)
    const start = async (key: string): Promise<Experiment | null> => {
      const experiment = experimentOf(input, key, currency, now)
      await checkAudience(c, experiment)
      const line = { at: now, actor: actorOf(c), action: 'experiment.started', subject: key, after: answerOf(experiment) }
      return (await addExperiment(c.env.DB, experiment, now, line)) ? experiment : null
    }
    const key = input.key ?? keyOf(input.name)
    const started =
      (await start(key)) ?? (input.key === undefined ? await start(`${key.slice(0, 57)}_${randomText(4).toLowerCase()}`) : null)
    if (!started) throw new DomainError('duplicate_key', `an experiment ${key} exists, and its counts with it: choose another key`, 'key')
    await compileConfiguration(c.env, now)
    return c.json(startedAs(started, `${started.name}: ${started.variants.length} variants`), 200)
  })
  .openapi(listExperiments, async (c) => {
    const { after, limit } = c.req.valid('query')
    const rows = await readExperiments(c.env.DB, { after, limit: limit + 1 })
    const page = rows.slice(0, limit)
    const next = rows.length > limit ? (page.at(-1)?.key ?? null) : null
    return c.json({ success: true as const, experiments: page.map(answerOf), next }, 200)
  })
  .openapi(getExperiment, async (c) => {
    const experiment = await found(c, c.req.valid('param').key)
    const counts = await readCounts(c.env.DB, experiment)
    const { currency } = experiment
    const variants = experiment.variants.map(({ key }) => {
      const { exposed, buyers, netMinor } = counts.of(key)
      return { key, exposed, buyers, netRevenue: toMajor(netMinor, currency) }
    })
    const answer = { success: true as const, experiment: answerOf(experiment), counts: { currency, variants, excluded: counts.excluded } }
    return c.json(answer, 200)
  })
  .openapi(patchExperiment, async (c) => {
    const before = await found(c, c.req.valid('param').key)
    const now = Date.now()
    const after = revised(before, c.req.valid('json'))
    await checkAudience(c, after)
    await replace(c, before, after, 'experiment.changed', now)
    return c.json(startedAs(after, `${after.name} is now version ${after.version}`), 200)
  })
  .openapi(stopExperiment, async (c) => {
    const before = await found(c, c.req.valid('param').key)
    const after: Experiment = { ...before, status: 'stopped' }
    if (before.status !== 'stopped') await replace(c, before, after, 'experiment.stopped', Date.now())
    return c.json(startedAs(after, `${after.name} is stopped`), 200)
  })
