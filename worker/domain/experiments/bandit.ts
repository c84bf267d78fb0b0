import { equalWeights, type Range } from '../assignment.ts'
import { areWeights, rangesOf } from './bucketing.ts'
import { compileCondition, type SavedGroups } from './condition.ts'
import type { BanditChoice, ContextualBanditDefinition, ExperimentDefinition } from './types.ts'

/** How an experiment draws one person. */
export interface Plan {
  readonly ranges: readonly Range[]
  /** The experiment as told to whoever was drawn, and as told where a variation was forced: there no bandit chose. */
  readonly drawn: ExperimentDefinition
  readonly forced: ExperimentDefinition
  readonly choice: BanditChoice | null
}

/** The leaf told of when none of the bandit's holds. */
const NO_LEAF = -1

export function planOf(experiment: ExperimentDefinition, choice: BanditChoice | null = null): Plan {
  const forced = Object.freeze(experiment)
  const drawn = choice ? Object.freeze({ ...experiment, contextualBandit: choice }) : forced
  return Object.freeze({ ranges: rangesOf(experiment.variations.length, experiment), drawn, forced, choice })
}

/**
 * The plan for each person: of the first leaf of the bandit whose condition holds, else the rule's own weights. Where
 * the rule has ranges of its own no weights draw, so none are told; a leaf without sound weights counts as none.
 */
export function compilePlans(
  experiment: ExperimentDefinition,
  bandit: ContextualBanditDefinition | undefined,
  groups: SavedGroups,
): (attributes: Record<string, unknown>) => Plan {
  if (!bandit || experiment.ranges) {
    const plan = planOf(experiment)
    return () => plan
  }
  const count = experiment.variations.length
  const choose = (leafId: number, variationWeights: readonly number[]): BanditChoice =>
    Object.freeze({
      leafId,
      variationWeights,
      ...(bandit.banditVersion === undefined ? {} : { banditVersion: bandit.banditVersion }),
    })
  const own = areWeights(experiment.weights, count) ? experiment.weights : equalWeights(count)
  const otherwise = planOf(experiment, choose(NO_LEAF, own))
  const leaves = (Array.isArray(bandit.contexts) ? bandit.contexts : []).map(({ leafId, condition, weights }: Leaf) => ({
    holds: compileCondition(condition ?? {}, groups),
    plan:
      typeof leafId === 'number' && areWeights(weights, count) ? planOf({ ...experiment, weights }, choose(leafId, weights)) : otherwise,
  }))
  return (attributes) => leaves.find(({ holds }) => holds(attributes))?.plan ?? otherwise
}

type Leaf = ContextualBanditDefinition['contexts'][number]
