import { inWords, Refusal } from './api.ts'

/** Something read beside the main thing of a page: it, or why it did not come. */
export type Part<T> = { value: T; trouble: null } | { value: null; trouble: string }

/** A query of what is not empty. */
export const search = (values: Record<string, string | null>): string =>
  new URLSearchParams(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString()

export async function part<T>(reading: Promise<T>, abort: AbortSignal): Promise<Part<T>> {
  try {
    return { value: await reading, trouble: null }
  } catch (error) {
    // What the page is left for, or nobody answers, is no matter of one part.
    if (abort.aborted || (error instanceof Refusal && ['unreachable', 'unauthorized'].includes(error.code))) throw error
    return { value: null, trouble: inWords(error) }
  }
}
