import { readConfiguration } from '../config.ts'
import { type Backfill, beginBackfill, inForceSince, keepBackfill, objectsAfter, readBackfill } from '../db/definitions.ts'
import { MINUTE_MS } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { joinLines } from '../lines.ts'

/** Objects told in one run, which keeps it far below what a trigger may take. */
const MAXIMUM_A_RUN = 5_000
const PAGE = 500
const AT_ONCE = 20
/** More objects than this that cannot be told are no matter of single objects. */
const MAXIMUM_FAILED = 1_000
/** By then every isolate hands definitions along with events, and D1 knows of everybody who came before that. */
const SETTLED_MS = 2 * MINUTE_MS

/** How one object is told of the definitions in force. */
export type Tell = (object: string) => Promise<void>

/**
 * Tells the customers of before of the definitions in force, page by page of the table that knows them all, so that they are
 * counted by them from their first kept event on. Each run goes on where the last one ended. Whoever comes by meanwhile
 * adopts them by themselves, and is told here without effect; an object that cannot be told is tried again by the next run.
 *
 * @throws Error  so many objects cannot be told that something else must be wrong; what was done is kept
 */
export async function backfillDefinitions(env: Env, slot: number, limit = MAXIMUM_A_RUN, tell?: Tell): Promise<string> {
  const { root, definitions } = await readConfiguration(env, Date.now(), () => undefined, 0)
  const hash = root.definitions
  if (!hash) return 'nothing to tell'
  let backfill = await readBackfill(env.DB, hash)
  if (backfill?.finishedAt) return 'all customers have been told'
  if (!backfill) {
    const since = await inForceSince(env.DB, hash)
    if (since === null || slot < since + SETTLED_MS) return 'waits for definitions to be in force everywhere'
    backfill = await beginBackfill(env.DB, hash, slot)
  }
  const { text } = await definitions()
  return walk(env, backfill, limit, tell ?? ((object) => adopt(env, object, hash, text)))
}

async function walk(env: Env, begun: Backfill, limit: number, tell: Tell): Promise<string> {
  const again = begun.failed
  let backfill: Backfill = { ...begun, failed: await failuresOf(again, tell) }
  backfill.done += again.length - backfill.failed.length
  for (let told = again.length, isOver = false; !isOver; ) {
    const page = told < limit ? await objectsAfter(env.DB, backfill.cursor, Math.min(PAGE, limit - told)) : null
    if (page) {
      const failed = await failuresOf(page, tell)
      backfill = {
        ...backfill,
        cursor: page.at(-1) ?? backfill.cursor,
        done: backfill.done + page.length - failed.length,
        failed: [...backfill.failed, ...failed],
      }
      told += page.length
    }
    const isThrough = page?.length === 0
    if (isThrough && backfill.failed.length === 0) backfill.finishedAt = Date.now()
    if (backfill.failed.length > MAXIMUM_FAILED) throw new Error(`${backfill.failed.length} customers cannot be told of definitions`)
    await keepBackfill(env.DB, backfill)
    isOver = page === null || isThrough
  }
  const rest = backfill.failed.length > 0 ? `, ${backfill.failed.length} to be told again` : ''
  return `${backfill.done} of ${Math.max(backfill.total, backfill.done)} customers told${rest}`
}

/** The objects of these that could not be told. */
async function failuresOf(objects: readonly string[], tell: Tell): Promise<string[]> {
  const failed: string[] = []
  for (let at = 0; at < objects.length; at += AT_ONCE) {
    await Promise.all(
      objects.slice(at, at + AT_ONCE).map(async (object) => {
        try {
          await tell(object)
        } catch (error) {
          console.error('backfill', object, error)
          failed.push(object)
        }
      }),
    )
  }
  return failed
}

async function adopt(env: Env, object: string, hash: string, text: string): Promise<void> {
  const stub = env.CUSTOMERS.get(env.CUSTOMERS.idFromString(object))
  const now = String(Date.now())
  if ((await stub.adopt(joinLines(now, hash))) === null) await stub.adopt(joinLines(now, hash, text))
}
