import { readConfiguration } from '../config.ts'
import { readReleased, refuseLongWaiting } from '../db/providers.ts'
import { DAY_MS } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { settleReleased } from '../settlement.ts'

/** A refund that has no purchase for so long is of one that was never told. */
const PATIENCE_MS = 30 * DAY_MS
const MOST_AT_ONCE = 500

/** Settles webhooks whose purchase is known by now, and gives up on those that have waited for too long. */
export async function settleWaiting(env: Env): Promise<string> {
  const now = Date.now()
  const later: Promise<unknown>[] = []
  const configuration = await readConfiguration(env, now, (promise) => later.push(promise))
  let settled = 0
  for (const waiting of await readReleased(env.DB, MOST_AT_ONCE)) if (await settleReleased(env, configuration, waiting, now)) settled++
  const refused = await refuseLongWaiting(env.DB, now - PATIENCE_MS, 'not_found')
  await Promise.allSettled(later)
  return `${settled} webhooks settled, ${refused} given up`
}
