import { readTestSums, saveAnalysis } from '../db/price-tests.ts'
import { figuresOf, type TestFigures } from '../domain/pricing/test-figures.ts'
import { analysisOf } from '../domain/pricing/test-results.ts'
import type { PriceTest } from '../domain/pricing/types.ts'
import { addDays } from '../domain/time.ts'
import type { Env } from '../env.ts'

/** Who the audit log names for what the clock has started. */
export const CLOCK = 'schedule'

export const readFigures = async (env: Env, test: PriceTest): Promise<TestFigures> => figuresOf(test, await readTestSums(env.DB, test))

/** Stores what a test said as the day before `today` ended. */
export async function keepAnalysis(env: Env, test: PriceTest, figures: TestFigures, today: string, madeAt: number): Promise<void> {
  const until = (of: { day: string }) => of.day < today
  const past = { ...figures, days: figures.days.filter(until), blocks: figures.blocks.filter(until) }
  await saveAnalysis(env.DB, test, addDays(today, -1), analysisOf(test, past, today), madeAt)
}
