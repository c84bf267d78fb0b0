import { DomainError } from '../error.ts'

/** Reading what others sent, by paths such as `parent.subscription_details.metadata`; arrays by index. */

export function member(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}

/** Text that says something, else null. */
export function textAt(value: unknown, path: string): string | null {
  const found = member(value, path)
  return typeof found === 'string' && found.trim() !== '' ? found : null
}

/** The first of several places that holds text. */
export function firstText(value: unknown, ...paths: string[]): string | null {
  for (const path of paths) {
    const found = textAt(value, path)
    if (found !== null) return found
  }
  return null
}

/** Id of another object, which may stand there whole. */
export const idAt = (value: unknown, path: string): string | null => textAt(value, path) ?? textAt(value, `${path}.id`)

export function listAt(value: unknown, path: string): unknown[] {
  const found = member(value, path)
  return Array.isArray(found) ? found : []
}

export function wholeAt(value: unknown, path: string): number | null {
  const found = member(value, path)
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : null
}

/** @throws DomainError missing_field  the place holds nothing; invalid_field  it holds something else */
export const needText = (value: unknown, path: string): string => needed(value, path, textAt(value, path), 'text')
export const needId = (value: unknown, path: string): string => needed(value, path, idAt(value, path), 'an id')
export const needWhole = (value: unknown, path: string): number => needed(value, path, wholeAt(value, path), 'a whole number')

function needed<T>(value: unknown, path: string, found: T | null, what: string): T {
  if (found !== null) return found
  const missing = member(value, path) === undefined || member(value, path) === null
  throw new DomainError(missing ? 'missing_field' : 'invalid_field', `${path} has to be ${what}`, path)
}
