import type { FunnelAnswer } from '../../contract/funnels.ts'
import type { SegmentDimension } from '../../contract/lists.ts'
import type { FunnelDefinition } from './definition.ts'
import { medianSeconds } from './duration.ts'

/** People who reached each step, by its key. */
export type Reached = ReadonlyMap<string, number>
type StepAnswer = FunnelAnswer['steps'][number]
type Counts = Pick<StepAnswer, 'step' | 'entered' | 'ofPrevious' | 'ofFirst' | 'droppedOff'>

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** Steps with both denominators. Nobody is lost at an optional step, nor at the last. */
export function countsOf({ steps }: FunnelDefinition, reached: Reached): Counts[] {
  const entered = (at: number) => reached.get(steps[at]?.key ?? '') ?? 0
  const nearest = (at: number, by: 1 | -1): number => {
    let place = at + by
    while (steps[place]?.optional) place += by
    return place
  }
  return steps.map(({ key, optional }, at) => {
    const next = nearest(at, 1)
    return {
      step: key,
      entered: entered(at),
      ofPrevious: at === 0 ? null : share(entered(at), entered(nearest(at, -1))),
      ofFirst: share(entered(at), entered(0)),
      droppedOff: optional || next >= steps.length ? 0 : entered(at) - entered(next),
    }
  })
}

/** @param times `step|bucket` */
export function stepsOf(funnel: FunnelDefinition, reached: Reached, times: readonly { value: string; sum: number }[]): StepAnswer[] {
  const histograms = new Map<string, Map<number, number>>()
  for (const { value, sum } of times) {
    const cut = value.lastIndexOf('|')
    const histogram = histograms.get(value.slice(0, cut)) ?? new Map<number, number>()
    histogram.set(Number(value.slice(cut + 1)), sum)
    histograms.set(value.slice(0, cut), histogram)
  }
  return countsOf(funnel, reached).map((counts, at) => {
    const { key, name, optional } = funnel.steps[at] as FunnelDefinition['steps'][number]
    return { ...counts, label: name, optional, medianSeconds: medianSeconds(histograms.get(key) ?? new Map()) }
  })
}

/** Sums `value|step` by value, then step. */
export function byValue(sums: readonly { value: string; sum: number }[]): Map<string, Map<string, number>> {
  const values = new Map<string, Map<string, number>>()
  for (const { value, sum } of sums) {
    const cut = value.lastIndexOf('|')
    put(values, value.slice(0, cut), value.slice(cut + 1), sum)
  }
  return values
}

export function put<Name>(values: Map<Name, Map<string, number>>, value: Name, step: string, sum: number): void {
  const steps = values.get(value) ?? new Map<string, number>()
  steps.set(step, (steps.get(step) ?? 0) + sum)
  values.set(value, steps)
}

/** What people were at entry: the values of a dimension, null being all those beyond the largest. */
export function valuesOf(
  sums: readonly { dimension: string; value: string | null; step: string; sum: number }[],
  dimension: SegmentDimension,
): Map<string | null, Map<string, number>> {
  const values = new Map<string | null, Map<string, number>>()
  for (const { dimension: of, value, step, sum } of sums) if (of === dimension) put(values, value, step, sum)
  return values
}

/** What some leave of the whole, step by step. */
export function rest(whole: Reached, some: Iterable<Reached>): Map<string, number> {
  const left = new Map(whole)
  for (const each of some) for (const [step, sum] of each) left.set(step, (left.get(step) ?? 0) - sum)
  return left
}

/** Key of the last required step: whoever reaches it is through. */
export const lastStepOf = ({ steps }: FunnelDefinition): string => steps.findLast(({ optional }) => !optional)?.key ?? ''
