import { inBrowser } from './settings.ts'
import { read, STICKY, SUBJECT, VISITOR, write } from './store.ts'
import type { Consent } from './types.ts'
import { request } from './wire.ts'

/*
 * Who this browser is. Ids are minted by the Worker only; the first price mints one along the way (`visitorId=new`), and
 * whoever asks meanwhile waits for it, so a page has one visitor however many things it asks at once.
 */

/** Carries the id to go on with, as every answer about a visitor does. */
interface Introduced {
  visitorId: string | null
}

let consent: Consent | undefined
let id: string | null | undefined
/** A mint that is under way; a later `become` makes it stale. */
let minting: Promise<unknown> | undefined

/** Consent denied or Global Privacy Control: store nothing, ask for list prices and control, send no events. */
export const refused = (): boolean | undefined =>
  !inBrowser || consent === 'denied' || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl

/** The id, when there is one already. */
export function known(): string | undefined {
  if (refused()) return
  id ??= read(VISITOR)
  return id
}

/** Goes on as this visitor; with none, as nobody. */
export function become(visitorId?: string | null, subject?: string): void {
  id = visitorId
  minting = undefined
  write(VISITOR, visitorId)
  write(SUBJECT, subject)
}

export function forget(): void {
  become()
  write(STICKY)
}

export function decideConsent(state?: Consent): void {
  consent = state
  if (refused()) forget()
}

/** Asks with the id there is, or with `new`, or, when profiling is refused, with none. */
export async function introduce<T extends Introduced>(ask: (visitorId?: string) => Promise<T>): Promise<T> {
  if (refused()) return ask()
  const mine = known()
  if (!mine && minting) {
    await minting.catch(() => {})
    return introduce(ask)
  }
  const asked = ask(mine ?? 'new')
  if (!mine) minting = asked
  const answer = await asked.catch(() => undefined)
  // Null for an id we have: it is none of this deployment's, or its database was emptied; the next to ask gets a new one.
  if (mine ? answer?.visitorId === null && id === mine : minting === asked) become(answer?.visitorId)
  return asked
}

/** The id there is, or one minted now; null when profiling is refused. Rejects while the Worker cannot be reached. */
export async function visitorId(): Promise<string | null> {
  const answer = await introduce<Introduced>(async (id) => {
    if (id !== 'new') return { visitorId: id ?? null }
    const minted = await request<Introduced>('api/visitors?', {})
    // None: the Worker heard a refusal of profiling that this page does not know of.
    if (!minted.visitorId) decideConsent('denied')
    return minted
  })
  return answer.visitorId
}
