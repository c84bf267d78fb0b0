import type { ExperimentResults, MetricResult, VariantResult } from '../../../contract/experiment-results.ts'
import { toMajor } from '../../money.ts'
import { DAY_MS } from '../../time.ts'
import type { Experiment } from '../definition.ts'
import { type Analysis, analyse } from './analyse.ts'
import { isOverAt } from './basis.ts'
import { cautionsOf } from './cautions.ts'
import type { MetricFinding, VariantFinding } from './compare-metric.ts'
import { daysOf, type Evidence, isMatured, type Judged, momentsOf, peopleOf } from './evidence.ts'
import { type DayLifts, liftsOverTime } from './history.ts'
import type { TakenLook } from './looks.ts'
import type { Effect } from './reading.ts'
import { upliftOf } from './segment-uplift.ts'
import { heterogeneityOf, type Segment, segmentsOf } from './segments.ts'

/** What an experiment said as a day ended: small, since a list reads as many as it has experiments, and a result one a day. */
export interface DaySaid {
  exposed: number
  verdict: Analysis['ruling']['verdict']
  variant: string | null
  sentence: string
  /** Of the first goal. */
  lifts: Record<string, Pick<Effect, 'value' | 'low' | 'high'>>
  /** Taken so far. */
  looks: TakenLook[]
}

export type History = readonly { day: string; said: DaySaid }[]

const bare = ({ value, low, high }: Effect) => ({ value, low, high })

/** What is kept of an analysis, as a day ended. */
export function saidOf(experiment: Experiment, judged: readonly Judged[], evidence: Evidence, history: History, now: number): DaySaid {
  const { ruling, exposed, metrics, split, looks } = analyse(experiment, judged, evidence, looksOf(history), now)
  const { verdict, variant, sentence } = ruling
  const lifts = (split?.mismatch ? [] : (metrics[0]?.variants ?? [])).flatMap(({ variant, lift }) => (lift ? [[variant, bare(lift)]] : []))
  return {
    exposed,
    verdict,
    variant,
    sentence,
    lifts: Object.fromEntries(lifts),
    looks: isOverAt(experiment, now) ? looksOf(history) : looks,
  }
}

const dayLiftsOf = ({ day, said: { exposed, lifts } }: History[number]): DayLifts => ({ day, exposed, lifts, isStored: true })

/** Looks that were taken up to the last day that was stored. */
export const looksOf = (history: History): TakenLook[] => history.at(-1)?.said.looks ?? []

/**
 * What an experiment says, on the wire. Where its people are not split as they should be no lift is told anywhere, nor a
 * chance: there is no winner to be seen.
 *
 * @param history what it said day by day, oldest first
 */
export function resultsOf(
  experiment: Experiment,
  judged: readonly Judged[],
  evidence: Evidence,
  history: History,
  now: number,
): ExperimentResults {
  const analysis = analyse(experiment, judged, evidence, looksOf(history), now)
  const { ruling, split, metrics, exposed, isFinal } = analysis
  const isHidden = split?.mismatch ?? false
  const { variants, currency, method, version, plannedSample, minimumDetectableEffect, power } = experiment
  const goals = metrics.filter(({ judged }) => judged.role === 'goal')
  const [goal] = goals
  const segments = goal ? segmentsOf(experiment, goal.judged.definition.kind, evidence.segments) : []
  return {
    version,
    currency,
    method,
    ...ruling,
    isFinal,
    daysLeft: analysis.daysLeft,
    daysToVerdict: analysis.daysToVerdict,
    plan: {
      sample: plannedSample,
      exposed,
      share: plannedSample === null ? null : exposed / plannedSample,
      minimumDetectableEffect,
      power,
    },
    exposures: exposuresOf(experiment, evidence, exposed),
    sampleRatio: split,
    warnings: cautionsOf(experiment, evidence, goals, segments, split, now),
    metrics: metrics.map((finding) => metricResult(finding, evidence, isHidden, now)),
    segments: goal ? segments.map((segment) => segmentResult(goal.judged, segment, isHidden)) : [],
    heterogeneity: isHidden
      ? []
      : heterogeneityOf(experiment, segments).map(({ adjusted, ...rest }) => ({ ...rest, adjustedPValue: adjusted })),
    uplift: isHidden || !goal ? [] : variants.slice(1).map(({ key }) => upliftResult(experiment, goal.judged, evidence, key)),
    history: isHidden ? [] : liftsOverTime(experiment, goal?.judged, evidence, history.map(dayLiftsOf), now),
    looks: isHidden ? [] : analysis.looks,
  }
}

