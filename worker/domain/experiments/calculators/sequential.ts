import type { SequentialAnswer, SequentialInput } from '../../../contract/experiment-planning.ts'
import { alwaysValid } from '../../statistics/always-valid.ts'
import { sequenceMultiplier } from '../../statistics/confidence-sequence.ts'
import {
  bestPrecision,
  gammaExponentialMixture,
  mixtureBound,
  normalMixture,
  shareSequence,
  stitchedBound,
} from '../../statistics/mixture.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'
import { classicBoundaries, groupSequentialBoundaries } from '../inference/group-sequential.ts'
import { sequentialInterval } from '../inference/interval.ts'
import { remainingShare } from '../inference/sample-size.ts'
import { fractionsOf } from './sample-size.ts'

type Told = SequentialAnswer['sequential']

/**
 * Between the words of the calculator and the domain.
 *
 * @throws DomainError invalid_field  looks that do not rise
 */
export function readLooks(input: SequentialInput): Told {
  const { alpha, look, share, path, mixingVariance, looks, bound, running } = input
  return {
    look: look ? lookOf(alpha, look) : null,
    share: share
      ? { value: share.successes / share.trials, ...shareSequence(share.successes, share.trials, { alpha, tunedFor: share.tunedFor }) }
      : null,
    path: path ? alwaysValid(path, mixingVariance as number) : null,
    looks: looks === undefined ? null : boundariesOf(input, looks),
    bound: bound ? boundOf(alpha, bound) : null,
    running: running ? remainderOf(alpha, running) : null,
  }
}

function boundariesOf({ alpha, spending, sides, classic }: SequentialInput, looks: NonNullable<SequentialInput['looks']>): Told['looks'] {
  const fractions = fractionsOf(looks)
  if (!classic) return groupSequentialBoundaries({ fractions, alpha, spending, sides })
  return classicBoundaries(spending, fractions.length, alpha)
}

function boundOf(alpha: number, { mixture, variance, tunedFor, scale }: NonNullable<SequentialInput['bound']>): number {
  if (mixture === 'stitched') return stitchedBound(variance, alpha, tunedFor, scale)
  if (mixture === 'normal') return mixtureBound(normalMixture(bestPrecision(tunedFor, alpha)), variance, alpha)
  return mixtureBound(gammaExponentialMixture(bestPrecision(tunedFor, 2 * alpha), scale), variance, alpha)
}

function remainderOf(alpha: number, { peoplePerDay, ...test }: NonNullable<SequentialInput['running']>): Told['running'] {
  const share = remainingShare({ ...test, alpha })
  const people = Math.ceil(share * test.n)
  return { share, people, days: peoplePerDay === undefined ? null : Math.ceil(people / peoplePerDay) }
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
