/** Weighs what is shipped against its budgets: `npm run size`. Builds first; fails when something is too heavy. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from './build.ts'
import { ROOT, run } from './child.ts'

const KILOBYTE = 1024

interface Weight {
  what: string
  bytes: number
  budgetBytes: number
}

const weigh = (files: string[]): number => files.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0)

/** Scripts a page loads before anything is clicked: those its HTML names, and what these import at once. */
export function firstLoad(html: string): string[] {
  const directory = join(html, '..')
  const named = [...readFileSync(html, 'utf8').matchAll(/<(?:script|link)[^>]*\b(?:src|href)="\.?\/?([^"]+\.js)"/g)].map(
    (match) => match[1] as string,
  )
  const seen = new Set<string>()
  const open = named.map((name) => resolve(directory, name))
  for (let file = open.pop(); file; file = open.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const source = readFileSync(file, 'utf8')
    for (const match of source.matchAll(/(?:^|[;}\s])import\s*(?:[\w{}\s,*$]+from)?\s*"(\.[^"]+)"/g))
      open.push(join(file, '..', match[1] as string))
  }
  return [...seen]
}

const resolve = (directory: string, name: string): string => {
  const beside = join(directory, name)
  return existsSync(beside) ? beside : join(ROOT, 'dist/assets', name)
}

async function main(): Promise<number> {
  await build(false)
  const weights: Weight[] = []
  await run('wrangler', ['deploy', '--dry-run', '--minify', '--outdir', 'dist/worker'])
  weights.push({ what: 'Worker', bytes: weigh(globSync(join(ROOT, 'dist/worker/*.js'))), budgetBytes: 320 * KILOBYTE })
  const sdk = join(ROOT, 'dist/assets/sdk.js')
  if (existsSync(sdk)) weights.push({ what: 'sdk.js', bytes: weigh([sdk]), budgetBytes: 4 * KILOBYTE })
  const html = [join(ROOT, 'dist/assets/index.html'), join(ROOT, 'dist/assets/dashboard/index.html')].find(existsSync)
  if (html) weights.push({ what: 'dashboard, first load', bytes: weigh(firstLoad(html)), budgetBytes: 60 * KILOBYTE })
  for (const { what, bytes, budgetBytes } of weights) {
    const verdict = bytes === 0 ? 'MISSING' : bytes > budgetBytes ? 'TOO HEAVY' : 'ok'
    console.log(`${what.padEnd(24)} ${(bytes / KILOBYTE).toFixed(1).padStart(7)} KB gzip of ${budgetBytes / KILOBYTE} KB  ${verdict}`)
  }
  return weights.length === 3 && weights.every(({ bytes, budgetBytes }) => bytes > 0 && bytes <= budgetBytes) ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`size: ${error instanceof Error ? error.message : error}`)
  return 1
})
