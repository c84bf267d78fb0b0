/**
 * Whether results of an experiment of two million customers cost what they cost with twenty thousand:
 * `npm run bench:experiments`. Both ran for ninety days in one real workerd and D1; their sums are drawn as so many
 * customers would leave them, so the small one has no rows for what nobody of it did.
 */
import { parseArgs } from 'node:util'
import { call, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { ExperimentItem } from '../../worker/contract/experiments.ts'
import { METRIC } from '../../worker/domain/customer/metrics.ts'
import { partsOf } from '../../worker/domain/customer/moments.ts'
import type { RollupName } from '../../worker/domain/customer/rollup.ts'
import { addDays, DAY_MS, dayOf, startOfDay } from '../../worker/domain/time.ts'
import { mulberry32 } from '../simulation/random.ts'
import { type Server, startProduct } from './servers.ts'

const SIZES = { small: 20_000, large: 2_000_000 } as const
type Size = keyof typeof SIZES
const DAYS = 90
const MAXIMUM_RATIO = 1.5
const ASKED_A_ROUND = 5
const ROWS_A_STATEMENT = 4_000
const VARIANTS = ['control', 'treatment']

/** Shares of the people by value, the first the most common: as in Zipf's law, with a tail that a small experiment hardly meets. */
const zipf = (prefix: string, count: number) => {
  const weights = Array.from({ length: count }, (_, at) => 1 / (at + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight, at) => ({ value: `${prefix}${at}`, share: weight / total }))
}
const DIMENSIONS = {
  country: zipf('C', 120),
  device: zipf('device', 3),
  source: zipf('source', 40),
  visitor: [
    { value: 'new', share: 0.7 },
    { value: 'returning', share: 0.3 },
  ],
}

interface Sum extends RollupName {
  sum: number
}

/** Sums of one metric over some people: what each is worth, in minor units or as a number, and how many of them have any. */
interface Shape {
  metric: string
  kind: 'proportion' | 'mean'
  share: number
  mean: number
  deviation: number
}

const SHAPES: readonly Shape[] = [
  { metric: 'net_revenue@1', kind: 'mean', share: 0.04, mean: 8_000, deviation: 9_000 },
  { metric: 'purchase@1', kind: 'proportion', share: 0.04, mean: 1, deviation: 0 },
  { metric: 'reached_payment@1', kind: 'proportion', share: 0.09, mean: 1, deviation: 0 },
  { metric: 'refunded@1', kind: 'proportion', share: 0.002, mean: 1, deviation: 0 },
  { metric: 'payment_failed@1', kind: 'proportion', share: 0.003, mean: 1, deviation: 0 },
]

/** A count about its expectation, as a Poisson one is spread; by the normal curve where there are many. */
function countAbout(expected: number, random: () => number): number {
  if (expected > 30) return Math.max(0, Math.round(expected + Math.sqrt(expected) * gaussian(random)))
  let count = 0
  for (let product = random(); product > Math.exp(-expected); product *= random()) count++
  return count
}

const gaussian = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** What so many people give to one metric, under one name. */
function momentsOf(
  { kind, share, mean, deviation }: Shape,
  people: number,
  random: () => number,
  name: (metric: string) => RollupName,
): Sum[] {
  const buyers = Math.min(people, countAbout(people * share, random))
  if (buyers === 0) return []
  if (kind === 'proportion') return [{ ...name(METRIC.rewardSum), sum: buyers }]
  const total = Math.max(1, Math.round(buyers * mean + Math.sqrt(buyers) * deviation * gaussian(random)))
  const root = Math.round(Math.sqrt(buyers * (mean ** 2 + deviation ** 2)))
  const parts = partsOf(root, root)
  return [
    { ...name(METRIC.rewardSum), sum: total },
    { ...name(METRIC.rewardSquaresHigh), sum: parts.high },
    { ...name(METRIC.rewardSquaresMiddle), sum: parts.middle },
    { ...name(METRIC.rewardSquaresLow), sum: parts.low },
    { ...name(METRIC.covariateSum), sum: Math.round(total / 3) },
    { ...name(METRIC.covariateSquaresMiddle), sum: Math.round(parts.middle / 2) + 1 },
    { ...name(METRIC.covariateCrossMiddle), sum: Math.round(parts.middle / 5) + 1 },
  ].filter(({ sum }) => sum !== 0)
}

function sumsOf(key: string, people: number, firstDay: string, random: () => number): Sum[] {
  const sums: Sum[] = []
  const scope = (metric: string) => `${key}@1:${metric}`
  for (let day = 0; day < DAYS; day++) {
    for (const variant of VARIANTS) {
      const name = (scope: string) => (metric: string) => ({ metric, scope, dimension: 'arm', value: variant, day: addDays(firstDay, day) })
      const exposed = countAbout(people / DAYS / VARIANTS.length, random)
      sums.push({ ...name(scope(''))(METRIC.exposed), sum: exposed })
      for (const shape of SHAPES) sums.push(...momentsOf(shape, exposed, random, name(scope(shape.metric))))
    }
  }
  for (const [dimension, values] of Object.entries(DIMENSIONS)) {
    for (const { value, share } of values) {
      for (const variant of VARIANTS) {
        for (const half of ['a', 'b']) {
          const exposed = countAbout((people * share) / VARIANTS.length / 2, random)
          if (exposed === 0) continue
          const name = (scope: string) => (metric: string) => ({ metric, scope, dimension, value: `${value}|${variant}|${half}`, day: '' })
          sums.push({ ...name(scope(''))(METRIC.exposed), sum: exposed })
          sums.push(...momentsOf(SHAPES[0] as Shape, exposed, random, name(scope(SHAPES[0]?.metric ?? ''))))
        }
      }
    }
  }
  return sums
}

async function insert(server: Server, rows: readonly Sum[]): Promise<void> {
  const db = await server.miniflare.getD1Database('DB')
  for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
    await db
      .prepare(
        `INSERT INTO rollups (metric, scope, dimension, value, day, sum)
         SELECT value ->> 'metric', value ->> 'scope', value ->> 'dimension', value ->> 'value', value ->> 'day', value ->> 'sum' FROM json_each(?)`,
      )
      .bind(JSON.stringify(rows.slice(at, at + ROWS_A_STATEMENT)))
      .run()
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number

const pathOf = (size: Size): string => `/api/experiments/bench_${size}`

/** Median milliseconds from question to the last byte of the answer. */
async function ask(server: Server, size: Size): Promise<number> {
  const times: number[] = []
  for (let at = 0; at < ASKED_A_ROUND; at++) {
    const startedAt = performance.now()
    const response = await fetch(`http://127.0.0.1:${server.port}${pathOf(size)}`, {
      headers: { authorization: `Bearer ${DEMO_SECRET_KEY}` },
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the answer is ${response.status}`)
    times.push(performance.now() - startedAt)
  }
  return median(times)
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } })
  const server = await startProduct()
  try {
    const url = `http://127.0.0.1:${server.port}`
    await configure(url)
    const begins = startOfDay(dayOf(Date.now())) - DAYS * DAY_MS
    for (const [size, people] of Object.entries(SIZES)) {
      await call({ url }, 'POST', '/api/experiments', {
        key: `bench_${size}`,
        name: `${people} customers`,
        funnelStep: 'checkout',
        variants: VARIANTS.map((name) => ({ name })),
        startsAt: new Date(begins).toISOString(),
        duration: DAYS + 14,
      })
      const sums = sumsOf(`bench_${size}`, people, dayOf(begins), mulberry32(people))
      await insert(server, sums)
      const { results } = await call<ExperimentItem>({ url, key: DEMO_SECRET_KEY }, 'GET', pathOf(size as Size))
      console.log(
        `${size}: ${sums.length.toLocaleString('en')} sums, ${results?.exposures.total.toLocaleString('en')} people, ${results?.segments.length} segments; ${results?.verdict}`,
      )
    }
    const times = { small: [] as number[], large: [] as number[] }
    // The first rounds warm everything up and are thrown away. Who begins alternates.
    for (let round = -2; round < Number(values.rounds); round++) {
      for (const size of round % 2 === 0 ? (['small', 'large'] as const) : (['large', 'small'] as const)) {
        const took = await ask(server, size)
        if (round >= 0) times[size].push(took)
      }
    }
    const ratio = median(times.large) / median(times.small)
    const spread = (all: readonly number[]) => `${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)} ms`
    for (const size of ['small', 'large'] as const) console.log(`${size}  ${median(times[size]).toFixed(1)} ms (${spread(times[size])})`)
    const holds = ratio <= MAXIMUM_RATIO
    console.log(`${holds ? 'holds' : 'MISSED'}: ${ratio.toFixed(2)} times, at most ${MAXIMUM_RATIO}`)
    return holds ? 0 : 1
  } finally {
    await server.miniflare.dispose()
  }
}

process.exitCode = await main()
