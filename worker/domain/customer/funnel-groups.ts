import type { FunnelAttempt } from '../funnel/attempt.ts'

/** By what entries are told apart; the order of `FunnelAttempt.by`. */
const ENTRY_DIMENSIONS = ['country', 'device', 'source', 'visitor'] as const

/** All that an attempt is counted by beside its steps. What is unknown is what the known ones leave of the whole. */
export function groupsOf({ by = [], variants = [] }: FunnelAttempt): [dimension: string, value: string][] {
  const groups: [string, string][] = []
  for (const [at, dimension] of ENTRY_DIMENSIONS.entries()) {
    const value = by[at]
    if (typeof value === 'string') groups.push([dimension, value])
  }
  for (const variant of variants) groups.push(['variant', variant])
  return groups
}
