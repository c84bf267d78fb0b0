import { type LedgerSum, readLedgerSums } from './db/ledger.ts'
import { appliedAfter, appliedOf, compareTableDigests } from './db/projections.ts'
import { formatDigest } from './domain/customer/rollup.ts'
import type { Env } from './env.ts'

const AT_ONCE = 20

export interface Difference {
  object: string
  why: string
}

export interface Reconciliation {
  checked: number
  differing: Difference[]
  /** Last object asked; pass it as `after` to go on. Null at the end. */
  next: string | null
}

/**
 * Compares what D1 has applied of each object with the object's own account. An object that is ahead is asked to send what
 * is missing; a difference at the same entry cannot come from a lost message and is for a person to look at. Both are
 * reported, and so is an object that cannot be asked.
 */
export async function reconcile(env: Env, { after, limit }: { after: string; limit: number }): Promise<Reconciliation> {
  const page = await appliedAfter(env.DB, after, limit)
  const differing: Difference[] = []
  for (let at = 0; at < page.length; at += AT_ONCE) {
    const whys = await Promise.all(
      page.slice(at, at + AT_ONCE).map(async ({ object, lastSeq, digest }) => {
        try {
          return { object, why: await compare(env, object, lastSeq, digest) }
        } catch (error) {
          console.error('reconcile', object, error)
          return { object, why: 'it cannot be asked' }
        }
      }),
    )
    for (const { object, why } of whys) if (why !== null) differing.push({ object, why })
  }
  return { checked: page.length, differing, next: page.length === limit ? (page.at(-1)?.object ?? null) : null }
}

async function compare(env: Env, object: string, lastSeq: number, digest: string): Promise<string | null> {
  const stub = env.CUSTOMERS.get(env.CUSTOMERS.idFromString(object))
  const own = await stub.digests(lastSeq)
  if (own.current !== own.recomputed) return 'its contributions do not add up to its digest'
  if (own.atSeq !== null && own.atSeq !== digest) return `entry ${lastSeq} was applied with another digest`
  if (own.lastAcked <= lastSeq) return null
  // It may have shipped between our two questions.
  const now = await appliedOf(env.DB, object)
  if (now >= own.lastAcked) return null
  await stub.catchUp(now)
  return `it has shipped ${own.lastAcked} entries, the database has ${now}: sent again`
}

/** Compares the digest of the whole sum table with the sum of all objects' digests. */
export async function compareTable(env: Env): Promise<{ objects: string; rollups: string; equal: boolean }> {
  const digests = await compareTableDigests(env.DB)
  const [objects, rollups] = [formatDigest(digests.objects), formatDigest(digests.rollups)]
  return { objects, rollups, equal: objects === rollups }
}

/** Sums of the ledger's entries that are not the sums of the analytics; none is as it should be. */
export async function compareLedger(env: Env): Promise<LedgerSum[]> {
  return (await readLedgerSums(env.DB)).filter(({ ledger, sums }) => ledger !== sums)
}
