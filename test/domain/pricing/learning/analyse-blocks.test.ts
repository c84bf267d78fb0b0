import { describe, expect, it } from 'vitest'
import { analyseBlocks, ratioOfSums } from '../../../../worker/domain/pricing/learning/analyse-blocks.ts'
import type { Block } from '../../../../worker/domain/pricing/learning/types.ts'
import { chance, exponential, integer, mulberry32 } from '../../../simulation/random.ts'
import { dayAfter, learningTest } from './figures.ts'

const test = learningTest({ mode: 'switchback', allocation: 'fixed' })
const AFTER_ALL = dayAfter(31)

/** Four windows a day for four weeks. Whole windows are good or bad, which is what makes their people no independent witnesses. */
function blocks(rates: Readonly<Record<string, number>>, seed = 1): Block[] {
  const random = mulberry32(seed)
  const arms = Object.keys(rates)
  return Array.from({ length: 112 }, (_, window) => {
    const arm = arms[integer(random, 0, arms.length - 1)] as string
    const visitors = integer(random, 20, 80)
    const rate = (rates[arm] as number) * exponential(random, 1)
    let buyers = 0
    for (let at = 0; at < visitors; at++) if (chance(random, rate)) buyers++
    return { window, place: 'SE', arm, day: dayAfter(Math.floor(window / 4)), visitors, sum: buyers * 10_000 }
  })
}

describe('ratioOfSums', () => {
  it('has the error of Cochran, worked by hand', () => {
    const some = [
      { visitors: 10, sum: 20 },
      { visitors: 20, sum: 40 },
      { visitors: 30, sum: 30 },
    ].map((part, window) => ({ ...part, window, place: 'SE', arm: 'control', day: dayAfter(0) }))
    // Ratio 1.5; residuals 5, 10, −15; √(3 ÷ 2 × 350) ÷ 60.
    expect(ratioOfSums(some)).toMatchObject({ value: 1.5, standardError: expect.closeTo(Math.sqrt(525) / 60, 12), effective: 3 })
  })
})

describe('analyseBlocks', () => {
  it('compares windows and gives its verdict at the end alone', () => {
    const some = blocks({ control: 0.05, variant_1: 0.2 })
    const running = analyseBlocks(test, some, dayAfter(25))
    expect(running).toMatchObject({ method: 'blocks', verdict: 'keep_running', sampleRatio: null })
    expect(running.sentence).toContain('a switchback is read once, at its end')
    const over = analyseBlocks(test, some, AFTER_ALL)
    expect(over).toMatchObject({ verdict: 'ship', arm: 'variant_1' })
    expect(over.blocks?.reduce((sum, one) => sum + one.blocks, 0)).toBe(112)
  })

  it('says that there are too few windows', () => {
    const some = blocks({ control: 0.05, variant_1: 0.1 }).slice(0, 12)
    const analysis = analyseBlocks(test, some, AFTER_ALL)
    expect(analysis).toMatchObject({ verdict: 'inconclusive', reasons: [expect.stringMatching(/of the 10 time windows it needs/)] })
  })

  it('finds a difference between equal prices in about one of twenty tests, though whole windows differ', () => {
    const verdicts = Array.from(
      { length: 400 },
      (_, seed) => analyseBlocks(test, blocks({ control: 0.1, variant_1: 0.1 }, seed), AFTER_ALL).verdict,
    )
    const found = verdicts.filter((verdict) => verdict !== 'inconclusive').length
    expect(found).toBeLessThanOrEqual(400 * 0.08)
    expect(found).toBeGreaterThanOrEqual(400 * 0.02)
  })

  it('explains what it cannot say, and never says NaN', () => {
    const empty = blocks({ control: 0.1, variant_1: 0.1 }).map((block) => ({ ...block, sum: 0 }))
    for (const some of [[], empty, empty.map((block) => ({ ...block, visitors: 0 })), empty.slice(0, 1)]) {
      const analysis = analyseBlocks(test, some, AFTER_ALL)
      expect(analysis.verdict).toBe('inconclusive')
      expect(analysis.reasons).toHaveLength(1)
      expect(JSON.stringify(analysis)).not.toContain('NaN')
      expect(analysis.arms.every(({ lift }) => lift === null)).toBe(true)
    }
  })
})
