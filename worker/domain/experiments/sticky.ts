import type { Assignments, StickyLedger } from './sticky-ledger.ts'
import { compileValue, DEFAULT_ATTRIBUTE, type Subject } from './subject.ts'
import type { ExperimentDefinition } from './types.ts'

/** In place of the index of a variation: nothing is kept, or what is kept shuts the person out. */
export const UNASSIGNED = -1
export const BLOCKED = -2

/** How one experiment keeps people where they are. */
export interface Keeper {
  find(ledger: StickyLedger, attributes: Record<string, unknown>): number
  keep(ledger: StickyLedger, subject: Subject, variation: string): void
}

/**
 * Assignments of the person's own attribute come before those of the fallback. One under a version before
 * `minBucketVersion`, of either, shuts the person out. A variation is known again by the key in `meta`.
 */
export function compileKeeper(experiment: ExperimentDefinition): Keeper | null {
  if (experiment.disableStickyBucketing) return null
  const prefix = `${experiment.key}__`
  const name = `${prefix}${experiment.bucketVersion || 0}`
  const minimum = experiment.minBucketVersion || 0
  const own = experiment.hashAttribute || DEFAULT_ATTRIBUTE
  const attributes = experiment.fallbackAttribute ? [own, experiment.fallbackAttribute] : [own]
  const readers = attributes.map((attribute) => ({ attribute, read: compileValue(attribute) }))
  const indexes = indexesByKey(experiment)
  const isBlocked = (assigned: string): boolean => assigned.startsWith(prefix) && versionOf(assigned.slice(prefix.length)) < minimum
  return {
    find(ledger, attributes) {
      let kept: unknown
      for (const { attribute, read } of readers) {
        const value = read(attributes)
        if (value === '') continue
        const assignments: Assignments = ledger.read({ attribute, value })
        if (minimum > 0 && Object.keys(assignments).some(isBlocked)) return BLOCKED
        if (kept === undefined && Object.hasOwn(assignments, name)) kept = assignments[name]
      }
      return indexes.get(kept) ?? UNASSIGNED
    },
    keep: (ledger, subject, variation) => ledger.write(subject, name, variation),
  }
}

/** A version is a whole number from 0; anything else belongs to an experiment with a longer key. */
const versionOf = (text: string): number => (/^(0|[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN)

function indexesByKey({ meta, variations }: ExperimentDefinition): ReadonlyMap<unknown, number> {
  const indexes = new Map<unknown, number>()
  if (!Array.isArray(meta)) return indexes
  for (let index = 0; index < Math.min(meta.length, variations.length); index++) {
    const key: unknown = meta[index]?.key
    if (typeof key === 'string' && !indexes.has(key)) indexes.set(key, index)
  }
  return indexes
}
