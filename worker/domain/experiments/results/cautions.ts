import type { ExperimentWarning } from '../../../contract/experiment-results.ts'
import type { SegmentDimension } from '../../../contract/lists.ts'
import { DAY_MS, startOfDay } from '../../time.ts'
import type { Experiment } from '../definition.ts'
import { compareVariants } from '../inference/compare-variants.ts'
import type { MetricMoments } from '../inference/metric-moments.ts'
import {
  type ResultWarning,
  warnOfImmatureCohorts,
  warnOfImplausibleLift,
  warnOfMultipleExposure,
  warnOfPreExposureBias,
  warnOfSimpsonsParadox,
  warnOfSmallSample,
} from '../inference/warnings.ts'
import type { MetricFinding } from './compare-metric.ts'
import { type Evidence, effectiveOutcomes, everybody, type Judged } from './evidence.ts'
import { LEAST_IN_SEGMENT, type Segment } from './segments.ts'
import type { Split } from './split.ts'
import { nameOf } from './words.ts'

const warning = (found: ResultWarning | null, metric: string | null = null, variant: string | null = null): ExperimentWarning[] =>
  found ? [{ code: found.code, message: found.message, metric, variant }] : []

/** The metric before exposure as a metric of its own. */
const before = ({ n, covariate }: MetricMoments): MetricMoments | null =>
  covariate ? { n, sum: covariate.sum, squares: covariate.squares } : null

/** Why the figures are to be taken with care. Where people are not split as they should be, no figure is told by a warning either. */
export function cautionsOf(
  experiment: Experiment,
  evidence: Evidence,
  goals: readonly MetricFinding[],
  segments: readonly Segment[],
  split: Split | null,
  now: number,
): ExperimentWarning[] {
  if (everybody(evidence) === 0) return []
  const ofPeople = [
    ...warning(warnOfMultipleExposure(everybody(evidence) + evidence.excluded, evidence.excluded)),
    ...immature(goals, evidence, now),
    ...(experiment.phases.length > 1 ? [changedWeights(experiment)] : []),
  ]
  if (split?.mismatch) return [mismatch(split), ...ofPeople]
  return [...ofPeople, ...goals.flatMap((goal) => ofFigures(experiment, goal)), ...paradoxes(experiment, goals[0], segments)]
}

const mismatch = ({ pValue }: Split): ExperimentWarning => ({
  code: 'sample_ratio_mismatch',
  message: `People are not split between the variants as they should be (p = ${pValue.toPrecision(2)}): no figure of this experiment is to be trusted`,
  metric: null,
  variant: null,
})

const changedWeights = ({ phases, version }: Experiment): ExperimentWarning => ({
  code: 'weights_changed',
  message: `Who is drawn, or into what, was changed ${phases.length - 1} times: these are the figures of version ${version} alone`,
  metric: null,
  variant: null,
})

/** By the goal that takes longest. */
function immature(goals: readonly MetricFinding[], { exposed }: Evidence, now: number): ExperimentWarning[] {
  const slowest = goals.map(({ judged }) => judged).sort((a, b) => b.definition.windowMs - a.definition.windowMs)[0]
  if (!slowest) return []
  const days = exposed.map(({ day, exposed: people }) => ({ people, ageDays: (now - startOfDay(day) - DAY_MS) / DAY_MS }))
  return warning(warnOfImmatureCohorts(days, slowest.definition.windowMs / DAY_MS), slowest.metric)
}

function ofFigures(experiment: Experiment, { judged, variants }: MetricFinding): ExperimentWarning[] {
  const { metric } = judged
  const [control, ...treatments] = variants
  const controlBefore = control && before(control.moments)
  return [
    ...warning(warnOfSmallSample(variants.map(({ moments }) => ({ people: moments.n, active: activeOf(judged, moments) }))), metric),
    ...treatments.flatMap(({ variant, moments, lift }) => {
      const own = before(moments)
      const of = nameOf(experiment, variant)
      const isKnown = own && controlBefore && hasOutcomes(judged, own, controlBefore) && hasOutcomes(judged, controlBefore, own)
      const bias = isKnown ? warnOfPreExposureBias({ control: controlBefore, treatment: own }) : null
      const found = [...warning(bias, metric, variant), ...warning(lift && warnOfImplausibleLift(lift.value), metric, variant)]
      return found.map((one) => ({ ...one, message: `${of}: ${one.message}` }))
    }),
  ]
}

/** Below that the spread of a side is not to be seen. */
const FEW_OUTCOMES = 10

/** Whether enough of a side did something, or would have if they were like the other one. */
function hasOutcomes(judged: Judged, own: MetricMoments, other: MetricMoments): boolean {
  const expected = other.n > 0 ? (activeOf(judged, other) * own.n) / other.n : 0
  return Math.max(activeOf(judged, own), expected) >= FEW_OUTCOMES
}

/** People who did something, or as many as would tell as much as they do. */
const activeOf = ({ definition }: Judged, moments: MetricMoments): number =>
  definition.kind === 'proportion' ? moments.sum : Math.floor(effectiveOutcomes(moments))

function paradoxes(experiment: Experiment, goal: MetricFinding | undefined, segments: readonly Segment[]): ExperimentWarning[] {
  if (!goal) return []
  const { judged, variants } = goal
  const [control, ...treatments] = variants
  if (!control) return []
  return treatments.flatMap(({ variant, moments }) => {
    const whole = compareVariants(judged.definition.kind, control.moments, moments, { cuped: false })
    if ('reason' in whole) return []
    const byDimension = Map.groupBy(segments, ({ dimension }) => dimension)
    return [...byDimension].flatMap(([dimension, own]) => {
      const found = warnOfSimpsonsParadox(
        whole,
        own.flatMap((segment) => effectIn(judged, segment, variant)),
      )
      const named = found && {
        ...found,
        message: `${nameOf(experiment, variant)}, by ${dimension satisfies SegmentDimension}: ${found.message}`,
      }
      return warning(named, judged.metric, variant)
    })
  })
}

function effectIn({ definition: { kind } }: Judged, { variants }: Segment, variant: string) {
  const [control] = variants
  const own = variants.find(({ key }) => key === variant)
  // Where so few are there is no direction to tell either.
  if (!control || !own || Math.min(control.moments.n, own.moments.n) < LEAST_IN_SEGMENT) return []
  const found = compareVariants(kind, control.moments, own.moments, { cuped: false })
  return 'reason' in found ? [] : [{ people: control.moments.n + own.moments.n, effect: found.effect }]
}
