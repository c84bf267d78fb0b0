import { addDays } from '../../time.ts'
import { OTHER_SEGMENT } from '../price-test.ts'
import type { PriceTest } from '../types.ts'
import { among } from '../weight-epochs.ts'
import { allocate } from './allocate.ts'
import { cellsOf } from './cells.ts'
import { standingsOf } from './comparison.ts'
import { allKnown, type Figure, figuresOf } from './figures.ts'
import { maturedDays } from './maturity.ts'
import { epochOf, openKeys, type Weights, weightsOn } from './propensity.ts'
import { peopleOf, tooEarly } from './readiness.ts'
import { segmentFigures } from './segments.ts'
import type { ArmDay, ArmWeighing, Weighing } from './types.ts'

/**
 * Weights for the UTC day after `today`, by what has been learnt until the beginning of `today`, or why they stay.
 *
 * Only people whose conversion window is over count, so that quick buyers do not speak for slow ones. Weights first move
 * when each open arm has `minimumSample` of them and every weekday has been seen, so that no weekend crowns an arm; then
 * they follow the chance to be best, at least 1 % an open arm. A closed arm gets nothing, at once. A segment
 * with enough people of its own has weights of its own, from partially pooled estimates; the others take the overall ones, and
 * with them `OTHER_SEGMENT`: many small segments are read as it, each of which is drawn under its own name.
 *
 * @param days all days of the test; immature ones are left aside here
 */
export function weighArms(test: PriceTest, days: readonly ArmDay[], today: string): Weighing {
  const matured = maturedDays(test, days, today)
  const cells = cellsOf(test, matured)
  const figures = allKnown(figuresOf(cells, openKeys(test)))
  const reason = reasonToStay(test, matured, figures)
  if (reason !== null || figures === null) return stay(test, matured, today, reason ?? '')

  const rowsOf = (segment: string) => matured.filter((row) => row.segment === segment)
  const ready = segmentFigures(test, cells, (segment) => tooEarly(test, rowsOf(segment)) === null)
  const named = ready.filter(({ segment }) => segment !== OTHER_SEGMENT)
  const segments = named.map(({ segment, contrasts }) => ({
    segment,
    arms: moved(test, rowsOf(segment), contrasts, weightsOn(test, today, segment)),
  }))
  const arms = moved(test, matured, figures, weightsOn(test, today, null))
  return {
    day: addDays(today, 1),
    moved: true,
    reason: `By the chance to be best, learnt from ${arms.reduce((sum, arm) => sum + arm.matured, 0)} customers whose conversion window is over`,
    weights: weightsAfter(arms),
    bySegment: Object.fromEntries(segments.map(({ segment, arms }) => [segment, weightsAfter(arms)])),
    maturedThrough: lastDay(matured),
    arms,
    segments,
  }
}

function reasonToStay(test: PriceTest, matured: readonly ArmDay[], figures: readonly Figure[] | null): string | null {
  if (test.allocation !== 'thompson') return 'The weights of this test are fixed'
  if (test.mode === 'switchback') return 'A switchback is drawn by time windows, not by what was learnt'
  if (openKeys(test).length < 2) return 'One open arm alone has nothing to be weighed against'
  const early = tooEarly(test, matured)
  if (early !== null) return `Too early: ${early}`
  return figures === null ? 'Nobody has bought yet' : null
}

/** Weights by the chance to be best, with the numbers that led to them. */
function moved(test: PriceTest, matured: readonly ArmDay[], figures: readonly Figure[], before: Weights): ArmWeighing[] {
  const chances = standingsOf(figures).map((standing) => standing?.chanceToBeBest ?? 0)
  const weights = allocate(chances)
  const keys = openKeys(test)
  return test.arms.map(({ key }) => {
    const at = keys.indexOf(key)
    const figure = figures[at]
    return {
      key,
      matured: peopleOf(matured, key),
      estimate: figure?.value ?? null,
      standardError: figure?.standardError ?? null,
      chanceToBeBest: chances[at] ?? null,
      before: before[key] ?? 0,
      after: weights[at] ?? 0,
    }
  })
}

/** The weights of `today` once more, but nothing for arms that have been closed. */
function stay(test: PriceTest, matured: readonly ArmDay[], today: string, reason: string): Weighing {
  const open = openKeys(test)
  const before = weightsOn(test, today, null)
  const weights = among(before, open)
  const { bySegment } = epochOf(test, today)
  return {
    day: addDays(today, 1),
    moved: false,
    reason,
    weights,
    bySegment: Object.fromEntries(Object.entries(bySegment).map(([segment, own]) => [segment, among(own, open)])),
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

const weightsAfter = (arms: readonly ArmWeighing[]): Weights => Object.fromEntries(arms.map(({ key, after }) => [key, after]))

const lastDay = (days: readonly ArmDay[]): string | null =>
  days.reduce<string | null>((last, { day }) => (last === null || day > last ? day : last), null)
