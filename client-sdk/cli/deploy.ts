/** Ships to Cloudflare: `npm run deploy`, or with `-- --dry-run` builds and checks everything without shipping. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.ts'
import { ROOT, run } from './child.ts'
import { migrateRemotely } from './migrate.ts'

/**
 * What keeps a configuration from being shipped, as sentences; empty when nothing does.
 * The login-free demo lives on ENVIRONMENT = "development" alone, so that word must never reach Cloudflare.
 */
export function obstacles(configuration: string): string[] {
  const found: string[] = []
  const text = configuration.replace(/^\s*#.*$/gm, '')
  const environments = [...text.matchAll(/\bENVIRONMENT\s*=\s*(["'])(.*?)\1/g)].map((match) => match[2])
  if (!environments.length) found.push('wrangler.toml names no ENVIRONMENT')
  if (environments.some((environment) => environment !== 'production')) {
    found.push('ENVIRONMENT must be "production": anything else would open the login-free demo to everybody')
  }
  if (/\bdatabase_id\s*=\s*["'][0-]*["']/.test(text))
    found.push('database_id is a placeholder: run npx wrangler d1 create fairlead and enter its id')
  if (/^\s*id\s*=\s*["']0*["']/m.test(text)) {
    found.push('the id of the KV namespace is a placeholder: run npx wrangler kv namespace create CONFIGURATION and enter its id')
  }
  return found
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } })
  const reasons = obstacles(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'))
  for (const reason of reasons) console.error(`deploy: ${reason}`)
  if (values['dry-run']) {
    await build(true)
    await run('wrangler', ['deploy', '--dry-run', '--minify', '--outdir', 'dist/worker'])
    console.log(reasons.length ? 'built; not ready to ship for the reasons above' : 'built and ready to ship')
    return reasons.some((reason) => reason.startsWith('ENVIRONMENT')) ? 1 : 0
  }
  if (reasons.length) return 1
  await build(true)
  await migrateRemotely()
  await run('wrangler', ['deploy', '--minify'], { output: 'inherit' })
  return 0
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    console.error(`deploy: ${error instanceof Error ? error.message : error}`)
    return 1
  })
}
