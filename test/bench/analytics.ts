/**
 * Whether analytics over eighteen months cost what they cost the demo, however many customers there are:
 * `npm run bench:analytics`. Two shops in real workerd and D1 are asked in turn: the demo's, and one of 100,000 customers in
 * whose sums no cell is empty, which is as many rows as any number of customers can leave, and which has that many
 * customers' entries in the ledger and movements of recurring revenue.
 */
import { parseArgs } from 'node:util'
import { call, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import type { IncomingEvent } from '../../worker/contract/events.ts'
import { normalise } from '../../worker/domain/customer/accept.ts'
import { bookedDayOf } from '../../worker/domain/customer/booking.ts'
import { type AcceptedEvent, compareEvents } from '../../worker/domain/customer/event.ts'
import { refold } from '../../worker/domain/customer/fold.ts'
import { type MovementRow, type RevenueRow, tableOfRow } from '../../worker/domain/customer/projection.ts'
import { parseRollupKey, type RollupName } from '../../worker/domain/customer/rollup.ts'
import { addDays, addMonths, dayOf, daysBetween, monthOf } from '../../worker/domain/time.ts'
import { simulateShop } from '../simulation/shop.ts'
import { type Server, startProduct } from './servers.ts'

const CUSTOMERS = 100_000
const MAXIMUM_RATIO = 1.5
const PATH = '/api/analytics?timeframe=18m&includeCohorts=true'
const ASKED_A_ROUND = 5
const ROWS_A_STATEMENT = 4_000
/** As many copies of the demo's ledger are made by one statement, which may not take long. */
const COPIES_A_STATEMENT = 10

interface Sum extends RollupName {
  sum: number
}

interface Shop {
  sums: Sum[]
  ledger: (RevenueRow & { id: string })[]
  movements: (MovementRow & { id: string })[]
  customers: number
}

function accepted(input: IncomingEvent, now: number): AcceptedEvent {
  const normal = normalise(input, {
    now,
    mintedId: 'minted',
    origin: 'import',
    verified: true,
    defaultCurrency: 'USD',
    context: { country: null, device: null },
    body: null,
    extras: {},
    currenciesOf: () => null,
  })
  return { ...normal, bookedDay: bookedDayOf(normal.occurredAt, 'import', now), home: 'bench' }
}

/** The demo's history, folded person by person into what D1 hears of it. Its past price decisions are in no figure asked for. */
function demoShop(now: number): Shop {
  const sums = new Map<string, number>()
  const shop: Shop = { sums: [], ledger: [], movements: [], customers: 0 }
  for (const [at, life] of [...simulateShop({ seed: 20_260, now })].entries()) {
    const events = life.filter(({ event }) => event !== 'price_decided').map(({ decisionId, ...event }) => accepted(event, now))
    const { effects } = refold(events.sort(compareEvents))
    for (const [key, sum] of effects.contributions) sums.set(key, (sums.get(key) ?? 0) + sum)
    let buys = false
    for (const [rowId, row] of effects.rows) {
      const id = `${at}:${rowId}`
      if (!row || tableOfRow(rowId) === 'price_decisions') continue
      if (tableOfRow(rowId) === 'mrr_movements') shop.movements.push({ ...(row as MovementRow), id })
      else shop.ledger.push({ ...(row as RevenueRow), id })
      buys = true
    }
    if (buys) shop.customers++
  }
  shop.sums = [...sums].map(([key, sum]) => ({ ...parseRollupKey(key), sum }))
  return shop
}

const WAYS_OF_MONTHS = new Set(['cohort', 'since'])

/** Every cell that the demo's sums have a row of, on every day, or in every month, as so many customers would fill it. */
function withoutGaps({ sums, customers }: Shop, now: number): Sum[] {
  const scale = CUSTOMERS / customers
  const last = dayOf(now)
  const days = daysBetween(addDays(last, -547), last)
  const months = Array.from({ length: 18 }, (_, at) => addMonths(monthOf(last), at - 17))
  const cells = Map.groupBy(sums, ({ metric, scope, dimension, value, day }) =>
    JSON.stringify(WAYS_OF_MONTHS.has(dimension) ? [metric, scope, dimension] : [metric, scope, dimension, value, day.length]),
  )
  return [...cells.values()].flatMap((same): Sum[] => {
    const one = same[0] as Sum
    const each = Math.round((same.reduce((total, { sum }) => total + sum, 0) / same.length) * scale) || 1
    if (one.dimension === 'cohort') {
      const ages = one.metric === 'cohort_size' ? 1 : months.length
      return months.flatMap((value, at) => months.slice(at, at + ages).map((day) => ({ ...one, value, day, sum: each })))
    }
    if (one.dimension === 'since')
      return months.flatMap((value, at) => months.slice(at, at + 12).map((day) => ({ ...one, value, day, sum: each })))
    return (one.day.length === 7 ? months : days).map((day) => ({
      ...one,
      day,
      sum: Math.max(1, Math.round((each * same.length) / days.length)),
    }))
  })
}

const database = ({ miniflare }: Server) => miniflare.getD1Database('DB')
type Database = Awaited<ReturnType<typeof database>>

async function insert(db: Database, table: string, columns: readonly string[], rows: readonly Record<string, unknown>[]): Promise<void> {
  const values = columns.map((column) => `value ->> '${column}'`).join()
  for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
    const page = JSON.stringify(rows.slice(at, at + ROWS_A_STATEMENT))
    await db.prepare(`INSERT INTO ${table} (${columns.join()}) SELECT ${values} FROM json_each(?)`).bind(page).run()
  }
}

