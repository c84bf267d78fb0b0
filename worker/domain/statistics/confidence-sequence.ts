import { DomainError } from '../error.ts'

/** Observations at which an interval is to be narrowest; GrowthBook's default. */
export const TUNED_FOR = 5_000

/**
 * How many standard errors an interval reaches to either side so that it holds at every look, however many there are:
 * the price of peeking. An asymptotic confidence sequence, narrowest (against the fixed interval) at `tunedFor`.
 *
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2021), Time-uniform central limit theory and asymptotic
 * confidence sequences, arXiv 2103.06476 v7, equations 9 and 161.
 *
 * @param n      observations behind the standard error, of both sides of a comparison
 * @param alpha  chance that the interval ever misses, 0–1
 * @throws DomainError invalid_field  no observations, or an alpha outside (0, 1)
 * @example sequenceMultiplier(5000, 0.05) // => 3.035, 1.549 times the 1.96 of an interval looked at once
 */
export function sequenceMultiplier(n: number, alpha: number, tunedFor = TUNED_FOR): number {
  if (!(n > 0)) throw new DomainError('invalid_field', 'sequenceMultiplier requires observations', 'n')
  if (!(alpha > 0 && alpha < 1)) throw new DomainError('invalid_field', 'sequenceMultiplier requires an alpha between 0 and 1', 'alpha')
  const scaled = n * sequenceRate(alpha, tunedFor)
  return Math.sqrt(((scaled + 1) / scaled) * (Math.log1p(scaled) - 2 * Math.log(alpha)))
}

/** ρ², the precision of the sequence's mixture, such that it is narrowest at `tunedFor`: equation 161 there. */
export function sequenceRate(alpha: number, tunedFor = TUNED_FOR): number {
  const evidence = -2 * Math.log(alpha)
  return (evidence + Math.log1p(evidence)) / tunedFor
}
