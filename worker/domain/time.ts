export const SECOND_MS = 1_000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

let last = { number: Number.NaN, name: '' }

/** UTC calendar day of an instant; the last one is remembered, as nearly every question is about today. @example dayOf(0) // => '1970-01-01' */
export function dayOf(epochMs: number): string {
  const number = Math.floor(epochMs / DAY_MS)
  if (number !== last.number) last = { number, name: new Date(epochMs).toISOString().slice(0, 10) }
  return last.name
}

/** First millisecond of a UTC calendar day. */
export const startOfDay = (day: string): number => Date.parse(`${day}T00:00:00.000Z`)

export const monthOf = (day: string): string => day.slice(0, 7)

/** Month that lies `count` months after another. @example addMonths('1997-11', 3) // => '1998-02' */
export function addMonths(month: string, count: number): string {
  const at = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + count
  return `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}`
}

/** Day that lies `days` after another. @example addDays('2026-02-27', 2) // => '2026-03-01' */
export const addDays = (day: string, days: number): string => dayOf(startOfDay(day) + days * DAY_MS)

/** All days from the first to the last, both included. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = []
  for (let at = startOfDay(first); at <= startOfDay(last); at += DAY_MS) days.push(dayOf(at))
  return days
}
