import { run } from './child.ts'

/** Applies the migrations of `drizzle/` that a database has not seen: the local one, or Cloudflare's. */
export const migrate = (options: { remote?: boolean; persistTo?: string | undefined } = {}): Promise<string> =>
  run('wrangler', [
    ...['d1', 'migrations', 'apply', 'DB', options.remote ? '--remote' : '--local'],
    ...(options.persistTo ? ['--persist-to', options.persistTo] : []),
  ])
