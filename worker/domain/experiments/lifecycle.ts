import type { ExperimentInput, ExperimentPatch } from '../../contract/experiments.ts'
import type { ExperimentEnding } from '../../contract/lists.ts'
import { ConfigurationError, DomainError } from '../error.ts'
import { DAY_MS } from '../time.ts'
import { type Experiment, type ExperimentMetric, type Phase, spanOf, validate } from './definition.ts'

/** What is known of an experiment only as it starts, from history. */
export interface StartTerms {
  /** With the caps that hold from now on. */
  metrics: ExperimentMetric[]
  /** People in all variants; null where no history says. */
  plannedSample: number | null
}

const phaseOf = ({ version, coverage, variants }: Experiment, from: number): Phase => ({
  version,
  from,
  coverage,
  weights: variants.map(({ weight }) => weight),
})

/**
 * A draft, running.
 *
 * @throws DomainError conflict  it has been started before; and what `draftOf` throws
 */
export function started(draft: Experiment, { metrics, plannedSample }: StartTerms, now: number): Experiment {
  if (draft.status !== 'draft') throw new DomainError('conflict', `${draft.name} was started before: copy it into another experiment`)
  const { input, ...rest } = draft
  const running: Experiment = {
    ...rest,
    ...(input && spanOf(input, now)),
    status: 'running',
    metrics,
    plannedSample: rest.plannedSample ?? plannedSample,
  }
  validate(running)
  return { ...running, phases: [phaseOf(running, running.startsAt)] }
}

/** A draft that is started later than it was to begin begins then. */
export function withoutPastStart(draft: Experiment, now: number): Experiment {
  const { input } = draft
  if (input?.startsAt === undefined || Date.parse(input.startsAt) >= now) return draft
  const { startsAt: _, ...rest } = input
  return { ...draft, input: rest }
}

/** Over, with everybody on the control again. One that is over stays as it is. @throws DomainError conflict  nobody has been drawn yet, or it is archived */
export function stopped(experiment: Experiment, as: ExperimentEnding, now: number): Experiment {
  if (experiment.status === 'stopped') return experiment
  if (experiment.status !== 'running') throw new DomainError('conflict', `${describeStatus(experiment)} is not running`)
  return { ...experiment, status: 'stopped', ending: as, endedAt: Math.min(now, experiment.endsAt) }
}

/** Put aside, with its figures. What it had shipped stays shipped. @throws DomainError conflict  it is running */
export function archived(experiment: Experiment): Experiment {
  if (experiment.status === 'running') throw new DomainError('conflict', 'a running experiment is stopped before it is archived')
  return { ...experiment, status: 'archived' }
}

/**
 * Over, with everybody getting one variant from now on; the control takes back what was shipped before.
 *
 * @throws DomainError invalid_arm  it has no such variant
 * @throws DomainError conflict     it is a draft, or archived
 */
export function shipped(experiment: Experiment, variant: string, now: number): Experiment {
  const { variants, status } = experiment
  if (!variants.some(({ key }) => key === variant)) {
    const known = variants.map(({ key }) => key).join(', ')
    throw new DomainError('invalid_arm', `the experiment has no variant ${variant}: ${known}`, 'variant')
  }
  if (status !== 'running' && status !== 'stopped')
    throw new DomainError('conflict', `${describeStatus(experiment)} has nothing to ship: it was not compared, or was put aside`)
  if (experiment.shipped === variant) return experiment
  return { ...stopped(experiment, 'shipped', now), shipped: variant }
}

const describeStatus = ({ status }: Experiment): string => (status === 'draft' ? 'a draft' : `an experiment that is ${status}`)

/** What may change while people are drawn. */
const OPEN_FIELDS = new Set(['weights', 'coverage', 'condition', 'endsAt', 'excludeEarlier', 'minBucketVersion'])

/**
 * A running experiment with some of it changed. A change of who is drawn, or into what, begins a new version; what changes
 * nothing leaves it as it is.
 *
 * @throws DomainError immutable_field  at the first field that decides what anybody is drawn into, or how that is judged
 * @throws DomainError conflict         it is not running; and what `draftOf` throws
 */
