import { sequenceMultiplier, TUNED_FOR } from '../../statistics/confidence-sequence.ts'
import { noncentralStudentSurvival } from '../../statistics/noncentral-student.ts'
import { normalCumulative } from '../../statistics/normal.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'
import { studentQuantile } from '../../statistics/student-quantile.ts'
import { chanceToCross, type Look } from './group-sequential.ts'

/** What is planned for: a share of people, or an amount with its deviation from person to person. */
export type PlannedMetric = { kind: 'proportion'; baseline: number } | { kind: 'mean'; baseline: number; standardDeviation: number }

/**
 * By what a fixed test is planned. unpooled: as R's power.prop.test, the null at the mean of both shares. pooled_null: as
 * Evan Miller's calculator, the null at the baseline. baseline_variance: both sides vary as the baseline does. interval:
 * the error of Welch's interval, at the planned effect. t: as R's power.t.test, the deviation being estimated. Like those
 * programs, the first two and the last leave out findings in the wrong direction, which where it matters never happen.
 */
export type PowerFormula = 'unpooled' | 'pooled_null' | 'baseline_variance' | 'interval' | 't'

/** How the result will be looked at, which sets how far from zero it must be to count. */
export type Watching =
  | { method: 'fixed' }
  | { method: 'sequential'; tunedFor?: number }
  | { method: 'group_sequential'; looks: readonly Pick<Look, 'fraction' | 'z'>[] }

export interface PowerPlan {
  metric: PlannedMetric
  /** Whether effects are shares of the baseline, tested as relative lift by the delta method. */
  relative: boolean
  alpha: number
  sides: 1 | 2
  watching: Watching
  formula: PowerFormula
}

/**
 * Chance that a test of `control` and `treatment` people finds an effect, in whichever direction it counts, with the
 * interval that will be used. Sequentially: at the last look, so that looking before makes it only likelier.
 *
 * @param effect in units of the metric, or with `relative` a share of the baseline; not zero
 * @example powerOf({ metric: { kind: 'proportion', baseline: 0.2 }, relative: false, alpha: 0.05, sides: 2,
 *            watching: { method: 'fixed' }, formula: 'unpooled' }, 0.05, 1094, 1094) // => 0.8001
 */
export function powerOf(plan: PowerPlan, effect: number, control: number, treatment: number): number {
  const { alpha, sides, watching } = plan
  const size = Math.abs(effect)
  const { ofNull, ofEffect } = errorsOf(plan, effect, control, treatment)
  if (watching.method === 'group_sequential') return chanceToCross(watching.looks, size / ofEffect, sides)
  if (watching.method === 'fixed' && plan.formula === 't') return powerOfStudent(plan, size / ofEffect, control + treatment - 2)
  const reach =
    watching.method === 'sequential'
      ? sequenceMultiplier(control + treatment, sides === 2 ? alpha : 2 * alpha, watching.tunedFor ?? TUNED_FOR)
      : normalQuantile(1 - alpha / sides)
  const bound = reach * ofNull
  const oneWay = sides === 1 || (watching.method === 'fixed' && (plan.formula === 'unpooled' || plan.formula === 'pooled_null'))
  const wrongWay = oneWay ? 0 : normalCumulative((-size - bound) / ofEffect)
  return normalCumulative((size - bound) / ofEffect) + wrongWay
}

function powerOfStudent({ alpha, sides }: PowerPlan, shift: number, freedom: number): number {
  return noncentralStudentSurvival(studentQuantile(1 - alpha / sides, freedom), freedom, shift)
}

/** The effect over its standard error: what a plan has to reach, whatever it is watched by. */
export const distanceOf = (plan: PowerPlan, effect: number, control: number, treatment: number): number =>
  Math.abs(effect) / errorsOf(plan, effect, control, treatment).ofEffect

/** Standard errors of the effect where there is none, by which is judged, and where there is this one. */
function errorsOf(plan: PowerPlan, effect: number, control: number, treatment: number): { ofNull: number; ofEffect: number } {
  const { metric, relative, watching, formula } = plan
  const { baseline } = metric
  const change = relative ? effect * baseline : effect
  const spreadOf = (value: number) => (metric.kind === 'mean' ? metric.standardDeviation ** 2 : value * (1 - value))
  const error = (ofControl: number, ofTreatment: number) => Math.sqrt(ofControl / control + ofTreatment / treatment)
  const [before, after] = [spreadOf(baseline), spreadOf(baseline + change)]
  if (relative) {
    const asBefore = watching.method === 'fixed' && formula === 'baseline_variance'
    const lifted = error(before * (1 + effect) ** 2, asBefore ? before : after) / Math.abs(baseline)
    return { ofNull: lifted, ofEffect: lifted }
  }
  const ofEffect = error(before, after)
  if (watching.method !== 'fixed') return { ofNull: ofEffect, ofEffect }
  switch (formula) {
    case 'unpooled': {
      const middle = spreadOf(baseline + change / 2)
      return { ofNull: error(middle, middle), ofEffect }
    }
    case 'pooled_null':
      return { ofNull: error(before, before), ofEffect }
    case 'baseline_variance':
      return { ofNull: error(before, before), ofEffect: error(before, before) }
    default:
      return { ofNull: ofEffect, ofEffect }
  }
}
