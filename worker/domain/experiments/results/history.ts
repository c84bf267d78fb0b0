import { addDays, dayOf } from '../../time.ts'
import type { Experiment } from '../definition.ts'
import { addMetricMoments, type MetricMoments, NO_METRIC_MOMENTS } from '../inference/metric-moments.ts'
import { endOf } from './basis.ts'
import { daysOf, type Evidence, type Judged } from './evidence.ts'
import { compare, type Effect, effectOf, FIXED, SEQUENTIAL } from './reading.ts'

/** With fewer of a variant an interval is so wide that nothing else on its scale would be seen. */
const LEAST_PEOPLE = 100

/** Lift of the first goal as a day ended. */
export interface DayLifts {
  day: string
  exposed: number
  lifts: Record<string, Pick<Effect, 'value' | 'low' | 'high'>>
  /** Whether that was told then. Else it is told now, of the people of those days with all that has come of them since. */
  isStored: boolean
}

/**
 * The lift over time: as it was stored day by day, and before the first such day, as with history that was imported, by the
 * people who had been exposed until then. By the interval that holds at every look, unless the experiment is read once.
 *
 * @param stored oldest first
 */
export function liftsOverTime(
  experiment: Experiment,
  goal: Judged | undefined,
  evidence: Evidence,
  stored: readonly DayLifts[],
  now: number,
): DayLifts[] {
  const [first] = daysOf(evidence)
  if (!goal || first === undefined) return [...stored]
  const last = stored[0] ? addDays(stored[0].day, -1) : addDays(dayOf(Math.min(now, endOf(experiment))), -1)
  return [...retold(experiment, goal, evidence, first, last), ...stored]
}

function* retold(experiment: Experiment, goal: Judged, evidence: Evidence, first: string, last: string): Generator<DayLifts> {
  const cells = Map.groupBy(evidence.metrics.get(goal.metric) ?? [], ({ day }) => day)
  const people = Map.groupBy(evidence.exposed, ({ day }) => day)
  const sums = new Map<string, MetricMoments>()
  const sumOf = (variant: string) => sums.get(variant) ?? NO_METRIC_MOMENTS
  const [control, ...treatments] = experiment.variants.map(({ key }) => key)
  const reading = experiment.method === 'fixed' ? FIXED : SEQUENTIAL
  let exposed = 0
  for (let day = first; day <= last; day = addDays(day, 1)) {
    for (const { variant, moments } of cells.get(day) ?? []) sums.set(variant, addMetricMoments(sumOf(variant), moments))
    for (const row of people.get(day) ?? []) exposed += row.exposed
    const lifts = treatments.flatMap((variant) => {
      if (Math.min(sumOf(control ?? '').n, sumOf(variant).n) < LEAST_PEOPLE) return []
      const options = { relative: true, cuped: false }
      const lift = effectOf(compare(goal.definition.kind, sumOf(control ?? ''), sumOf(variant), reading, options))
      return lift ? [[variant, { value: lift.value, low: lift.low, high: lift.high }] as const] : []
    })
    yield { day, exposed, lifts: Object.fromEntries(lifts), isStored: false }
  }
}
