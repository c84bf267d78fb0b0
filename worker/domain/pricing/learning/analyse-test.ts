import { sequenceMultiplier } from '../../statistics/confidence-sequence.ts'
import { studentQuantile } from '../../statistics/student-quantile.ts'
import type { PriceTest } from '../types.ts'
import { type Cell, cellsOf } from './cells.ts'
import { ALPHA, estimateOf, liftOf, standingsOf } from './comparison.ts'
import { type Figure, figuresOf, LEAST_PURCHASES } from './figures.ts'
import { maturedDays } from './maturity.ts'
import { daysUntilReady, daysUntilSure } from './outlook.ts'
import { openKeys } from './propensity.ts'
import { peopleOf, tooEarly } from './readiness.ts'
import { sampleSplit } from './sample-split.ts'
import { segmentFigures } from './segments.ts'
import type { ArmAnalysis, ArmDay, Estimate, SegmentAnalysis, TestAnalysis } from './types.ts'
import { daysLeft, judge } from './verdict.ts'

/** An arm's figure with that of the control over the same periods. */
interface Pair {
  own: Figure | null
  control: Figure | null
}

/**
 * What a randomised test says, however its weights have moved.
 *
 * Every figure is weighed by inverse propensity over periods that count the same for all arms (`periodWeights`), so a losing
 * arm is not judged by the days left to it. `perVisitor` is a 95 % interval for one look. `lift` is a confidence sequence:
 * it holds at every look and for all arms together (Bonferroni), and the verdict says `ship` or `roll_back` by nothing else.
 * Where people are not split as they should be (p < 0.001) the verdict is `invalid` and no arm is called best.
 *
 * @param days all days of the test; only matured ones enter the figures
 */
export function analyseTest(test: PriceTest, days: readonly ArmDay[], today: string): TestAnalysis {
  const matured = maturedDays(test, days, today)
  const cells = cellsOf(test, matured)
  const pairs = pairsOf(test, cells)
  const standings = new Map(openKeys(test).map((key, at, keys) => [key, standingsOf(keys.map((one) => pairs.get(one)?.own ?? null))[at]]))
  const sampleRatio = sampleSplit(test, cellsOf(test, days))
  const alpha = ALPHA / Math.max(1, test.arms.length - 1)

  const arms = test.arms.map(({ key }, index): ArmAnalysis => {
    const { own = null, control = null } = pairs.get(key) ?? {}
    const standing = sampleRatio.mismatch ? null : standings.get(key)
    return {
      key,
      exposed: peopleOf(days, key),
      matured: peopleOf(matured, key),
      perVisitor: own && intervalOf(own),
      lift: index > 0 && own && control ? liftOf(control, own, sequenceMultiplier(own.effective + control.effective, alpha)) : null,
      chanceToBeBest: standing?.chanceToBeBest ?? null,
      expectedLoss: standing?.expectedLoss ?? null,
    }
  })

  const early = tooEarly(test, matured)
  const daysToVerdict = early === null ? daysUntilAnySure(test, pairs, alpha, matured) : daysUntilReady(test, days, today)
  const nothing = nothingToJudge(test, pairs)
  const ruling = judge(test, today, { arms, sampleRatio, tooEarly: early, nothing, isSequential: true, daysToVerdict })
  return {
    method: 'weighted',
    arms,
    sampleRatio,
    segments: segmentsOf(test, days, matured, cells),
    blocks: null,
    daysLeft: daysLeft(test, today),
    daysToVerdict: ruling.verdict === 'keep_running' ? daysToVerdict : null,
    ...ruling,
  }
}

const intervalOf = (figure: Figure): Estimate => estimateOf(figure, studentQuantile(1 - ALPHA / 2, Math.max(1, figure.effective - 1)))

/** Open arms over the periods of all of them; a closed one over those it shared with the control. */
function pairsOf(test: PriceTest, cells: readonly Cell[]): Map<string, Pair> {
  const controlKey = test.arms[0]?.key ?? ''
  const open = openKeys(test)
  const figures = figuresOf(cells, open)
  return new Map(
    test.arms.map(({ key }) => {
      const at = open.indexOf(key)
      if (at >= 0) return [key, { own: figures[at] ?? null, control: figures[open.indexOf(controlKey)] ?? null }]
      const [control = null, own = null] = figuresOf(cells, [controlKey, key])
      return [key, { own, control }]
    }),
  )
}

/** Why the figures of the open arms bear no verdict, though people enough have come. */
function nothingToJudge(test: PriceTest, pairs: ReadonlyMap<string, Pair>): string | null {
  for (const key of openKeys(test)) {
    const figure = pairs.get(key)?.own
    if (!figure) return 'nobody has bought yet, or everybody was worth the same'
    if (figure.purchases < LEAST_PURCHASES) return `${key} has too few purchases to judge by: it needs some ${LEAST_PURCHASES}`
  }
  return null
}

/** Until the first open arm would be surely better or worse than the control. */
function daysUntilAnySure(test: PriceTest, pairs: ReadonlyMap<string, Pair>, alpha: number, matured: readonly ArmDay[]): number | null {
  const elapsed = new Set(matured.map(({ day }) => day)).size
  const waits = openKeys(test).flatMap((key, index) => {
    const { own = null, control = null } = pairs.get(key) ?? {}
    const wait = index > 0 && own && control ? daysUntilSure(control, own, alpha, elapsed) : null
    return wait === null ? [] : [wait]
  })
  return waits.length > 0 ? Math.min(...waits) : null
}

/** Every segment that was seen; with estimates where enough is known to pool them. */
function segmentsOf(test: PriceTest, days: readonly ArmDay[], matured: readonly ArmDay[], cells: readonly Cell[]): SegmentAnalysis[] {
  const open = openKeys(test)
  const rowsOf = (among: readonly ArmDay[], segment: string) => among.filter((row) => row.segment === segment)
  const enough = (segment: string) => rowsOf(matured, segment).reduce((sum, { exposed }) => sum + exposed, 0) >= test.minimumSample
  const known = new Map(segmentFigures(test, cells, enough).map(({ segment, figures }) => [segment, figures]))
  const segments = [...new Set(days.map(({ segment }) => segment))].filter((segment) => segment !== null).sort()
  return segments.map((segment) => ({
    segment,
    arms: test.arms.map(({ key }) => {
      const figure = known.get(segment)?.[open.indexOf(key)]
      return {
        key,
        exposed: peopleOf(rowsOf(days, segment), key),
        matured: peopleOf(rowsOf(matured, segment), key),
        perVisitor: figure ? intervalOf(figure) : null,
      }
    }),
  }))
}
