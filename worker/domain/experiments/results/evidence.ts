import { DAY_MS, startOfDay } from '../../time.ts'
import type { ExperimentMetric } from '../definition.ts'
import type { DayMoments, ExperimentSums } from '../experiment-sums.ts'
import { addMetricMoments, type MetricMoments, NO_METRIC_MOMENTS } from '../inference/metric-moments.ts'
import type { MetricDefinition } from '../metric.ts'

/** All that is known of one version of an experiment, in sums whose number does not grow with its people. */
export type Evidence = ExperimentSums

/** A metric of an experiment with what it means. */
export interface Judged extends ExperimentMetric {
  definition: MetricDefinition
}

type DayFilter = (day: string) => boolean

/** Sums of one variant over some of its days. */
export const momentsOf = (cells: readonly DayMoments[], variant: string, isIn: DayFilter = () => true): MetricMoments =>
  cells.reduce((sum, cell) => (cell.variant === variant && isIn(cell.day) ? addMetricMoments(sum, cell.moments) : sum), NO_METRIC_MOMENTS)

/** Whether the window of whoever was exposed on a day is over. */
export const isMatured = (day: string, windowMs: number, now: number): boolean => startOfDay(day) + DAY_MS + windowMs <= now

export const peopleOf = ({ exposed }: Evidence, variant: string, isIn: DayFilter = () => true): number =>
  exposed.reduce((sum, row) => (row.variant === variant && isIn(row.day) ? sum + row.exposed : sum), 0)

export const everybody = ({ exposed }: Evidence): number => exposed.reduce((sum, row) => sum + row.exposed, 0)

/** Days on which anybody was exposed, oldest first. */
export const daysOf = ({ exposed }: Evidence): string[] => [...new Set(exposed.map(({ day }) => day))].sort()

/** What was known of an experiment as the day before ended: without whoever was first exposed since. */
export const evidenceBefore = (evidence: Evidence, today: string): Evidence => ({
  ...evidence,
  exposed: evidence.exposed.filter(({ day }) => day < today),
  metrics: new Map([...evidence.metrics].map(([metric, cells]) => [metric, cells.filter(({ day }) => day < today)])),
})

/**
 * Equally large outcomes that would tell as much as those there are: of a proportion the people who have it, of an amount
 * fewer the more unequal they are.
 *
 * Source: Kish (1965), Survey Sampling, section 8.2.
 */
export function effectiveOutcomes({ sum, squares }: MetricMoments): number {
  return squares > 0n ? sum ** 2 / Number(squares) : 0
}
