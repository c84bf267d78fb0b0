import type { Experiment } from './definition.ts'

/**
 * What flags need of an experiment, which is all that goes into the configuration: every isolate holds it, and a store takes
 * no larger text than two megabytes. One that was put aside answers one variant for ever, and needs no other.
 */
export function compiledOf({ input: _, ...experiment }: Experiment): Experiment {
  const { status, shipped, variants } = experiment
  const isAnswered = ({ key }: Experiment['variants'][number]) => key === (shipped ?? variants[0]?.key)
  return { ...experiment, hypothesis: '', phases: [], variants: status === 'archived' ? variants.filter(isAnswered) : variants }
}

/** All experiments as they are stored for isolates. */
export const compiledText = (experiments: readonly Experiment[]): string => JSON.stringify(experiments.map(compiledOf))
