import { DomainError } from '../../error.ts'
import { sequenceMultiplier, TUNED_FOR } from '../../statistics/confidence-sequence.ts'
import { normalCumulative } from '../../statistics/normal.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'
import { rootOf } from '../../statistics/root.ts'
import { chanceToCross, groupSequentialBoundaries, type Spending } from './group-sequential.ts'
import type { NoResult } from './metric-moments.ts'
import { distanceOf, type PlannedMetric, type PowerFormula, type PowerPlan, powerOf, type Watching } from './power.ts'

export type PlannedWatching =
  | Exclude<Watching, { method: 'group_sequential' }>
  | { method: 'group_sequential'; fractions: readonly number[]; spending?: Spending }

export interface SampleTerms {
  metric: PlannedMetric
  /** Default false: effects are in units of the metric. */
  relative?: boolean
  /** Chance of a finding where there is nothing. Default 0.05. */
  alpha?: number
  sides?: 1 | 2
  /** Share of people in the control and in each treatment; together they need not be 1. Default two equal arms. */
  shares?: readonly number[]
  watching?: PlannedWatching
  /** Default: `unpooled` of shares, `interval` of means and of relative lift. */
  formula?: PowerFormula
  /** Whether alpha is divided among the treatments. Default none. */
  correction?: 'none' | 'bonferroni'
}

export interface SampleSize {
  /** People of each arm, rounded up. */
  perArm: number[]
  total: number
  /** Of the control, before rounding. */
  exact: number
  formula: PowerFormula
}

const FEWEST = 2
/** More people than live. */
const MOST = 1e12

interface Design extends PowerPlan {
  shares: readonly number[]
}

/** What the plan is made by, where it does not say. */
export const formulaOf = ({ metric, relative = false, watching, formula }: SampleTerms): PowerFormula => {
  if (watching && watching.method !== 'fixed') return 'interval'
  return formula ?? (metric.kind === 'proportion' && !relative ? 'unpooled' : 'interval')
}

function designOf(terms: SampleTerms): Design {
  const { metric, relative = false, alpha = 0.05, sides = 2, shares = [1, 1], watching = { method: 'fixed' }, correction = 'none' } = terms
  const fail = (message: string, field: string) => new DomainError('invalid_field', message, field)
  if (!(alpha > 0 && alpha < 0.5)) throw fail('a sample size requires an alpha between 0 and 0.5', 'alpha')
  if (shares.length < 2 || shares.some((share) => !(share > 0)))
    throw fail('a sample size requires two arms or more, each with people', 'shares')
  if (metric.kind === 'proportion' && !(metric.baseline > 0 && metric.baseline < 1)) throw fail('a share lies between 0 and 1', 'baseline')
  if (metric.kind === 'mean' && !(metric.standardDeviation > 0))
    throw fail('a mean requires a positive standard deviation', 'standardDeviation')
  if (relative && metric.baseline === 0) throw fail('nothing is a share of a baseline of zero', 'baseline')
  const whole = shares.reduce((sum, share) => sum + share, 0)
  const each = correction === 'bonferroni' ? alpha / (shares.length - 1) : alpha
  return {
    metric,
    relative,
    alpha: each,
    sides,
    watching:
      watching.method === 'group_sequential'
        ? { method: watching.method, looks: groupSequentialBoundaries({ ...watching, alpha: each, sides }) }
        : watching,
    formula: formulaOf(terms),
    shares: shares.map((share) => share / whole),
  }
}

type Figure = (plan: PowerPlan, effect: number, control: number, treatment: number) => number

/** Of control and the treatment with the fewest people, which decides. */
const among = (figure: Figure, design: Design, effect: number, total: number): number =>
  figure(design, effect, total * (design.shares[0] as number), total * Math.min(...design.shares.slice(1)))

const DRIFT_TOLERANCE = 1e-9

/** Rises through zero where the power is as wanted. Planned looks are walked for that once, not at every step of a search. */
function surplusOf(design: Design, wanted: number): (effect: number, total: number) => number {
  const { watching, sides } = design
  if (watching.method !== 'group_sequential') return (effect, total) => among(powerOf, design, effect, total) - wanted
  const drift = rootOf((at) => chanceToCross(watching.looks, at, sides) - wanted, 0, 4, DRIFT_TOLERANCE)
  return (effect, total) => among(distanceOf, design, effect, total) - drift
}

function checkEffect({ metric, relative }: Design, effect: number): void {
  const after = metric.baseline + (relative ? effect * metric.baseline : effect)
  if (effect === 0 || !Number.isFinite(effect)) throw new DomainError('invalid_field', 'an effect is required that is not zero', 'mde')
  if (metric.kind === 'proportion' && !(after > 0 && after < 1))
    throw new DomainError('invalid_field', 'the baseline and the effect together leave no share between 0 and 1', 'mde')
}

