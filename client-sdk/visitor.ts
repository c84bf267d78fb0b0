import { read, write } from './store.ts'
import type { Consent } from './types.ts'

const VISITOR = 'fl_visitor'
const SUBJECT = 'fl_subject'

/** Carries the id to go on with, as every answer about a visitor does. */
interface Introduced {
  visitorId: string | null
}

/**
 * Who this browser is. Ids are minted by the Worker only; the first price mints one along the way (`visitorId=new`), and
 * whoever asks meanwhile waits for it, so a page has one visitor however many things it asks at once.
 */
export interface Visitor {
  /** Consent denied or Global Privacy Control: store nothing, ask for list prices, send no events. */
  refused(): boolean
  /** The id, when there is one already. */
  known(): string | null
  /** Asks with the id there is, or with `new`, or, when profiling is refused, with none. */
  introduce<T extends Introduced>(ask: (visitorId: string | undefined) => Promise<T>): Promise<T>
  keep(visitorId: string, subject?: string): void
  forget(): void
  consent(state: Consent): void
}

export function createVisitor(consent: Consent): Visitor {
  let id: string | null = null
  /** A mint that is under way; a later `forget` makes it stale. */
  let minting: Promise<unknown> | undefined

  const refused = () => consent === 'denied' || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true
  const known = () => {
    if (refused()) return null
    id ??= read(VISITOR)
    return id
  }
  const keep = (visitorId: string, subject?: string) => {
    if (refused()) return
    id = visitorId
    write(VISITOR, visitorId)
    if (subject) write(SUBJECT, subject)
  }
  const forget = () => {
    id = null
    minting = undefined
    write(VISITOR, null)
    write(SUBJECT, null)
  }

  return {
    refused,
    known,
    keep,
    forget,
    async introduce(ask) {
      if (refused()) return ask(undefined)
      while (!known() && minting) await minting.catch(() => {})
      const mine = known()
      if (mine) {
        const answer = await ask(mine)
        // Null: the id is none of this deployment's, or its database was emptied; the next to ask gets a new one.
        if (!answer.visitorId && known() === mine) forget()
        return answer
      }
      const asked = ask('new')
      minting = asked
      try {
        const answer = await asked
        if (answer.visitorId && minting === asked) keep(answer.visitorId)
        return answer
      } finally {
        if (minting === asked) minting = undefined
      }
    },
    consent(state) {
      consent = state
      if (refused()) forget()
    },
  }
}
