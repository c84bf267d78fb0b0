/**
 * What a million events write and keep, in objects and in D1: `npm run bench:cost`. Loads the history of simulated people,
 * counts the rows that are billed, and reads the sizes of tables off the files.
 */
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import { inBatches, upload } from '../../client-sdk/cli/upload.ts'
import { simulateShop } from '../simulation/shop.ts'
import { startProduct } from './servers.ts'

const PEOPLE = 400
const MILLION = 1_000_000

type Written = { objects: number; database: number }

/** Waits until nothing more is written: the last outbox entry has reached D1 and is acknowledged. */
async function untilStill(url: string): Promise<Written> {
  for (let before = ''; ; ) {
    await sleep(6_000)
    const text = await (await fetch(`${url}/bench/written`)).text()
    if (text === before) return JSON.parse(text) as Written
    before = text
  }
}

interface Size {
  bytes: number
  rows: number
}

/** Bytes of a table with its indexes, and its rows. */
function sizeOf(db: DatabaseSync, table: string): Size {
  const { bytes } = db
    .prepare('SELECT SUM(pgsize) AS bytes FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = ?)')
    .get(table) as { bytes: number }
  const { rows } = db.prepare(`SELECT COUNT(*) AS rows FROM "${table}"`).get() as { rows: number }
  return { bytes, rows }
}

/** Of all files below a directory the one that has a table of this name. */
function databaseWith(directory: string, table: string): DatabaseSync {
  for (const path of globSync(join(directory, '**/*.sqlite'))) {
    const db = new DatabaseSync(path, { readOnly: true })
    if (db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table)) return db
    db.close()
  }
  throw new Error(`no file below ${directory} has a table ${table}`)
}

const directory = mkdtempSync(join(tmpdir(), 'fairlead-cost-'))
try {
  const server = await startProduct(directory)
  const url = `http://127.0.0.1:${server.port}`
  await configure(url)
  const before = await untilStill(url)
  const people = [...simulateShop({ seed: 20_260, now: Date.now() })].slice(0, PEOPLE)
  const events = people.reduce((sum, { length }) => sum + length, 0)
  await upload({ url, key: DEMO_SECRET_KEY }, inBatches(people), { importId: 'cost', label: 'Cost', total: events })
  const after = await untilStill(url)
  await server.miniflare.dispose()

  const perMillion = (count: number) => ((count / events) * MILLION).toLocaleString('en', { maximumFractionDigits: 0 })
  console.log(`${events} events of ${PEOPLE} people; per million events:`)
  console.log(`rows written in objects  ${perMillion(after.objects - before.objects)}`)
  console.log(`rows written in D1       ${perMillion(after.database - before.database)}`)
  const d1 = databaseWith(join(directory, 'd1'), 'rollups')
  for (const table of ['revenue_events', 'price_decisions', 'customers', 'applied', 'rollups']) {
    const { bytes, rows } = sizeOf(d1, table)
    console.log(`D1 ${table}: ${rows} rows, ${rows ? Math.round(bytes / rows) : 0} bytes each; ${perMillion(rows)} rows`)
  }
  const objects = globSync(join(directory, 'do/**/*.sqlite')).map((path) => {
    const db = new DatabaseSync(path, { readOnly: true })
    const { used } = db.prepare('SELECT SUM(pgsize) AS used FROM dbstat').get() as { used: number }
    const hasLog = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'batches'").get() !== undefined
    db.close()
    return hasLog ? used : 0
  })
  const kept = objects.filter((used) => used > 0)
  const total = kept.reduce((sum, used) => sum + used, 0)
  console.log(`objects: ${kept.length}, ${Math.round(total / kept.length / 1024)} KB each; ${perMillion(total / 1e6)} MB`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
