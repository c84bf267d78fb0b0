import { createScheduledController, env } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobsAnswer } from '../../worker/contract/operations.ts'
import { TRIGGERS } from '../../worker/domain/schedule.ts'
import worker from '../../worker/index.ts'
import { runSchedule, WORK } from '../../worker/jobs/schedule.ts'
import { checkCustomers } from '../../worker/jobs/success-check.ts'
import { passTime, stopTime } from './objects.ts'
import { send } from './shop.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const { hourly, daily, weekly, minutes } = TRIGGERS

/** A time at which the daily trigger fires; each test has days of its own. */
let at = Date.UTC(2026, 5, 1, 3, 17)
const done: [job: string, slot: number][] = []
const note = (job: string) => async (_: unknown, slot: number) => {
  done.push([job, slot])
  return `did ${job}`
}
const noted = Object.fromEntries(Object.keys(WORK).map((id) => [id, note(id)])) as unknown as typeof WORK
const fire = (cron: string, scheduledTime: number, work = noted) => runSchedule(cron, scheduledTime, env, work)
const jobs = async () => (await send('GET', '/api/jobs')).body as JobsAnswer
const runsOf = async (job: string) => (await jobs()).runs.filter((run) => run.job === job)
const failing = (message: string) => ({ ...noted, retention: () => Promise.reject(new Error(message)) })

beforeEach(() => {
  at += 100 * DAY
  done.splice(0)
  vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  vi.restoreAllMocks()
  stopTime()
})

describe('a trigger', () => {
  it('has one effect, however often it comes', async () => {
    for (let time = 0; time < 3; time++) await fire(daily.cron, at + time * MINUTE)
    expect(done).toEqual(['bandits', 'experiment_analysis', 'forecasts', 'retention', 'reconcile_sample'].map((job) => [job, at]))
    expect(await runsOf('forecasts')).toHaveLength(1)
  })

  it('has one effect beside others of its kind, all at the same time', async () => {
    const slow: typeof WORK = {
      ...noted,
      forecasts: async (_, slot) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        done.push(['forecasts', slot])
        return 'took its time'
      },
    }
    await Promise.all(Array.from({ length: 10 }, () => fire(daily.cron, at, slow)))
    expect(done.filter(([job]) => job === 'forecasts')).toEqual([['forecasts', at]])
    expect((await runsOf('forecasts'))[0]).toMatchObject({ slot: at, outcome: 'succeeded', summary: 'took its time', error: null })
  })

  it('that did not come for three days is made up for by the next, once, for the latest slot', async () => {
    await fire(daily.cron, at)
    done.splice(0)
    await fire(hourly.cron, at + 4 * DAY + 2 * HOUR)
    expect(done.filter(([job]) => job === 'forecasts')).toEqual([['forecasts', at + 4 * DAY]])
    await fire(daily.cron, at + 4 * DAY + 3 * HOUR)
    await fire(daily.cron, at + DAY)
    expect(done.filter(([job]) => job === 'forecasts')).toHaveLength(1)
  })

  it('of ten minutes starts no work that needs more than its share', async () => {
    await fire(minutes.cron, at)
    expect(done.map(([job]) => job)).toEqual(['success_check', 'provider_events', 'price_watch', 'experiment_watch', 'definition_backfill'])
  })

  it('of a week and of an hour have their own jobs', async () => {
    await fire(weekly.cron, at)
    await fire(hourly.cron, at)
    expect(done.slice(0, 2).map(([job]) => job)).toEqual(['reconcile_all', 'demand_index'])
  })

  it('that nobody knows starts nothing', async () => {
    await fire('1 1 1 1 1', at)
    expect(done).toEqual([])
  })

  it('reaches the schedule through the Worker', async () => {
    const controller = createScheduledController({ cron: minutes.cron, scheduledTime: new Date(at) })
    await worker.scheduled(controller, env)
    expect((await runsOf('success_check'))[0]).toMatchObject({ slot: at - (at % (10 * MINUTE)), summary: 'nothing to check yet' })
  })
})

