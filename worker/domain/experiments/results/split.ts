import type { SegmentDimension } from '../../../contract/lists.ts'
import { MISMATCH_BELOW, sampleRatio } from '../../statistics/sample-ratio.ts'
import type { Experiment } from '../definition.ts'
import { mismatchCauses } from '../inference/mismatch-causes.ts'
import { type Evidence, everybody, peopleOf } from './evidence.ts'

export interface Cause {
  dimension: SegmentDimension
  value: string
  pValue: number
  exposed: Record<string, number>
}

export interface Split {
  pValue: number
  mismatch: boolean
  causes: Cause[]
}

const CAUSES = 5
const ODD_BELOW = 0.05

/**
 * Whether people are split between the variants as they were to be, and if not, which values of country, device, source
 * and visitor that comes from. Null while nobody was exposed.
 */
export function splitOf(experiment: Experiment, evidence: Evidence): Split | null {
  if (everybody(evidence) === 0) return null
  const weights = experiment.variants.map(({ weight }) => weight)
  const counts = experiment.variants.map(({ key }) => peopleOf(evidence, key))
  const { pValue } = sampleRatio(counts, weights)
  const mismatch = pValue < MISMATCH_BELOW
  return { pValue, mismatch, causes: mismatch ? causesOf(experiment, evidence, counts, weights) : [] }
}

function causesOf({ variants }: Experiment, { segments }: Evidence, counts: readonly number[], weights: readonly number[]): Cause[] {
  const byValue = Map.groupBy(segments, ({ dimension, value }) => JSON.stringify([dimension, value]))
  const values = Map.groupBy(byValue.values(), ([cell]) => cell?.dimension)
  // What everybody has in common tells nobody apart.
  const telling = [...byValue.values()].filter(([cell]) => (values.get(cell?.dimension)?.length ?? 0) > 1)
  const split = telling.map((cells) => {
    const { dimension, value } = cells[0] as (typeof cells)[number]
    const of = (key: string) => cells.reduce((sum, { variant, moments }) => (variant === key ? sum + moments.n : sum), 0)
    return { dimension, value, counts: variants.map(({ key }) => of(key)) }
  })
  return mismatchCauses(counts, weights, split, ODD_BELOW)
    .slice(0, CAUSES)
    .map(({ dimension, value, pValue }) => {
      const own = split.find((one) => one.dimension === dimension && one.value === value)
      const exposed = Object.fromEntries(variants.map(({ key }, at) => [key, own?.counts[at] ?? 0]))
      return { dimension: dimension as SegmentDimension, value, pValue, exposed }
    })
}