export function revised(experiment: Experiment, patch: ExperimentPatch, now: number): Experiment {
  const fixed = Object.keys(patch).find((field) => !OPEN_FIELDS.has(field))
  if (fixed !== undefined)
    throw new DomainError(
      'immutable_field',
      `${fixed} ${fixed === 'variants' ? 'do' : 'does'} not change after the start: its figures would mean two things${fixed === 'variants' ? '. Their shares do, by `weights`' : ''}`,
      fixed,
    )
  if (experiment.status !== 'running') throw new DomainError('conflict', `${describeStatus(experiment)} does not change`)
  // Another version would begin its figures anew, and another end read them twice.
  if (experiment.endsAt <= now) throw new DomainError('conflict', 'an experiment whose time is over does not change')
  const { weights, coverage = experiment.coverage, condition = experiment.condition, endsAt, excludeEarlier, minBucketVersion } = patch
  const variants = weighed(experiment.variants, weights)
  // The same change told twice, as by a client whose answer was lost, is one: a version more would begin its figures anew.
  const excludes = excludeEarlier === true && experiment.minBucketVersion < experiment.version
  const redraws =
    excludes ||
    coverage !== experiment.coverage ||
    (minBucketVersion !== undefined && minBucketVersion !== experiment.minBucketVersion) ||
    JSON.stringify([variants, condition]) !== JSON.stringify([experiment.variants, experiment.condition])
  const end = endsAt === undefined ? experiment.endsAt : Date.parse(endsAt)
  if (!redraws && end === experiment.endsAt) return experiment
  const version = experiment.version + (redraws ? 1 : 0)
  const next: Experiment = {
    ...experiment,
    version,
    variants,
    coverage,
    condition,
    minBucketVersion: excludes ? version : lowestVersion(experiment, minBucketVersion, version),
    endsAt: end,
  }
  validate(next)
  if (end !== experiment.endsAt && end <= now)
    throw new DomainError('end_before_start', 'the end lies in the past: stop the experiment instead', 'endsAt')
  return redraws ? { ...next, phases: [...experiment.phases, phaseOf(next, now)] } : next
}

function weighed<T extends { weight: number }>(variants: readonly T[], weights: readonly number[] | undefined): T[] {
  if (weights && weights.length !== variants.length)
    throw new DomainError('weights_do_not_sum', 'give one weight a variant, in their order', 'weights')
  return variants.map((variant, at) => ({ ...variant, weight: weights?.[at] ?? variant.weight }))
}

/** It only grows: whoever was left out once may have seen two variants. */
function lowestVersion({ minBucketVersion: known }: Experiment, asked: number | undefined, version: number): number {
  if (asked === undefined || asked === known) return known
  if (asked < known || asked > version)
    throw new ConfigurationError('invalid_field', `minBucketVersion lies between ${known} and ${version}`, 'minBucketVersion')
  return asked
}

/** What a draft is made of after a change; anything of it may. @throws DomainError options_conflict, weights_do_not_sum */
export function inputAfter({ input, startsAt, endsAt, variants }: Experiment, patch: ExperimentPatch): ExperimentInput {
  const { weights, excludeEarlier, minBucketVersion, condition, ...changes } = patch
  const early = excludeEarlier !== undefined ? 'excludeEarlier' : minBucketVersion !== undefined ? 'minBucketVersion' : null
  if (early) throw new DomainError('options_conflict', 'nobody has been drawn yet who could be left out', early)
  const known = input ?? { name: '', variants: [], duration: (endsAt - startsAt) / DAY_MS }
  const sent = { ...known, ...changes } as ExperimentInput
  const next: ExperimentInput = { ...sent, variants: weights ? weighed(asWeighed(sent.variants, variants), weights) : sent.variants }
  if (condition === null) delete next.condition
  else if (condition !== undefined) next.condition = condition
  return next
}

const asWeighed = (sent: ExperimentInput['variants'], variants: Experiment['variants']) =>
  sent.map((one, at) => ({ ...one, weight: one.weight ?? variants[at]?.weight ?? 0 }))
