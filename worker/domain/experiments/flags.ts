import { planOf } from './bandit.ts'
import { isObject } from './coercion.ts'
import type { SavedGroups } from './condition.ts'
import { compileExperiment } from './experiment.ts'
import { type CompiledRule, CYCLIC, compileRule, evaluationOf, type RuleSurroundings } from './rule.ts'
import type {
  Evaluation,
  EvaluationContext,
  ExperimentDefinition,
  ExperimentResult,
  Exposure,
  FeatureDefinition,
  FlagSet,
  StickyAssignments,
} from './types.ts'
import { below, type Evaluate, isCycle, type Visit, visitOf } from './visit.ts'

/** A set of flags, compiled: make it once a snapshot and evaluate as often as you like. Nothing in it changes. */
export interface CompiledFlags {
  readonly keys: readonly string[]
  readonly groups: SavedGroups
  readonly evaluate: Evaluate
}

interface CompiledFlag {
  readonly rules: readonly CompiledRule[]
  readonly otherwise: Evaluation
  readonly hasPrerequisites: boolean
}

/**
 * Turns definitions into functions, once. Evaluating a plain experiment then costs a hash and a comparison.
 * The definitions must not be changed afterwards: parts of them are in what evaluating answers.
 *
 * @example evaluateFlag(compileFlags({ features: { hello: { defaultValue: 1 } } }), 'hello', { attributes: {} }).value // => 1
 */
export function compileFlags({ features, savedGroups, contextualBandits }: FlagSet): CompiledFlags {
  const flags = new Map<string, CompiledFlag>()
  const evaluate: Evaluate = (key, visit) => evaluateIn(flags, key, visit)
  const around: RuleSurroundings = { groups: savedGroups ?? {}, bandits: contextualBandits ?? {}, evaluate }
  for (const [key, feature] of Object.entries(features)) if (isObject(feature)) flags.set(key, compileFlag(feature, key, around))
  return { keys: [...flags.keys()], groups: around.groups, evaluate }
}

function compileFlag({ rules, defaultValue }: FeatureDefinition, key: string, around: RuleSurroundings): CompiledFlag {
  const known = Array.isArray(rules) ? rules : []
  return {
    rules: known.map((rule) => compileRule(rule, key, around)).filter((rule) => rule !== null),
    otherwise: evaluationOf(defaultValue ?? null, 'defaultValue'),
    hasPrerequisites: known.some((rule) => rule?.parentConditions),
  }
}

const UNKNOWN = evaluationOf(null, 'unknownFeature')

function evaluateIn(flags: ReadonlyMap<string, CompiledFlag>, key: string, visit: Visit): Evaluation {
  const { trail, context } = visit
  if (trail !== null && isCycle(trail, key)) return CYCLIC
  const forced = context.forcedFeatureValues
  if (isObject(forced) && Object.hasOwn(forced, key)) return evaluationOf(forced[key], 'override')
  const flag = flags.get(key)
  if (!flag) return UNKNOWN
  if (!flag.hasPrerequisites) return decide(flag, visit)
  visit.trail = below(trail, key)
  const evaluation = decide(flag, visit)
  visit.trail = trail
  return evaluation
}

function decide({ rules, otherwise }: CompiledFlag, visit: Visit): Evaluation {
  for (const rule of rules) {
    const evaluation = rule(visit)
    if (evaluation !== null) return evaluation
  }
  return otherwise
}

/** Keys of all flags, in the order of the set. */
export const flagKeys = (flags: CompiledFlags): readonly string[] => flags.keys

/**
 * What one person gets of one flag. Pure: the same arguments, the same answer, and whatever the context holds it throws
 * nothing. The answer is shared between people where it depends on nobody, so it is frozen: copy it to change it.
 *
 * @param exposures  takes in every draw that happened on the way: also those of prerequisites, and of holdouts the
 *   person passed through, which the answer does not tell of
 */
export function evaluateFlag(
  flags: CompiledFlags,
  key: string,
  context: EvaluationContext,
  exposures: Exposure[] | null = null,
): Evaluation {
  const visit = visitOf(context, exposures)
  const evaluation = flags.evaluate(key, visit)
  const stickyAssignments = visit.sticky?.changes()
  return stickyAssignments ? { ...evaluation, stickyAssignments } : evaluation
}

/**
 * Draws one person for an experiment that belongs to no flag, whose prerequisites and groups are those of the set. It
 * compiles the experiment each time: for one that is asked often, make it the rule of a flag.
 *
 * @example runExperiment(flags, { key: 'my-test', variations: [0, 1] }, { attributes: { id: '1' } }).value // => 1
 */
export function runExperiment(
  flags: CompiledFlags,
  experiment: ExperimentDefinition,
  context: EvaluationContext,
  exposures: Exposure[] | null = null,
): ExperimentResult & { stickyAssignments?: StickyAssignments } {
  const { draw, outside } = compileExperiment(experiment, null, flags)
  const visit = visitOf(context, exposures)
  const outcome = draw(visit, planOf({ ...experiment }))
  const result = typeof outcome === 'string' ? outside(visit, outcome === 'blocked') : outcome
  const stickyAssignments = visit.sticky?.changes()
  return stickyAssignments ? { ...result, stickyAssignments } : result
}
