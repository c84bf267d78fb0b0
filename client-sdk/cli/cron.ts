/** Fires a scheduled trigger on the development server and tells what came of it: `npm run cron -- daily`. */
import { parseArgs } from 'node:util'
import type { JobId, TriggerName } from '../../worker/contract/lists.ts'
import type { JobRun, JobsAnswer } from '../../worker/contract/operations.ts'
import { scheduledJobs, TRIGGERS } from '../../worker/domain/schedule.ts'
import { type Api, call, DEFAULT_URL } from './api.ts'

type Job = JobsAnswer['jobs'][number]

/** Where `wrangler dev` lets a trigger be fired by hand; it answers when the Worker is done. */
const SCHEDULED_PATH = '/cdn-cgi/local/scheduled'

const NAMES = Object.keys(TRIGGERS) as TriggerName[]
const JOBS = scheduledJobs({ forecastingIntervalMs: 1, successCheckIntervalMs: 1 }).map(({ id }) => id)

const USAGE = `usage: npm run cron -- <${NAMES.join(' | ')}> [--at 2026-11-25T03:17Z] [--url ${DEFAULT_URL}]
       npm run cron -- <${JOBS.join(' | ')}>
  Fires a trigger, or one job alone, on the server of npm run dev. A slot that has been done is not done again.
  --at   when the trigger says it fires (now); what is done for a time to come is not done again before it`

/** What the Worker is told: the expression of a trigger, or the name of a job. Null for neither. */
const cronOf = (name: string): string | null =>
  NAMES.includes(name as TriggerName) ? TRIGGERS[name as TriggerName].cron : JOBS.includes(name as JobId) ? name : null

const timeOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')

/** One line of a run: what it was, how it ended, what it did. */
function lineOf({ job, slot, startedAt, endedAt, outcome, summary, error }: JobRun): string {
  const seconds = endedAt === null ? '' : ` in ${((endedAt - startedAt) / 1000).toFixed(1)} s`
  return `${job.padEnd(16)} ${timeOf(slot)}  ${outcome}${seconds}${(summary ?? error) ? `: ${summary ?? error}` : ''}`
}

/** Why a job that was asked for did not run. */
function restOf({ id, doneFor, dueAt, heldUntil }: Job): string {
  if (heldUntil !== null) return `${id.padEnd(16)} is running already, until ${timeOf(heldUntil)} at the latest`
  return `${id.padEnd(16)} is done for ${doneFor === null ? 'now' : timeOf(doneFor)}; due again ${timeOf(dueAt)}`
}

const readJobs = async (api: Api): Promise<JobsAnswer> => {
  try {
    return await call<JobsAnswer>(api, 'GET', '/api/jobs')
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`nobody answers at ${api.url}; start the server with npm run dev`)
    throw error
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { at: { type: 'string' }, url: { type: 'string', default: DEFAULT_URL }, help: { type: 'boolean' } },
  })
  const [name = ''] = positionals
  const cron = cronOf(name)
  if (values.help || cron === null || positionals.length > 1) {
    console.error(USAGE)
    return values.help ? 0 : 1
  }
  const at = values.at === undefined ? Date.now() : Date.parse(values.at)
  if (Number.isNaN(at)) throw new Error(`--at takes a time such as 2026-11-25T03:17Z, not ${values.at}`)
  const api: Api = { url: values.url }

  const lastRun = (await readJobs(api)).runs[0]?.id ?? 0
  const url = new URL(SCHEDULED_PATH, api.url)
  url.search = new URLSearchParams({ cron, time: String(at) }).toString()
  const fired = await fetch(url)
  const outcome = await fired.text()
  if (fired.status !== 200 && fired.status !== 500)
    throw new Error(`${api.url} fires no triggers (${fired.status}): only the server of npm run dev does`)

  const { jobs, runs } = await readJobs(api)
  const ours = runs.filter(({ id }) => id > lastRun).reverse()
  for (const run of ours) console.log(lineOf(run))
  for (const job of jobs) if ((job.id === name || job.trigger === name) && !ours.some((run) => run.job === job.id)) console.log(restOf(job))
  const failed = ours.filter((run) => run.outcome !== 'succeeded')
  if (failed.length > 0) throw new Error(`${failed.map(({ job }) => job).join(', ')} failed`)
  if (fired.status !== 200) throw new Error(`the trigger ended with ${outcome || 'an exception'}, as the log of the server says`)
  return 0
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`cron: ${error instanceof Error ? error.message : error}`)
  return 1
})
