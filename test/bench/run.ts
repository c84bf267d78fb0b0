/**
 * What a request costs the server, beside the least it could cost: `npm run bench`. Rounds of all cases in random order;
 * of each case the cheapest round counts, since everything else on the machine can only make it dearer. Cost is
 * processor time of the server a request, divided by that of a handler that does nothing, in the same run.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { CATALOGUE_CASES, type Case, floorCases, prepareCatalogues, prepareProduct } from './cases.ts'
import { cpuMicroseconds, untilIdle } from './cpu.ts'
import { drive, quantile } from './load.ts'
import { profile } from './profile.ts'
import { type Server, startFloor, startProduct } from './servers.ts'

const CONNECTIONS = 16

interface Round {
  microseconds: number
  perSecond: number
  p50Ms: number
  p95Ms: number
  failures: number
}

interface Row {
  name: string
  microseconds: number
  cost: number
  requestsPerSecond: number
  rowsPerSecond: number | null
  p50Ms: number
  p95Ms: number
  failures: number
  ofFloor: number | null
  maximum: number | null
  holds: boolean | null
}

async function measure({ next, bad, tailMs }: Case, server: Server, durationMs: number): Promise<Round> {
  await untilIdle(server.pid)
  const before = cpuMicroseconds(server.pid)
  const load = await drive(server.port, bad ? { next, bad } : { next }, CONNECTIONS, durationMs)
  if (tailMs) {
    await sleep(tailMs)
    await untilIdle(server.pid)
  }
  const used = cpuMicroseconds(server.pid) - before
  return {
    microseconds: used / load.requests,
    perSecond: load.requests / load.seconds,
    p50Ms: quantile(load.latenciesMs, 0.5),
    p95Ms: quantile(load.latenciesMs, 0.95),
    failures: load.failures,
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

function shuffled<T>(items: readonly T[]): T[] {
  const copy = [...items]
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1))
    ;[copy[at], copy[other]] = [copy[other] as T, copy[at] as T]
  }
  return copy
}

function summarise(cases: Case[], rounds: Map<string, Round[]>): Row[] {
  const least = (name: string) => Math.min(...(rounds.get(name) ?? []).map(({ microseconds }) => microseconds))
  return cases.map(({ name, rows, bar }) => {
    const all = rounds.get(name) ?? []
    const ofFloor = bar ? least(name) / least(bar.floor) : null
    return {
      name,
      microseconds: least(name),
      cost: least(name) / least('bare handler'),
      requestsPerSecond: median(all.map(({ perSecond }) => perSecond)),
      rowsPerSecond: rows ? median(all.map(({ perSecond }) => perSecond)) * rows : null,
      p50Ms: median(all.map(({ p50Ms }) => p50Ms)),
      p95Ms: median(all.map(({ p95Ms }) => p95Ms)),
      failures: all.reduce((sum, { failures }) => sum + failures, 0),
      ofFloor,
      maximum: bar?.maximum ?? null,
      holds: bar && ofFloor !== null ? ofFloor <= bar.maximum : null,
    }
  })
}

function print(rows: Row[]): void {
  const number = (value: number | null, digits = 0) => (value === null ? '' : value.toLocaleString('en', { maximumFractionDigits: digits }))
  console.table(
    Object.fromEntries(
      rows.map((row) => [
        row.name,
        {
          'µs/request': number(row.microseconds),
          cost: `${row.cost.toFixed(1)} ×`,
          'requests/s': number(row.requestsPerSecond),
          'rows/s': number(row.rowsPerSecond),
          'p50 ms': row.p50Ms.toFixed(1),
          'p95 ms': row.p95Ms.toFixed(1),
          failures: row.failures,
          'of its floor':
            row.ofFloor === null ? '' : `${row.ofFloor.toFixed(2)} × (≤ ${row.maximum?.toFixed(2)}) ${row.holds ? 'holds' : 'MISSED'}`,
        },
      ]),
    ),
  )
}

/** One case and what it is measured against. */
function withFloors(cases: Case[], name: string): Case[] {
  const one = cases.find((each) => each.name === name)
  if (!one) throw new Error(`--only takes one of ${cases.map((each) => each.name).join(', ')}`)
  return cases.filter((each) => each === one || each.name === 'bare handler' || each.name === one.bar?.floor)
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '3' },
      floors: { type: 'boolean', default: false },
      only: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  if (!existsSync('/proc/self/stat')) throw new Error('processor time is read from /proc, which this machine has not')
  const floor = await startFloor()
  await fetch(`http://127.0.0.1:${floor.port}/setup`)
  const ofCatalogues = values.only !== undefined && CATALOGUE_CASES.includes(values.only)
  const product = values.floors || ofCatalogues ? null : await startProduct()
  // Two more servers, which one case needs: they start only for it and for everything.
  const catalogues = values.floors || (values.only !== undefined && !ofCatalogues) ? null : [await startProduct(), await startProduct()]
  const [small, large] = catalogues ?? []
  const at = (server: Server) => `http://127.0.0.1:${server.port}`
  const servers: Record<Case['server'], Server | undefined> = { floor, product: product ?? undefined, small, large }
  const all = [
    ...floorCases,
    ...(product ? await prepareProduct(at(product)) : []),
    ...(small && large ? await prepareCatalogues(at(small), at(large)) : []),
  ]
  const cases = values.only === undefined ? all : withFloors(all, values.only)
  if (values.profile) {
    const one = cases.find(({ name }) => name === values.profile)
    if (!one) throw new Error(`--profile takes one of ${cases.map(({ name }) => name).join(', ')}`)
    console.table(await profile(one, servers[one.server] as Server, CONNECTIONS, 4_000))
    await Promise.all(Object.values(servers).map((server) => server?.miniflare.dispose()))
    return 0
  }
  const rounds = new Map<string, Round[]>(cases.map(({ name }) => [name, []]))
  // The first pass warms everything up and is thrown away.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const one of shuffled(cases)) {
      const server = servers[one.server] as Server
      const result = await measure(one, server, round === 0 ? 300 : Number(values.seconds) * 1000)
      if (round > 0) rounds.get(one.name)?.push(result)
    }
    process.stderr.write(round === 0 ? 'warm ' : '.')
  }
  process.stderr.write('\n')
  const rows = summarise(cases, rounds)
  print(rows)
  const directory = join(ROOT, 'test/bench/results')
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `${new Date().toISOString().replaceAll(':', '-')}.json`)
  writeFileSync(
    file,
    `${JSON.stringify({ node: process.version, cpus: cpus().map(({ model }) => model), connections: CONNECTIONS, ...values, rows }, null, 2)}\n`,
  )
  console.log(file)
  await Promise.all(Object.values(servers).map((server) => server?.miniflare.dispose()))
  return rows.some(({ holds, failures }) => holds === false || failures > 0) ? 1 : 0
}

process.exitCode = await main()
