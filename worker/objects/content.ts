const MAXIMUM_KEPT = 500
const parsed = new Map<string, unknown>()

/**
 * The value of a text that is named by what it says (equal hashes, equal texts), parsed once for all objects of this
 * isolate. A product crosses to an object as text, which is a copy of bytes, where the value itself would be taken apart
 * and put together again for each price.
 */
export function contentOf<T>(hash: string, text: string): T {
  let value = parsed.get(hash)
  if (value === undefined) {
    if (parsed.size >= MAXIMUM_KEPT) parsed.clear()
    value = JSON.parse(text)
    parsed.set(hash, value)
  }
  return value as T
}
