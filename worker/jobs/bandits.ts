import { readRecentTests, replaceTest } from '../db/price-tests.ts'
import type { Weighing } from '../domain/pricing/learning/types.ts'
import { weighArms } from '../domain/pricing/learning/weigh-arms.ts'
import type { TestFigures } from '../domain/pricing/test-figures.ts'
import type { StoredTest } from '../domain/pricing/test-life.ts'
import { isSettled } from '../domain/pricing/test-results.ts'
import { validateEpoch } from '../domain/pricing/validate.ts'
import { withEpoch } from '../domain/pricing/weight-epochs.ts'
import { addDays, DAY_MS, dayOf } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { CLOCK, keepAnalysis, readFigures, withEach } from './test-analysis.ts'

/** The longest conversion window and a day: until then something may still come of a test that has ended. */
const WATCHED_AFTER_MS = 62 * DAY_MS

/**
 * Weighs the arms of price tests that learn for the next UTC day, each with its numbers in the audit log, and stores what
 * every test says that runs, or of which the last conversion windows are not over. A run that is repeated finds the next
 * day weighed and leaves it.
 */
export async function weighTests(env: Env, slot: number): Promise<string> {
  const today = dayOf(slot)
  const tests = (await readRecentTests(env.DB, slot - WATCHED_AFTER_MS)).filter(
    ({ test, status }) => test.startsAt <= slot && (status === 'running' || !isSettled(test, slot)),
  )
  const weighed = await withEach(env, tests, async (stored) => {
    const figures = await readFigures(env, stored.test)
    const isWeighed = await weigh(env, stored, figures, today)
    await keepAnalysis(env, stored.test, figures, today, slot)
    return isWeighed ? 1 : 0
  })
  return `${weighed} tests weighed anew, ${tests.length} analysed`
}

/** Whether the weights of tomorrow are others than today's. Tomorrow's may stand already: weighed before, or since an arm was closed. */
async function weigh(env: Env, stored: StoredTest, figures: TestFigures, today: string): Promise<boolean> {
  const { test, status } = stored
  const tomorrow = addDays(today, 1)
  if (status !== 'running' || test.allocation !== 'thompson' || dayOf(test.endsAt - 1) < tomorrow) return false
  if (test.epochs.some(({ day }) => day >= tomorrow)) return false
  const weighing: Weighing = weighArms(test, figures.days, today)
  if (!weighing.moved) return false
  const epoch = { day: weighing.day, weights: weighing.weights, bySegment: weighing.bySegment }
  validateEpoch(test, epoch)
  const after = { ...stored, test: withEpoch(test, epoch) }
  const before = test.epochs.at(-1)
  return replaceTest(env.DB, stored, after, [
    { at: Date.now(), actor: CLOCK, action: 'price_test.reweighed', subject: test.id, before, after: weighing },
  ])
}
