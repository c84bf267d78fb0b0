import type { SequentialAnswer, SequentialInput } from '../../../contract/experiment-planning.ts'
import { alwaysValid } from '../../statistics/always-valid.ts'
import { sequenceMultiplier } from '../../statistics/confidence-sequence.ts'
import { shareSequence } from '../../statistics/mixture.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'
import { groupSequentialBoundaries } from '../inference/group-sequential.ts'
import { sequentialInterval } from '../inference/interval.ts'
import { fractionsOf } from './sample-size.ts'

type Told = SequentialAnswer['sequential']

/**
 * Between the words of the calculator and the domain.
 *
 * @throws DomainError invalid_field  looks that do not rise
 */
export function readLooks({ alpha, look, share, path, mixingVariance, looks, spending, sides }: SequentialInput): Told {
  return {
    look: look ? lookOf(alpha, look) : null,
    share: share
      ? { value: share.successes / share.trials, ...shareSequence(share.successes, share.trials, { alpha, tunedFor: share.tunedFor }) }
      : null,
    path: path ? alwaysValid(path, mixingVariance as number) : null,
    looks: looks === undefined ? null : groupSequentialBoundaries({ fractions: fractionsOf(looks), alpha, spending, sides }),
  }
}

function lookOf(alpha: number, { effect, standardError, n, tunedFor, alternative }: NonNullable<SequentialInput['look']>): Told['look'] {
  const { low, high, pValue } = sequentialInterval(effect, standardError, n, { alpha, tunedFor, alternative })
  const two = alternative === 'two_sided'
  const multiplier = two
    ? sequenceMultiplier(n, alpha, tunedFor)
    : Math.abs((alternative === 'greater' ? low : high) - effect) / standardError
  return {
    low: Number.isFinite(low) ? low : null,
    high: Number.isFinite(high) ? high : null,
    pValue,
    multiplier,
    overFixed: multiplier / normalQuantile(1 - alpha / (two ? 2 : 1)),
  }
}