const checkPower = (power: number, alpha: number): void => {
  if (!(power > alpha && power < 1)) throw new DomainError('invalid_field', 'a power lies between alpha and 1', 'power')
}

/**
 * People it takes to find an effect, with the interval that will be used.
 *
 * Sources: as `PowerFormula` says; R 4.2 stats; Jennison and Turnbull (2000) for planned looks.
 *
 * @param effect smallest effect worth finding: in units of the metric, or with `relative` a share of the baseline
 * @throws DomainError invalid_field  an effect of zero or out of the metric's range, power not between alpha and 1
 * @example sampleSize({ metric: { kind: 'proportion', baseline: 0.2 } }, 0.05).perArm // => [1094, 1094]
 */
export function sampleSize(terms: SampleTerms, effect: number, power = 0.8): SampleSize | NoResult {
  const design = designOf(terms)
  checkEffect(design, effect)
  checkPower(power, design.alpha)
  const least = FEWEST / Math.min(...design.shares)
  const surplus = surplusOf(design, power)
  if (surplus(effect, MOST) < 0) return { reason: 'no number of people that there are would find so small an effect' }
  const total = rootOf((people) => surplus(effect, people), least, least * 2)
  // A hair less than a whole number is the whole number.
  const perArm = design.shares.map((share) => Math.ceil(total * share - 1e-6))
  return { perArm, total: perArm.reduce((sum, n) => sum + n, 0), exact: total * (design.shares[0] as number), formula: design.formula }
}

/**
 * Chance to find an effect with so many people in all arms together.
 *
 * @throws DomainError invalid_field  as `sampleSize`, or fewer than two people in an arm
 */
export function power(terms: SampleTerms, effect: number, total: number): number {
  const design = designOf(terms)
  checkEffect(design, effect)
  checkTotal(design, total)
  return among(powerOf, design, effect, total)
}

/**
 * Smallest effect that so many people in all arms together find with a given chance: upwards, or with `decrease`
 * downwards, where it is below zero. A reason where none is large enough.
 *
 * @throws DomainError invalid_field  as `power`
 */
export function minimumDetectableEffect(
  terms: SampleTerms,
  total: number,
  { power: wanted = 0.8, decrease = false }: { power?: number; decrease?: boolean } = {},
): { effect: number } | NoResult {
  const design = designOf(terms)
  checkPower(wanted, design.alpha)
  checkTotal(design, total)
  const sign = decrease ? -1 : 1
  const most = largestEffect(design, decrease)
  const surplus = surplusOf(design, wanted)
  if (surplus(sign * most, total) < 0) return { reason: 'too few people to find any effect at all with this chance' }
  return { effect: sign * rootOf((size) => surplus(sign * size, total), 0, most) }
}

function checkTotal({ shares }: Design, total: number): void {
  if (!(total * Math.min(...shares) >= FEWEST)) throw new DomainError('invalid_field', 'every arm requires two people or more', 'total')
}

/** Just inside what the metric can be. */
function largestEffect({ metric, relative }: Design, decrease: boolean): number {
  const scale = relative ? Math.abs(metric.baseline) : 1
  if (metric.kind === 'mean') return (1e9 * metric.standardDeviation) / scale
  return ((decrease ? metric.baseline : 1 - metric.baseline) * (1 - 1e-9)) / scale
}

/**
 * How many more people a running test needs, as a share of those it has, to find an effect with a given chance: by its own
 * standard error, which falls with the root of the people.
 *
 * @param n    people behind the standard error, of both sides
 * @param mde  in units of the standard error's effect
 * @returns 0 where there are enough
 * @example remainingShare({ standardError: 0.0918, n: 1000, mde: 0.05 }) // => 25.46
 */
export function remainingShare({
  standardError,
  n,
  mde,
  alpha = 0.05,
  power: wanted = 0.8,
  method = 'fixed',
  tunedFor = TUNED_FOR,
}: {
  standardError: number
  n: number
  mde: number
  alpha?: number
  power?: number
  method?: 'fixed' | 'sequential'
  tunedFor?: number
}): number {
  if (!(standardError > 0 && n > 0 && mde !== 0))
    throw new DomainError('invalid_field', 'an error, people and an effect are required', 'mde')
  checkPower(wanted, alpha)
  const powerAt = (times: number): number => {
    const distance = (Math.abs(mde) / standardError) * Math.sqrt(times)
    const reach = method === 'sequential' ? sequenceMultiplier(n * times, alpha, tunedFor) : normalQuantile(1 - alpha / 2)
    return normalCumulative(distance - reach) + normalCumulative(-distance - reach)
  }
  return powerAt(1) >= wanted ? 0 : rootOf((times) => powerAt(times) - wanted, 1, 2) - 1
}
