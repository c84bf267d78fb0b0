export const VISITOR = 'fl_visitor'
export const SUBJECT = 'fl_subject'
export const STICKY = 'fl_sticky'

/** What a use of something that may be missing or forbidden gives; undefined when it throws. */
export const attempt = <T>(use: () => T): T | undefined => {
  try {
    return use()
  } catch {
    return undefined
  }
}

/** localStorage may be missing, full or forbidden: then nothing is remembered and nothing fails. */
export const read = (name: string): string | undefined => attempt(() => localStorage[name])

/** Without a text it removes. */
export const write = (name: string, text?: string | null): void =>
  attempt(() => {
    if (text) localStorage[name] = text
    else delete localStorage[name]
  })
