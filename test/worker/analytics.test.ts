import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { ANALYTICS_TABLES } from '../../worker/domain/export/tables.ts'
import { addDays, DAY_MS, dayOf } from '../../worker/domain/time.ts'
import { send, settle, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
const TODAY = dayOf(Date.now())
const NOON = Date.parse(`${addDays(TODAY, -1)}T12:00:00Z`)

type Json = Record<string, unknown>

/** History as an import tells it, so that each event is booked on its own day. */
async function history(events: Json[]): Promise<void> {
  const { status, body } = await send('POST', '/api/import', { key: SK, body: { importId: 'test', events } })
  if (status !== 200 || body.rejected > 0) throw new Error(JSON.stringify(body))
}

async function analytics(query: string) {
  const { status, body } = await send('GET', `/api/analytics?${query}`, { key: SK })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return AnalyticsAnswer.parse(body)
}

const bought = (id: string, daysAgo: number, amount: number, more: Json = {}): Json => ({
  id,
  event: 'purchase',
  customerId: `cus_${id}`,
  transactionId: `t_${id}`,
  amount,
  currency: 'USD',
  productId: 'starter_bundle',
  timestamp: NOON - daysAgo * DAY_MS,
  ...more,
})

beforeAll(async () => {
  await setUpShop({ test: false })
  await history([
    bought('a', 40, 100),
    bought('b', 10, 60.5),
    bought('c', 10, 39.5, { productId: '=cmd()', metadata: { note: 'x,"y"' } }),
    bought('d', 9, 200, { currency: 'EUR' }),
    bought('e', 9, 5000, { currency: 'CHF' }),
    { ...bought('f', 5, 20), event: 'refund', customerId: 'cus_b', transactionId: 't_b', refundId: 'r_b' },
    {
      id: 's1',
      event: 'subscription_started',
      version: 1,
      customerId: 'cus_a',
      subscriptionId: 'sub_a',
      amount: 2000,
      currency: 'USD',
      interval: 'year',
      productId: 'pro_monthly',
      timestamp: NOON - 60 * DAY_MS,
    },
    {
      id: 's2',
      event: 'subscription_started',
      version: 1,
      customerId: 'cus_b',
      subscriptionId: 'sub_b',
      amount: 50,
      currency: 'USD',
      interval: 'month',
      productId: 'pro_monthly',
      timestamp: NOON - 40 * DAY_MS,
    },
    {
      id: 's3',
      event: 'subscription_ended',
      customerId: 'cus_b',
      subscriptionId: 'sub_b',
      version: 2,
      amount: 50,
      currency: 'USD',
      interval: 'month',
      productId: 'pro_monthly',
      churnReason: 'payment_failure',
      timestamp: NOON - 3 * DAY_MS,
    },
  ])
  await settle()
})

describe('revenue analytics', () => {
  it('answers every figure as the contract says, from what customers did', async () => {
    const { figures, movements, series, products, months } = await analytics('timeframe=30d')
    expect(figures.grossRevenue.value).toBe(100)
    expect(figures.netRevenue.value).toBe(80)
    expect(figures.orders.value).toBe(2)
    expect(figures.customersNew.value).toBe(2)
    expect(figures.mrr).toMatchObject({ value: 166.67, previous: 216.67 })
    expect(movements).toMatchObject({ opening: 216.67, churn: -50, closing: 166.67 })
    expect(figures.customerChurn.value).toBe(0.5)
    expect(figures.involuntaryChurn.value).toBe(0.5)
    expect(figures.voluntaryChurn.value).toBe(0)
    expect(figures.arpa.value).toBe(166.67)
    expect(series.at(-1)?.mrr).toBe(166.67)
    expect(products.map(({ productId, gross, refunds, net }) => [productId, gross, refunds, net])).toEqual([
      ['starter_bundle', 60.5, 20, 40.5],
      ['=cmd()', 39.5, 0, 39.5],
    ])
    expect(months.at(-1)?.closing).toBe(166.67)
    expect(months.reduce((sum, { customersNew }) => sum + customersNew, 0)).toBe(3)
  })

  it('shares a period out among countries, devices and sources to the cent', async () => {
    const { figures, countries, devices, sources } = await analytics('timeframe=90d')
    for (const rows of [countries, devices, sources]) {
      expect(rows.reduce((sum, { gross }) => sum + gross, 0)).toBe(figures.grossRevenue.value)
      expect(rows.reduce((sum, { orders }) => sum + orders, 0)).toBe(figures.orders.value)
    }
  })

  it('lists the fifty largest of many products, and adds the others up, read or not', async () => {
    const day = addDays(TODAY, -1)
    const row = (metric: string, dimension: string, value: string, sum: number) => ({ metric, dimension, value, sum })
    const products = Array.from({ length: 300 }, (_, at) => [
      row('revenue_gross', 'product', `p${String(at).padStart(3, '0')}`, 10_000 - at),
      row('revenue_refunded', 'product', `p${String(at).padStart(3, '0')}`, at),
      row('orders', 'product', `p${String(at).padStart(3, '0')}`, 2),
    ]).flat()
    const total = (metric: string) => products.filter((each) => each.metric === metric).reduce((sum, each) => sum + each.sum, 0)
    const totals = ['revenue_gross', 'revenue_refunded', 'orders'].map((metric) => row(metric, '', '', total(metric)))
    await env.DB.prepare(
      `INSERT INTO rollups (metric, scope, dimension, value, day, sum)
       SELECT value ->> 'metric', 'GBP', value ->> 'dimension', value ->> 'value', ?1, value ->> 'sum' FROM json_each(?2)`,
    )
      .bind(day, JSON.stringify([...products, ...totals]))
      .run()
    const answer = await analytics('timeframe=30d&currency=GBP')
    await env.DB.prepare(`DELETE FROM rollups WHERE scope = 'GBP'`).run()
    const sold = answer.products.filter(({ gross }) => gross > 0)
    expect(sold).toHaveLength(51)
    expect(sold[0]).toMatchObject({ productId: 'p000', gross: 100, refunds: 0, orders: 2, rest: false })
    expect(sold.at(-1)).toMatchObject({ productId: 'other', rest: true, orders: 500 })
    const sumOf = (key: 'gross' | 'refunds' | 'net') => sold.reduce((sum, product) => sum + Math.round(product[key] * 100), 0)
    const { grossRevenue, refunds, netRevenue } = answer.figures
    expect([sumOf('gross'), sumOf('refunds'), sumOf('net')]).toEqual(
      [grossRevenue, refunds, netRevenue].map(({ value }) => Math.round((value ?? 0) * 100)),
    )
    expect(grossRevenue.value).toBe(total('revenue_gross') / 100)
  })

  it('adds currencies only where it is asked to, at the rates of the settings, and names what it left out', async () => {
    const rates = await send('PATCH', '/api/settings', { body: { exchangeRates: { EUR: '1.08' } } })
    expect(rates.body.settings.exchangeRates).toEqual({ EUR: '1.08' })
    expect((await analytics('timeframe=30d')).rates).toBeNull()
    const converted = await analytics('timeframe=30d&convert=true')
    expect(converted.figures.grossRevenue.value).toBe(316)
    expect(converted.figures.customersNew.value).toBe(3)
    expect(converted.rates).toEqual({ into: 'USD', unit: 'USD', rates: [{ currency: 'EUR', rate: '1.08' }], leftOut: ['CHF'] })
    expect(converted.movements).toEqual((await analytics('timeframe=30d')).movements)
    const euros = await analytics('timeframe=30d&convert=true&currency=EUR')
    // $100 are 92.592… euros.
    expect(euros.figures.grossRevenue.value).toBe(292.59)
    for (const [exchangeRates, code, field] of [
      [{ EUR: '0' }, 'invalid_amount', 'exchangeRates.EUR'],
      [{ XXX: '1' }, 'unknown_currency', 'exchangeRates.XXX'],
      [{ EUR: '1e3' }, 'invalid_field', 'exchangeRates.EUR'],
    ] as const) {
      expect((await send('PATCH', '/api/settings', { body: { exchangeRates } })).body).toMatchObject({ code, field })
    }
  })

  it('forgets rates that were quoted in another default currency', async () => {
    await send('PATCH', '/api/settings', { body: { exchangeRates: { EUR: '1.08' } } })
    const changed = await send('PATCH', '/api/settings', { body: { defaultCurrency: 'EUR' } })
    expect(changed.body.settings.exchangeRates).toEqual({})
    await send('PATCH', '/api/settings', { body: { defaultCurrency: 'USD' } })
  })

  it('brings cohorts and stored forecasts to whoever asks for them', async () => {
    const bare = await analytics('timeframe=90d')
    expect([bare.cohorts, bare.forecasts]).toEqual([null, null])
    const points = [{ month: '2027-01', point: 1234, bands: [{ level: 80, low: 1000, high: 1500 }] }]
    await env.DB.prepare(
      `INSERT INTO forecasts (id, metric, currency, horizon, model, inputs_hash, made_at, confirmed_at, history, points) VALUES
       ('old', 'mrr', 'USD', 1, 'naive', 'x', 1, 1, '[]', '[0]'), ('new', 'mrr', 'USD', 1, 'naive', 'y', 2, 3, '[]', ?)`,
    )
      .bind(JSON.stringify(points))
      .run()
    const whole = await analytics('timeframe=90d&includeCohorts=true&includeForecasts=true')
    expect(whole.cohorts?.reduce((sum, { customers }) => sum + customers, 0)).toBe(3)
    expect(whole.cohorts?.at(-1)?.lastMonthComplete).toBe(false)
    expect(whole.forecasts).toEqual([
      {
        id: 'new',
        metric: 'mrr',
        currency: 'USD',
        model: 'naive',
        madeAt: 2,
        confirmedAt: 3,
        warning: null,
        points: [{ month: '2027-01', amount: 12.34, low: 10, high: 15 }],
      },
    ])
  })
})

describe('costs', () => {
  const cost = { amount: 31, currency: 'USD', from: addDays(TODAY, -33), to: addDays(TODAY, -3), channel: 'search' }

  it('are recorded once for each key, changed and removed, with a line in the audit log for each', async () => {
    const headers = { 'idempotency-key': 'cost-1' }
    const first = await send('POST', '/api/costs', { body: cost, headers })
    const again = await send('POST', '/api/costs', { body: cost, headers })
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true'])
    expect(again.body).toEqual(first.body)
    const { id } = first.body
    expect(first.body.cost).toMatchObject({ ...cost, note: '', createdAt: first.body.cost.updatedAt })

    // Of its 31 days the first four lie before the thirty: a dollar each.
    const { figures } = await analytics('timeframe=30d')
    expect(figures.cac.inputs).toEqual([
      { name: 'costs of the period', value: 27, unit: 'USD' },
      { name: 'new customers', value: 2, unit: 'count' },
    ])
    expect(figures.cac.value).toBe(13.5)
    expect(figures.payback.value).toBe(13.5 / 166.67)

    const changed = await send('PUT', `/api/costs/${id}`, { body: { ...cost, amount: 62, note: 'twice' } })
    expect(changed.body.cost).toMatchObject({ id, amount: 62, note: 'twice' })
    const listed = await send('GET', `/api/costs?currency=usd&from=${addDays(TODAY, -3)}&to=${TODAY}`, { key: SK })
    expect(listed.body).toMatchObject({ costs: [{ id }], next: null })
    expect((await send('GET', `/api/costs?from=${addDays(TODAY, -2)}`, { key: SK })).body.costs).toEqual([])
    expect((await send('DELETE', `/api/costs/${id}`)).status).toBe(200)
    expect((await send('DELETE', `/api/costs/${id}`)).status).toBe(404)
    expect((await send('PUT', `/api/costs/${id}`, { body: cost })).status).toBe(404)
    const { entries } = (await send('GET', '/api/audit?limit=10')).body
    const told = entries.filter(({ subject }: { subject: string }) => subject === id)
    expect(told.map(({ action }: { action: string }) => action)).toEqual(['cost.removed', 'cost.changed', 'cost.recorded'])
    expect(told[1]).toMatchObject({ before: { amount: 31 }, after: { amount: 62 } })
  })

  it.each([
    [{ to: addDays(cost.from, -1) }, 422, 'end_before_start', 'to'],
    [{ from: '2025-01-01', to: '2026-01-02' }, 400, 'invalid_field', 'to'],
    [{ from: '2026-02-30' }, 400, 'invalid_field', 'from'],
    [{ amount: -1 }, 422, 'invalid_amount', 'amount'],
    [{ amount: 0.001 }, 422, 'amount_too_precise', 'amount'],
    [{ currency: 'XXX' }, 422, 'unknown_currency', 'currency'],
    [{ channel: '' }, 400, 'invalid_field', 'channel'],
    [{ budget: 1 }, 400, 'unknown_field', 'budget'],
    [{ amount: undefined }, 400, 'missing_field', 'amount'],
  ])('refuse %j', async (change, status, code, field) => {
    const answer = await send('POST', '/api/costs', { body: { ...cost, ...change } })
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([status, code, field])
  })

  it('take a whole leap year, come in pages, and may be written by admins alone', async () => {
    for (const from of ['2024-01-01', '2024-01-02']) {
      expect((await send('POST', '/api/costs', { body: { ...cost, from, to: '2024-12-31' } })).status).toBe(201)
    }
    const first = (await send('GET', '/api/costs?limit=1&to=2024-12-31', { key: SK })).body
    expect(first.costs).toHaveLength(1)
    const second = (await send('GET', `/api/costs?limit=1&to=2024-12-31&after=${first.next}`, { key: SK })).body
    expect([first.costs[0].from, second.costs[0].from, second.next]).toEqual(['2024-01-01', '2024-01-02', null])
    expect((await send('POST', '/api/costs', { key: SK, body: cost })).status).toBe(403)
    expect((await send('GET', '/api/costs', { key: 'pk_demo_storefront' })).status).toBe(401)
  })
})

describe('exports', () => {
  const rowsOf = (text: string) =>
    text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','))

  it('of the ledger sum to the tile, and name the file', async () => {
    const { status, headers, body } = await send('GET', '/api/export/ledger?timeframe=30d&currency=USD', { key: SK })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('text/csv')
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="fairlead-ledger-\d{4}-\d\d-\d\d-to-\d{4}-\d\d-\d\d-usd\.csv"$/,
    )
    const [header, ...rows] = rowsOf(body)
    expect(header).toEqual(['id', 'type', 'bookedDay', 'at', 'customerId', 'amount', 'currency', 'productId', 'metadata'])
    const minor = (type: string) => rows.filter((row) => row[1] === type).reduce((sum, row) => sum + Math.round(Number(row[5]) * 100), 0)
    const { figures } = await analytics('timeframe=30d')
    expect(minor('purchase')).toBe((figures.grossRevenue.value ?? 0) * 100)
    expect(minor('refund')).toBe((figures.refunds.value ?? 0) * 100)
    expect(body).toContain(",'=cmd(),")
    expect(body).not.toMatch(/(^|,)[=@]/m)
  })

  it('of the movements sum to the bridge', async () => {
    const { body, headers } = await send('GET', '/api/export/movements?timeframe=30d&format=ndjson', { key: SK })
    expect(headers.get('content-type')).toContain('application/x-ndjson')
    const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      customerId: 'cus_b',
      movement: 'churn',
      amount: '-50.00',
      opening: '50.00',
      closing: '0.00',
      reason: 'payment_failure',
    })
  })

  it('of the costs hold those with a day in the period', async () => {
    const cost = { amount: 12.5, currency: 'USD', from: addDays(TODAY, -40), to: addDays(TODAY, -20), channel: 'fair', note: '=1+1' }
    expect((await send('POST', '/api/costs', { body: cost })).status).toBe(201)
    expect((await send('POST', '/api/costs', { body: { ...cost, to: cost.from } })).status).toBe(201)
    const { body } = await send('GET', '/api/export/costs?timeframe=30d&currency=USD', { key: SK })
    const [header, ...rows] = rowsOf(body)
    expect(header).toEqual(['id', 'from', 'to', 'channel', 'amount', 'currency', 'note'])
    expect(rows.filter(([, , , channel]) => channel === 'fair')).toEqual([
      [expect.any(String), cost.from, cost.to, 'fair', '12.50', 'USD', "'=1+1"],
    ])
  })

  it('of what the answer shows have its numbers as text, under every column', async () => {
    const answer = await analytics('timeframe=30d&includeCohorts=true')
    for (const [table, { columns, rows }] of Object.entries(ANALYTICS_TABLES)) {
      const { status, body } = await send('GET', `/api/export/${table}?timeframe=30d`, { key: SK })
      expect([table, status]).toEqual([table, 200])
      const lines = body.split('\r\n')
      expect([table, lines[0], lines.at(-1)]).toEqual([table, columns.join(','), ''])
      const expected = rows(answer)
      expect([table, lines.length - 2]).toEqual([table, expected.length])
      for (const row of expected) expect([table, Object.keys(row).sort()]).toEqual([table, [...columns].sort()])
    }
    const days = rowsOf((await send('GET', '/api/export/days?timeframe=30d', { key: SK })).body)
    const net = days.slice(1).reduce((sum, row) => sum + Math.round(Number(row[days[0]?.indexOf('net') ?? 0]) * 100), 0)
    expect(net).toBe((answer.figures.netRevenue.value ?? 0) * 100)
    expect(days[1]?.[1]).toBe('0.00')
  })

  it('of the ledger hold what came late on the day that counts it, so that they still sum to the tile', async () => {
    const { timestamp, ...late } = bought('late', 80, 12.34)
    await send('POST', '/api/revenue/event', { key: SK, body: { ...late, timestamp } })
    await settle()
    const { body } = await send('GET', '/api/export/ledger?timeframe=7d&currency=USD', { key: SK })
    const purchases = rowsOf(body).filter((row) => row[1] === 'purchase')
    expect(purchases.map((row) => row[2])).toContain(TODAY)
    const { figures } = await analytics('timeframe=7d')
    expect(purchases.reduce((sum, row) => sum + Math.round(Number(row[5]) * 100), 0)).toBe(
      Math.round((figures.grossRevenue.value ?? 0) * 100),
    )
    const { entries } = (await send('GET', `/api/ledger?from=${TODAY}&customerId=cus_late`, { key: SK })).body
    expect(entries).toMatchObject([{ type: 'purchase', bookedDay: TODAY, at: timestamp, amount: '12.34' }])
  })

  it('are streamed page by page, without losing or doubling a row of a crowded instant', async () => {
    const rows = Array.from({ length: 12_345 }, (_, at) => ({
      id: `crowd:${String(at).padStart(6, '0')}`,
      at: Date.parse('2020-03-01') + Math.floor(at / 7_000),
    }))
    await env.DB.prepare(
      `INSERT INTO revenue_events (id, customer_id, event_type, amount, currency, product_id, timestamp, metadata, object, version, booked_day)
       SELECT value ->> 'id', NULL, 'purchase', 1, 'JPY', NULL, value ->> 'at', '{}', 'crowd', 1, '2020-03-01' FROM json_each(?)`,
    )
      .bind(JSON.stringify(rows))
      .run()
    const { body } = await send('GET', '/api/export/ledger?timeframe=7d&to=2020-03-03', { key: SK })
    const ids = rowsOf(body)
      .slice(1)
      .map(([id]) => id)
    expect(ids).toEqual(rows.map(({ id }) => id))
    await env.DB.prepare(`DELETE FROM revenue_events WHERE object = 'crowd'`).run()
  })

  it('refuse what is no table, no format and no currency', async () => {
    expect((await send('GET', '/api/export/secrets', { key: SK })).status).toBe(400)
    expect((await send('GET', '/api/export/days?format=xlsx', { key: SK })).status).toBe(400)
    expect((await send('GET', '/api/export/ledger?currency=XXX', { key: SK })).body.code).toBe('unknown_currency')
    expect((await send('GET', '/api/export/ledger', { key: 'pk_demo_storefront' })).status).toBe(401)
  })
})

