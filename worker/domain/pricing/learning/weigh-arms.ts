import { compareBeliefs, normalBelief } from '../../statistics/best.ts'
import { addDays } from '../../time.ts'
import type { PriceTest } from '../types.ts'
import { allocate } from './allocate.ts'
import { type Cell, cellsOf } from './cells.ts'
import { hasWholeWeek, maturedDays } from './maturity.ts'
import { periodWeights } from './period-weights.ts'
import { poolSegments } from './pool-segments.ts'
import { isOpen, weightsUnder } from './propensity.ts'
import type { ArmDay, ArmWeighing, Weighing } from './types.ts'
import { type WeightedMean, weightedMean } from './weighted-mean.ts'

/** No test moves on fewer customers an arm, whatever it asks for. */
const LEAST_SAMPLE = 100

type Weights = Record<string, number>

/** What is known of one arm when its weight is set. */
interface Known {
  value: number
  variance: number
}

const sampleOf = (test: PriceTest): number => Math.max(LEAST_SAMPLE, test.minimumSample)
const openKeys = (test: PriceTest): string[] => test.arms.filter(isOpen).map(({ key }) => key)

/** Weights without the arms that are closed; the others share theirs in proportion. */
function withoutClosed(test: PriceTest, weights: Readonly<Weights>): Weights {
  const open = new Set(openKeys(test))
  const total = test.arms.reduce((sum, { key }) => (open.has(key) ? sum + (weights[key] ?? 0) : sum), 0)
  return Object.fromEntries(test.arms.map(({ key }) => [key, !open.has(key) ? 0 : total > 0 ? (weights[key] ?? 0) / total : 1 / open.size]))
}

const peopleOf = (days: readonly ArmDay[], arm: string): number => days.reduce((sum, row) => (row.arm === arm ? sum + row.exposed : sum), 0)

/** Why weights may not follow these days yet; null where they may. */
function holdBack(test: PriceTest, matured: readonly ArmDay[]): string | null {
  const least = sampleOf(test)
  const short = openKeys(test).find((key) => peopleOf(matured, key) < least)
  if (short !== undefined)
    return `${short} has ${peopleOf(matured, short)} of the ${least} customers it needs whose conversion window is over`
  if (!hasWholeWeek(matured)) return 'not every weekday has been seen with its conversion window over'
  return null
}

/**
 * What is known of each arm from these cells. All arms share one variance of a single person: an arm that was shown
 * little and happened to sell nothing would otherwise seem certain to sell nothing. Null while nobody has bought.
 */
function learn(cells: readonly Cell[], keys: readonly string[]): Known[] | null {
  const weights = periodWeights(cells, keys)
  const means = keys.map((key) => weightedMean(weights, key))
  if (!means.every((mean): mean is WeightedMean => mean !== null)) return null
  const people = means.reduce((sum, mean) => sum + mean.people, 0)
  const variance = means.reduce((sum, mean) => sum + mean.variance * mean.people, 0) / people
  return variance > 0 ? means.map(({ mean, effective }) => ({ value: mean, variance: variance / effective })) : null
}

const chancesOf = (known: readonly Known[]): number[] =>
  compareBeliefs(known.map(({ value, variance }) => normalBelief(value, Math.sqrt(variance)))).map(({ chanceToBeBest }) => chanceToBeBest)

/** Weights by the chance to be best, with the numbers that led to them. */
function moveTo(test: PriceTest, matured: readonly ArmDay[], known: readonly Known[], before: Readonly<Weights>) {
  const keys = openKeys(test)
  const chances = chancesOf(known)
  const shares = allocate(chances)
  const arms = test.arms.map(({ key }): ArmWeighing => {
    const at = keys.indexOf(key)
    const own = known[at]
    return {
      key,
      matured: peopleOf(matured, key),
      estimate: own?.value ?? null,
      standardError: own ? Math.sqrt(own.variance) : null,
      chanceToBeBest: chances[at] ?? null,
      before: before[key] ?? 0,
      after: shares[at] ?? 0,
    }
  })
  return { weights: Object.fromEntries(arms.map(({ key, after }) => [key, after])), arms }
}

