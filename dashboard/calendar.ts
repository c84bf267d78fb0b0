const DAY_MS = 86_400_000

/** UTC day of an instant, as `2026-11-23`. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

/** Start of a UTC day in epoch milliseconds. */
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`)

export const shiftDay = (day: string, days: number): string => dayOf(startOf(day) + days * DAY_MS)

/** Days from one day to another. */
export const daysFrom = (first: string, last: string): number => (startOf(last) - startOf(first)) / DAY_MS

/** Month `k` months after a month, both as `2026-11`. */
export function shiftMonth(month: string, months: number): string {
  const [year = 0, index = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, index - 1 + months, 1)).toISOString().slice(0, 7)
}

/** Last day of a month. */
export const endOfMonth = (month: string): string => shiftDay(`${shiftMonth(month, 1)}-01`, -1)

/** How far a month is told by figures that end with the day `to`: not at all, in part, or wholly. `today` is never over. */
export function coverage(month: string, to: string, today: string): 'none' | 'part' | 'whole' {
  if (`${month}-01` > to) return 'none'
  const end = endOfMonth(month)
  return end > to || end >= today ? 'part' : 'whole'
}
