import type { Env } from '../env.ts'
import { compareTable, type Reconciliation, reconcile } from '../reconcile.ts'
import { computeDemand } from './demand.ts'
import { forgetOld } from './retention.ts'

type Job = (env: Env, now: number) => Promise<unknown>

/** What runs when: the cron expressions of `wrangler.toml`, each with its jobs in order. Times are UTC. */
export const SCHEDULE: Record<string, Job[]> = {
  '17 3 * * *': [computeDemand, forgetOld, reconcileSample],
  '41 4 * * SUN': [reconcileAll],
}

/**
 * Every job does its work once whatever the number of triggers: what it writes is keyed by what it is about. One that fails
 * does not take the others with it.
 *
 * @throws AggregateError at the end, so that the platform counts the run as failed
 */
export async function runSchedule(cron: string, scheduledTime: number, env: Env): Promise<void> {
  const failures: unknown[] = []
  for (const job of SCHEDULE[cron] ?? []) {
    try {
      await job(env, scheduledTime)
    } catch (error) {
      console.error('schedule', cron, job.name, error)
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} jobs of ${cron} failed`)
}

/** A sample is as good from anywhere: object ids are random. */
const randomStart = (): string =>
  crypto.getRandomValues(new Uint8Array(2)).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')

async function reconcileSample(env: Env): Promise<void> {
  report(await reconcile(env, { after: randomStart(), limit: 500 }))
}

async function reconcileAll(env: Env): Promise<void> {
  for (let after: string | null = ''; after !== null; ) {
    const page: Reconciliation = await reconcile(env, { after, limit: 1000 })
    report(page)
    after = page.next
  }
  const table = await compareTable(env)
  if (!table.equal) console.error('reconcile', table)
}

function report({ differing }: Reconciliation): void {
  for (const each of differing) console.error('reconcile', each)
}
