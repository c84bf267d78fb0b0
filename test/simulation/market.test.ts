import { describe, expect, it } from 'vitest'
import { analyseTest } from '../../worker/domain/pricing/learning/analyse-test.ts'
import { cellsOf } from '../../worker/domain/pricing/learning/cells.ts'
import { maturedDays } from '../../worker/domain/pricing/learning/maturity.ts'
import { periodWeights } from '../../worker/domain/pricing/learning/period-weights.ts'
import { weighArms } from '../../worker/domain/pricing/learning/weigh-arms.ts'
import { weightedMean } from '../../worker/domain/pricing/learning/weighted-mean.ts'
import { ALIKE, DEVICES, type Market, type Outcome, runMarket, type Strategy, THREE_ARMS, WEEKENDS } from './market.ts'
import { greedy, thompson, uniform, unweighted } from './strategies.ts'

/** Of a busy machine; alone each takes seconds. */
const PATIENCE_MS = 120_000

const lives = (market: Market, strategy: Strategy, count: number): Outcome[] =>
  Array.from({ length: count }, (_, seed) => runMarket(market, strategy, seed + 1))

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const meanOf = (values: readonly number[]): number => sumOf(values) / values.length
const regretOf = (outcomes: readonly Outcome[]): number => meanOf(outcomes.map(({ regretMinor }) => regretMinor))
/** Share of lives that end with the largest weight on an arm that is not the best. */
const shareLost = (outcomes: readonly Outcome[]): number => meanOf(outcomes.map(({ best, endedOn }) => (best === endedOn ? 0 : 1)))

describe('a market of three prices at 4, 5 and 6 %', { timeout: PATIENCE_MS }, () => {
  const learnt = lives(THREE_ARMS, thompson, 100)
  const truth = [400, 500, 600]

  it('costs at most 0.35 of what equal shares cost', () => {
    expect(regretOf(learnt) / regretOf(lives(THREE_ARMS, uniform, 10))).toBeLessThanOrEqual(0.35)
  })

  it('ends on the best price, which the greedy often does not', () => {
    expect(shareLost(learnt)).toBeLessThanOrEqual(0.05)
    expect(shareLost(lives(THREE_ARMS, greedy, 60))).toBeGreaterThan(0.1)
  })

  it('is told by intervals that hold what they promise, though weights followed what was seen', () => {
    const intervals = learnt.flatMap(({ test, days, today }) => {
      const { arms } = analyseTest(test, days, today)
      return arms.map(({ perVisitor }, at) =>
        Number((perVisitor?.low ?? 0) <= (truth[at] ?? 0) && (truth[at] ?? 0) <= (perVisitor?.high ?? 0)),
      )
    })
    // Of so many intervals the share that holds has an error of its own.
    const error = Math.sqrt((0.95 * 0.05) / intervals.length)
    expect(Math.abs(meanOf(intervals) - 0.95)).toBeLessThanOrEqual(3 * error)
  })

  it('is weighed by periods in the way that errs least where an arm was starved', () => {
    // Error of the worst price, by exponent of the overlap: 0 is traffic alone, 1 the overlap itself.
    const relative = (exponent: number) =>
      learnt.map(({ test, days }) => {
        const keys = test.arms.map(({ key }) => key)
        const worst = weightedMean(periodWeights(cellsOf(test, days), keys, exponent), 'control')
        return (worst?.mean ?? 0) / 400 - 1
      })
    const [traffic, root, overlap] = [0, 0.5, 1].map(relative) as [number[], number[], number[]]
    const spread = (errors: number[]) => Math.sqrt(meanOf(errors.map((error) => error ** 2)))
    expect(spread(root)).toBeLessThan(0.9 * spread(traffic))
    expect(meanOf(root)).toBeGreaterThan(meanOf(overlap))
  })

  it('moves no weight by a reward that has not matured', () => {
    const blind: Strategy = (test, days, today) => {
      const known = new Set(maturedDays(test, days, today))
      const blinded = days.map((row) => (known.has(row) ? row : { ...row, sum: 0, squares: 0n }))
      expect(weighArms(test, blinded, today)).toEqual(weighArms(test, days, today))
      return thompson(test, blinded, today)
    }
    const { test, revenueMinor } = runMarket(THREE_ARMS, blind, 1)
    expect(test.epochs).toEqual(learnt[0]?.test.epochs)
    expect(revenueMinor).toBe(learnt[0]?.revenueMinor)
  })
})

describe('a market of seasons', { timeout: PATIENCE_MS }, () => {
  it('ends on the price that wins at weekends and loses over the week in at most 5 % of 200 lives, which raw means do not', () => {
    expect(shareLost(lives(WEEKENDS, thompson, 200))).toBeLessThanOrEqual(0.05)
    expect(shareLost(lives(WEEKENDS, unweighted, 100))).toBeGreaterThan(0.08)
  })
})

describe('a market of segments', { timeout: PATIENCE_MS }, () => {
  it('earns more than the best price that is the same for all', () => {
    expect(regretOf(lives(DEVICES, thompson, 10))).toBeLessThan(0)
    const together: Strategy = (test, days, today) =>
      thompson(
        { ...test, segments: null },
        days.map((row) => ({ ...row, segment: null })),
        today,
      )
    expect(regretOf(lives(DEVICES, together, 10))).toBeGreaterThan(0)
  })
})

describe('a market of a price that earns half as much again', { timeout: PATIENCE_MS }, () => {
  it('has it shipped before the end where all prices are shown alike', () => {
    const market: Market = { ...THREE_ARMS, days: 56, visitorsOn: () => 500 }
    const arms = Array.from({ length: 20 }, (_, seed) => {
      let shipped: string | null = null
      runMarket(market, uniform, seed + 1, {}, (test, days, today) => {
        if (shipped !== null) return
        const { verdict, arm } = analyseTest(test, days, today)
        if (verdict === 'ship') shipped = arm
      })
      return shipped
    })
    expect(arms.filter((arm) => arm === 'variant_2').length).toBeGreaterThanOrEqual(16)
    expect(arms).not.toContain('control')
  })
})

describe('a market of prices that earn the same', { timeout: PATIENCE_MS }, () => {
  it.each([
    ['fixed weights', uniform],
    ['weights that follow noise', thompson],
  ])('is called a difference in at most 5 % of lives looked at every day: %s', (_, strategy) => {
    const alarms = Array.from({ length: 60 }, (_, seed) => {
      const verdicts = new Set<string>()
      runMarket(ALIKE, strategy, seed + 1, {}, (test, days, today) => verdicts.add(analyseTest(test, days, today).verdict))
      return Number(verdicts.has('ship') || verdicts.has('roll_back'))
    })
    expect(sumOf(alarms)).toBeLessThanOrEqual(3)
  })
})
