import type { MetricKind, SegmentDimension } from '../../contract/lists.ts'
import { METRIC } from '../customer/metrics.ts'
import { wholeOf } from '../customer/moments.ts'
import { addMetricMoments, type Covariate, type CrossSums, type MetricMoments, NO_METRIC_MOMENTS } from './inference/metric-moments.ts'
import type { MetricDefinition } from './metric.ts'
import { referenceOf } from './metric.ts'

/** Sums of one scope, value and day, as they are read from D1. */
export interface SumsRow {
  scope: string
  dimension: string
  value: string
  day: string
  /** JSON: sums by the names of rollups. */
  sums: string
}

/** People of one variant by their day of first exposure. */
export interface ExposedDay {
  day: string
  variant: string
  exposed: number
}

/** What they gave to a metric: their number is that of everybody exposed, whether they gave anything or not. */
export interface DayMoments {
  day: string
  variant: string
  moments: MetricMoments
}

/** What the people of one value of a dimension gave to the first goal, in halves drawn by lot. */
export interface SegmentMoments {
  dimension: SegmentDimension
  value: string
  variant: string
  half: 'a' | 'b'
  moments: MetricMoments
}

/** All that is known of one version of an experiment, in minor units and counts. */
export interface ExperimentSums {
  /** Oldest day first. */
  exposed: ExposedDay[]
  /** People who saw two variants. */
  excluded: number
  /** By reference; every metric that was asked for is there. */
  metrics: ReadonlyMap<string, readonly DayMoments[]>
  /** Of the first metric that was asked for. */
  segments: SegmentMoments[]
}

type Read = (name: string) => bigint

/**
 * The sums of a version in the shapes that are analysed.
 *
 * @param rows    what `readExperimentSums` answers
 * @param metrics those of the experiment, its first goal first
 */
export function experimentSumsOf(rows: readonly SumsRow[], metrics: readonly MetricDefinition[]): ExperimentSums {
  const byScope = Map.groupBy(rows, ({ scope }) => scope.slice(scope.indexOf(':') + 1))
  const counted = byScope.get('') ?? []
  const exposed = counted.flatMap(({ dimension, value: variant, day, sums }): ExposedDay[] => {
    const people = dimension === 'arm' ? numberIn(sums, METRIC.exposed) : 0
    return people > 0 ? [{ day, variant, exposed: people }] : []
  })
  exposed.sort((a, b) => (a.day === b.day ? (a.variant < b.variant ? -1 : 1) : a.day < b.day ? -1 : 1))
  const [goal] = metrics
  return {
    exposed,
    excluded: counted.reduce((total, { sums }) => total + numberIn(sums, METRIC.exposedTwice), 0),
    metrics: new Map(metrics.map((metric) => [referenceOf(metric), daysOf(metric.kind, exposed, byScope.get(referenceOf(metric)) ?? [])])),
    segments: goal ? segmentsOf(goal.kind, counted, byScope.get(referenceOf(goal)) ?? []) : [],
  }
}

const numberIn = (sums: string, name: string): number => (JSON.parse(sums) as Record<string, number>)[name] ?? 0

function readerOf(row: SumsRow | undefined): Read {
  const sums = row ? (JSON.parse(row.sums) as Record<string, number>) : {}
  return (name) => BigInt(sums[name] ?? 0)
}

const placeOf = (day: string, variant: string) => `${day}|${variant}`

function daysOf(kind: MetricKind, exposed: readonly ExposedDay[], rows: readonly SumsRow[]): DayMoments[] {
  const byPlace = new Map(rows.filter(({ dimension }) => dimension === 'arm').map((row) => [placeOf(row.day, row.value), row]))
  return exposed.map(({ day, variant, exposed: people }) => {
    const read = readerOf(byPlace.get(placeOf(day, variant)))
    const outcome = outcomeOf(kind, people, read)
    return { day, variant, moments: kind === 'ratio' ? outcome : { ...outcome, covariate: covariateOf(kind, read) } }
  })
}

function segmentsOf(kind: MetricKind, counted: readonly SumsRow[], ofGoal: readonly SumsRow[]): SegmentMoments[] {
  const byPlace = new Map(ofGoal.map((row) => [`${row.dimension}|${row.value}`, row]))
  return counted.flatMap(({ dimension, value, sums }): SegmentMoments[] => {
    const people = dimension === 'arm' || dimension === '' ? 0 : numberIn(sums, METRIC.exposed)
    if (people <= 0) return []
    const { rest, last: half } = cutLast(value)
    const { rest: own, last: variant } = cutLast(rest)
    const moments = outcomeOf(kind, people, readerOf(byPlace.get(`${dimension}|${value}`)))
    return [{ dimension: dimension as SegmentDimension, value: own, variant, half: half === 'b' ? 'b' : 'a', moments }]
  })
}

/** Sources are named by strangers, and may hold the separator. */
function cutLast(text: string): { rest: string; last: string } {
  const cut = text.lastIndexOf('|')
  return { rest: text.slice(0, cut), last: text.slice(cut + 1) }
}

function outcomeOf(kind: MetricKind, n: number, read: Read): MetricMoments {
  const sum = read(METRIC.rewardSum)
  const squares = wholeOf(read(METRIC.rewardSquaresHigh), read(METRIC.rewardSquaresMiddle), read(METRIC.rewardSquaresLow))
  const moments: MetricMoments = { n, sum: Number(sum), squares: kind === 'proportion' ? sum : squares }
  return kind === 'ratio' ? { ...moments, denominator: denominatorOf(read) } : moments
}

const denominatorOf = (read: Read): CrossSums => ({
  sum: Number(read(METRIC.denominatorSum)),
  squares: wholeOf(read(METRIC.denominatorSquaresHigh), read(METRIC.denominatorSquaresMiddle), read(METRIC.denominatorSquaresLow)),
  cross: wholeOf(read(METRIC.denominatorCrossHigh), read(METRIC.denominatorCrossMiddle), read(METRIC.denominatorCrossLow)),
})

function covariateOf(kind: MetricKind, read: Read): Covariate {
  const sum = read(METRIC.covariateSum)
  const squares = wholeOf(read(METRIC.covariateSquaresHigh), read(METRIC.covariateSquaresMiddle), read(METRIC.covariateSquaresLow))
  const cross = wholeOf(read(METRIC.covariateCrossHigh), read(METRIC.covariateCrossMiddle), read(METRIC.covariateCrossLow))
  return { sum: Number(sum), squares: kind === 'proportion' ? sum : squares, cross }
}

/**
 * Moments of some variant's days in one.
 *
 * @param beforeDay only of people exposed before it, as those are whose window is over
 */
export const momentsIn = (days: readonly DayMoments[], variant: string, beforeDay?: string): MetricMoments =>
  days
    .filter((each) => each.variant === variant && (beforeDay === undefined || each.day < beforeDay))
    .map(({ moments }) => moments)
    .reduce(addMetricMoments, NO_METRIC_MOMENTS)
