/** One field that an entry of the audit log changed, by its path; null where there was, or is, none. */
export interface Change {
  field: string
  before: unknown
  after: unknown
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left ?? null) === JSON.stringify(right ?? null)

/**
 * Fields in which two records differ, records in records by path, lists as a whole.
 *
 * @example changesOf({ on: true, law: { DE: 'off' } }, { on: false, law: { DE: 'off' } })
 *          // => [{ field: 'on', before: true, after: false }]
 */
export function changesOf(before: unknown, after: unknown, path = ''): Change[] {
  if (!isRecord(before) && !isRecord(after))
    return same(before, after) ? [] : [{ field: path, before: before ?? null, after: after ?? null }]
  const left = isRecord(before) ? before : {}
  const right = isRecord(after) ? after : {}
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    changesOf(left[key], right[key], path === '' ? key : `${path}.${key}`),
  )
}