describe('the ledger', () => {
  it('is listed by booked day, page by page, of one customer, one kind or some days', async () => {
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await send('GET', `/api/ledger?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { key: SK })
      expect(body.entries.length).toBeLessThanOrEqual(2)
      seen.push(...body.entries.map(({ id }: { id: string }) => id))
      cursor = body.next
    }
    const { results } = await env.DB.prepare('SELECT id FROM revenue_events ORDER BY booked_day, timestamp, id').all<{ id: string }>()
    expect(seen).toEqual(results.map(({ id }) => id))
    const of = async (query: string) => (await send('GET', `/api/ledger?${query}`, { key: SK })).body.entries
    expect((await of('customerId=cus_b')).map(({ type }: { type: string }) => type)).toEqual([
      'subscription_started',
      'purchase',
      'refund',
      'subscription_ended',
    ])
    expect(await of('type=refund')).toEqual([
      expect.objectContaining({ type: 'refund', amount: '20.00', currency: 'USD', customerId: 'cus_b' }),
    ])
    expect(await of(`from=${addDays(TODAY, -12)}&to=${addDays(TODAY, -10)}&type=purchase`)).toHaveLength(4)
    expect((await send('GET', '/api/ledger?cursor=nonsense', { key: SK })).body).toMatchObject({ code: 'invalid_field', field: 'cursor' })
  })
})

describe('a shop of subscriptions alone', () => {
  it('has its months and its neighbours from the first subscription on', async () => {
    await history([
      {
        id: 'gbp1',
        event: 'subscription_reactivated',
        version: 1,
        customerId: 'cus_gbp',
        subscriptionId: 'sub_gbp',
        amount: 30,
        currency: 'GBP',
        interval: 'month',
        productId: 'pro_monthly',
        timestamp: NOON - 200 * DAY_MS,
      },
    ])
    await settle()
    const { figures, months } = await analytics('timeframe=30d&currency=GBP')
    expect(figures.mrr).toMatchObject({ value: 30, previous: 30 })
    expect(months.length).toBeGreaterThan(6)
  })

  it('is not converted into a currency that has no rate', async () => {
    const { status, body } = await send('GET', '/api/analytics?currency=SEK&convert=true', { key: SK })
    expect([status, body.code, body.field]).toEqual([400, 'invalid_field', 'currency'])
  })
})
