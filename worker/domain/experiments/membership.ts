type Test = (value: unknown) => boolean

const folded = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)

/** Whether a value, or for a list any of its items, is among those wanted. Nothing is coerced: '2' is not 2. */
export function amongst(wanted: readonly unknown[], foldCase = false): Test {
  const set = new Set(foldCase ? wanted.map(folded) : wanted)
  const has: Test = foldCase ? (value) => set.has(folded(value)) : (value) => set.has(value)
  return (value) => (Array.isArray(value) ? value.some(has) : has(value))
}

/** A saved group of this name; an unknown one is empty. */
export function groupNamed(groups: Readonly<Record<string, unknown>>, name: unknown): readonly unknown[] {
  const group = typeof name === 'string' && Object.hasOwn(groups, name) ? groups[name] : undefined
  return Array.isArray(group) ? group : []
}

/** Whether each test is passed by some item of a list. */
export const everyOneFound =
  (tests: readonly Test[]): Test =>
  (value) =>
    Array.isArray(value) && tests.every((test) => value.some(test))
