/** Builds the SDK and the dashboard, which are served as files, and the server client. `npm run build` builds them all anew. */
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './child.ts'

const TARGETS = [
  { name: 'client-sdk', config: 'client-sdk/vite.config.ts', sources: ['client-sdk', 'worker/domain', 'worker/contract'] },
  {
    name: 'server',
    config: 'client-sdk/server/vite.config.ts',
    sources: ['client-sdk/server', 'client-sdk/cli/rolled-types.ts', 'worker/contract'],
  },
  { name: 'dashboard', config: 'dashboard/vite.config.ts', sources: ['dashboard', 'worker/contract'] },
]

function newest(path: string): number {
  if (!existsSync(path)) return 0
  const status = statSync(path)
  if (!status.isDirectory()) return status.mtimeMs
  return Math.max(
    0,
    ...readdirSync(path)
      .filter((name) => name !== 'node_modules' && name !== 'dist')
      .map((name) => newest(join(path, name))),
  )
}

const stampOf = (name: string) => join(ROOT, 'dist', `.built-${name}`)

/** Builds the targets whose sources are newer than their last build, or all of them. Answers the names of those built. */
export async function build(all: boolean): Promise<string[]> {
  mkdirSync(join(ROOT, 'dist/assets'), { recursive: true })
  const manifest = newest(join(ROOT, 'package.json'))
  const outdated = TARGETS.filter(({ name, config, sources }) => {
    if (!existsSync(join(ROOT, config))) return false
    return all || newest(stampOf(name)) < Math.max(manifest, ...sources.map((source) => newest(join(ROOT, source))))
  })
  await Promise.all(
    outdated.map(async ({ name, config }) => {
      const startedAt = new Date()
      await run('vite', ['build', '--config', config, '--logLevel', 'warn'])
      // Stamped with its beginning: what was saved while it ran is newer than the build.
      writeFileSync(stampOf(name), '')
      utimesSync(stampOf(name), startedAt, startedAt)
    }),
  )
  return outdated.map(({ name }) => name)
}

if (import.meta.main) {
  const startedAt = performance.now()
  const built = await build(true)
  console.log(`built ${new Intl.ListFormat('en').format(built)} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}
