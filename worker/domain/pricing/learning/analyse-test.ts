import { sequenceMultiplier } from '../../statistics/confidence-sequence.ts'
import { MISMATCH_BELOW, sampleRatio } from '../../statistics/sample-ratio.ts'
import { studentQuantile } from '../../statistics/student-quantile.ts'
import type { PriceTest } from '../types.ts'
import { type Cell, cellsOf } from './cells.ts'
import { ALPHA, estimateOf, type Figure, liftOf, standingsOf } from './comparison.ts'
import { hasWholeWeek, maturedDays } from './maturity.ts'
import { periodWeights } from './period-weights.ts'
import { isOpen } from './propensity.ts'
import type { ArmAnalysis, ArmDay, Lift, TestAnalysis } from './types.ts'
import { daysLeft, judge } from './verdict.ts'
import { weightedMean } from './weighted-mean.ts'

function figureOf(weights: ReadonlyMap<Cell, number>, arm: string): Figure | null {
  const mean = weightedMean(weights, arm)
  return mean && { value: mean.mean, standardError: Math.sqrt(mean.variance / mean.effective), effective: mean.effective }
}

const exposedOf = (days: readonly ArmDay[], key: string): number =>
  days.reduce((sum, { arm, exposed }) => (arm === key ? sum + exposed : sum), 0)

/** Whether people were split as they were meant to be: by the chances of their day and segment, summed. */
function sampleRatioOf(test: PriceTest, cells: readonly Cell[]): NonNullable<TestAnalysis['sampleRatio']> {
  const sumOf = (count: (cell: Cell, key: string) => number) =>
    test.arms.map(({ key }) => cells.reduce((sum, cell) => sum + count(cell, key), 0))
  const expected = sumOf(({ exposed, propensities }, key) => exposed * (propensities.get(key) ?? 0))
  const { pValue } = sampleRatio(
    sumOf(({ moments }, key) => moments.get(key)?.n ?? 0),
    expected,
  )
  return { pValue, expected, mismatch: pValue < MISMATCH_BELOW }
}

export function analyseTest(test: PriceTest, days: readonly ArmDay[], today: string): TestAnalysis {
  const matured = maturedDays(test, days, today)
  const cells = cellsOf(test, matured)
  const [control, ...variants] = test.arms
  const open = test.arms.filter(isOpen).map(({ key }) => key)
  const weights = periodWeights(cells, open)
  const figures = open.map((key) => figureOf(weights, key))
  const standings = standingsOf(figures)
  const ratio = sampleRatioOf(test, cellsOf(test, days))
  const arms = test.arms.map(({ key }): ArmAnalysis => {
    const at = open.indexOf(key)
    const shared = at >= 0 ? weights : periodWeights(cells, [control?.key ?? key, key])
    const figure = figureOf(shared, key)
    const base = control && key !== control.key ? figureOf(shared, control.key) : null
    const lift: Lift | null =
      figure && base ? liftOf(base, figure, sequenceMultiplier(figure.effective + base.effective, ALPHA / variants.length)) : null
    return {
      key,
      exposed: exposedOf(days, key),
      matured: exposedOf(matured, key),
      perVisitor: figure && estimateOf(figure, studentQuantile(1 - ALPHA / 2, Math.max(1, figure.effective - 1))),
      lift,
      chanceToBeBest: ratio.mismatch ? null : (standings[at]?.chanceToBeBest ?? null),
      expectedLoss: ratio.mismatch ? null : (standings[at]?.expectedLoss ?? null),
    }
  })
  const short = arms.find(({ key, matured }) => open.includes(key) && matured < test.minimumSample)
  const tooEarly = short
    ? `${short.key} has ${short.matured} of the ${test.minimumSample} customers it needs whose conversion window is over`
    : hasWholeWeek(matured)
      ? null
      : 'not every weekday has been seen with its conversion window over'
  const noFigure = arms.some(({ key, lift }) => open.includes(key) && key !== control?.key && lift) ? null : 'nobody has bought yet'
  const ruling = judge(test, today, { arms, sampleRatio: ratio, tooEarly, noFigure, sequential: true, daysToVerdict: null })
  return {
    method: 'weighted',
    arms,
    sampleRatio: ratio,
    segments: [],
    blocks: null,
    daysLeft: daysLeft(test, today),
    daysToVerdict: null,
    ...ruling,
  }
}
