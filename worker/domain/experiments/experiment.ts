import { chooseVariation, hashUnder } from '../assignment.ts'
import type { Plan } from './bandit.ts'
import { compileFilters, compileNamespace } from './bucketing.ts'
import { compileCondition, type SavedGroups } from './condition.ts'
import { compileOverride, isIndex } from './overrides.ts'
import { compilePrerequisites } from './prerequisites.ts'
import { compileResults } from './result.ts'
import { BLOCKED, compileKeeper, UNASSIGNED } from './sticky.ts'
import { compileSubject, type Subject } from './subject.ts'
import type { ExperimentDefinition, ExperimentResult } from './types.ts'
import type { Evaluate, Visit } from './visit.ts'

/** `blocked`: outside, because of an assignment under an earlier version. */
export type Draw = ExperimentResult | 'outside' | 'blocked'

export interface CompiledExperiment {
  /** Who is in gets a result. The exposure and the sticky assignment of whoever was drawn are noted on the visit. */
  draw(visit: Visit, plan: Plan): Draw
  /** What somebody outside is told: the first variation. */
  outside(visit: Visit, blocked: boolean): ExperimentResult
}

/** What a rule refers to beyond itself. */
export interface Surroundings {
  groups: SavedGroups
  evaluate: Evaluate
}

/** An experiment as one function of the visit. The steps and their order are those of the reference SDK. */
export function compileExperiment(experiment: ExperimentDefinition, featureId: string | null, around: Surroundings): CompiledExperiment {
  const count = experiment.variations.length
  const results = compileResults(experiment, featureId)
  const subjectOf = compileSubject(experiment)
  const outside: CompiledExperiment['outside'] = (visit, blocked) => results.outside(subjectOf(visit), blocked)
  if (count < 2) return { draw: () => 'outside', outside }

  const overrideOf = compileOverride(experiment.key, count)
  const isDormant = experiment.active === false || experiment.status === 'draft'
  const isStopped = experiment.status === 'stopped'
  const isForced = Object.hasOwn(experiment, 'force')
  const keeper = compileKeeper(experiment)
  const admits = compileAdmission(experiment, around)
  const placeOf = hashUnder(experiment.seed || experiment.key, experiment.hashVersion || 1)
  const force = (visit: Visit, index: unknown): Draw => (isIndex(index, count) ? results.forced(subjectOf(visit), index) : 'outside')

  return {
    outside,
    draw(visit, plan) {
      const { context, sticky } = visit
      if (context.enabled === false) return 'outside'
      const override = overrideOf(context)
      if (override !== null) return force(visit, override)
      if (isDormant || placeOf === null) return 'outside'
      const subject = subjectOf(visit)
      if (subject.value === '') return 'outside'
      const kept = keeper && sticky ? keeper.find(sticky, visit.attributes) : UNASSIGNED
      // Whoever has a place keeps it, also when it is closed to newcomers.
      if (kept < 0 && admits && !admits(visit, subject)) return 'outside'
      if (kept === BLOCKED) return 'blocked'
      const place = placeOf(String(subject.value))
      const index = kept >= 0 ? kept : chooseVariation(place, plan.ranges)
      if (index < 0) return 'outside'
      if (isForced) return force(visit, experiment.force)
      if (context.qaMode || isStopped || index >= count) return 'outside'
      const shared = visit.isTerse && plan.choice === null ? results.shared[index] : undefined
      const result = shared ?? results.drawn(subject, index, place, kept >= 0, plan.choice)
      if (keeper && sticky) keeper.keep(sticky, subject, result.key)
      visit.exposures?.push({ experiment: plan.drawn, result })
      return result
    },
  }
}

/** Whether a newcomer may be drawn; null when everybody may. */
function compileAdmission(
  { filters, namespace, condition, parentConditions }: ExperimentDefinition,
  { groups, evaluate }: Surroundings,
): ((visit: Visit, subject: Subject) => boolean) | null {
  const tests: ((visit: Visit, subject: Subject) => boolean)[] = []
  if (filters) tests.push(compileFilters(filters))
  else if (namespace) {
    const holds = compileNamespace(namespace)
    tests.push((_visit, subject) => holds(subject.value))
  }
  if (condition) {
    const holds = compileCondition(condition, groups)
    tests.push((visit) => holds(visit.attributes))
  }
  if (parentConditions) {
    const verdictOf = compilePrerequisites(parentConditions, groups, evaluate)
    tests.push((visit) => verdictOf(visit) === 'met')
  }
  if (tests.length < 2) return tests[0] ?? null
  return (visit, subject) => tests.every((test) => test(visit, subject))
}
