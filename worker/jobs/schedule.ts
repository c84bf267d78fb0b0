import type { JobId } from '../contract/lists.ts'
import { endRun, takeLease } from '../db/jobs.ts'
import { jobsOf, type ScheduledJob, scheduledJobs, slotOf } from '../domain/schedule.ts'
import { MINUTE_MS } from '../domain/time.ts'
import { type Env, variables } from '../env.ts'
import { backfillDefinitions } from './backfill.ts'
import { weighTests } from './bandits.ts'
import { computeDemand } from './demand.ts'
import { analyseExperiments, watchExperiments } from './experiment-watch.ts'
import { makeForecasts } from './forecasts.ts'
import { watchTests } from './price-watch.ts'
import { settleWaiting } from './providers.ts'
import { reconcileAll, reconcileSample } from './reconciliation.ts'
import { forgetOld } from './retention.ts'
import { checkCustomers } from './success-check.ts'

/** Does the work of a slot and says in a few words what it did. What it writes bears the time of the slot. */
type Work = (env: Env, slot: number) => Promise<string>

/** What each job of the schedule does. */
export const WORK: Readonly<Record<JobId, Work>> = {
  success_check: (env, slot) => checkCustomers(env, slot),
  provider_events: settleWaiting,
  price_watch: watchTests,
  experiment_watch: watchExperiments,
  definition_backfill: (env, slot) => backfillDefinitions(env, slot),
  demand_index: computeDemand,
  bandits: weighTests,
  experiment_analysis: analyseExperiments,
  forecasts: makeForecasts,
  retention: forgetOld,
  reconcile_sample: reconcileSample,
  reconcile_all: reconcileAll,
}

/** No run outlives this: the platform ends one after 15 minutes. Whoever still holds a lease then has crashed. */
const LEASE_MS = 16 * MINUTE_MS
const MAXIMUM_ERROR_LENGTH = 1_000

/**
 * Starts what is due. A trigger that comes twice, late or beside another has one effect, since a job runs under a lease for
 * its slot; one that did not come at all is made up for by the next, once, for the latest slot. A job that fails does not
 * take the others with it, and is tried again by the next trigger.
 *
 * @param cron expression of the trigger, or the id of one job
 * @throws AggregateError at the end, so that the platform counts the run as failed
 */
export async function runSchedule(cron: string, scheduledTime: number, env: Env, work = WORK): Promise<void> {
  const failures: unknown[] = []
  for (const job of jobsOf(cron, scheduledJobs(variables(env)))) {
    try {
      await runJob(job, slotOf(job, scheduledTime), env, work[job.id])
    } catch (error) {
      console.error('schedule', job.id, error)
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} jobs of ${cron} failed`)
}

/** Leases are a matter of the wall clock; slots never are. */
async function runJob({ id }: ScheduledJob, slot: number, env: Env, work: Work): Promise<void> {
  const run = crypto.randomUUID()
  const now = Date.now()
  if (!(await takeLease(env.DB, { job: id, slot, run, now, heldUntil: now + LEASE_MS }))) return
  let summary: string
  try {
    summary = await work(env, slot)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // The lease runs out by itself where it cannot be given back.
    await endRun(env.DB, id, run, Date.now(), {
      outcome: 'failed',
      error: message.slice(0, MAXIMUM_ERROR_LENGTH) || 'no reason given',
    }).catch((ending: unknown) => console.error('schedule', id, ending))
    throw error
  }
  await endRun(env.DB, id, run, Date.now(), { outcome: 'succeeded', summary })
}
