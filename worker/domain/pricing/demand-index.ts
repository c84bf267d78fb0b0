/** Weeks of the same weekday that make the baseline, and views below which a baseline says nothing. */
export const BASELINE_WEEKS = 4
const LEAST_BASELINE_VIEWS = 20

/**
 * Views of a day against the mean of the same weekday in the four weeks before: 1 is usual, 2 twice as many.
 * Damped by the square root, because views of one day are noise as much as demand, and kept within 0.5–2.
 *
 * @param day views of the day
 * @param baseline views of the same weekday, one entry a week
 * @returns null where the baseline holds fewer than 20 views
 * @example demandIndexOf(144, [100, 100, 100, 100]) // => 1.2
 */
export function demandIndexOf(day: number, baseline: readonly number[]): number | null {
  const views = baseline.reduce((sum, value) => sum + value, 0)
  if (baseline.length === 0 || views < LEAST_BASELINE_VIEWS) return null
  return Math.min(2, Math.max(0.5, Math.sqrt(day / (views / baseline.length))))
}
