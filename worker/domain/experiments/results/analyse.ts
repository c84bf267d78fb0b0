import { DAY_MS, dayOf } from '../../time.ts'
import type { Experiment } from '../definition.ts'
import { type Basis, basisOf, daysSoFar, endOf, firstDays, isCutShort, isFinalAt, isOverAt, tooFew } from './basis.ts'
import { compareMetrics, type MetricFinding, type MetricSums } from './compare-metric.ts'
import { doubtsOf } from './doubts.ts'
import { type Evidence, everybody, type Judged, momentsOf, peopleOf } from './evidence.ts'
import { findHarm, type Harm } from './find-harm.ts'
import { isLookDue, lookAt, sharesOf, type TakenLook } from './looks.ts'
import { daysLeft, daysUntilPlanned, daysUntilSure, type Pace } from './outlook.ts'
import { type Look, readingOf } from './reading.ts'
import { type Split, splitOf } from './split.ts'
import { judge, type Ruling } from './verdict.ts'

/** What an experiment says, in the units of its metrics. */
export interface Analysis {
  ruling: Ruling
  split: Split | null
  /** Over all so far. */
  metrics: MetricFinding[]
  harms: Harm[]
  exposed: number
  daysLeft: number
  daysToVerdict: number | null
  /** It is over, and so is everybody's window. */
  isFinal: boolean
  /** Looks that were taken at the planned times, and the last one, at the end. */
  looks: TakenLook[]
}

/** Sums of the metrics over the days that count. */
export const sumsOf = (
  { variants }: Experiment,
  judged: readonly Judged[],
  evidence: Evidence,
  isIn: Basis['isIn'] = () => () => true,
): MetricSums[] =>
  judged.map((one) => ({
    judged: one,
    variants: variants.map(({ key }) => ({
      variant: key,
      moments: momentsOf(evidence.metrics.get(one.metric) ?? [], key, isIn(one)),
    })),
  }))

/**
 * What an experiment says of the evidence there is.
 *
 * While it runs, a verdict rests on people whose window is over, and on an interval that holds at every look; at its end on
 * everybody, with the outcomes so far. Planned looks decide by themselves; a fixed test by its planned sample.
 *
 * @param judged its metrics, the first goal first
 * @param taken  looks of group-sequential analysis so far
 */
export function analyse(
  experiment: Experiment,
  judged: readonly Judged[],
  evidence: Evidence,
  taken: readonly TakenLook[],
  now: number,
): Analysis {
  const { prior, variants } = experiment
  const isOver = isOverAt(experiment, now)
  const exposed = everybody(evidence)
  const split = splitOf(experiment, evidence)
  const { found, looks, whose, early, obstacle } = decisive(experiment, judged, evidence, split, taken, now)
  const harms = findHarm(sumsOf(experiment, judged, evidence))
  const daysToVerdict = isOver ? null : untilVerdict(experiment, evidence, found[0], early, paceOf(evidence, judged, now), now)
  const ruling = judge(experiment, {
    goals: found,
    guardrails: judged.filter(({ role }) => role === 'guardrail'),
    harms,
    split,
    exposed: Object.fromEntries(variants.map(({ key }) => [key, peopleOf(evidence, key)])),
    isOver,
    whose,
    obstacle: exposed === 0 ? (isOver ? 'nobody was exposed' : 'nobody has been exposed yet') : obstacle,
    daysUntilStart: experiment.status === 'running' ? Math.max(0, Math.ceil((experiment.startsAt - now) / DAY_MS)) : 0,
    daysLeft: daysLeft(experiment, now),
    daysToVerdict,
  })
  const look = lookAt(experiment, sharesOf(taken), shareAt(experiment, exposed, isOver))
  const metrics = compareMetrics(sumsOf(experiment, judged, evidence), { reading: readingOf(experiment.method, look), prior })
  return {
    ruling: { ...ruling, reasons: [...ruling.reasons, ...doubtsOf(experiment, ruling, metrics)] },
    split,
    metrics,
    harms,
    exposed,
    daysLeft: daysLeft(experiment, now),
    daysToVerdict: ruling.verdict === 'keep_running' ? daysToVerdict : null,
    isFinal: isFinalAt(experiment, judged, now),
    looks,
  }
}

/** Share of the planned sample at which figures are read: all of it at the planned end, whoever has come. Null without a plan. */
function shareAt(experiment: Experiment, people: number, isOver: boolean): number | null {
  if (experiment.plannedSample === null) return null
  return isOver && !isCutShort(experiment) ? 1 : people / experiment.plannedSample
}

