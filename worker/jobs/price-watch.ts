import type { AuditLine } from '../db/audit.ts'
import { readRunningTests, readSafetySums, replaceTest } from '../db/price-tests.ts'
import { findHarm } from '../domain/pricing/learning/find-harm.ts'
import { figuresOf } from '../domain/pricing/test-figures.ts'
import { ended, isDecided, type StoredTest } from '../domain/pricing/test-life.ts'
import { withClosed } from '../domain/pricing/weight-epochs.ts'
import { addDays, dayOf } from '../domain/time.ts'
import { priceTestOf } from '../domain/wire.ts'
import type { Env } from '../env.ts'
import { CLOCK, keepAnalysis, readFigures, withEach } from './test-analysis.ts'

/**
 * Closes arms of price tests whose refunds, disputes or failed payments are surely more than the control's, and ends tests
 * whose time is over. An arm that was closed is not looked at again, so a repeated run has one effect.
 */
export async function watchTests(env: Env, slot: number): Promise<string> {
  const changed = await withEach(env, await readRunningTests(env.DB), async (stored) => {
    const { startsAt, endsAt } = stored.test
    if (endsAt <= slot) return end(env, stored, slot)
    return startsAt <= slot ? closeHarmful(env, stored, slot) : 0
  })
  return `${changed} arms closed or tests over`
}

async function end(env: Env, stored: StoredTest, slot: number): Promise<number> {
  const after = ended(stored, 'stopped', slot)
  await keepAnalysis(env, after.test, await readFigures(env, stored.test), addDays(dayOf(stored.test.endsAt - 1), 1), slot)
  const isEnded = await replaceTest(env.DB, stored, after, [lineOf('price_test.ended', stored, after, slot)])
  return isEnded ? 1 : 0
}

/** With the control alone left there is nothing to compare: the test is over, and rolled back. */
async function closeHarmful(env: Env, stored: StoredTest, slot: number): Promise<number> {
  const { test } = stored
  const { safety } = figuresOf(test, await readSafetySums(env.DB, test))
  const harms = findHarm(test, safety)
  const keys = [...new Set(harms.map(({ arm }) => arm))]
  if (keys.length === 0) return 0
  const narrowed = { ...stored, test: withClosed(test, keys, slot) }
  const after = isDecided(narrowed.test) ? ended(narrowed, 'rolled_back', slot) : narrowed
  const closings = keys.map((key) => ({
    ...lineOf('price_test.arm_closed', stored, narrowed, slot),
    after: { arm: key, closedAt: slot, harm: harms.filter(({ arm }) => arm === key) },
  }))
  const lines = after === narrowed ? closings : [...closings, lineOf('price_test.rolled_back', narrowed, after, slot)]
  return (await replaceTest(env.DB, stored, after, lines)) ? keys.length : 0
}

const lineOf = (action: string, before: StoredTest, after: StoredTest, slot: number): AuditLine => ({
  at: Date.now(),
  actor: CLOCK,
  action,
  subject: before.test.id,
  before: priceTestOf(before, slot),
  after: priceTestOf(after, slot),
})