function exposuresOf({ variants }: Experiment, evidence: Evidence, total: number): ExperimentResults['exposures'] {
  const { exposed, excluded } = evidence
  const byDay = Map.groupBy(exposed, ({ day }) => day)
  return {
    total,
    variants: variants.map(({ key, weight }) => ({ key, exposed: peopleOf(evidence, key), expected: total * weight })),
    excluded,
    excludedShare: total + excluded > 0 ? excluded / (total + excluded) : null,
    days: daysOf(evidence).map((day) => ({
      day,
      exposed: Object.fromEntries((byDay.get(day) ?? []).map(({ variant, exposed }) => [variant, exposed])),
    })),
  }
}

/** From units of the metric to those of the wire. */
const unitsOf = ({ currency, definition }: Judged): ((value: number) => number) =>
  currency !== undefined && definition.kind !== 'proportion' ? (value) => toMajor(value, currency) : (value) => value

const scaled = ({ value, low, high }: Pick<Effect, 'value' | 'low' | 'high'>, units: (value: number) => number) => ({
  value: units(value),
  low: units(low),
  high: units(high),
})

function metricResult({ judged, variants }: MetricFinding, evidence: Evidence, isHidden: boolean, now: number): MetricResult {
  const { metric, role, cap, currency, definition } = judged
  const units = unitsOf(judged)
  const cells = evidence.metrics.get(metric) ?? []
  const matured = (variant: string) => momentsOf(cells, variant, (day) => isMatured(day, definition.windowMs, now)).n
  return {
    metric,
    name: definition.name,
    role,
    kind: definition.kind,
    direction: definition.direction,
    unit: definition.kind === 'proportion' ? 'share' : currency === undefined ? 'number' : 'money',
    windowDays: definition.windowMs / DAY_MS,
    cap: cap === null ? null : units(cap),
    variants: variants.map((finding) => variantResult(finding, matured(finding.variant), units, isHidden)),
  }
}

function variantResult(finding: VariantFinding, matured: number, units: (value: number) => number, isHidden: boolean): VariantResult {
  const { variant, moments, estimate, lift, fixedLift, difference, cuped } = finding
  const counts = {
    key: variant,
    exposed: moments.n,
    matured,
    total: units(moments.sum),
    denominator: moments.denominator?.sum ?? null,
    value: estimate && units(estimate.value),
    low: estimate && units(estimate.low),
    high: estimate && units(estimate.high),
  }
  const nothing = {
    value: null,
    low: null,
    high: null,
    lift: null,
    fixedLift: null,
    difference: null,
    cuped: null,
    chanceToWin: null,
    expectedLoss: null,
  }
  if (isHidden) return { ...counts, ...nothing, reason: 'people are not split between the variants as they should be' }
  return {
    ...counts,
    lift: lift && { ...bare(lift), pValue: lift.pValue, adjustedPValue: lift.adjusted },
    fixedLift: fixedLift && { ...bare(fixedLift), pValue: fixedLift.pValue },
    difference: difference && scaled(difference, units),
    cuped: cuped && { ...bare(cuped), varianceReduction: cuped.varianceReduction },
    chanceToWin: finding.chanceToWin,
    expectedLoss: finding.expectedLoss,
    reason: finding.reason,
  }
}

function segmentResult(judged: Judged, { dimension, value, variants }: Segment, isHidden: boolean): ExperimentResults['segments'][number] {
  const units = unitsOf(judged)
  return {
    dimension,
    value,
    variants: variants.map(({ key, moments, lift }) => {
      const mean = meanOf(moments)
      return {
        key,
        exposed: moments.n,
        value: isHidden || mean === null ? null : units(mean),
        lift: isHidden || !lift ? null : { ...bare(lift), pValue: lift.pValue, adjustedPValue: lift.adjusted },
      }
    }),
  }
}

function meanOf({ n, sum, denominator }: Segment['variants'][number]['moments']): number | null {
  const by = denominator ? denominator.sum : n
  return by > 0 ? sum / by : null
}

function upliftResult(
  { variants }: Experiment,
  judged: Judged,
  { segments }: Evidence,
  variant: string,
): ExperimentResults['uplift'][number] {
  const units = unitsOf(judged)
  const { kind, direction } = judged.definition
  const { qini, curve, reason } = upliftOf(kind, segments, variants[0]?.key ?? '', variant, direction === 'up')
  return { variant, qini: qini && scaled(qini, units), curve: curve.map(({ share, gain }) => ({ share, gain: units(gain) })), reason }
}
