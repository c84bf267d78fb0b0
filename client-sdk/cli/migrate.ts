import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT, run } from './child.ts'

const databaseDirectory = (persistTo: string | undefined) => join(resolve(ROOT, persistTo ?? '.wrangler/state'), 'v3/d1')
const stampOf = (persistTo: string | undefined) => join(databaseDirectory(persistTo), 'fairlead-migrations')

/** Names of all migrations, one a line: what a database has that needs none. */
const allMigrations = () =>
  globSync('*.sql', { cwd: join(ROOT, 'drizzle') })
    .sort()
    .join('\n')

/** How a local database stands to the migrations. `empty` means that nobody can be using it yet. */
export function localState(persistTo?: string): 'empty' | 'current' | 'behind' {
  const stamp = stampOf(persistTo)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === allMigrations()) return 'current'
  return existsSync(databaseDirectory(persistTo)) ? 'behind' : 'empty'
}

/** Applies the migrations of `drizzle/` that the local database has not seen. */
export async function migrateLocally(persistTo?: string): Promise<void> {
  if (localState(persistTo) === 'current') return
  await run('wrangler', ['d1', 'migrations', 'apply', 'DB', '--local', ...(persistTo ? ['--persist-to', persistTo] : [])])
  mkdirSync(databaseDirectory(persistTo), { recursive: true })
  writeFileSync(stampOf(persistTo), allMigrations())
}

/** Applies them to the database on Cloudflare. */
export const migrateRemotely = (): Promise<string> => run('wrangler', ['d1', 'migrations', 'apply', 'DB', '--remote'])
