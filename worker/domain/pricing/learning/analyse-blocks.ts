import { studentQuantile } from '../../statistics/student-quantile.ts'
import type { PriceTest } from '../types.ts'
import { ALPHA, estimateOf, type Figure, liftOf, standingsOf } from './comparison.ts'
import { isMatured } from './maturity.ts'
import { isOpen } from './propensity.ts'
import type { ArmAnalysis, Block, TestAnalysis } from './types.ts'
import { daysLeft, judge } from './verdict.ts'

/** Windows an arm must have before a ratio of their sums is taken for normal. */
const LEAST_BLOCKS = 10

const sumOf = (blocks: readonly Block[], of: (block: Block) => number): number => blocks.reduce((sum, block) => sum + of(block), 0)

/**
 * Σ outcome ÷ Σ visitors of an arm's blocks, with the error of a ratio whose unit is the block: its people all saw one price in one hour of one
 * place, so they are not independent. Null with fewer than two blocks.
 *
 * Source: Cochran (1977), Sampling Techniques, 3rd edition, section 6.3.
 */
export function ratioOfSums(blocks: readonly Block[]): Figure | null {
  const visitors = sumOf(blocks, (block) => block.visitors)
  if (blocks.length < 2 || visitors === 0) return null
  const value = sumOf(blocks, ({ sum }) => sum) / visitors
  const spread = sumOf(blocks, ({ sum, visitors }) => (sum - value * visitors) ** 2)
  const standardError = Math.sqrt((spread * blocks.length) / (blocks.length - 1)) / visitors
  return { value, standardError, effective: blocks.length }
}

/** Degrees of freedom of a difference of two figures (Welch and Satterthwaite), by their blocks. */
function freedomOf(a: Figure, b: Figure): number {
  const [first, second] = [a.standardError ** 2, b.standardError ** 2]
  const freedom = (first + second) ** 2 / (first ** 2 / (a.effective - 1) + second ** 2 / (b.effective - 1))
  return Number.isFinite(freedom) ? Math.max(1, freedom) : 1
}

export function analyseBlocks(test: PriceTest, blocks: readonly Block[], today: string): TestAnalysis {
  const matured = blocks.filter(({ day, visitors }) => visitors > 0 && isMatured(test, day, today))
  const blocksOf = (among: readonly Block[], key: string) => among.filter(({ arm }) => arm === key)
  const [control, ...variants] = test.arms
  const open = test.arms.filter(isOpen).map(({ key }) => key)
  const figures = new Map(test.arms.map(({ key }) => [key, ratioOfSums(blocksOf(matured, key))]))
  const standings = standingsOf(open.map((key) => figures.get(key) ?? null))
  const base = (control && figures.get(control.key)) ?? null
  const arms = test.arms.map(({ key }): ArmAnalysis => {
    const figure = figures.get(key) ?? null
    const standing = standings[open.indexOf(key)]
    return {
      key,
      exposed: sumOf(blocksOf(blocks, key), ({ visitors }) => visitors),
      matured: sumOf(blocksOf(matured, key), ({ visitors }) => visitors),
      perVisitor: figure && estimateOf(figure, studentQuantile(1 - ALPHA / 2, figure.effective - 1)),
      lift:
        key !== control?.key && figure && base
          ? liftOf(base, figure, studentQuantile(1 - ALPHA / variants.length / 2, freedomOf(base, figure)))
          : null,
      chanceToBeBest: standing?.chanceToBeBest ?? null,
      expectedLoss: standing?.expectedLoss ?? null,
    }
  })
  const counts = test.arms.map(({ key }) => ({ key, blocks: blocksOf(matured, key).length }))
  const short = counts.find(({ key, blocks }) => open.includes(key) && blocks < LEAST_BLOCKS)
  const tooEarly = short ? `${short.key} has had ${short.blocks} of the ${LEAST_BLOCKS} time windows it needs` : null
  const noFigure = arms.some(({ lift }) => lift) ? null : 'nobody has bought yet'
  const ruling = judge(test, today, { arms, sampleRatio: null, tooEarly, noFigure, sequential: false, daysToVerdict: null })
  return {
    method: 'blocks',
    arms,
    sampleRatio: null,
    segments: [],
    blocks: counts.map(({ key, blocks }) => ({
      arm: key,
      blocks,
      visitors: sumOf(blocksOf(matured, key), ({ visitors }) => visitors),
      sum: sumOf(blocksOf(matured, key), ({ sum }) => sum),
    })),
    daysLeft: daysLeft(test, today),
    daysToVerdict: null,
    ...ruling,
  }
}
