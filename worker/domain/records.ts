/** Whether a record has any key at all, without making a list of them. */
export function hasAny(record: object): boolean {
  for (const _ in record) return true
  return false
}