describe('a job that fails', () => {
  it('takes no other with it, keeps its error, and is tried again by the next trigger', async () => {
    await expect(fire(daily.cron, at, failing('disk on fire'))).rejects.toThrow(`1 jobs of ${daily.cron} failed`)
    expect(done.map(([job]) => job)).toEqual(['bandits', 'experiment_analysis', 'forecasts', 'reconcile_sample'])
    expect((await runsOf('retention'))[0]).toMatchObject({ slot: at, outcome: 'failed', error: 'disk on fire', summary: null })
    done.splice(0)
    await fire(hourly.cron, at + HOUR)
    expect(done).toContainEqual(['retention', at])
    expect(done.map(([job]) => job)).not.toContain('forecasts')
    expect((await runsOf('retention')).slice(0, 2).map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed'])
  })

  it('keeps no more of a long error than helps, and a word where there is none', async () => {
    await expect(fire('retention', at, failing('x'.repeat(5_000)))).rejects.toThrow()
    expect((await runsOf('retention'))[0]?.error).toHaveLength(1_000)
    await expect(fire('retention', at, failing(''))).rejects.toThrow()
    expect((await runsOf('retention'))[0]?.error).toBe('no reason given')
  })

  it('is not told of by a database that is away, and then is tried again once its lease has run out', async () => {
    let broken = false
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === 'batch' && broken) return () => Promise.reject(new Error('D1 DB is overloaded'))
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const work = {
      ...noted,
      retention: () => {
        broken = true
        return Promise.reject(new Error('nobody hears this'))
      },
    }
    await expect(runSchedule('retention', at, { ...env, DB }, work)).rejects.toThrow()
    await fire('retention', at)
    expect(done).toEqual([])
    passTime(17 * MINUTE)
    await fire('retention', at)
    expect(done).toEqual([['retention', at]])
  })
})

describe('a run that crashes', () => {
  const lease = () => env.DB.prepare(`SELECT run FROM job_leases WHERE job = 'retention'`).first<string>('run').then(String)

  /** A run whose isolate ends in the middle: it never says so. */
  const crash = async () => {
    const never = { ...noted, retention: () => new Promise<string>(() => {}) }
    void fire('retention', at, never)
    await vi.waitFor(async () => expect((await runsOf('retention'))[0]).toMatchObject({ slot: at, outcome: 'running' }))
  }

  it('keeps others away for as long as a run can last, and is then taken over', async () => {
    await crash()
    await fire('retention', at)
    expect(done).toEqual([])
    expect((await jobs()).jobs.find(({ id }) => id === 'retention')?.heldUntil).toBeGreaterThan(Date.now())
    passTime(16 * MINUTE + 1)
    await fire(hourly.cron, at + HOUR)
    expect(done).toContainEqual(['retention', at])
    const [taken, lost] = await runsOf('retention')
    expect(taken).toMatchObject({ outcome: 'succeeded' })
    expect(lost).toMatchObject({ outcome: 'lost', error: 'nothing was heard of its end' })
  })

  it('changes nothing when it turns out to have been slow only', async () => {
    let finish: (summary: string) => void = () => {}
    const slow = { ...noted, retention: () => new Promise<string>((resolve) => (finish = resolve)) }
    const late = fire('retention', at, slow)
    await vi.waitFor(async () => expect((await runsOf('retention'))[0]).toMatchObject({ slot: at, outcome: 'running' }))
    passTime(20 * MINUTE)
    await expect(fire('retention', at, failing('second'))).rejects.toThrow()
    const holder = await lease()
    finish('too late')
    await late
    expect(await lease()).toBe(holder)
    // The slot is not done: its second run failed, and the first has no say any more.
    await fire('retention', at)
    expect(done).toEqual([['retention', at]])
  })
})

describe('a clock', () => {
  it('that goes back an hour leaves a lease where it is, and the slots as they are', async () => {
    await fire('retention', at)
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - HOUR)
    await fire('retention', at)
    await fire('retention', at + DAY)
    expect(done).toEqual([
      ['retention', at],
      ['retention', at + DAY],
    ])
  })

  it('that runs ahead an hour starts no slot twice', async () => {
    await fire('retention', at)
    passTime(HOUR)
    await fire('retention', at)
    expect(done).toHaveLength(1)
  })
})

describe('the list of jobs', () => {
  it('says what is due when, and is for administrators', async () => {
    await fire('forecasts', at)
    const { jobs: listed } = await jobs()
    expect(listed.map(({ id }) => id)).toEqual(Object.keys(WORK))
    expect(listed.find(({ id }) => id === 'forecasts')).toMatchObject({
      trigger: 'daily',
      everyMs: DAY,
      doneFor: at,
      dueAt: at + DAY,
      heldUntil: null,
    })
    expect((await send('GET', '/api/jobs', { key: 'pk_nobody' })).status).toBe(401)
  })
})

describe('the success check', () => {
  it('runs every check for itself, and names those that failed', async () => {
    const checks = [
      { id: 'first', run: async () => 'two customers' },
      { id: 'second', run: () => Promise.reject(new Error('no such table')) },
      { id: 'third', run: async () => 'nobody' },
    ]
    await expect(checkCustomers(env, at, checks)).rejects.toThrow('second: no such table')
    expect(await checkCustomers(env, at, [checks[0], checks[2]] as typeof checks)).toBe('first: two customers; third: nobody')
  })
})
