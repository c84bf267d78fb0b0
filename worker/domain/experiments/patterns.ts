import { textOf } from './coercion.ts'

/**
 * A pattern can cost more than any price: its author writes it, but the visitor chooses the text. Beyond these lengths
 * (in characters) nothing matches. Within them a pattern of nested repetitions is still slow, and its author's to avoid.
 */
const LONGEST_PATTERN = 1_000
const LONGEST_TEXT = 4_096

/** Tests against a regular expression; one that is none, or too long, matches nothing. */
export function compilePattern(pattern: unknown, flags: '' | 'i'): (value: unknown) => boolean {
  const expression = readPattern(pattern, flags)
  if (!expression) return () => false
  return (value) => {
    const text = textOf(value)
    return text !== null && text.length <= LONGEST_TEXT && expression.test(text)
  }
}

function readPattern(pattern: unknown, flags: string): RegExp | null {
  if (typeof pattern !== 'string' || pattern.length > LONGEST_PATTERN) return null
  try {
    return new RegExp(pattern, flags)
  } catch {
    return null
  }
}
