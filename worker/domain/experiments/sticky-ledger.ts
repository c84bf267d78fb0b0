import { isObject } from './coercion.ts'
import type { Subject } from './subject.ts'
import type { StickyAssignments, StickyDocument } from './types.ts'

/** Variation keys by `experiment__bucketVersion`; whatever somebody sent, so nothing of it is trusted. */
export type Assignments = Readonly<Record<string, unknown>>

/** The documents a visit came with, under those it changed. Nothing is stored: the changes are handed back. */
export interface StickyLedger {
  read(subject: Subject): Assignments
  write(subject: Subject, name: string, variation: string): void
  /** The documents that changed, whole; null when none did. */
  changes(): StickyAssignments | null
}

const NONE: Assignments = Object.freeze({})

const documentKey = ({ attribute, value }: Subject): string => `${attribute}||${value}`

export function openLedger(known: StickyAssignments): StickyLedger {
  let changed: Map<string, StickyDocument> | null = null
  const read: StickyLedger['read'] = (subject) => {
    const key = documentKey(subject)
    const document = changed?.get(key) ?? (Object.hasOwn(known, key) ? known[key] : undefined)
    return isObject(document?.assignments) ? document.assignments : NONE
  }
  return {
    read,
    write(subject, name, variation) {
      const before = read(subject)
      if (Object.hasOwn(before, name) && before[name] === variation) return
      changed ??= new Map()
      changed.set(documentKey(subject), {
        attributeName: subject.attribute,
        attributeValue: String(subject.value),
        assignments: { ...(before as Record<string, string>), [name]: variation },
      })
    },
    changes: () => changed && Object.fromEntries(changed),
  }
}

/**
 * Puts the changes of an evaluation into what is kept; other assignments in the same document stay.
 *
 * @example mergeSticky(kept, evaluateFlag(flags, 'checkout', { attributes, stickyAssignments: kept }).stickyAssignments)
 */
export function mergeSticky(kept: StickyAssignments, changes: StickyAssignments | undefined): StickyAssignments {
  const merged = new Map(Object.entries(kept))
  for (const [key, document] of Object.entries(changes ?? {})) {
    merged.set(key, { ...document, assignments: { ...merged.get(key)?.assignments, ...document.assignments } })
  }
  return Object.fromEntries(merged)
}
