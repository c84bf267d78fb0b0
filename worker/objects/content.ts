/** Characters of text that are kept parsed in each of two generations: some tens of megabytes of values at most. */
const MAXIMUM_CHARACTERS = 4_000_000

let young = new Map<string, unknown>()
let youngCharacters = 0
/** The generation before, of which whatever is used again becomes young again. With its sizes, as values do not tell. */
let old = new Map<string, unknown>()
const sizes = new Map<string, number>()

/**
 * The value of a text that is named by what it says (equal hashes, equal texts), parsed once for all objects of this
 * isolate. A product crosses to an object as text, which is a copy of bytes, where the value itself would be taken apart
 * and put together again for each price; and where it is known here, it need not cross at all.
 *
 * @param text undefined: whoever asks believes it is known here
 * @returns undefined where it is not
 */
export function contentOf<T>(hash: string, text: string | undefined): T | undefined {
  const known = young.get(hash)
  if (known !== undefined) return known as T
  const kept = old.get(hash)
  if (kept === undefined && text === undefined) return undefined
  const value = kept ?? JSON.parse(text as string)
  keep(hash, value, text?.length ?? sizes.get(hash) ?? 0)
  return value as T
}

function keep(hash: string, value: unknown, characters: number): void {
  if (youngCharacters + characters > MAXIMUM_CHARACTERS) {
    for (const forgotten of old.keys()) if (!young.has(forgotten)) sizes.delete(forgotten)
    old = young
    young = new Map()
    youngCharacters = 0
  }
  young.set(hash, value)
  youngCharacters += characters
  sizes.set(hash, characters)
}
