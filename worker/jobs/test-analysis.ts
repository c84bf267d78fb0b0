import { compileConfiguration } from '../config.ts'
import { hasUncompiled, readTestSums, saveAnalysis } from '../db/price-tests.ts'
import { figuresOf, type TestFigures } from '../domain/pricing/test-figures.ts'
import type { StoredTest } from '../domain/pricing/test-life.ts'
import { analysisOf } from '../domain/pricing/test-results.ts'
import type { PriceTest } from '../domain/pricing/types.ts'
import { addDays } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { inTurn } from './in-turn.ts'

/** Who the audit log names for what the clock has started. */
export const CLOCK = 'schedule'

/**
 * Does the work of each test, whatever becomes of another's, then puts what has changed in force: also what a run before
 * this one had saved, where its compile failed.
 *
 * @returns how much was done, added up
 * @throws AggregateError at the end, so that the job counts as failed
 */
export async function withEach(env: Env, tests: readonly StoredTest[], work: (stored: StoredTest) => Promise<number>): Promise<number> {
  const { done, failure } = await inTurn('price test', tests, ({ test }) => test.id, work)
  // A snapshot whose clock was ahead may look newer than what has just been saved, and not hold it.
  if (done > 0 || (await hasUncompiled(env.DB))) await compileConfiguration(env, Date.now())
  if (failure) throw failure
  return done
}

export const readFigures = async (env: Env, test: PriceTest): Promise<TestFigures> => figuresOf(test, await readTestSums(env.DB, test))

/** Stores what a test said as the day before `today` ended. */
export async function keepAnalysis(env: Env, test: PriceTest, figures: TestFigures, today: string, madeAt: number): Promise<void> {
  const until = (of: { day: string }) => of.day < today
  const past = { ...figures, days: figures.days.filter(until), blocks: figures.blocks.filter(until) }
  await saveAnalysis(env.DB, test, addDays(today, -1), analysisOf(test, past, today), madeAt)
}
