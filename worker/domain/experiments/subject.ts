import { compilePath } from './paths.ts'
import type { Allocation, HashValue } from './types.ts'
import type { Visit } from './visit.ts'

/** Whom a hash or an assignment is about: the value of one attribute, empty where it is missing. */
export interface Subject {
  attribute: string
  value: HashValue
}

export type ReadValue = (attributes: Record<string, unknown>) => HashValue

export const DEFAULT_ATTRIBUTE = 'id'

/** No prototype of JSON has a member like these, so whatever is one was sent. */
const isHashable = (value: unknown): value is HashValue =>
  typeof value === 'string' ? value !== '' : typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : value === true

/**
 * Reads the value a person is hashed on; empty where it is missing, 0, false, a list or an object. An attribute of
 * exactly this name comes before the path.
 */
export function compileValue(attribute: string = DEFAULT_ATTRIBUTE): ReadValue {
  const alongPath = attribute.includes('.') ? compilePath(attribute) : null
  return (attributes) => {
    const direct = attributes[attribute]
    if (isHashable(direct)) return direct
    if (alongPath === null || Object.hasOwn(attributes, attribute)) return ''
    const nested = alongPath(attributes)
    return isHashable(nested) ? nested : ''
  }
}

/** Reads the subject of an experiment or rollout. The fallback counts only while assignments are sticky: or else people would move when they sign in. */
export function compileSubject({ hashAttribute, fallbackAttribute, disableStickyBucketing }: Allocation): (visit: Visit) => Subject {
  const attribute = hashAttribute || DEFAULT_ATTRIBUTE
  const read = compileValue(attribute)
  if (!fallbackAttribute || disableStickyBucketing) return ({ attributes }) => ({ attribute, value: read(attributes) })
  const readFallback = compileValue(fallbackAttribute)
  return ({ attributes, sticky }) => {
    const value = read(attributes)
    if (value !== '' || !sticky) return { attribute, value }
    const fallback = readFallback(attributes)
    return fallback === '' ? { attribute, value } : { attribute: fallbackAttribute, value: fallback }
  }
}
