import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { JOB_IDS, TRIGGER_NAMES } from '../../worker/contract/lists.ts'
import { jobsOf, scheduledJobs, slotOf, TRIGGERS } from '../../worker/domain/schedule.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../worker/domain/time.ts'

const jobs = scheduledJobs({ forecastingIntervalMs: DAY_MS, successCheckIntervalMs: 10 * MINUTE_MS })
const iso = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 16)
const configuration = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8')

/** Whether a cron expression of the kinds used here fires in the minute of an instant. */
function fires(cron: string, at: Date): boolean {
  const [minute = '', hour = '', , , weekday = ''] = cron.split(' ')
  const holds = (field: string, value: number) =>
    field === '*' || (field.startsWith('*/') ? value % Number(field.slice(2)) === 0 : Number(field) === value)
  return (
    holds(minute, at.getUTCMinutes()) &&
    holds(hour, at.getUTCHours()) &&
    (weekday === '*' || ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'][at.getUTCDay()] === weekday)
  )
}

describe('the schedule', () => {
  it('has every trigger that is configured, and no other', () => {
    const crons = /^crons = (\[.*\])$/m.exec(configuration)?.[1] ?? '[]'
    expect(JSON.parse(crons)).toEqual(TRIGGER_NAMES.map((name) => TRIGGERS[name].cron))
  })

  it('has every job once, in the order of their names', () => {
    expect(jobs.map(({ id }) => id)).toEqual(JOB_IDS)
  })

  it.each(TRIGGER_NAMES)('lets the slots of a job begin when its trigger fires: %s', (name) => {
    const { cron, everyMs } = TRIGGERS[name]
    const start = Date.UTC(2026, 1, 26)
    for (let at = start; at < start + 15 * DAY_MS; at += MINUTE_MS) {
      const begins = slotOf({ trigger: name, everyMs }, at) === at
      if (begins !== fires(cron, new Date(at))) throw new Error(`${name} at ${iso(at)}`)
    }
  })

  it('keeps a slot until the next begins', () => {
    const daily = { trigger: 'daily', everyMs: DAY_MS } as const
    const slot = slotOf(daily, Date.UTC(2026, 2, 1, 12))
    expect(iso(slot)).toBe('2026-03-01T03:17')
    expect(slotOf(daily, slot + DAY_MS - 1)).toBe(slot)
    expect(iso(slotOf(daily, slot - 1))).toBe('2026-02-28T03:17')
    expect(slotOf(daily, 0)).toBe(0)
  })

  it('follows the intervals of the deployment', () => {
    const often = scheduledJobs({ forecastingIntervalMs: 6 * HOUR_MS, successCheckIntervalMs: 20 * MINUTE_MS })
    const slot = (id: string, at: number) => slotOf(often.find((job) => job.id === id) as (typeof often)[number], at)
    expect(iso(slot('forecasts', Date.UTC(2026, 0, 1, 10)))).toBe('2026-01-01T09:17')
    expect(iso(slot('success_check', Date.UTC(2026, 0, 1, 10, 30)))).toBe('2026-01-01T10:20')
  })
})

describe('a trigger', () => {
  const started = (cron: string) => jobsOf(cron, jobs).map(({ id }) => id)

  it('starts its own jobs, and the hourly one whatever is rarer too, to make up for what was missed', () => {
    expect(started(TRIGGERS.minutes.cron)).toEqual([
      'success_check',
      'provider_events',
      'price_watch',
      'experiment_watch',
      'definition_backfill',
    ])
    expect(started(TRIGGERS.hourly.cron)).toEqual([
      'demand_index',
      'bandits',
      'experiment_analysis',
      'forecasts',
      'retention',
      'reconcile_sample',
      'reconcile_all',
    ])
    expect(started(TRIGGERS.daily.cron)).toEqual(['bandits', 'experiment_analysis', 'forecasts', 'retention', 'reconcile_sample'])
    expect(started(TRIGGERS.weekly.cron)).toEqual(['reconcile_all'])
  })

  it('starts one job by its name, and nothing by a name that is none', () => {
    expect(started('retention')).toEqual(['retention'])
    expect(started('1 1 1 1 1')).toEqual([])
  })
})
