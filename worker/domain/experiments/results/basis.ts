import { DAY_MS } from '../../time.ts'
import type { Experiment } from '../definition.ts'
import type { MetricFinding } from './compare-metric.ts'
import { daysOf, type Evidence, effectiveOutcomes, everybody, isMatured, type Judged, peopleOf } from './evidence.ts'
import { describeMetric, nameOf } from './words.ts'

/** Fewest people of a variant, and fewest equally large outcomes among them, for any verdict. */
export const LEAST_PEOPLE = 100
export const LEAST_OUTCOMES = 25

/** Whom a verdict rests on. */
export interface Basis {
  isIn: (judged: Judged) => (day: string) => boolean
  people: number
  /** Whose figures a verdict would be, where they are not everybody's. */
  whose: string | null
  /** Why it bears no verdict; null where it may. */
  obstacle: string | null
}

/** When nobody was drawn any more, or will be. */
export const endOf = ({ endedAt, endsAt }: Experiment): number => endedAt ?? endsAt

export const isOverAt = (experiment: Experiment, now: number): boolean =>
  experiment.status === 'running' ? endOf(experiment) <= now : experiment.status !== 'draft'

/** Whether it is over, and so is the window of everybody who was drawn. */
export const isFinalAt = (experiment: Experiment, judged: readonly Judged[], now: number): boolean =>
  isOverAt(experiment, now) && endOf(experiment) + Math.max(0, ...judged.map(({ definition }) => definition.windowMs)) <= now

/** Stopped by hand before its time. */
export const isCutShort = ({ endedAt, endsAt }: Experiment): boolean => endedAt !== null && endedAt < endsAt

/**
 * While it runs: people whose window is over; at its end: everybody. A fixed test is read by its planned sample, the people
 * of its first days, as soon as their windows are over, and by nobody else after that: or it would have been looked at twice.
 */
export function basisOf(experiment: Experiment, goal: Judged | undefined, evidence: Evidence, isOver: boolean, now: number): Basis {
  const all: Basis = { isIn: () => () => true, people: everybody(evidence), whose: null, obstacle: null }
  const maturedIn =
    ({ definition }: Judged) =>
    (day: string) =>
      isMatured(day, definition.windowMs, now)
  if (experiment.method === 'fixed') return fixedBasis(experiment, evidence, all, isOver, goal ? maturedIn(goal) : () => true)
  if (isOver) return all
  const people = goal ? experiment.variants.reduce((sum, { key }) => sum + peopleOf(evidence, key, maturedIn(goal)), 0) : 0
  const judgedBy =
    people === 0
      ? 'nobody’s conversion window is over yet'
      : `it is judged by the ${people} of ${all.people} people whose conversion window is over`
  const whose = people === all.people ? null : judgedBy
  return { isIn: maturedIn, people, whose, obstacle: null }
}

function fixedBasis(
  { plannedSample, ...experiment }: Experiment,
  evidence: Evidence,
  all: Basis,
  isOver: boolean,
  isOld: (day: string) => boolean,
): Basis {
  const first = plannedSample === null ? null : firstDays(evidence, plannedSample)
  if (first && (isOver || [...first].every(isOld))) {
    const people = evidence.exposed.reduce((sum, { day, exposed }) => sum + (first.has(day) ? exposed : 0), 0)
    return { isIn: () => (day) => first.has(day), people, whose: `it is judged by the first ${people} people, as planned`, obstacle: null }
  }
  if (plannedSample === null) {
    const isAtItsEnd = isOver && !isCutShort({ plannedSample, ...experiment })
    return isAtItsEnd ? all : { ...all, obstacle: 'a fixed test is read once, at its end' }
  }
  return {
    ...all,
    obstacle:
      `it has ${all.people} of the ${plannedSample} people it was planned with` +
      (first ? ', and the windows of the last of them are not over' : ''),
  }
}

/** The first days, in which the planned sample came; null while it has not. */
export function firstDays(evidence: Evidence, planned: number): Set<string> | null {
  const days = new Set<string>()
  let people = 0
  for (const day of daysOf(evidence)) {
    days.add(day)
    people += evidence.exposed.reduce((sum, row) => sum + (row.day === day ? row.exposed : 0), 0)
    if (people >= planned) return days
  }
  return null
}

/** Whether anybody is drawn into a variant now; one without weight is not waited for. */
export const isDrawn = ({ variants }: Experiment, variant: string): boolean =>
  variants.some(({ key, weight }) => key === variant && weight > 0)

/** Why the figures of the first goal bear no verdict; null where they may. */
export function tooFew(experiment: Experiment, goal: MetricFinding | undefined, isOver: boolean): string | null {
  if (!goal) return 'it has no goal'
  const drawn = goal.variants.filter(({ variant }) => isDrawn(experiment, variant))
  const short = drawn.find(({ moments }) => moments.n < LEAST_PEOPLE)
  if (short) {
    const whose = isOver ? '' : ' whose conversion window is over'
    return `${nameOf(experiment, short.variant)} has ${short.moments.n} of the ${LEAST_PEOPLE} people it needs${whose}`
  }
  const idle = drawn.find(({ moments }) => effectiveOutcomes(moments) < LEAST_OUTCOMES)
  if (!idle) return null
  return `${nameOf(experiment, idle.variant)} has too few outcomes of ${describeMetric(goal.judged.definition)} to judge by: it needs some ${LEAST_OUTCOMES}`
}

/** Days since the first person was exposed, at least one. */
export function daysSoFar(evidence: Evidence, now: number): number {
  const [first] = daysOf(evidence)
  return first === undefined ? 1 : Math.max(1, (now - Date.parse(first)) / DAY_MS)
}