/** Segments that know enough for themselves, each with what is known of its arms, partially pooled. */
function learnSegments(test: PriceTest, matured: readonly ArmDay[], cells: readonly Cell[]): Map<string, Known[]> {
  const known = new Map<string, Known[]>()
  if (test.segments === null) return known
  for (const [segment, own] of Map.groupBy(cells, (cell) => cell.segment)) {
    if (segment === null) continue
    const rows = matured.filter((row) => row.segment === segment)
    const learnt = holdBack(test, rows) === null ? learn(own, openKeys(test)) : null
    if (learnt) known.set(segment, learnt)
  }
  if (known.size < 2) return new Map()
  const pooled = poolSegments([...known.values()])
  return new Map([...known.keys()].map((segment, at) => [segment, pooled[at] as Known[]]))
}

/**
 * Weights for the UTC day after `today`, by what has been learnt until the beginning of `today`, or why they stay.
 *
 * Only people whose conversion window is over count, so that quick buyers do not speak for slow ones; weights first move
 * when each open arm has `minimumSample` of them and a whole week has been seen, so that no weekend crowns an arm.
 * A closed arm gets nothing, at once. Every number behind a weight is in the answer, for the audit log.
 *
 * @param days all days of the test; immature ones are left aside here
 */
export function weighArms(test: PriceTest, days: readonly ArmDay[], today: string): Weighing {
  const before = weightsUnder(test, today, null)
  const matured = maturedDays(test, days, today)
  const stay = (reason: string): Weighing => stayAt(test, matured, today, reason)
  const keys = openKeys(test)
  if (test.allocation !== 'thompson') return stay('the weights of this test are fixed')
  if (test.mode === 'switchback') return stay('a switchback is drawn by windows, not by what was learnt')
  if (keys.length < 2) return stay('one open arm alone has nothing to be weighed against')
  const held = holdBack(test, matured)
  if (held !== null) return stay(held)
  const cells = cellsOf(test, matured)
  const known = learn(cells, keys)
  if (!known) return stay('nobody has bought yet')

  const segments = [...learnSegments(test, matured, cells)].map(([segment, own]) => ({
    segment,
    ...moveTo(
      test,
      matured.filter((row) => row.segment === segment),
      own,
      weightsUnder(test, today, segment),
    ),
  }))
  const { weights, arms } = moveTo(test, matured, known, before)
  return {
    day: addDays(today, 1),
    moved: true,
    reason: `by the chance to be best, of ${arms.reduce((sum, arm) => sum + arm.matured, 0)} customers whose conversion window is over`,
    weights,
    bySegment: Object.fromEntries(segments.map(({ segment, weights }) => [segment, weights])),
    maturedThrough: lastDay(matured),
    arms,
    segments: segments.map(({ segment, arms }) => ({ segment, arms })),
  }
}

const lastDay = (days: readonly ArmDay[]): string | null =>
  days.reduce<string | null>((last, { day }) => (last === null || day > last ? day : last), null)

function stayAt(test: PriceTest, matured: readonly ArmDay[], today: string, reason: string): Weighing {
  const before = weightsUnder(test, today, null)
  const weights = withoutClosed(test, before)
  const bySegment = test.epochs.findLast(({ day }) => day <= today)?.bySegment ?? {}
  return {
    day: addDays(today, 1),
    moved: false,
    reason,
    weights,
    bySegment: Object.fromEntries(Object.entries(bySegment).map(([segment, own]) => [segment, withoutClosed(test, own)])),
    maturedThrough: lastDay(matured),
    arms: test.arms.map(({ key }) => ({
      key,
      matured: peopleOf(matured, key),
      estimate: null,
      standardError: null,
      chanceToBeBest: null,
      before: before[key] ?? 0,
      after: weights[key] ?? 0,
    })),
    segments: [],
  }
}
