import { deleteExpired } from '../db/retention.ts'
import type { Env } from '../env.ts'
import { reconcile } from '../reconcile.ts'
import { computeDemand } from './demand.ts'

/** What runs when: the cron expressions of `wrangler.toml`, each with its jobs in order. Times are UTC. */
export const SCHEDULE: Record<string, ((env: Env, now: number) => Promise<unknown>)[]> = {
  '17 3 * * *': [computeDemand, (env, now) => deleteExpired(env.DB, now), (env) => reconcile(env, { after: randomStart(), limit: 500 })],
  '41 4 * * SUN': [walkAll],
}

/** Every job does its work once whatever the number of triggers: what it writes is keyed by what it is about. */
export async function runSchedule(cron: string, scheduledTime: number, env: Env): Promise<void> {
  for (const job of SCHEDULE[cron] ?? []) await job(env, scheduledTime)
}

/** A sample is as good from anywhere: object ids are random. */
const randomStart = (): string =>
  crypto.getRandomValues(new Uint8Array(2)).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')

async function walkAll(env: Env): Promise<void> {
  let after: string | null = ''
  while (after !== null) {
    const report: Awaited<ReturnType<typeof reconcile>> = await reconcile(env, { after, limit: 1000 })
    for (const each of report.differing) console.error('reconcile', each)
    if (!report.table.equal) console.error('reconcile', report.table)
    after = report.next
  }
}
