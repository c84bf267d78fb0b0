import type { Definitions } from '../domain/funnel/definition.ts'
import { contentOf } from './content.ts'
import type { Self } from './self.ts'

/** Definitions in force that an object has not looked through yet, under the hash of their text. */
export interface Adoption {
  hash: string
  definitions: Definitions
}

/**
 * What an object has to adopt before it counts anything more: undefined where there is nothing, null where the text is not
 * known here: ask again with it.
 *
 * @param hash of the definitions in force; undefined where there are none
 */
export function adoptionOf(self: Self | null, hash: string | undefined, text: string | undefined): Adoption | null | undefined {
  if (hash === undefined || self?.adopted === hash) return undefined
  const definitions = contentOf<Definitions>(hash, text)
  return definitions ? { hash, definitions } : null
}
