import { compilePlans, type Plan } from './bandit.ts'
import { compileFilters, compileRollout } from './bucketing.ts'
import { compileCondition } from './condition.ts'
import { compileExperiment, type Surroundings } from './experiment.ts'
import { compilePrerequisites } from './prerequisites.ts'
import type {
  ContextualBanditDefinition,
  Evaluation,
  EvaluationSource,
  ExperimentDefinition,
  ExperimentResult,
  FeatureRule,
} from './types.ts'
import type { Visit } from './visit.ts'

/** What a rule decides for a visit; null passes it to the next rule. */
export type CompiledRule = (visit: Visit) => Evaluation | null

export interface RuleSurroundings extends Surroundings {
  bandits: Readonly<Record<string, ContextualBanditDefinition>>
}

/** An evaluation without an experiment depends on nobody: one object serves everybody. */
export const evaluationOf = (value: unknown, source: EvaluationSource, ruleId = ''): Evaluation =>
  Object.freeze({ value, on: Boolean(value), off: !value, source, ruleId })

const GATED = evaluationOf(null, 'prerequisite')
export const CYCLIC = evaluationOf(null, 'cyclicPrerequisite')

/** A rule as one function of the visit; null when it can never decide anything. */
export function compileRule(rule: FeatureRule, flag: string, around: RuleSurroundings): CompiledRule | null {
  if (typeof rule !== 'object' || rule === null) return null
  const decide = compileDecision(rule, flag, around)
  const admits = rule.filters ? compileFilters(rule.filters) : null
  const decideFiltered: CompiledRule | null = admits && decide ? (visit) => (admits(visit) ? decide(visit) : null) : decide
  if (!rule.parentConditions) return decideFiltered
  const verdictOf = compilePrerequisites(rule.parentConditions, around.groups, around.evaluate)
  return (visit) => {
    const verdict = verdictOf(visit)
    if (verdict === 'cycle') return CYCLIC
    if (verdict === 'gate') return GATED
    return verdict === 'met' && decideFiltered ? decideFiltered(visit) : null
  }
}

function compileDecision(rule: FeatureRule, flag: string, around: RuleSurroundings): CompiledRule | null {
  if (Object.hasOwn(rule, 'force')) return compileForce(rule, flag, around)
  const variations = rule.contextualVariations ?? rule.variations
  return Array.isArray(variations) ? compileDraw(rule, experimentOf(rule, variations, flag), flag, around) : null
}

function compileForce(rule: FeatureRule, flag: string, { groups }: RuleSurroundings): CompiledRule {
  const evaluation = evaluationOf(rule.force, 'force', rule.id || '')
  const holds = rule.condition ? compileCondition(rule.condition, groups) : null
  const includes = compileRollout(rule, flag)
  return (visit) => {
    if (holds && !holds(visit.attributes)) return null
    return includes && !includes(visit) ? null : evaluation
  }
}

function compileDraw(rule: FeatureRule, experiment: ExperimentDefinition, flag: string, around: RuleSurroundings): CompiledRule {
  const { draw } = compileExperiment(experiment, flag, around)
  const ref = rule.contextualBanditRef
  const bandit = ref && Object.hasOwn(around.bandits, ref) ? around.bandits[ref] : undefined
  const planFor = compilePlans(experiment, bandit, around.groups)
  const ruleId = rule.id || ''
  const told = (plan: Plan, result: ExperimentResult): Evaluation => {
    const { value } = result
    return {
      value,
      on: Boolean(value),
      off: !value,
      source: 'experiment',
      ruleId,
      experiment: result.hashUsed ? plan.drawn : plan.forced,
      experimentResult: result,
    }
  }
  const shared = new Map<ExperimentResult, Evaluation>()
  return (visit) => {
    const plan = planFor(visit.attributes)
    const result = draw(visit, plan)
    if (typeof result === 'string' || result.passthrough) return null
    if (!visit.isTerse || plan.choice !== null || !result.hashUsed) return told(plan, result)
    // A shared result is told of once.
    let evaluation = shared.get(result)
    if (!evaluation) {
      evaluation = Object.freeze(told(plan, result))
      shared.set(result, evaluation)
    }
    return evaluation
  }
}

/** Fields that a rule hands to its experiment where they say something. */
const HANDED_ON = [
  'weights',
  'hashAttribute',
  'fallbackAttribute',
  'disableStickyBucketing',
  'namespace',
  'meta',
  'ranges',
  'name',
  'phase',
  'seed',
  'hashVersion',
  'filters',
  'condition',
] as const satisfies (keyof FeatureRule)[]

/** Fields where also 0 says something. */
const HANDED_ON_EVEN_ZERO = ['coverage', 'bucketVersion', 'minBucketVersion'] as const satisfies (keyof FeatureRule)[]

function experimentOf(rule: FeatureRule, variations: readonly unknown[], flag: string): ExperimentDefinition {
  const said = HANDED_ON.filter((field) => rule[field])
  const given = HANDED_ON_EVEN_ZERO.filter((field) => rule[field] !== undefined)
  return { variations, key: rule.key || flag, ...Object.fromEntries([...said, ...given].map((field) => [field, rule[field]])) }
}
