import { forgetSilent } from '../db/projections.ts'
import { deleteExpired } from '../db/retention.ts'
import { DAY_MS } from '../domain/time.ts'
import type { Env } from '../env.ts'

/** Longer than a queue keeps a message: what D1 forgets nothing old can bring back. */
const SILENT_MS = 30 * DAY_MS
/** Each is one call; what is over waits for the next day. */
const MAXIMUM_VANISHING = 500
const AT_ONCE = 20

/** Deletes what has outlived its time in D1, and has objects that nobody needs any more leave nothing behind. */
export async function forgetOld(env: Env, now: number): Promise<string> {
  const deleted = await deleteExpired(env.DB, now)
  const silent = await forgetSilent(env.DB, now - SILENT_MS, MAXIMUM_VANISHING)
  for (let at = 0; at < silent.length; at += AT_ONCE) {
    await Promise.all(
      silent.slice(at, at + AT_ONCE).map((object) =>
        env.CUSTOMERS.get(env.CUSTOMERS.idFromString(object))
          .vanish()
          .catch((error: unknown) => console.warn('retention', object, error)),
      ),
    )
  }
  return `${deleted} rows deleted, ${silent.length} silent objects asked to leave`
}
