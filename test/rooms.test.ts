import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** A source file with its imports; `code` has its comments blanked out, line by line. */
interface Source {
  path: string
  code: string
  imports: { from: string; typeOnly: boolean }[]
}

const IMPORT =
  /(?:^|\n)\s*(?:import\s+(type\s+)?(?:([\w*{}\s,$]+?)\s+from\s+)?|export\s+(type\s+)?(\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+)['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g

/** Whether all that an import takes are types, as in `import { type A, type B } from`. */
const onlyTypes = (clause: string): boolean => {
  const named = /^\{([\s\S]*)\}$/.exec(clause.trim())?.[1]
  return (
    named !== undefined && named.trim() !== '' && named.split(',').every((part) => part.trim() === '' || part.trim().startsWith('type '))
  )
}

function withoutComments(text: string): string {
  const blank = (match: string) => match.replace(/[^\n]/g, ' ')
  return text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(^|[\s;{(,])\/\/[^\n]*/g, (match, before: string) => before + blank(match.slice(before.length)))
}

const importsOf = (code: string): Source['imports'] =>
  [...code.matchAll(IMPORT)].map(([, type, clause, exportType, exported, from, dynamic]) => ({
    from: (from ?? dynamic) as string,
    typeOnly: Boolean(type ?? exportType) || onlyTypes(clause ?? exported ?? ''),
  }))

function readSource(path: string): Source {
  const code = withoutComments(readFileSync(join(ROOT, path), 'utf8'))
  return { path, code, imports: importsOf(code) }
}

const sources = globSync('{worker,client-sdk,dashboard}/**/*.{ts,tsx}', {
  cwd: ROOT,
  exclude: (name) => name === 'node_modules' || name === 'dist',
})
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('.d.ts'))
  .sort()
  .map(readSource)

/** Files in the root of `worker/` that are rooms of their own. */
const ROOT_ROOMS = [
  'index',
  'app',
  'http',
  'auth',
  'idempotency',
  'config',
  'person',
  'visit',
  'reconcile',
  'settlement',
  'evidence',
  'env',
]

/** The room of a path, or of a package: `zod`, `drizzle`, `hono`, `node`, `cloudflare`, or the package's name. */
function roomOf(path: string): string {
  const folder = /^worker\/(contract|domain|db|objects|outbound|routes|jobs)\//.exec(path)?.[1]
  if (folder) return folder
  const file = /^worker\/([\w-]+)\.ts$/.exec(path)?.[1]
  if (file) return ROOT_ROOMS.includes(file) ? file : 'shared'
  if (/^client-sdk\/cli\//.test(path)) return 'cli'
  if (/^client-sdk\/example\//.test(path)) return 'storefront'
  if (/^client-sdk\//.test(path)) return 'client-sdk'
  if (/^dashboard\//.test(path)) return 'dashboard'
  if (/^test\/simulation\//.test(path)) return 'simulation'
  if (/^(drizzle-orm|drizzle-kit)/.test(path)) return 'drizzle'
  return path.split(':')[0]?.split('/')[0] as string
}

const targetOf = (source: Source, from: string): string =>
  from.startsWith('.')
    ? (relative(ROOT, resolve(ROOT, dirname(source.path), from))
        .replaceAll('\\', '/')
        .split('?')[0] as string)
    : from

/** `may`: rooms whose values it may import. `types`: rooms of which it may import types only. `*`: any. */
const TABLE: Record<string, { may: string[]; types: string[] }> = {
  contract: { may: ['contract', 'zod'], types: [] },
  domain: { may: ['domain'], types: ['contract'] },
  db: { may: ['db', 'drizzle', 'contract'], types: ['domain', 'env'] },
  outbound: { may: ['outbound', 'contract'], types: ['domain', 'env', 'hono'] },
  objects: { may: ['objects', 'domain', 'contract', 'config', 'shared', 'cloudflare'], types: ['env'] },
  // `auth`, `person` and `visit` say who calls, as `http` says how to answer; `reconcile` can be asked for by hand. The package tells its version.
  routes: {
    may: [
      'routes',
      'http',
      'auth',
      'idempotency',
      'person',
      'visit',
      'reconcile',
      'settlement',
      'evidence',
      'package.json',
      'contract',
      'domain',
      'db',
      'outbound',
      'config',
      'shared',
      'env',
      '@hono',
      'hono',
      'zod',
    ],
    types: ['objects'],
  },
  jobs: {
    may: ['jobs', 'contract', 'domain', 'db', 'outbound', 'config', 'reconcile', 'settlement', 'evidence', 'shared', 'env'],
    types: ['objects'],
  },
  index: { may: ['*'], types: [] },
  app: { may: ['*'], types: [] },
  http: { may: ['*'], types: [] },
  auth: { may: ['*'], types: [] },
  idempotency: { may: ['auth', 'db', 'shared', 'domain'], types: ['http', 'hono'] },
  // Who a request speaks for, and what it tells of the visit: read by several routes, so beside `auth`.
  person: { may: ['*'], types: [] },
  visit: { may: ['*'], types: [] },
  config: { may: ['*'], types: [] },
  // Asked by the clock and by hand: it reads the database and the objects side by side.
  reconcile: { may: ['db', 'domain'], types: ['env'] },
  // What an experiment is judged by: read for whoever asks, and by the clock.
  evidence: { may: ['db', 'domain'], types: [] },
  // Webhooks become events: as they come, and again by the clock.
  settlement: { may: ['*'], types: [] },
  env: { may: [], types: ['*'] },
  // Small pure helpers beside the rooms, such as digests.
  shared: { may: ['domain', 'contract', 'shared', 'node', 'zod'], types: ['env'] },
  'client-sdk': { may: ['client-sdk'], types: ['contract', 'zod'] },
  // The demo shop is a page as a shop would write it, with the dashboard's framework.
  storefront: { may: ['storefront', 'client-sdk', 'preact', '@preact'], types: ['contract', 'zod'] },
  // The compiler spells out the SDK's types for shops that have none of our sources.
  cli: { may: ['cli', 'node', 'domain', 'simulation', 'typescript'], types: ['contract'] },
  dashboard: { may: ['dashboard', 'hono', 'preact', '@preact', 'preact-iso', 'uplot'], types: ['app', 'contract', 'index', 'zod'] },
}

/** Pure files of the domain that a room may use beside its row: the SDK's hash, and the names and days under which SQL stores. */
const PURE_FILES: Record<string, string[]> = {
  'client-sdk': ['worker/domain/assignment.ts', 'worker/domain/hash.ts'],
  db: ['worker/domain/customer/metrics.ts', 'worker/domain/customer/rollup.ts', 'worker/domain/time.ts'],
}
const isBuildFile = (path: string): boolean => /(^|\/)vite\.config\.ts$/.test(path)

function trespasses(source: Source): string[] {
  const room = roomOf(source.path)
  const rules = TABLE[room]
  if (!rules) return [`${source.path}: no room of design.md`]
  return source.imports.flatMap(({ from, typeOnly }) => {
    const target = targetOf(source, from)
    const into = roomOf(target)
    const allowed =
      rules.may.includes('*') ||
      rules.may.includes(into) ||
      (typeOnly && (rules.types.includes(into) || rules.types.includes('*'))) ||
      PURE_FILES[room]?.includes(target)
    return allowed ? [] : [`${source.path} (${room}) imports ${from} (${into})${typeOnly ? ' as types' : ''}`]
  })
}

const lineOf = (source: Source, index: number): number => source.code.slice(0, index).split('\n').length

/** Places where a pattern occurs, as `path:line`. */
const places = (pattern: RegExp, where: (source: Source) => boolean): string[] =>
  sources
    .filter(where)
    .flatMap((source) =>
      [...source.code.matchAll(pattern)].map((match) => `${source.path}:${lineOf(source, match.index)} ${match[0].trim().slice(0, 60)}`),
    )

const inDomain = ({ path }: Source) => path.startsWith('worker/domain/')
const inWorker = ({ path }: Source) => path.startsWith('worker/')

describe('the rooms', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(20)
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(50)
  })

  it('import only what the table lets them', () => {
    expect(sources.filter(({ path }) => !isBuildFile(path)).flatMap(trespasses)).toEqual([])
  })

  it('name their relative imports with the extension', () => {
    const bare = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => from.startsWith('.') && !/\.(ts|tsx|css|json|svg|html)(\?\w+)?$/.test(from))
        .map(({ from }) => `${path}: ${from}`),
    )
    expect(bare).toEqual([])
  })

  it('keep clock and chance out of the domain', () => {
    expect(places(/\bDate\.now\b|\bMath\.random\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bcrypto\b\./g, inDomain)).toEqual([])
  })

  it('open no drizzle transaction, which D1 refuses', () => {
    expect(places(/\.transaction\(/g, inWorker)).toEqual([])
  })

  it('import zod whole, because by name it is three times as large', () => {
    expect(places(/import\s*\{[^}]*\}\s*from\s*['"]zod['"]|import\s+z\s+from\s*['"]zod['"]/g, () => true)).toEqual([])
  })

  it('call other hosts from worker/outbound only', () => {
    const outside = ({ path }: Source) => path.startsWith('worker/') && !path.startsWith('worker/outbound/')
    // A method named fetch, of a binding, a stub or a handler, is not a call to another host.
    expect(places(/(?<![.\w])fetch\((?![^)]*\)\s*[:{])/g, outside)).toEqual([])
  })

  it('have no enums and no explicit any', () => {
    expect(places(/^\s*(export\s+)?(const\s+)?enum\s/gm, () => true)).toEqual([])
    expect(places(/(:|<|\bas)\s*any\b/g, () => true)).toEqual([])
  })

  it('leave nothing for later', () => {
    const notes = globSync('{worker,client-sdk,dashboard,test}/**/*.{ts,tsx,css,html}', {
      cwd: ROOT,
      exclude: (name) => name === 'node_modules',
    })
      .filter((path) => !path.endsWith('rooms.test.ts'))
      .filter((path) => /\b(TODO|FIXME|XXX:|HACK)\b/.test(readFileSync(join(ROOT, path), 'utf8')))
    expect(notes).toEqual([])
  })

  it('end no error message in a period', () => {
    const message = /(?:new (?:\w*Error)\(|\brefuse\(|\bproblem\()(?:[^'"`()]|'[\w_]+'\s*,)*?(['"`])((?:\\.|(?!\1)[\s\S])*?)\.\1/g
    expect(places(message, () => true)).toEqual([])
  })

  it('name files in kebab-case', () => {
    expect(
      sources.map(({ path }) => path).filter((path) => !/^([a-z0-9.-]+\/)*[a-z0-9]+(-[a-z0-9]+)*(\.config)?\.tsx?$/.test(path)),
    ).toEqual([])
  })
})

describe('the reading of imports', () => {
  it.each([
    ['worker/domain/money.ts', "import * as z from 'zod'", 1],
    ['worker/domain/money.ts', "import { INTERVALS } from '../contract/lists.ts'", 1],
    ['worker/domain/money.ts', "import type { Interval } from '../contract/lists.ts'", 0],
    ['worker/routes/pricing.ts', "import { CustomerObject } from '../objects/customer.ts'", 1],
    ['worker/objects/customer.ts', "import { eq } from 'drizzle-orm'", 1],
    ['worker/db/prices.ts', "import { eq } from 'drizzle-orm'", 0],
    ['client-sdk/sdk.ts', "import { EventBatch } from '../worker/contract/events.ts'", 1],
    ['dashboard/app.tsx', "import type { App } from '../worker/app.ts'", 0],
    ['dashboard/app.tsx', "const later = () => import('../worker/db/tables.ts')", 1],
  ])('sees what %s may do: %s', (path, code, found) => {
    expect(trespasses({ path, code, imports: importsOf(code) })).toHaveLength(found)
  })

  it('tells types from values and forgets comments', () => {
    const code = withoutComments(
      "// import a from 'a'\nimport type { B } from './b.ts'\nimport { type C, type D } from 'c'\nimport { type E, f } from 'e'\nexport * from './g.ts'\nimport 'h'\nconst url = 'https://x.y'\n",
    )
    const found = importsOf(code).map(({ from, typeOnly }) => [from, typeOnly])
    expect(found).toEqual([
      ['./b.ts', true],
      ['c', true],
      ['e', false],
      ['./g.ts', false],
      ['h', false],
    ])
    expect(code).toContain('https://x.y')
  })
})
