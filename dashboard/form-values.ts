/** What was typed into a form, as values. */

/** What was typed, without space around it. */
export const textOf = (form: FormData, name: string): string => String(form.get(name) ?? '').trim()

/** A number, or null where nothing was typed. */
export function numberOf(form: FormData, name: string): number | null {
  const text = textOf(form, name)
  return text === '' ? null : Number(text)
}

/** Words between commas or spaces. */
export const listOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

/** A time of a field, which is UTC, as an instant; null where nothing was typed. */
export const instantOf = (text: string): string | null => (text === '' ? null : new Date(`${text}Z`).toISOString())
/** An instant as its field shows it, in UTC. */
export const fieldTime = (instant: string | null): string | undefined => instant?.slice(0, 16)
