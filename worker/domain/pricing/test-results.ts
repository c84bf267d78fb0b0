import type { ArmResult, PriceTestResults } from '../../contract/price-tests.ts'
import { toMajor } from '../money.ts'
import { addDays, DAY_MS, dayOf, startOfDay } from '../time.ts'
import { analyseBlocks } from './learning/analyse-blocks.ts'
import { analyseTest } from './learning/analyse-test.ts'
import type { ArmAnalysis, ArmSafety, Estimate, TestAnalysis } from './learning/types.ts'
import { type GroupSums, isReadByBlocks, type TestFigures } from './test-figures.ts'
import type { StoredTest } from './test-life.ts'
import type { PriceArm, PriceTest } from './types.ts'
import { weightToday } from './weight-epochs.ts'

/** What a test says at the beginning of a day, from the figures there are. One that was ended early is over from then on. */
export function analysisOf(test: PriceTest, figures: TestFigures, today: string): TestAnalysis {
  const asEnded = test.endedAt === undefined ? test : { ...test, endsAt: test.endedAt }
  return isReadByBlocks(test, figures) ? analyseBlocks(asEnded, figures.blocks, today) : analyseTest(asEnded, figures.days, today)
}

/**
 * Whether nothing can come of a test any more that would change what it says: a day began with the conversion windows of its
 * whole last day over, and that day is over, too.
 */
export const isSettled = ({ endedAt, endsAt, conversionWindowMs }: PriceTest, now: number): boolean =>
  startOfDay(addDays(dayOf((endedAt ?? endsAt) - 1), 2)) + conversionWindowMs + DAY_MS <= now

const NOBODY: GroupSums = { exposed: 0, buyers: 0, revenueMinor: 0 }

/** What a test says, on the wire: amounts in decimal major units. */
export function resultsOf(
  { test, status }: StoredTest,
  figures: TestFigures,
  history: readonly { day: string; analysis: TestAnalysis }[],
  now: number,
): PriceTestResults {
  const { currency } = test
  const analysis = analysisOf(test, figures, dayOf(now))
  const major = (minor: number) => toMajor(minor, currency)
  return {
    currency,
    arms: test.arms.map((arm) => armOf(test, arm, figures, analysis, now)),
    excluded: figures.excluded,
    method: analysis.method,
    blocks:
      analysis.blocks &&
      test.arms.map(({ key }) => ({
        arm: key,
        blocks: figures.blocks.filter(({ arm }) => arm === key).length,
        visitors: (figures.arms.get(key) ?? NOBODY).exposed,
        netRevenue: major((figures.arms.get(key) ?? NOBODY).revenueMinor),
      })),
    sampleRatio: analysis.sampleRatio,
    daysLeft: status === 'running' ? Math.max(0, Math.ceil((test.endsAt - now) / DAY_MS)) : 0,
    segments: [...figures.segments].sort(bySize).map(([segment, groups]) => ({
      segment,
      arms: test.arms.map(({ key }) => {
        const own = analysis.segments.find((each) => each.segment === segment)?.arms.find((each) => each.key === key)
        return { key, ...countsOf(groups.get(key), currency), perVisitor: majorOf(own?.perVisitor ?? null, currency) }
      }),
    })),
    verdict: analysis.verdict,
    arm: analysis.arm,
    sentence: analysis.sentence,
    reasons: [...analysis.reasons, ...besideThem(figures, analysis.method)],
    history: history.map(({ day, analysis: then }) => ({
      day,
      lifts: Object.fromEntries(then.arms.flatMap(({ key, lift }) => (lift ? [[key, liftOf(lift)]] : []))),
    })),
  }
}

/** Visits that a test read by its people leaves aside: where prices may not differ between people, a place saw one at a time. */
function besideThem({ blocks }: TestFigures, method: PriceTestResults['method']): string[] {
  const visitors = method === 'weighted' ? blocks.reduce((sum, block) => sum + block.visitors, 0) : 0
  return visitors === 0
    ? []
    : [`${visitors} more were shown one price for all of their place and time, as their law asks, and are not compared`]
}

const sizeOf = (groups: ReadonlyMap<string, GroupSums>): number => [...groups.values()].reduce((sum, { exposed }) => sum + exposed, 0)
const bySize = ([a, one]: [string, Map<string, GroupSums>], [b, other]: [string, Map<string, GroupSums>]): number =>
  sizeOf(other) - sizeOf(one) || (a < b ? -1 : 1)

const countsOf = ({ exposed, buyers, revenueMinor }: GroupSums = NOBODY, currency: string) => ({
  exposed,
  buyers,
  netRevenue: toMajor(revenueMinor, currency),
})

const liftOf = ({ value, low, high }: NonNullable<ArmAnalysis['lift']>) => ({ value, low, high })

const majorOf = (estimate: Estimate | null, currency: string): Estimate | null =>
  estimate && {
    value: toMajor(estimate.value, currency),
    standardError: toMajor(estimate.standardError, currency),
    low: toMajor(estimate.low, currency),
    high: toMajor(estimate.high, currency),
  }

function armOf(test: PriceTest, arm: PriceArm, figures: TestFigures, analysis: TestAnalysis, now: number): ArmResult {
  const { key, amountMinor, closedAt = null } = arm
  const { currency } = test
  const own = analysis.arms.find((each) => each.key === key)
  const safety = figures.safety.filter((each) => each.arm === key)
  const of = (count: keyof ArmSafety & ('buyers' | 'refunded' | 'disputed' | 'payers' | 'failed')) =>
    safety.reduce((sum, each) => sum + each[count], 0)
  return {
    key,
    amount: toMajor(amountMinor, currency),
    weight: weightToday(test, arm, now),
    closedAt,
    ...countsOf(figures.arms.get(key), currency),
    matured: own?.matured ?? 0,
    perVisitor: majorOf(own?.perVisitor ?? null, currency),
    lift: own?.lift ? liftOf(own.lift) : null,
    chanceToBeBest: own?.chanceToBeBest ?? null,
    expectedLoss: own?.expectedLoss === null || own?.expectedLoss === undefined ? null : toMajor(own.expectedLoss, currency),
    refunds: rateOf(of('refunded'), of('buyers')),
    disputes: rateOf(of('disputed'), of('buyers')),
    paymentFailures: rateOf(of('failed'), of('payers')),
  }
}

const rateOf = (count: number, of: number) => ({ count, of, rate: of > 0 ? count / of : null })
