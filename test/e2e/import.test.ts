import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../client-sdk/cli/api.ts'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const REFERENCE = process.env.REFERENCE_DIR ?? join(ROOT, '../shared/reference')
const FILE = join(REFERENCE, 'cdnow-sample-transactions.csv')
const ORDERS = 6919
const atHand = existsSync(FILE)
if (!atHand) console.log(`skipped: the import of real orders, as ${FILE} is not there (REFERENCE_DIR names its directory)`)

interface CohortReference {
  cohorts: Record<string, { customers: number; activeByMonth: number[]; revenueByMonth: number[] }>
}

let server: TestServer

const importFile = async (): Promise<string> => {
  const map = 'customerId=customer,timestamp=date,amount=amount'
  const flags = ['--map', map, '--currency', 'USD', '--date-format', 'YYYYMMDD', '--url', server.url]
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'client-sdk/cli/import.ts'), FILE, ...flags])
  return stdout.trim()
}

const figures = () =>
  call<AnalyticsAnswer>({ url: server.url }, 'GET', '/api/analytics?timeframe=18m&to=1998-06-30&currency=USD&includeCohorts=true')
const allOrders = (answer: AnalyticsAnswer) => (answer.figures.orders.value ?? 0) >= ORDERS

describe.runIf(atHand)('the import of real orders', () => {
  beforeAll(async () => {
    server = await startServer()
    await configure(server.url)
  })
  afterAll(() => server?.stop())

  it('takes every line once, however often the file comes', async () => {
    expect(await importFile()).toBe(`cdnow-sample-transactions.csv: ${ORDERS} accepted, 0 already there, 0 rejected`)
    const first = await until(figures, allOrders, 90_000)
    expect(await importFile()).toBe(`cdnow-sample-transactions.csv: 0 accepted, ${ORDERS} already there, 0 rejected`)
    const second = await figures()
    expect(second.figures).toEqual(first.figures)
    expect(second.figures.orders.value).toBe(ORDERS)
  }, 240_000)

  it('finds the cohorts that an independent count finds', async () => {
    const { cohorts: expected } = JSON.parse(readFileSync(join(REFERENCE, 'cohort-reference.json'), 'utf8')) as CohortReference
    const { cohorts } = await figures()
    for (const [month, reference] of Object.entries(expected)) {
      const found = cohorts?.find(({ cohort }) => cohort === month)
      expect(found?.customers, month).toBe(reference.customers)
      expect(found?.activeByMonth, month).toEqual(reference.activeByMonth)
      expect(
        found?.revenueByMonth.map((value) => value.toFixed(2)),
        month,
      ).toEqual(reference.revenueByMonth.map((value) => value.toFixed(2)))
    }
  })
})
