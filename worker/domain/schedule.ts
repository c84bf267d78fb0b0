import type { JobId, TriggerName } from '../contract/lists.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts'

/** A time of `wrangler.toml`, in UTC. */
export interface Trigger {
  cron: string
  everyMs: number
  /** When it fires, after the epoch or a whole number of periods later. The epoch was a Thursday. */
  offsetMs: number
}

export const TRIGGERS: Readonly<Record<TriggerName, Trigger>> = {
  minutes: { cron: '*/10 * * * *', everyMs: 10 * MINUTE_MS, offsetMs: 0 },
  hourly: { cron: '7 * * * *', everyMs: HOUR_MS, offsetMs: 7 * MINUTE_MS },
  daily: { cron: '17 3 * * *', everyMs: DAY_MS, offsetMs: 3 * HOUR_MS + 17 * MINUTE_MS },
  weekly: { cron: '41 4 * * SUN', everyMs: 7 * DAY_MS, offsetMs: 3 * DAY_MS + 4 * HOUR_MS + 41 * MINUTE_MS },
}

/** A job as the schedule has it. What it does is in `worker/jobs`. */
export interface ScheduledJob {
  id: JobId
  trigger: TriggerName
  /** How often it is due; rarer than its trigger where a variable says so. */
  everyMs: number
  what: string
}

/** Cadences that the deployment's variables set. */
export interface Cadences {
  forecastingIntervalMs: number
  successCheckIntervalMs: number
}

/**
 * The schedule. Every job works out a state from all there is at its slot, so nothing is gained by doing a missed slot
 * after the next: whatever was missed, it runs once, for the latest slot.
 */
export const scheduledJobs = ({ forecastingIntervalMs, successCheckIntervalMs }: Cadences): readonly ScheduledJob[] => [
  { id: 'success_check', trigger: 'minutes', everyMs: successCheckIntervalMs, what: 'Looks for customers who need attention' },
  {
    id: 'provider_events',
    trigger: 'minutes',
    everyMs: TRIGGERS.minutes.everyMs,
    what: 'Settles webhooks whose purchase has become known',
  },
  {
    id: 'price_watch',
    trigger: 'minutes',
    everyMs: TRIGGERS.minutes.everyMs,
    what: 'Closes arms of price tests that do harm, and ends tests whose time is over',
  },
  {
    id: 'experiment_watch',
    trigger: 'minutes',
    everyMs: TRIGGERS.minutes.everyMs,
    what: 'Stops experiments that harm a guardrail, and ends those whose time is over',
  },
  {
    id: 'definition_backfill',
    trigger: 'minutes',
    everyMs: TRIGGERS.minutes.everyMs,
    what: 'Has customers counted by funnels and metrics that are new',
  },
  {
    id: 'demand_index',
    trigger: 'hourly',
    everyMs: TRIGGERS.hourly.everyMs,
    what: 'Demand for products that a rule follows, against the same hours of the weekday',
  },
  {
    id: 'bandits',
    trigger: 'daily',
    everyMs: TRIGGERS.daily.everyMs,
    what: 'Weighs the arms of price tests that learn for the next day, and stores what each test says',
  },
  {
    id: 'experiment_analysis',
    trigger: 'daily',
    everyMs: TRIGGERS.daily.everyMs,
    what: 'Stores what each experiment says as the day ends',
  },
  {
    id: 'forecasts',
    trigger: 'daily',
    everyMs: forecastingIntervalMs,
    what: 'Forecasts of MRR and revenue, and how far earlier ones were off',
  },
  { id: 'retention', trigger: 'daily', everyMs: TRIGGERS.daily.everyMs, what: 'Deletes what has outlived its time' },
  { id: 'reconcile_sample', trigger: 'daily', everyMs: TRIGGERS.daily.everyMs, what: 'Compares a sample of customers with the sums' },
  { id: 'reconcile_all', trigger: 'weekly', everyMs: TRIGGERS.weekly.everyMs, what: 'Compares every customer with the sums' },
]

/**
 * Start of the slot an instant lies in: the last time at or before it at which the job was due.
 *
 * @example slotOf({ trigger: 'daily', everyMs: DAY_MS }, Date.UTC(2026, 0, 2)) // => 2026-01-01T03:17Z
 */
export function slotOf({ trigger, everyMs }: Pick<ScheduledJob, 'trigger' | 'everyMs'>, at: number): number {
  const { offsetMs } = TRIGGERS[trigger]
  return Math.max(0, Math.floor((at - offsetMs) / everyMs) * everyMs + offsetMs)
}

/**
 * Jobs that a trigger may start, where they are due: its own, and for the hourly one also those of the rarer triggers, so
 * that what was missed or failed is made up for within the hour. The trigger of ten minutes starts nothing else, since the
 * platform gives it 30 seconds of CPU, and 15 minutes to those that come no more than once an hour
 * (https://developers.cloudflare.com/workers/platform/limits/#cpu-time). The name of a job starts that one alone.
 *
 * @param cron expression of a trigger, or the id of a job, as `npm run cron` sends it
 */
export function jobsOf(cron: string, jobs: readonly ScheduledJob[]): ScheduledJob[] {
  const name = (Object.keys(TRIGGERS) as TriggerName[]).find((each) => TRIGGERS[each].cron === cron)
  return jobs.filter(({ id, trigger }) => id === cron || trigger === name || (name === 'hourly' && trigger !== 'minutes'))
}
