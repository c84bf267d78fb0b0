import { METRIC } from '../customer/metrics.ts'
import type { RollupName } from '../customer/rollup.ts'
import { dayOf } from '../time.ts'
import type { ArmDay, ArmSafety, Block } from './learning/types.ts'
import { OTHER_SEGMENT } from './price-test.ts'
import type { PriceTest } from './types.ts'

/** One sum of D1 about a test. */
export interface TestSum extends RollupName {
  sum: number
}

/** What a group of people did, in counts and minor units. */
export interface GroupSums {
  exposed: number
  buyers: number
  revenueMinor: number
}

export interface TestFigures {
  /** By segment where the test is read by one, else of all together: what learns from them adds them up. */
  days: ArmDay[]
  /** By arm and day of first exposure. */
  safety: ArmSafety[]
  blocks: Block[]
  arms: Map<string, GroupSums>
  segments: Map<string, Map<string, GroupSums>>
  /** People who left the analysis. */
  excluded: number
}

/**
 * Whether a test is read by its blocks: a switchback, and also a randomised test that ran nowhere but where drawing people
 * by lot is not allowed, and so had to be one.
 */
export const isReadByBlocks = ({ mode }: Pick<PriceTest, 'mode'>, { days, blocks }: Pick<TestFigures, 'days' | 'blocks'>): boolean =>
  mode === 'switchback' || (days.length === 0 && blocks.length > 0)

/**
 * Segments that are read on their own, the largest of them; the others are read together. One that has had weights of its own
 * stays by itself, however small it has become beside the others, or its people would be weighed by chances they never had.
 */
const MAXIMUM_SEGMENTS = 50
const SQUARES_BASE = 100_000_000n

/** The sums of a test, as they are read from D1, in the shape in which it is learnt from. */
export function figuresOf(test: PriceTest, sums: readonly TestSum[]): TestFigures {
  const armSums = sums.filter(({ dimension }) => dimension === 'arm')
  const segmentSums = mergeSmall(test, sums.filter(({ dimension }) => dimension === 'segment').map(inSegment))
  const whole = armSums.map((sum) => ({ ...sum, segment: null, arm: sum.value }))
  const { blocks, revenue } = blocksOf(test, sums)
  const segments = new Map<string, Map<string, GroupSums>>()
  for (const [segment, own] of Map.groupBy(segmentSums, (sum) => sum.segment)) segments.set(segment, groupsOf(test, own))
  const days = daysOf(test.segments ? segmentSums : whole)
  return {
    days,
    safety: safetyOf(armSums),
    blocks,
    arms: isReadByBlocks(test, { days, blocks }) ? blockGroups(blocks, revenue, armSums) : groupsOf(test, whole),
    segments,
    excluded: sums.reduce((total, { metric, sum }) => (metric === METRIC.exposedTwice ? total + sum : total), 0),
  }
}

type PlacedSum = TestSum & { segment: string | null; arm: string }
type SegmentSum = PlacedSum & { segment: string }

function inSegment(sum: TestSum): SegmentSum {
  const cut = sum.value.lastIndexOf('|')
  return { ...sum, segment: sum.value.slice(0, cut), arm: sum.value.slice(cut + 1) }
}

function mergeSmall({ epochs = [] }: PriceTest, sums: readonly SegmentSum[]): SegmentSum[] {
  const sizes = new Map<string, number>()
  for (const { metric, segment, sum } of sums) if (metric === METRIC.exposed) sizes.set(segment, (sizes.get(segment) ?? 0) + sum)
  if (sizes.size <= MAXIMUM_SEGMENTS) return [...sums]
  const bySize = [...sizes].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
  const largest = bySize.slice(0, MAXIMUM_SEGMENTS - 1).map(([segment]) => segment)
  const kept = new Set([...largest, ...epochs.flatMap(({ bySegment }) => Object.keys(bySegment))])
  return sums.map((sum) => (kept.has(sum.segment) ? sum : { ...sum, segment: OTHER_SEGMENT }))
}

const epochOf = ({ scope }: TestSum): string => scope.slice(scope.indexOf(':') + 1)

