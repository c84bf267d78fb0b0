import { env } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ForecastAnswer } from '../../worker/contract/forecasts.ts'
import { TRIGGERS } from '../../worker/domain/schedule.ts'
import { runSchedule } from '../../worker/jobs/schedule.ts'
import { type Answer, send, settle, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
const DAY = 86_400_000
/** The third of a month, so that the month before is over and closed. */
const NOW = Date.UTC(2026, 10, 3, 12)
const monthsAgo = (months: number, day = 10) => Date.UTC(2026, 10 - months, day)
const monthName = (months: number) => new Date(monthsAgo(months)).toISOString().slice(0, 7)

/** Twenty months of a shop: each month so many dollars a month are subscribed to, and something is sold once in dollars and in euros. */
function diary(): Record<string, unknown>[] {
  return Array.from({ length: 20 }, (_, at) => 20 - at).flatMap((months) => {
    const timestamp = monthsAgo(months)
    const customerId = `cus_${months}`
    const growth = 20 - months
    return [
      {
        id: `sub_${months}`,
        event: 'subscription_started',
        timestamp,
        customerId,
        subscriptionId: `s_${months}`,
        version: 1,
        productId: 'pro_monthly',
        amount: 79,
        currency: 'USD',
        interval: 'month',
        quantity: 10 + growth,
      },
      {
        id: `buy_${months}`,
        event: 'purchase',
        timestamp: timestamp + 1,
        customerId,
        transactionId: `t_${months}`,
        amount: 1_000 + 50 * growth,
        currency: 'USD',
      },
      {
        id: `euro_${months}`,
        event: 'purchase',
        timestamp: timestamp + 2,
        customerId,
        transactionId: `e_${months}`,
        amount: 300,
        currency: 'EUR',
      },
    ]
  })
}

const ask = async (path: string): Promise<ForecastAnswer['forecast']> => {
  const { status, body } = await send('GET', `/api/forecasts/${path}`, { key: SK })
  expect([path, status]).toEqual([path, 200])
  return body.forecast
}
const rows = async () => (await env.DB.prepare('SELECT * FROM forecasts ORDER BY id').all<Record<string, unknown>>()).results
const travel = (to: number) => vi.spyOn(Date, 'now').mockReturnValue(to)
const importEvents = async (importId: string, events: unknown[]): Promise<Answer> => {
  const answer = await send('POST', '/api/import', {
    key: SK,
    body: { importId, label: importId, total: events.length, done: events.length, events },
  })
  expect([answer.status, answer.body.rejected ?? 0]).toEqual([200, 0])
  await settle()
  return answer
}

beforeAll(async () => {
  await setUpShop({ test: false })
  travel(NOW)
  await importEvents('history', diary())
  vi.restoreAllMocks()
})
afterEach(() => vi.restoreAllMocks())

describe('a forecast', () => {
  it('is made on demand from the months that are over, and kept by nobody for that', async () => {
    travel(NOW)
    const mrr = await ask('mrr?horizon=12&currency=USD')
    expect(mrr).toMatchObject({ metric: 'mrr', currency: 'USD', horizon: 12, stored: false, madeAt: NOW, model: 'damped_trend' })
    expect(mrr.modelName).toBe('Damped trend')
    expect(mrr.history).toHaveLength(20)
    expect(mrr.history.at(-1)?.month).toBe(monthName(1))
    // 20 subscriptions of 10 … 29 seats at 79 a month.
    expect(mrr.history.at(-1)?.amount).toBe(79 * Array.from({ length: 20 }, (_, at) => 10 + at).reduce((sum, seats) => sum + seats, 0))
    expect(mrr.points.map(({ month }) => month)).toEqual(Array.from({ length: 12 }, (_, at) => monthName(-at)))
    expect(mrr.points[0]?.amount).toBeGreaterThan(mrr.history.at(-1)?.amount ?? 0)
    for (const { amount, intervals } of mrr.points) {
      const order = [...intervals.map(({ low }) => low).reverse(), amount, ...intervals.map(({ high }) => high)]
      expect(order).toEqual([...order].sort((a, b) => a - b))
      expect(order.every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
      expect(intervals.map(({ level }) => level)).toEqual([50, 80, 95])
    }
    expect(mrr.warning).toBeUndefined()
    expect(await rows()).toEqual([])
  })

  it('shows what its model would have been worth, beside the others and the benchmark', async () => {
    travel(NOW)
    const { backtest } = await ask('mrr?currency=USD')
    expect(backtest).toMatchObject({ chosen: 'damped_trend', origins: 8 })
    expect(backtest?.errors.map(({ model }) => model).sort()).toEqual(['damped_trend', 'naive', 'seasonal_naive', 'simple_smoothing'])
    const [chosen, ...others] = backtest?.errors ?? []
    expect(chosen).toMatchObject({ model: 'damped_trend', beatsBenchmark: true })
    for (const { mase } of others) expect(mase).toBeGreaterThanOrEqual(chosen?.mase ?? Number.NaN)
    for (const { share } of backtest?.coverage ?? []) expect(share).toBeGreaterThanOrEqual(0)
  })

  it('is of one currency, in its own decimals, and says in which others there is something', async () => {
    travel(NOW)
    const { body } = await send('GET', '/api/forecasts/revenue?currency=EUR&horizon=2', { key: SK })
    expect(body.currencies).toEqual(['EUR', 'USD'])
    expect(body.forecast.history.every(({ amount }: { amount: number }) => amount === 300)).toBe(true)
    expect(body.forecast.points.map(({ amount }: { amount: number }) => amount)).toEqual([300, 300])
    expect((await ask('revenue?currency=USD&horizon=1')).history.at(-1)?.amount).toBe(1_950)
    expect((await ask('revenue?horizon=1')).currency).toBe('USD')
    expect((await send('GET', '/api/forecasts/mrr?currency=EUR', { key: SK })).body).toMatchObject({
      currencies: ['USD'],
      forecast: { model: null, warning: { code: 'no_history' } },
    })
  })

  it('says why there is none where there is nothing to continue, and takes care with little', async () => {
    travel(NOW)
    const yen = await ask('mrr?currency=JPY')
    expect(yen).toMatchObject({ model: null, modelName: null, history: [], points: [], backtest: null, stored: false })
    expect(yen.warning).toEqual({ code: 'no_history', message: expect.stringContaining('MRR in JPY') })
    travel(monthsAgo(15, 3))
    const young = await ask('mrr?currency=USD&horizon=3')
    expect(young).toMatchObject({ model: 'naive', backtest: null, warning: { code: 'short_history' } })
    expect(young.history).toHaveLength(5)
    expect(new Set(young.points.map(({ amount }) => amount))).toEqual(new Set([young.history.at(-1)?.amount]))
  })

  it.each(['mrr?horizon=0', 'mrr?horizon=25', 'mrr?horizon=1.5', 'mrr?horizon=x', 'mrr?currency=XXX', 'mrr?currency=dollars', 'churning'])(
    'refuses %s',
    async (path) => {
      const { status, body } = await send('GET', `/api/forecasts/${path}`, { key: SK })
      expect([path, [400, 404, 422].includes(status), body.success]).toEqual([path, true, false])
    },
  )
})

describe('the forecasts of the day', () => {
  it('are stored once for each metric and currency, and answered as they were made', async () => {
    await runSchedule(TRIGGERS.daily.cron, NOW, env)
    const stored = await rows()
    expect(stored.map(({ metric, currency }) => `${metric} ${currency}`).sort()).toEqual(['mrr USD', 'revenue EUR', 'revenue USD'])
    const slot = Date.UTC(2026, 10, 3, 3, 17)
    for (const row of stored) expect(row).toMatchObject({ made_at: slot, confirmed_at: slot, horizon: 24, warning: null, error: null })
    travel(NOW + DAY)
    const fresh = await ask('mrr?currency=USD&horizon=24')
    expect(fresh).toMatchObject({ stored: true, madeAt: slot, inputsHash: stored.find(({ metric }) => metric === 'mrr')?.inputs_hash })
    expect(fresh.points).toHaveLength(24)
    expect((await ask('mrr?currency=USD&horizon=6')).points).toEqual(fresh.points.slice(0, 6))
  })

  it('are confirmed while nothing has changed, and made anew when something has', async () => {
    await runSchedule(TRIGGERS.daily.cron, NOW + DAY, env)
    expect((await rows()).map(({ confirmed_at }) => confirmed_at)).toEqual(new Array(3).fill(Date.UTC(2026, 10, 4, 3, 17)))
    travel(NOW + DAY)
    const before = await ask('revenue?currency=EUR')
    await importEvents('forgotten', [
      { id: 'found', event: 'purchase', timestamp: monthsAgo(2), customerId: 'cus_x', transactionId: 't_x', amount: 77, currency: 'EUR' },
    ])
    const after = await ask('revenue?currency=EUR')
    expect([before.stored, after.stored]).toEqual([true, false])
    expect(after.inputsHash).not.toBe(before.inputsHash)
    await runSchedule(TRIGGERS.daily.cron, NOW + 2 * DAY, env)
    expect(await rows()).toHaveLength(4)
    expect((await ask('revenue?currency=EUR')).points).toEqual(after.points)
  })

  it('are compared with what came, once its months are over', async () => {
    travel(Date.UTC(2026, 11, 5))
    await importEvents('november', [
      {
        id: 'nov',
        event: 'purchase',
        timestamp: Date.UTC(2026, 10, 20),
        customerId: 'cus_n',
        transactionId: 't_n',
        amount: 2_000,
        currency: 'USD',
      },
    ])
    vi.restoreAllMocks()
    const first = (await rows()).find(({ metric, currency }) => `${metric} ${currency}` === 'revenue USD')
    const [point] = JSON.parse(String(first?.points)) as { month: string; point: number }[]
    await runSchedule(TRIGGERS.daily.cron, Date.UTC(2026, 11, 5, 12), env)
    const scored = (await rows()).find(({ id }) => id === first?.id)
    expect(scored?.scored_through).toBe('2026-11')
    expect(JSON.parse(String(scored?.error))).toMatchObject({
      through: '2026-11',
      months: 1,
      meanAbsoluteMinor: Math.abs((point?.point ?? Number.NaN) - 200_000),
    })
    expect(point?.month).toBe('2026-11')
    const once = await rows()
    await env.DB.prepare('DELETE FROM job_leases').run()
    await runSchedule(TRIGGERS.daily.cron, Date.UTC(2026, 11, 5, 12), env)
    expect(await rows()).toEqual(once)
  })

  it('are forgotten three years after they last held, and the runs that made them after thirty days', async () => {
    const now = Date.now()
    const age = (years: number) => env.DB.prepare('UPDATE forecasts SET made_at = 1, confirmed_at = ?').bind(now - years * 365 * DAY)
    const runs = async () => (await env.DB.prepare('SELECT job FROM job_runs').all<{ job: string }>()).results.map(({ job }) => job)
    await env.DB.batch([age(2.9), env.DB.prepare('DELETE FROM job_leases')])
    await runSchedule('retention', now, env)
    expect((await rows()).length).toBeGreaterThan(0)
    expect(await runs()).toContain('forecasts')
    const old = env.DB.prepare('UPDATE job_runs SET started_at = ?').bind(now - 32 * DAY)
    await env.DB.batch([age(3.1), old, env.DB.prepare('DELETE FROM job_leases')])
    await runSchedule('retention', now, env)
    expect(await rows()).toEqual([])
    expect(await runs()).toEqual(['retention'])
  })
})

describe('the table of forecasts', () => {
  it.each([
    ['another metric', { metric: 'profit' }],
    ['a horizon beyond two years', { horizon: 25 }],
    ['fewer months than its horizon', { points: '[]' }],
    ['what is no JSON', { history: 'oops' }],
    ['a time that is no number', { made_at: 'today' }],
    ['an error that says not until when', { error: '{}' }],
  ])('takes no %s', async (_, wrong) => {
    const right = {
      id: 'x',
      metric: 'mrr',
      currency: 'USD',
      horizon: 1,
      model: 'naive',
      inputs_hash: 'h',
      made_at: 1,
      confirmed_at: 1,
      history: '[]',
      points: '[1]',
    }
    const insert = (row: Record<string, unknown>) =>
      env.DB.prepare(`INSERT INTO forecasts (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => '?')})`)
        .bind(...Object.values(row))
        .run()
    await insert(right)
    await env.DB.prepare(`DELETE FROM forecasts WHERE id = 'x'`).run()
    await expect(insert({ ...right, ...wrong })).rejects.toThrow(/constraint|cannot store/i)
  })
})
