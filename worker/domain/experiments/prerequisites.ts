import { compileCondition, type SavedGroups } from './condition.ts'
import type { ParentCondition } from './types.ts'
import type { Evaluate, Visit } from './visit.ts'

/** `skip`: one is not met. `gate`: one that turns the whole flag off is not met. `cycle`: they wait for each other. */
export type Verdict = 'met' | 'skip' | 'gate' | 'cycle'

/** Whether other flags have the values this needs; the first that has not decides. */
export function compilePrerequisites(
  parents: readonly ParentCondition[],
  groups: SavedGroups,
  evaluate: Evaluate,
): (visit: Visit) => Verdict {
  if (!Array.isArray(parents)) return () => 'skip'
  const needs = parents.map(({ id, condition, gate }: ParentCondition) => ({
    id,
    holds: compileCondition(condition ?? {}, groups),
    otherwise: gate ? ('gate' as const) : ('skip' as const),
  }))
  return (visit) => {
    for (const { id, holds, otherwise } of needs) {
      const { source, value } = evaluate(id, visit)
      if (source === 'cyclicPrerequisite') return 'cycle'
      if (!holds({ value })) return otherwise
    }
    return 'met'
  }
}
