import { referenceOf } from '../experiments/metric.ts'
import { DEFAULT_FUNNEL, type FunnelDefinition } from './definition.ts'

/** A version of a funnel, and whether it is out of force: archived, or in the place of another. */
export interface StoredFunnel {
  funnel: FunnelDefinition
  archivedAt: number | null
}

/** The funnel every deployment has, then its own. */
export const withDefault = (own: readonly StoredFunnel[]): StoredFunnel[] => [{ funnel: DEFAULT_FUNNEL, archivedAt: null }, ...own]

/**
 * The version that a reference names, or the newest of an id; null where there is none.
 *
 * @param all of each id the newest first
 * @example findFunnel(withDefault([]), 'default@1')?.funnel // => DEFAULT_FUNNEL
 */
export const findFunnel = (all: readonly StoredFunnel[], reference: string): StoredFunnel | null =>
  all.find(({ funnel }) => funnel.id === reference || referenceOf(funnel) === reference) ?? null

export const funnelsInForce = (all: readonly StoredFunnel[]): FunnelDefinition[] =>
  all.filter(({ archivedAt }) => archivedAt === null).map(({ funnel }) => funnel)

/** All versions of the funnels of which one is in force. */
export function versionsInUse(all: readonly StoredFunnel[]): StoredFunnel[] {
  const ids = new Set(funnelsInForce(all).map(({ id }) => id))
  return all.filter(({ funnel }) => ids.has(funnel.id))
}