/** The goals as a verdict sees them: over the people it may rest on, and where looks are planned, as they found them. */
function decisive(
  experiment: Experiment,
  judged: readonly Judged[],
  evidence: Evidence,
  split: Split | null,
  taken: readonly TakenLook[],
  now: number,
): { found: MetricFinding[]; looks: TakenLook[]; whose: string | null; early: string | null; obstacle: string | null } {
  const { plannedSample, method, prior } = experiment
  const isOver = isOverAt(experiment, now)
  const goals = judged.filter(({ role }) => role === 'goal')
  const basis = basisOf(experiment, goals[0], evidence, isOver, now)
  const shares = sharesOf(taken)
  const look = lookAt(experiment, shares, shareAt(experiment, basis.people, isOver))
  const found = compareMetrics(sumsOf(experiment, goals, evidence, basis.isIn), { reading: readingOf(method, look), prior })
  const early = tooFew(experiment, found[0], isOver)
  if (!look || plannedSample === null) return { found, looks: [...taken], whose: basis.whose, early, obstacle: basis.obstacle ?? early }
  const share = basis.people / plannedSample
  const isDue = isOver ? !shares.some((each) => each >= 1) : isLookDue(experiment, shares, share) && early === null
  const day = dayOf(Math.min(now, endOf(experiment)) - 1)
  const looks = isDue && !split?.mismatch ? [...taken, ...looksOf(found[0], look, Math.min(1, share), day)] : [...taken]
  holdToLooks(found, looks, isOver && isDue)
  const obstacle = basis.obstacle ?? early ?? (isOver ? null : nextLook(experiment, looks))
  return { found, looks, whose: basis.whose, early, obstacle }
}

function looksOf(goal: MetricFinding | undefined, { z }: Look, share: number, day: string): TakenLook[] {
  return (goal?.variants ?? []).flatMap(({ variant, fixedLift, standardError }) => {
    if (!fixedLift || !standardError) return []
    const statistic = fixedLift.value / standardError
    return [{ day, share, variant, statistic, boundary: z, crossed: Math.abs(statistic) >= z }]
  })
}

/**
 * Between planned looks nothing is decided: what a look has found stays found, and what none has is not sure.
 *
 * @param isLast the last look is now, and by all goals
 */
function holdToLooks(found: readonly MetricFinding[], looks: readonly TakenLook[], isLast: boolean): void {
  // What was found is a gain or a loss: what has turned round since is neither.
  const placeOf = (variant: string, value: number) => `${variant} ${Math.sign(value)}`
  const crossed = new Set(looks.flatMap(({ crossed, variant, statistic }) => (crossed ? [placeOf(variant, statistic)] : [])))
  for (const [at, { variants }] of found.entries())
    for (const { variant, lift } of variants) {
      if (!lift) continue
      if (at === 0 && crossed.has(placeOf(variant, lift.value))) lift.adjusted = 0
      else if (!isLast) lift.adjusted = 1
    }
}

/** Why nothing is decided between looks; null where one has decided. */
function nextLook({ looks: planned, plannedSample }: Experiment, taken: readonly TakenLook[]): string | null {
  if (taken.some(({ crossed }) => crossed) || planned === null || plannedSample === null) return null
  const last = sharesOf(taken).at(-1) ?? 0
  if (last >= 1) return 'all planned looks were taken, and none of them was sure'
  const next = Math.min(planned, Math.floor(last * planned) + 1) / planned
  return `the next planned look is at ${Math.ceil(next * plannedSample)} people whose conversion window is over`
}

const paceOf = (evidence: Evidence, judged: readonly Judged[], now: number): Pace => ({
  people: everybody(evidence),
  days: daysSoFar(evidence, now),
  windowMs: judged[0]?.definition.windowMs ?? 0,
})

/** Of planned tests by their plan; of sequential ones when the first variant would be sure, or else by their plan, too. */
function untilVerdict(
  experiment: Experiment,
  evidence: Evidence,
  goal: MetricFinding | undefined,
  early: string | null,
  pace: Pace,
  now: number,
): number | null {
  const { plannedSample, method } = experiment
  const first = plannedSample === null ? null : firstDays(evidence, plannedSample)
  const planned = daysUntilPlanned(experiment, pace, first && ([...first].at(-1) ?? null), now)
  if (method !== 'sequential' || early !== null || !goal) return planned
  const [control, ...treatments] = goal.variants
  const waits = treatments.flatMap(({ moments, lift, standardError }) => {
    if (!lift || !standardError || !control) return []
    return daysUntilSure(lift.value, standardError, control.moments.n + moments.n, pace, treatments.length) ?? []
  })
  return waits.length > 0 ? Math.min(...waits) : planned
}