/** Moments by day, epoch, arm and segment, in that order. */
function daysOf(sums: readonly PlacedSum[]): ArmDay[] {
  const groups = Map.groupBy(sums, (sum) => JSON.stringify([sum.day, epochOf(sum), sum.arm, sum.segment]))
  return [...groups.values()]
    .map((group): ArmDay => {
      const first = group[0] as PlacedSum
      const { day, arm, segment } = first
      const of = (metric: string) => group.reduce((total, each) => (each.metric === metric ? total + BigInt(each.sum) : total), 0n)
      const high = of(METRIC.rewardSquaresHigh) * SQUARES_BASE + of(METRIC.rewardSquaresMiddle)
      return {
        day,
        epoch: epochOf(first),
        arm,
        segment,
        exposed: Number(of(METRIC.exposed)),
        sum: Number(of(METRIC.rewardSum)),
        squares: high * SQUARES_BASE + of(METRIC.rewardSquaresLow),
      }
    })
    .filter(({ exposed }) => exposed > 0)
    .sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1))
}

const rankOf = ({ day, epoch, arm, segment }: ArmDay): string => JSON.stringify([day, epoch, arm, segment])

function safetyOf(sums: readonly TestSum[]): ArmSafety[] {
  return [...Map.groupBy(sums, ({ value, day }) => JSON.stringify([day, value])).values()].map((group) => {
    const { value: arm, day } = group[0] as TestSum
    const of = sumIn(group)
    return {
      arm,
      day,
      buyers: of(METRIC.testBuyers),
      refunded: of(METRIC.testRefunded),
      disputed: of(METRIC.testDisputed),
      payers: of(METRIC.testPayers),
      failed: of(METRIC.testPaymentFailed),
    }
  })
}

const sumIn = (group: readonly TestSum[]) => (metric: string) =>
  group.reduce((total, each) => (each.metric === metric ? total + each.sum : total), 0)

/** A test that raises margin tells revenue apart; of others it is the reward. */
const revenueMetric = ({ metric }: PriceTest): string => (metric === 'margin' ? METRIC.testRevenue : METRIC.rewardSum)

function groupsOf(test: PriceTest, sums: readonly PlacedSum[]): Map<string, GroupSums> {
  const groups = [...Map.groupBy(sums, ({ arm }) => arm)].map(([arm, group]): [string, GroupSums] => {
    const of = sumIn(group)
    // Exposures from before buyers were counted were counted as rewarded alone.
    const buyers = of(METRIC.testBuyers) || of(METRIC.rewarded)
    return [arm, { exposed: of(METRIC.exposed), buyers, revenueMinor: of(revenueMetric(test)) }]
  })
  return new Map(groups)
}

/** People who come by on both sides of midnight may have put one block under two days. */
function blocksOf(test: PriceTest, sums: readonly TestSum[]): { blocks: Block[]; revenue: Map<string, number> } {
  const revenue = new Map<string, number>()
  const inBlocks = Map.groupBy(
    sums.filter(({ dimension }) => dimension === 'block'),
    ({ value }) => value,
  )
  const blocks = [...inBlocks].map(([value, group]): Block => {
    const [window, place, arm] = partsOf(value)
    const of = sumIn(group)
    const netMinor = of(METRIC.blockRevenue)
    revenue.set(arm, (revenue.get(arm) ?? 0) + netMinor)
    return {
      window,
      place,
      arm,
      day: dayOf(window * test.windowMs),
      visitors: of(METRIC.blockVisitors),
      sum: netMinor - of(METRIC.blockCost),
    }
  })
  return { blocks: blocks.sort((a, b) => a.window - b.window || (a.place < b.place ? -1 : 1)), revenue }
}

function partsOf(value: string): [window: number, place: string, arm: string] {
  const [window = '', place = '', ...arm] = value.split('|')
  return [Number(window), place, arm.join('|')]
}

/** Of blocks: people count once in each they came by in. */
function blockGroups(blocks: readonly Block[], revenue: ReadonlyMap<string, number>, armSums: readonly TestSum[]): Map<string, GroupSums> {
  const groups = [...Map.groupBy(blocks, ({ arm }) => arm)].map(([arm, own]): [string, GroupSums] => [
    arm,
    {
      exposed: own.reduce((total, { visitors }) => total + visitors, 0),
      buyers: sumIn(armSums.filter(({ value }) => value === arm))(METRIC.testBuyers),
      revenueMinor: revenue.get(arm) ?? 0,
    },
  ])
  return new Map(groups)
}
