import type { SampleRatioAnswer, SampleRatioInput } from '../../../contract/experiment-analysis.ts'
import { MISMATCH_BELOW, sampleRatio } from '../../statistics/sample-ratio.ts'
import { mismatchCauses } from '../inference/mismatch-causes.ts'

/** Between the words of the calculator and the domain. Causes are told where there is something to explain. */
export function checkSplit({ counts, weights = counts.map(() => 1), dimensions = {} }: SampleRatioInput): SampleRatioAnswer['sampleRatio'] {
  const { statistic, pValue } = sampleRatio(counts, weights)
  const people = counts.reduce((sum, count, at) => sum + ((weights[at] ?? 0) > 0 ? count : 0), 0)
  const whole = counts.reduce((sum, _, at) => sum + (weights[at] ?? 0), 0)
  const mismatch = pValue < MISMATCH_BELOW
  const byValue = Object.entries(dimensions).flatMap(([dimension, values]) =>
    Object.entries(values).map(([value, its]) => ({ dimension, value, counts: its })),
  )
  return {
    statistic,
    pValue,
    mismatch,
    expected: counts.map((_, at) => (whole > 0 ? (people * (weights[at] ?? 0)) / whole : 0)),
    causes: mismatch ? mismatchCauses(counts, weights, byValue) : [],
  }
}
