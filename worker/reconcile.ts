import { appliedAfter, compareTableDigests } from './db/projections.ts'
import { formatDigest } from './domain/customer/rollup.ts'
import type { Env } from './env.ts'

const AT_ONCE = 20

export interface Reconciliation {
  checked: number
  differing: { object: string; why: string }[]
  table: { objects: string; rollups: string; equal: boolean }
  /** Last object asked; pass it as `after` to go on. Null at the end. */
  next: string | null
}

/**
 * Compares what D1 has applied of each object with the object's own account, and the digest of the whole sum table with
 * the sum of all digests. An object that is ahead is asked to send what is missing; a difference at the same entry cannot
 * come from a lost message and is reported.
 */
export async function reconcile(env: Env, { after, limit }: { after: string; limit: number }): Promise<Reconciliation> {
  const page = await appliedAfter(env.DB, after, limit)
  const differing: Reconciliation['differing'] = []
  for (let at = 0; at < page.length; at += AT_ONCE) {
    await Promise.all(
      page.slice(at, at + AT_ONCE).map(async ({ object, lastSeq, digest }) => {
        const stub = env.CUSTOMERS.get(env.CUSTOMERS.idFromString(object))
        const own = await stub.digests(lastSeq)
        if (own.current !== own.recomputed) differing.push({ object, why: 'its contributions do not add up to its digest' })
        if (own.atSeq !== null && own.atSeq !== digest) differing.push({ object, why: `entry ${lastSeq} was applied with another digest` })
        if (own.lastAcked > lastSeq) {
          differing.push({ object, why: `it has shipped ${own.lastAcked} entries, the database has ${lastSeq}: sent again` })
          await stub.catchUp(lastSeq)
        }
      }),
    )
  }
  const { objects, rollups } = await compareTableDigests(env.DB)
  const table = { objects: formatDigest(objects), rollups: formatDigest(rollups), equal: formatDigest(objects) === formatDigest(rollups) }
  return { checked: page.length, differing, table, next: page.length === limit ? (page.at(-1)?.object ?? null) : null }
}
