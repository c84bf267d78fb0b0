import { signal } from '@preact/signals'
import { path } from './address.ts'
import { inWords, Refusal } from './api.ts'
import { refreshFigures } from './figures.ts'

/** Changes that pages make, and what became of them. */

/** Of the last change, in words; empty before the first. */
export const outcome = signal('')
/** Why the last change was refused, where it belongs to no field of a form. */
export const trouble = signal<string | null>(null)
export const busy = signal(false)

/** Path on which the outcome is to be read, where that is another one than it came about on. */
let destination: string | null = null

/** Tells what came of a change on the page that it leads to, however soon that page is there. */
export function tellOn(url: string, text: string): void {
  destination = url.split('?')[0] ?? url
  outcome.value = text
}

/** On another page nobody asks any more what came of a change, unless it led there. */
export function leave(): void {
  // More than one part of a page may say that it is left.
  if (destination !== path.peek()) {
    outcome.value = ''
    destination = null
  }
  trouble.value = null
}

/** Why a form was refused; `field` is a path like `prices.0.floor`, or null where the whole was. */
export interface Refused {
  field: string | null
  message: string
}

const refusedAs = (error: unknown): Refused => ({ field: error instanceof Refusal ? error.field : null, message: inWords(error) })

/** @returns what came of it, or why it was refused */
export async function attempt<T>(work: () => Promise<T>): Promise<{ value: T; refused: null } | { value: null; refused: Refused }> {
  busy.value = true
  trouble.value = null
  outcome.value = ''
  destination = null
  try {
    return { value: await work(), refused: null }
  } catch (error) {
    return { value: null, refused: refusedAs(error) }
  } finally {
    busy.value = false
  }
}

/** One change without a form: what is refused stands above the page. */
export async function change(work: () => Promise<string>): Promise<void> {
  const { value, refused } = await attempt(work)
  if (refused) trouble.value = refused.message
  else outcome.value = value
  refreshFigures()
}
