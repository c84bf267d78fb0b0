import { allocate } from '../../worker/domain/pricing/learning/allocate.ts'
import { maturedDays } from '../../worker/domain/pricing/learning/maturity.ts'
import type { ArmDay } from '../../worker/domain/pricing/learning/types.ts'
import { weighArms } from '../../worker/domain/pricing/learning/weigh-arms.ts'
import { compareBeliefs, normalBelief } from '../../worker/domain/statistics/best.ts'
import { addMoments, type Moments, meanOf, NO_MOMENTS, varianceOf } from '../../worker/domain/statistics/moments.ts'
import type { Strategy } from './market.ts'

/** Equal shares for as long as the test lasts. */
export const uniform: Strategy = () => null

/** The product's own: `weighArms`, once a day. */
export const thompson: Strategy = (test, days, today) => {
  const { moved, weights, bySegment } = weighArms(test, days, today)
  return moved ? { weights, bySegment } : null
}

/** All on the highest raw mean so far, matured or not, once each arm has a hundred visitors: what many dashboards invite to. */
export const greedy: Strategy = (test, days) => {
  const sums = test.arms.map(({ key }) => days.filter(({ arm }) => arm === key).reduce(addRow, NO_MOMENTS))
  if (sums.some(({ n }) => n < test.minimumSample)) return null
  const means = sums.map((moments) => meanOf(moments) ?? 0)
  const highest = means.indexOf(Math.max(...means))
  return { weights: Object.fromEntries(test.arms.map(({ key }, at) => [key, at === highest ? 1 : 0])), bySegment: {} }
}

/** Thompson sampling on raw means of matured rewards: no weighting of periods, no whole week to wait for. */
export const unweighted: Strategy = (test, days, today) => {
  const arms = test.arms.map(({ key }) =>
    maturedDays(test, days, today)
      .filter(({ arm }) => arm === key)
      .reduce(addRow, NO_MOMENTS),
  )
  if (arms.some(({ n }) => n < test.minimumSample)) return null
  const beliefs = arms.map((arm) => normalBelief(meanOf(arm) ?? 0, Math.sqrt(((varianceOf(arm) ?? 0) + 1) / arm.n)))
  const shares = allocate(compareBeliefs(beliefs).map(({ chanceToBeBest }) => chanceToBeBest))
  return { weights: Object.fromEntries(test.arms.map(({ key }, at) => [key, shares[at] as number])), bySegment: {} }
}

const addRow = (moments: Moments, { exposed: n, sum, squares }: ArmDay): Moments => addMoments(moments, { n, sum, squares })
