import { DomainError } from './domain/error.ts'

export const MAXIMUM_DEPTH = 32
export const MAXIMUM_KEYS = 10_000

/**
 * Refuses JSON that is nested too deep or holds too many keys, without recursion and before it is parsed: a million
 * levels parse well enough, but every recursive reader after that would fall over. Answers the number of keys.
 */
export function checkJsonShape(text: string, maximumKeys = MAXIMUM_KEYS): number {
  let depth = 0
  let keys = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = endOfString(text, at)
    else if (code === 123 || code === 91) {
      if (++depth > MAXIMUM_DEPTH) throw new DomainError('too_deep', `JSON may be ${MAXIMUM_DEPTH} levels deep`)
    } else if (code === 125 || code === 93) depth--
    else if (code === 58 && ++keys > maximumKeys) throw new DomainError('too_many_keys', `JSON may hold ${maximumKeys} keys`)
  }
  return keys
}

/** Where the string that begins at `at` ends; the end of the text when it does not. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}

/** Whether the string that ends at `end` names a member. */
const isKey = (text: string, end: number): boolean => /^\s*:/.test(text.slice(end + 1, end + 100))

/** Keys of parsed JSON. Fewer than the text had means that one stood twice, and that the parser dropped the first. */
function countKeys(value: unknown): number {
  let keys = 0
  const rest = [value]
  while (rest.length > 0) {
    const next = rest.pop()
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === 'object' && item !== null) rest.push(item)
    } else if (typeof next === 'object' && next !== null) {
      for (const item of Object.values(next)) {
        keys++
        if (typeof item === 'object' && item !== null) rest.push(item)
      }
    }
  }
  return keys
}

/** The first key that stands twice in one object of valid JSON. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') open.push(new Set())
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      if (isKey(text, end)) {
        const key = JSON.parse(text.slice(at, end + 1)) as string
        if (open.at(-1)?.has(key)) return key
        open.at(-1)?.add(key)
      }
      at = end
    }
  }
  return undefined
}

/** Parsed JSON, of bounded depth and size and with every key once. */
export function parseJson(text: string, maximumKeys = MAXIMUM_KEYS): unknown {
  const keys = checkJsonShape(text, maximumKeys)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new DomainError('invalid_json', 'the body is not valid JSON')
  }
  // Readers disagree on which of two equal keys counts; a sender who sees neither is told.
  if (countKeys(value) !== keys) throw new DomainError('duplicate_key', 'a key stands twice in one object', repeatedKey(text))
  return value
}

/**
 * The texts of the elements of the array that a top-level member holds, and the text around them with an empty array in
 * their place; null where there is no such array. Each can then be read, or refused, without the others.
 */
export function elementsOf(text: string, member: string): { elements: string[]; around: string } | null {
  const elements: string[] = []
  let depth = 0
  let isMember = false
  let openedAt = -1
  let from = -1
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      if (depth === 1) isMember = text.slice(at + 1, end) === member && isKey(text, end)
      if (depth === 2 && from === -1 && openedAt !== -1) from = at
      at = end
    } else if (character === '{' || character === '[') {
      depth++
      if (depth === 2 && character === '[' && isMember) openedAt = at
      else if (depth === 3 && openedAt !== -1 && from === -1) from = at
    } else if (character === '}' || character === ']') {
      depth--
      if (depth === 1 && openedAt !== -1) {
        if (from !== -1) elements.push(text.slice(from, at))
        return { elements, around: `${text.slice(0, openedAt)}[]${text.slice(at + 1)}` }
      }
    } else if (character === ',' && depth === 2 && openedAt !== -1) {
      elements.push(from === -1 ? '' : text.slice(from, at))
      from = -1
    } else if (depth === 2 && openedAt !== -1 && from === -1 && !/\s/.test(character as string)) from = at
  }
  return null
}
