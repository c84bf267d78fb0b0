import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { build } from 'vite'
import { ROOT, run } from '../../client-sdk/cli/child.ts'
import { workerdChildren } from './cpu.ts'

export interface Server {
  miniflare: Miniflare
  port: number
  pid: number
}

type WorkerOptions = Parameters<typeof convertV4MiniflareOptions>[0]

/**
 * Starts a Worker in a workerd of its own, reachable by a direct socket: miniflare's usual entry is a Worker itself and
 * would cost more than most of what is measured.
 */
async function launch(name: string, options: Omit<WorkerOptions, 'workers'>): Promise<Server> {
  const before = new Set(workerdChildren())
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name,
      log: new Log(LogLevel.ERROR),
      cf: false,
      inspectorPort: 0,
      compatibilityDate: '2026-10-20',
      compatibilityFlags: ['nodejs_compat'],
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      ...options,
    } as WorkerOptions),
  )
  await miniflare.ready
  const url = await miniflare.unsafeGetDirectURL(name)
  const [pid] = workerdChildren().filter((child) => !before.has(child))
  if (pid === undefined) throw new Error('no workerd process was found under /proc')
  return { miniflare, port: Number(url.port), pid }
}

const module = (path: string, contents: string) => ({ modules: [{ type: 'ESModule' as const, path, contents }] })

async function floorBundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rolldownOptions: {
        input: join(ROOT, 'test/bench/floor-worker.ts'),
        external: ['cloudflare:workers'],
        output: { format: 'es' },
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (!output || !('output' in output)) throw new Error('the floor builds to nothing')
  return output.output[0].code
}

export const startFloor = async (): Promise<Server> =>
  launch('floor', {
    ...module('floor.js', await floorBundle()),
    durableObjects: { OBJECTS: { className: 'FloorObject', useSQLite: true } },
    d1Databases: { DB: 'floor' },
  })

const statementsOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('--> statement-breakpoint')
    .map((statement) => statement.trim())
    .filter(Boolean)

const configuration = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')

/** Variables of `wrangler.toml`. */
function variables(): Record<string, string> {
  const section = /^\[vars\]$([\s\S]*?)(?=^\[)/m.exec(configuration)?.[1] ?? ''
  return Object.fromEntries([...section.matchAll(/^(\w+)\s*=\s*"(.*)"/gm)].map(([, name, value]) => [name as string, value as string]))
}

const flags = (): string[] => JSON.parse(/^compatibility_flags = (\[.*\])$/m.exec(configuration)?.[1] ?? '[]') as string[]

/** The product's own bundle, as `wrangler deploy` would ship it, migrated and empty; in memory, or with its stores in a directory. */
export async function startProduct(keepIn?: string): Promise<Server> {
  const directory = join(ROOT, 'dist/bench')
  await run('wrangler', ['deploy', 'test/bench/product-worker.ts', '--dry-run', '--outdir', directory])
  const server = await launch('product', {
    ...module('product.js', readFileSync(join(directory, 'product-worker.js'), 'utf8')),
    compatibilityFlags: flags(),
    bindings: { ...variables(), ENVIRONMENT: 'development', ...(keepIn && { BENCH_QUEUE: 'apply' }) },
    ...(keepIn && { resourcePersistencePath: keepIn }),
    durableObjects: {
      CUSTOMERS: { className: 'CustomerObject', useSQLite: true },
      LIVE: { className: 'LiveObject', useSQLite: true },
    },
    d1Databases: { DB: 'product' },
    kvNamespaces: { CONFIGURATION: 'configuration' },
    queueProducers: { PROJECTIONS: 'fairlead-projections' },
    queueConsumers: { 'fairlead-projections': { maxBatchSize: 100, maxBatchTimeout: 1, maxRetries: 100 } },
  })
  const migrations = globSync(join(ROOT, 'drizzle/*.sql')).sort().flatMap(statementsOf)
  const migrated = await fetch(`http://127.0.0.1:${server.port}/bench/migrate`, { method: 'POST', body: JSON.stringify(migrations) })
  if (!migrated.ok) throw new Error(`the migrations failed: ${await migrated.text()}`)
  return server
}
