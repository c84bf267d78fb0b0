import { env, listDurableObjectIds, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { METRIC } from '../../worker/domain/customer/metrics.ts'
import { partsOf } from '../../worker/domain/customer/moments.ts'
import { addDays, dayOf, startOfDay } from '../../worker/domain/time.ts'
import { runSchedule } from '../../worker/jobs/schedule.ts'
import { send, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
const DAY = 86_400_000
const TODAY = startOfDay(dayOf(Date.now()))
const ago = (days: number): number => TODAY - days * DAY
/** Hundreds of people have an object each. */
vi.setConfig({ testTimeout: 60_000 })

beforeAll(() => setUpShop({ test: false }))
beforeEach(async () => {
  await env.DB.prepare('DELETE FROM job_leases').run()
})

// biome-ignore lint/suspicious/noExplicitAny: an answer is whatever came over the wire
type Json = any
async function must(method: string, path: string, body?: unknown, key?: string): Promise<Json> {
  const answer = await send(method, path, { ...(body === undefined ? {} : { body }), ...(key ? { key } : {}) })
  expect([path, answer.status, answer.body.error]).toEqual([path, 200, undefined])
  return answer.body
}

let count = 0
/** An experiment that began so many days ago. */
async function begun(daysAgo: number, over: Record<string, unknown> = {}): Promise<string> {
  const variants = [{ name: 'Old' }, { name: 'New' }]
  const body = { name: `Past ${count++}`, variants, startsAt: new Date(ago(daysAgo)).toISOString(), duration: 28, ...over }
  return (await must('POST', '/api/experiments', body)).testId
}
const of = async (key: string) => must('GET', `/api/experiments/${key}`, undefined, SK)
const audit = async (action: string, subject: string) =>
  (await must('GET', '/api/audit?limit=100')).entries.filter((entry: Json) => entry.action === action && entry.subject === subject)

/** Sums as so many people would leave them, each worth as much as the others who have any. */
interface Sums {
  metric: string
  people: number
  each: number
}
async function insertDay(key: string, variant: string, day: string, exposed: number, sums: readonly Sums[], version = 1): Promise<void> {
  const rows: { metric: string; scope: string; sum: number }[] = [{ metric: METRIC.exposed, scope: `${key}@${version}:`, sum: exposed }]
  for (const { metric, people, each } of sums) {
    const scope = `${key}@${version}:${metric}`
    const parts = partsOf(each, each)
    rows.push({ metric: METRIC.rewardSum, scope, sum: people * each })
    if (each === 1) continue
    rows.push({ metric: METRIC.rewardSquaresHigh, scope, sum: people * parts.high })
    rows.push({ metric: METRIC.rewardSquaresMiddle, scope, sum: people * parts.middle })
    rows.push({ metric: METRIC.rewardSquaresLow, scope, sum: people * parts.low })
  }
  await env.DB.prepare(
    `INSERT INTO rollups (metric, scope, dimension, value, day, sum)
     SELECT value ->> 'metric', value ->> 'scope', 'arm', ?2, ?3, value ->> 'sum' FROM json_each(?1) WHERE value ->> 'sum' <> 0`,
  )
    .bind(JSON.stringify(rows), variant, day)
    .run()
}

/** Days of an experiment, alike, from its first on. */
async function insertDays(key: string, daysAgo: number, days: number, of: (variant: string) => { exposed: number; sums: Sums[] }) {
  for (let at = 0; at < days; at++)
    for (const variant of ['old', 'new']) {
      const { exposed, sums } = of(variant)
      await insertDay(key, variant, dayOf(ago(daysAgo - at)), exposed, sums)
    }
}

/** A twentieth more, or fewer, than a tenth of the old page's people pay 50 dollars each. */
const buying = (share: number) => (variant: string) => {
  const people = Math.round(200 * (variant === 'new' ? share : 0.1))
  return {
    exposed: 200,
    sums: [
      { metric: 'net_revenue@1', people, each: 5_000 },
      { metric: 'purchase@1', people, each: 1 },
    ],
  }
}

/** Told then, and not told again later of what has come since. */
const isStored = (day: Json): boolean => day.isStored

const run = (job: string, at: number) => runSchedule(job, at, env)

describe('what an experiment says', () => {
  const settled = new Set<string>()
  async function settleNew(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      const ids = (await listDurableObjectIds(env.CUSTOMERS)).filter((id) => !settled.has(id.toString()))
      for (const id of ids) {
        const state = await env.CUSTOMERS.get(id).pending()
        if (state === null) settled.add(id.toString())
        if (state === 'alarm') await runDurableObjectAlarm(env.CUSTOMERS.get(id))
      }
      if (ids.every((id) => settled.has(id.toString()))) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('the outboxes do not settle')
  }

  it('comes from what people saw and did, by variant and by segment', async () => {
    const key = await begun(25, { funnelStep: 'checkout' })
    const events = Array.from({ length: 300 }, (_, n) => {
      const variant = n % 2 === 0 ? 'old' : 'new'
      const at = ago(24 - (n % 7)) + n
      const person = { visitorId: `p${n}`, country: n % 3 === 0 ? 'DE' : 'US' }
      const buys = variant === 'new' ? n % 20 !== 1 : n % 5 < 2
      return [
        { id: `v${n}`, event: 'experiment_viewed', timestamp: at, experimentId: key, variantId: variant, ...person },
        ...(buys
          ? [
              {
                id: `b${n}`,
                event: 'purchase',
                timestamp: at + 1000,
                transactionId: `o${n}`,
                amount: 20 + (n % 30),
                currency: 'USD',
                ...person,
              },
            ]
          : []),
      ]
    }).flat()
    for (let from = 0; from < events.length; from += 500) {
      const answer = await must('POST', '/api/import', { importId: 'past', events: events.slice(from, from + 500) }, SK)
      expect(answer.rejected + answer.retry).toBe(0)
    }
    await settleNew()
    const { results, counts } = await of(key)
    expect(results).toMatchObject({ verdict: 'ship', variant: 'new', version: 1, currency: 'USD', method: 'sequential', isFinal: false })
    expect(results.sentence).toMatch(/^Ship New: net revenue per visitor is \+/)
    expect(results.exposures).toMatchObject({
      total: 300,
      excluded: 0,
      variants: [{ key: 'old', exposed: 150, expected: 150 }, { exposed: 150 }],
    })
    expect(results.exposures.days).toHaveLength(7)
    expect(results.metrics.map(({ metric }: Json) => metric)).toEqual([
      'net_revenue@1',
      'purchase@1',
      'reached_payment@1',
      'refunded@1',
      'payment_failed@1',
    ])
    const purchase = results.metrics[1].variants
    expect(purchase.map(({ total, matured }: Json) => [total, matured])).toEqual([
      [60, 150],
      [135, 150],
    ])
    expect(purchase[1].value).toBeCloseTo(0.9, 10)
    expect(counts.variants[1]).toMatchObject({ exposed: 150, buyers: 135 })
    expect(results.metrics[2].variants[1]).toMatchObject({ total: 0, lift: null, reason: expect.any(String) })
    const countries = results.segments.filter(({ dimension }: Json) => dimension === 'country')
    expect(countries.map(({ value, variants }: Json) => [value, variants.map(({ exposed }: Json) => exposed)])).toEqual([
      ['US', [100, 100]],
      ['DE', [50, 50]],
    ])
    expect(results.uplift).toHaveLength(1)
    expect(results.warnings.map(({ code }: Json) => code)).toContain('implausible_lift')
  })

  it('is that its figures cannot be trusted where too many saw one variant', async () => {
    const key = await begun(20)
    await insertDays(key, 20, 5, (variant) => ({ ...buying(0.3)(variant), exposed: variant === 'new' ? 260 : 200 }))
    const { results } = await of(key)
    expect(results).toMatchObject({ verdict: 'invalid', sampleRatio: { mismatch: true }, uplift: [] })
    for (const { variants } of results.metrics)
      for (const { lift, chanceToWin } of variants) expect([lift, chanceToWin]).toEqual([null, null])
  })

  it('begins anew with a version, and says so', async () => {
    const key = await begun(20)
    await insertDays(key, 20, 5, buying(0.15))
    await must('PATCH', `/api/experiments/${key}`, { weights: [0.4, 0.6] })
    await insertDay(key, 'new', dayOf(TODAY), 10, [], 2)
    const { results } = await of(key)
    expect(results).toMatchObject({ version: 2, verdict: 'keep_running', exposures: { total: 10 } })
    expect(results.warnings.map(({ code }: Json) => code)).toContain('weights_changed')
  })

  it('of one from before there were metrics is what was counted then', async () => {
    const key = await begun(20)
    await env.DB.prepare("UPDATE experiments SET body = json_set(body, '$.metrics', json('[]')) WHERE key = ?").bind(key).run()
    await insertDays(key, 20, 5, (variant) => ({ exposed: 200, sums: [{ metric: '', people: variant === 'new' ? 40 : 20, each: 5_000 }] }))
    const { results, counts } = await of(key)
    expect(results.metrics).toHaveLength(1)
    expect(results.metrics[0]).toMatchObject({
      metric: 'net_revenue@1',
      role: 'goal',
      variants: [{ total: 5_000 }, { total: 10_000, lift: { value: 1 } }],
    })
    expect(counts.variants).toMatchObject([{ exposed: 1_000, buyers: null, netRevenue: 5_000 }, { netRevenue: 10_000 }])
  })

  it('is nothing yet of a draft', async () => {
    const { testId } = await must('POST', '/api/experiments', { name: 'Later', variants: [{ name: 'a' }, { name: 'b' }], draft: true })
    expect((await of(testId)).results).toMatchObject({
      verdict: 'keep_running',
      sentence: 'Not started: nobody is drawn yet',
      exposures: { total: 0 },
    })
  })
})

describe('the watch over experiments', () => {
  it('ends one whose time is over, with what it said then, and ships nothing by itself', async () => {
    const key = await begun(28)
    await insertDays(key, 28, 20, buying(0.16))
    await run('experiment_watch', TODAY - 600_000)
    expect((await of(key)).experiment.status).toBe('running')
    await run('experiment_watch', TODAY)
    const { experiment, results } = await of(key)
    expect(experiment).toMatchObject({ status: 'stopped', ending: 'duration', endedAt: TODAY, shipped: null })
    expect(results).toMatchObject({
      verdict: 'ship',
      variant: 'new',
      daysLeft: 0,
    })
    expect(results.history.filter(isStored)).toMatchObject([{ day: addDays(dayOf(TODAY), -1), exposed: 8_000 }])
    await run('experiment_watch', TODAY + 600_000)
    const [line, ...others] = await audit('experiment.ended', key)
    expect(others).toEqual([])
    expect(line).toMatchObject({ actor: 'schedule', after: { status: 'stopped', verdict: 'ship', sentence: results.sentence } })
    const { experiments } = await must('GET', '/api/experiments?limit=500', undefined, SK)
    expect(experiments.find((each: Json) => each.key === key).summary).toEqual({
      exposed: 8_000,
      verdict: 'ship',
      sentence: results.sentence,
      day: addDays(dayOf(TODAY), -1),
    })
  })

  it('names no winner in the list either, once its people have turned out not to be split as they should be', async () => {
    const key = await begun(28)
    await insertDays(key, 28, 20, buying(0.16))
    await run('experiment_watch', TODAY)
    const summary = async () =>
      (await must('GET', '/api/experiments?limit=500', undefined, SK)).experiments.find((each: Json) => each.key === key).summary
    expect(await summary()).toMatchObject({ verdict: 'ship' })
    await insertDay(key, 'new', dayOf(ago(3)), 1_000, [])
    const { results } = await of(key)
    expect(results.verdict).toBe('invalid')
    expect(await summary()).toMatchObject({ verdict: 'invalid', sentence: results.sentence })
  })

  it('gives everybody the winner of one that says so, and only of a winner', async () => {
    const [better, alike] = [await begun(28, { autoShip: true }), await begun(28, { autoShip: true })]
    await insertDays(better, 28, 20, buying(0.16))
    await insertDays(alike, 28, 20, buying(0.1))
    await run('experiment_watch', TODAY)
    expect((await of(better)).experiment).toMatchObject({ status: 'stopped', ending: 'duration', shipped: 'new' })
    expect((await of(alike)).experiment).toMatchObject({ status: 'stopped', ending: 'duration', shipped: null })
    expect((await of(alike)).results.verdict).toBe('inconclusive')
    const flag = await send('POST', `/ofrep/v1/evaluate/flags/${better}`, { key: SK, body: { context: { targetingKey: 'anybody' } } })
    expect(flag.body).toMatchObject({ variant: 'new', reason: 'DEFAULT' })
  })

  it('stops one that surely harms a guardrail, with the statistic in the audit log, and leaves one that does not', async () => {
    const failing = (share: number) => (variant: string) => {
      const { exposed, sums } = buying(0.2)(variant)
      const people = Math.round(exposed * (variant === 'new' ? share : 0.02))
      return { exposed, sums: [...sums, { metric: 'payment_failed@1', people, each: 1 }] }
    }
    const [harmful, harmless] = [await begun(6), await begun(6)]
    await insertDays(harmful, 6, 5, failing(0.08))
    await insertDays(harmless, 6, 5, failing(0.03))
    await run('experiment_watch', TODAY)
    expect((await of(harmless)).experiment.status).toBe('running')
    const { experiment, results } = await of(harmful)
    expect(experiment).toMatchObject({ status: 'stopped', ending: 'guardrail', endedAt: TODAY })
    expect(results).toMatchObject({ verdict: 'roll_back', variant: 'new' })
    expect(results.sentence).toContain('people with a failed payment 8.0 %, 2.0 % with Old')
    const [line] = await audit('experiment.guardrail_harmed', harmful)
    expect(line.after.harms).toMatchObject([
      {
        variant: 'new',
        metric: 'payment_failed@1',
        value: 0.08,
        controlValue: 0.02,
        least: expect.any(Number),
        pValue: expect.any(Number),
      },
    ])
    const flag = await send('POST', `/ofrep/v1/evaluate/flags/${harmful}`, { key: SK, body: { context: { targetingKey: 'anybody' } } })
    expect(flag.body).toMatchObject({ variant: 'old', reason: 'DISABLED' })
  })
})

describe('the daily analysis', () => {
  it('keeps what an experiment said as each day ended, until nothing can come of it any more', async () => {
    const key = await begun(10, { duration: 9, goals: ['purchase'] })
    await insertDays(key, 10, 9, buying(0.15))
    await run('experiment_analysis', ago(5) + 5 * 3_600_000)
    await run('experiment_analysis', ago(4) + 5 * 3_600_000)
    await run('experiment_analysis', ago(4) + 6 * 3_600_000)
    await run('experiment_watch', TODAY)
    const history = (await of(key)).results.history.filter(isStored)
    expect(history.map(({ day, exposed }: Json) => [day, exposed])).toEqual([
      [dayOf(ago(6)), 5 * 400],
      [dayOf(ago(5)), 6 * 400],
      [dayOf(ago(2)), 9 * 400],
    ])
    expect(history[0].lifts.new).toEqual({ value: expect.any(Number), low: expect.any(Number), high: expect.any(Number) })
    await run('experiment_analysis', TODAY + 60 * DAY)
    expect((await of(key)).results.history.filter(isStored)).toHaveLength(3)
  })
})
