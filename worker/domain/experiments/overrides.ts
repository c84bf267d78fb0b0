import { isObject } from './coercion.ts'
import type { EvaluationContext } from './types.ts'

/** A longer URL (in characters) asks for nothing: it is read once an experiment, and the visitor chooses it. */
const LONGEST_URL = 8_192

/**
 * The variation a URL asks for, as in `?my-test=1`: the first parameter of that name, if it is an index. Null otherwise.
 *
 * @example urlOverride('my-test', 'https://shop.example/?my-test=1#top', 2) // => 1
 */
export function urlOverride(key: string, url: string, count: number): number | null {
  const start = url.indexOf('?') + 1
  if (start === 0 || url.length > LONGEST_URL) return null
  const fragment = url.indexOf('#')
  const stop = fragment < 0 ? url.length : fragment
  for (let at = start, end = at; at < stop; at = end + 1) {
    const ampersand = url.indexOf('&', at)
    end = ampersand < 0 || ampersand > stop ? stop : ampersand
    const pair = url.slice(at, end)
    const equals = pair.indexOf('=')
    if (equals >= 0 && decoded(pair.slice(0, equals)) === key) return indexIn(pair.slice(equals + 1), count)
  }
  return null
}

function decoded(name: string): string {
  if (!/[%+]/.test(name)) return name
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}

const indexIn = (text: string, count: number): number | null => (/^\d+$/.test(text) && Number(text) < count ? Number(text) : null)

export const isIndex = (value: unknown, count: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < count

/** An override that names no variation there is: nobody is in. */
const NO_VARIATION = -1

/** The variation that QA asks for by URL, else by context; null when nobody asks. It is not drawn, so it is never analysed. */
export function compileOverride(key: string, count: number): (context: EvaluationContext) => number | null {
  // No browser encodes a name of these characters, so most URLs need no reading.
  const isPlain = /^[\w.~-]+$/.test(key)
  return ({ url, forcedVariations }) => {
    if (typeof url === 'string' && (!isPlain || url.includes(key))) {
      const asked = urlOverride(key, url, count)
      if (asked !== null) return asked
    }
    if (!isObject(forcedVariations) || !Object.hasOwn(forcedVariations, key)) return null
    const forced = forcedVariations[key]
    return isIndex(forced, count) ? forced : NO_VARIATION
  }
}
