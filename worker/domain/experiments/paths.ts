import { isObject } from './coercion.ts'

/** A member of its own, never one of the prototype: `constructor` is missing unless somebody sent it. */
function memberOf(from: unknown, name: string): unknown {
  if (!isObject(from)) return null
  const value = from[name]
  // No prototype of JSON has a member that is a text or a number, so most need not be asked whose they are.
  if (typeof value === 'string' || typeof value === 'number') return value
  return value !== undefined && Object.hasOwn(from, name) ? value : null
}

/** Reads what a dotted path leads to, in lists by index; null where it leads nowhere. */
export function compilePath(path: string): (from: unknown) => unknown {
  const names = path.split('.')
  if (names.length === 1) return (from) => memberOf(from, path)
  return (from) => {
    let found = from
    for (const name of names) found = memberOf(found, name)
    return found
  }
}
