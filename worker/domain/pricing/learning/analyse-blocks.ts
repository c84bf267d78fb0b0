import { studentQuantile } from '../../statistics/student-quantile.ts'
import { welchFreedom } from '../../statistics/welch.ts'
import type { PriceTest } from '../types.ts'
import { ALPHA, estimateOf, liftOf, standingsOf } from './comparison.ts'
import type { Figure } from './figures.ts'
import { maturedDays } from './maturity.ts'
import { openKeys } from './propensity.ts'
import type { ArmAnalysis, Block, BlockSum, TestAnalysis } from './types.ts'
import { daysLeft, judge } from './verdict.ts'

/** Blocks an arm must have before a ratio of their sums is taken for normal. */
const LEAST_BLOCKS = 10

const sumOf = (blocks: readonly Block[], of: (block: Block) => number): number => blocks.reduce((sum, block) => sum + of(block), 0)

/**
 * Σ outcome ÷ Σ visitors of an arm's blocks. Its error is that of a ratio whose unit is the block: the people of one window
 * in one place all saw one price, so they are no independent witnesses of it. Null with fewer than two blocks, or where
 * nothing varies.
 *
 * Source: Cochran (1977), Sampling Techniques, 3rd edition, section 6.3.
 */
export function ratioOfSums(blocks: readonly Block[]): Figure | null {
  const visitors = sumOf(blocks, (block) => block.visitors)
  if (blocks.length < 2 || visitors === 0) return null
  const value = sumOf(blocks, ({ sum }) => sum) / visitors
  const residuals = sumOf(blocks, ({ sum, visitors }) => (sum - value * visitors) ** 2)
  const standardError = Math.sqrt((residuals * blocks.length) / (blocks.length - 1)) / visitors
  return standardError > 0 ? { value, standardError, effective: blocks.length, purchases: Number.NaN } : null
}

/**
 * What a switchback says: windows are compared, not their people. Its intervals are Student's with the degrees of freedom
 * of the blocks; they hold for all arms together (Bonferroni) but for one look only, so the verdict comes at the planned
 * end and not before.
 *
 * @param blocks all windows of the test; only those whose day has matured enter the figures
 */
export function analyseBlocks(test: PriceTest, blocks: readonly Block[], today: string): TestAnalysis {
  const visited = blocks.filter(({ visitors }) => visitors > 0)
  const matured = maturedDays(test, visited, today)
  const sums = test.arms.map(({ key }) => sumArm(matured, key))
  const open = openKeys(test)
  const figures = new Map(test.arms.map(({ key }) => [key, ratioOfSums(matured.filter(({ arm }) => arm === key))]))
  const standings = standingsOf(open.map((key) => figures.get(key) ?? null))
  const arms = test.arms.map(({ key }, index): ArmAnalysis => {
    const standing = standings[open.indexOf(key)]
    const figure = figures.get(key) ?? null
    const control = figures.get(test.arms[0]?.key ?? '') ?? null
    return {
      key,
      exposed: sumArm(visited, key).visitors,
      matured: sumArm(matured, key).visitors,
      perVisitor: figure && estimateOf(figure, studentQuantile(1 - ALPHA / 2, figure.effective - 1)),
      lift: index > 0 && figure && control ? liftOf(control, figure, reachOf(control, figure, test.arms.length - 1)) : null,
      chanceToBeBest: standing?.chanceToBeBest ?? null,
      expectedLoss: standing?.expectedLoss ?? null,
    }
  })
  const short = sums.find(({ arm, blocks }) => open.includes(arm) && blocks < LEAST_BLOCKS)
  const tooEarly = short ? `${short.arm} has had ${short.blocks} of the ${LEAST_BLOCKS} time windows it needs` : null
  const nothing = open.every((key) => figures.get(key)) ? null : 'nobody has bought yet, or every window was worth the same'
  const ruling = judge(test, today, { arms, sampleRatio: null, tooEarly, nothing, isSequential: false, daysToVerdict: null })
  return {
    method: 'blocks',
    arms,
    sampleRatio: null,
    segments: [],
    blocks: sums,
    daysLeft: daysLeft(test, today),
    daysToVerdict: null,
    ...ruling,
  }
}

function sumArm(blocks: readonly Block[], arm: string): BlockSum {
  const own = blocks.filter((block) => block.arm === arm)
  return { arm, blocks: own.length, visitors: sumOf(own, ({ visitors }) => visitors), sum: sumOf(own, ({ sum }) => sum) }
}

/** Standard errors to either side of a comparison, one of so many. */
function reachOf(control: Figure, variant: Figure, comparisons: number): number {
  const sides = [control, variant].map(({ standardError, effective }) => ({ squaredError: standardError ** 2, n: effective }))
  return studentQuantile(1 - ALPHA / comparisons / 2, Math.max(1, welchFreedom(sides)))
}
