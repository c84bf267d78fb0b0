import type { Env } from '../env.ts'
import { compareLedger, compareTable, type Reconciliation, reconcile } from '../reconcile.ts'

const SAMPLE = 500
const PAGE = 1_000

/** A sample is as good from anywhere: object ids are random. */
const randomStart = (): string =>
  crypto.getRandomValues(new Uint8Array(2)).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')

/** Compares some objects with what D1 has applied of them, and the ledger with the sums. */
export async function reconcileSample(env: Env): Promise<string> {
  const page = await reconcile(env, { after: randomStart(), limit: SAMPLE })
  report(page)
  const ledger = await compareLedger(env)
  for (const each of ledger) console.error('reconcile', each)
  const balance = ledger.length === 0 ? 'the ledger agrees with the sums' : `${ledger.length} sums of the ledger differ`
  return `${page.checked} objects asked, ${page.differing.length} differ; ${balance}`
}

/** Compares every object with what D1 has applied of it, and the whole sum table with all objects together. */
export async function reconcileAll(env: Env): Promise<string> {
  let checked = 0
  let differing = 0
  for (let after: string | null = ''; after !== null; ) {
    const page: Reconciliation = await reconcile(env, { after, limit: PAGE })
    report(page)
    checked += page.checked
    differing += page.differing.length
    after = page.next
  }
  const table = await compareTable(env)
  if (!table.equal) console.error('reconcile', table)
  return `${checked} objects asked, ${differing} differ; the sum table ${table.equal ? 'adds up' : 'does not add up'}`
}

function report({ differing }: Reconciliation): void {
  for (const each of differing) console.error('reconcile', each)
}