const ROLLUP = ['metric', 'scope', 'dimension', 'value', 'day', 'sum'] as const
const LEDGER = [
  'id',
  'customer_id',
  'event_type',
  'amount',
  'currency',
  'product_id',
  'timestamp',
  'metadata',
  'object',
  'version',
  'booked_day',
] as const
const MOVEMENT = [
  'id',
  'customer_id',
  'day',
  'currency',
  'movement',
  'amount',
  'opening',
  'closing',
  'reason',
  'object',
  'version',
] as const

async function fill(server: Server, { sums, ledger, movements }: Shop): Promise<void> {
  const db = await database(server)
  await insert(db, 'rollups', ROLLUP, sums as unknown as Record<string, unknown>[])
  const owned = (id: string) => ({ id, customer_id: id, object: 'bench', version: 1 })
  await insert(
    db,
    'revenue_events',
    LEDGER,
    ledger.map(({ id, eventType, productId, metadata, amount, currency, timestamp, bookedDay }) => {
      const entry = { event_type: eventType, amount, currency, product_id: productId, timestamp, booked_day: bookedDay }
      return { ...owned(id), ...entry, metadata: JSON.stringify(metadata) }
    }),
  )
  await insert(
    db,
    'mrr_movements',
    MOVEMENT,
    movements.map(({ id, customerId, ...row }) => ({ ...row, ...owned(id) })),
  )
}

/** So many more of each row of a table, under ids of their own. */
async function multiply(server: Server, table: string, columns: readonly string[], copies: number): Promise<void> {
  const db = await database(server)
  const named = columns.map((column) => (column === 'id' ? `copy.n || ':' || id` : column)).join()
  for (let from = 1; from < copies; from += COPIES_A_STATEMENT) {
    await db
      .prepare(
        `WITH RECURSIVE copy(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM copy WHERE n + 1 < ?2)
         INSERT INTO ${table} (${columns.join()}) SELECT ${named} FROM ${table}, copy WHERE object = 'bench' AND id NOT GLOB '*:*:bench:*'`,
      )
      .bind(from, Math.min(copies, from + COPIES_A_STATEMENT))
      .run()
  }
}

async function countRows(server: Server): Promise<string> {
  const db = await database(server)
  const counts = await Promise.all(
    ['rollups', 'revenue_events', 'mrr_movements'].map(async (table) => {
      const row = await db.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).first<{ rows: number }>()
      return `${row?.rows.toLocaleString('en')} ${table}`
    }),
  )
  return counts.join(', ')
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number

/** Median milliseconds from question to the last byte of the answer. */
async function ask(server: Server): Promise<number> {
  const times: number[] = []
  for (let at = 0; at < ASKED_A_ROUND; at++) {
    const startedAt = performance.now()
    const response = await fetch(`http://127.0.0.1:${server.port}${PATH}`, { headers: { authorization: `Bearer ${DEMO_SECRET_KEY}` } })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the answer is ${response.status}`)
    times.push(performance.now() - startedAt)
  }
  return median(times)
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } })
  const now = Date.now()
  const demo = demoShop(now)
  const copies = Math.ceil(CUSTOMERS / demo.customers)
  const large: Shop = { ...demo, sums: withoutGaps(demo, now) }
  const servers = { demo: await startProduct(), large: await startProduct() }
  try {
    for (const [name, server] of Object.entries(servers)) {
      await configure(`http://127.0.0.1:${server.port}`)
      await fill(server, name === 'demo' ? demo : large)
    }
    await multiply(servers.large, 'revenue_events', LEDGER, copies)
    await multiply(servers.large, 'mrr_movements', MOVEMENT, copies)
    for (const [name, server] of Object.entries(servers)) {
      const api = { url: `http://127.0.0.1:${server.port}`, key: DEMO_SECRET_KEY }
      const { figures, months, cohorts } = await call<AnalyticsAnswer>(api, 'GET', PATH)
      const told = `${figures.customersNew.value?.toLocaleString('en')} new customers, ${months.length} months, ${cohorts?.length} cohorts`
      console.log(`${name}: ${await countRows(server)}; the answer has ${told}`)
    }
    const times = { demo: [] as number[], large: [] as number[] }
    const rounds = Number(values.rounds)
    // The first rounds warm everything up and are thrown away. Who begins alternates.
    for (let round = -2; round < rounds; round++) {
      for (const name of round % 2 === 0 ? (['demo', 'large'] as const) : (['large', 'demo'] as const)) {
        const took = await ask(servers[name])
        if (round >= 0) times[name].push(took)
      }
    }
    const [demoMs, largeMs] = [median(times.demo), median(times.large)]
    const ratio = largeMs / demoMs
    const holds = ratio <= MAXIMUM_RATIO
    const spread = (all: readonly number[]) => `${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)} ms`
    console.log(`demo     ${demoMs.toFixed(1)} ms (${spread(times.demo)})`)
    console.log(`100,000  ${largeMs.toFixed(1)} ms (${spread(times.large)})`)
    console.log(`ratio    ${ratio.toFixed(2)} × (≤ ${MAXIMUM_RATIO}) ${holds ? 'holds' : 'MISSED'}`)
    return holds ? 0 : 1
  } finally {
    await Promise.all(Object.values(servers).map(({ miniflare }) => miniflare.dispose()))
  }
}

process.exitCode = await main()
