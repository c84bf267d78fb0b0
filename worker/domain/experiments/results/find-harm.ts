import type { MetricKind } from '../../../contract/lists.ts'
import { compareVariants, type VariantComparison } from '../inference/compare-variants.ts'
import { sequentialInterval } from '../inference/interval.ts'
import type { MetricSums } from './compare-metric.ts'
import { effectiveOutcomes, type Judged } from './evidence.ts'

/** Chance that any variant without harm is ever accused, whichever the guardrail and however often one looks. */
const HARM_ALPHA = 0.01
/** Below that the sums are no normal variables yet, and an interval of theirs promises too much. */
const LEAST_PEOPLE = 50
const LEAST_OUTCOMES = 10

export interface Harm {
  variant: string
  metric: string
  name: string
  kind: MetricKind
  /** Of the metric, minor units of money. */
  value: number
  controlValue: number
  /** By how much it is surely worse, in the same units, and the chance of that where there is no harm, at any look so far. */
  least: number
  pValue: number
  threshold: number
}

const OPPOSITE = { up: 'less', down: 'greater' } as const

/**
 * Variants that surely harm a guardrail: the bound of one side that holds at every look (an asymptotic confidence sequence)
 * lies beyond the control. Over all variants and guardrails together a false alarm in the whole life of an experiment has a
 * chance of about 1 % (Bonferroni). Differences are absolute, so that a control without a single failure can be harmed, too.
 *
 * @param sums of guardrails
 */
export function findHarm(sums: readonly MetricSums[]): Harm[] {
  const guardrails = sums.filter(({ judged }) => judged.role === 'guardrail')
  const comparisons = guardrails.reduce((count, { variants }) => count + Math.max(0, variants.length - 1), 0)
  return guardrails.flatMap(({ judged, variants }) => {
    const [control, ...treatments] = variants
    if (!control) return []
    return treatments.flatMap((treatment) => harmOf(judged, control, treatment, HARM_ALPHA / comparisons))
  })
}

type Side = MetricSums['variants'][number]

function harmOf({ metric, definition }: Judged, control: Side, treatment: Side, alpha: number): Harm[] {
  const { kind, direction, name } = definition
  const outcomes = effectiveOutcomes(control.moments) + effectiveOutcomes(treatment.moments)
  if (Math.min(control.moments.n, treatment.moments.n) < LEAST_PEOPLE || outcomes < LEAST_OUTCOMES) return []
  const found = compareVariants(kind, control.moments, treatment.moments, { cuped: false })
  if ('reason' in found) return []
  const [a, b] = [control.moments.n, treatment.moments.n]
  const { low, high, pValue } = sequentialInterval(found.effect, errorOf(found, a, b), a + b, { alpha, alternative: OPPOSITE[direction] })
  const least = direction === 'down' ? low : -high
  if (!(least > 0)) return []
  return [
    {
      variant: treatment.variant,
      metric,
      name,
      kind,
      value: found.treatment.value,
      controlValue: found.control.value,
      least,
      pValue,
      threshold: alpha,
    },
  ]
}

/**
 * Of the difference, as if both sides were spread as the wider of them: where there is no harm they are alike. Of a small side
 * on which nobody has done anything yet there is no spread to be seen, and its own error would make that sure at once.
 */
function errorOf({ control, treatment }: VariantComparison, a: number, b: number): number {
  const variance = Math.max(control.standardError ** 2 * a, treatment.standardError ** 2 * b)
  return Math.sqrt(variance / a + variance / b)
}
