import { DomainError } from '../error.ts'

/** What is known at one look: the difference of means so far, the sum of both variances of one observation, and people an arm. */
export interface MixtureLook {
  readonly difference: number
  readonly varianceSum: number
  readonly nPerArm: number
}

export interface AlwaysValid {
  /** Likelihood of the data where the effect is drawn by the mixture, over that where there is none. */
  likelihoodRatio: number
  /** Chance of so much evidence at any look up to this one, where there is no effect. Never rises. */
  pValue: number
}

/**
 * p values along a path of looks that may be acted on at any of them: the mixture sequential probability ratio test.
 *
 * Source: Johari, Pekelis, Walsh (2015), Always valid inference, arXiv 1512.04922.
 *
 * @param mixingVariance variance of the effects that are thought of, in squared units of the difference
 * @throws DomainError invalid_field  a look without people or variance, or no mixing variance
 * @example alwaysValid([{ difference: 0.018, varianceSum: 0.5, nPerArm: 20000 }], 0.0001)[0] // => { likelihoodRatio: 79.78, pValue: 0.01253 }
 */
export function alwaysValid(path: readonly MixtureLook[], mixingVariance: number): AlwaysValid[] {
  if (!(mixingVariance > 0)) throw new DomainError('invalid_field', 'alwaysValid requires a positive mixing variance', 'mixingVariance')
  let lowest = 1
  return path.map(({ difference, varianceSum, nPerArm }, at) => {
    if (!(varianceSum > 0 && nPerArm > 0))
      throw new DomainError('invalid_field', 'alwaysValid requires people and variance at every look', `path.${at}`)
    const mixed = varianceSum + nPerArm * mixingVariance
    const exponent = (nPerArm ** 2 * mixingVariance * difference ** 2) / (2 * varianceSum * mixed)
    const logarithm = Math.log(varianceSum / mixed) / 2 + exponent
    lowest = Math.min(lowest, Math.exp(-logarithm))
    return { likelihoodRatio: Math.min(Number.MAX_VALUE, Math.exp(logarithm)), pValue: lowest }
  })
}
