/** Runs every test and ends with one line of numbers. Arguments go to Vitest: `npm test -- test/domain`. */
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.ts'
import { endWithUs, ROOT, start } from './child.ts'
import { findChrome, HOW_TO_INSTALL_CHROME } from './chrome.ts'

const REPORT = join(ROOT, 'dist/test-report.json')

interface Report {
  numPassedTests: number
  numFailedTests: number
  testResults: { status: string; assertionResults: unknown[] }[]
}

async function main(): Promise<number> {
  const chrome = findChrome()
  if (!chrome) {
    console.error(HOW_TO_INSTALL_CHROME)
    return 1
  }
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  rmSync(REPORT, { force: true })
  await build(false)
  const vitest = start('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile=${REPORT}`, ...process.argv.slice(2)], {
    env: { CHROMIUM_PATH: chrome },
  })
  endWithUs([vitest])
  const [code] = (await once(vitest, 'close')) as [number | null]
  if (!existsSync(REPORT)) return code || 1
  const report = JSON.parse(readFileSync(REPORT, 'utf8')) as Report
  // A file that does not even load holds no tests; it counts as one failure.
  const broken = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests + broken} failed`)
  return code ?? 1
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`test: ${error instanceof Error ? error.message : error}`)
  return 1
})
