import { sequenceMultiplier, sequenceRate, TUNED_FOR } from '../../statistics/confidence-sequence.ts'
import { studentCumulative } from '../../statistics/student.ts'
import { studentQuantile } from '../../statistics/student-quantile.ts'

/** Which effects count against "none": both, or only those above or below. */
export type Alternative = 'two_sided' | 'greater' | 'less'

export interface Interval {
  /** −Infinity where an alternative of one side leaves it open; so is `high`. */
  low: number
  high: number
  /** Chance of an effect at least this large where there is none; sequentially, at any look so far. 0–1. */
  pValue: number
}

interface Terms {
  alpha: number
  alternative: Alternative
}

/** Student's interval: holds at one look. */
export function fixedInterval(effect: number, standardError: number, freedom: number, { alpha, alternative }: Terms): Interval {
  const t = effect / standardError
  const reach = studentQuantile(1 - alpha / (alternative === 'two_sided' ? 2 : 1), freedom) * standardError
  const tail = {
    two_sided: () => 2 * studentCumulative(-Math.abs(t), freedom),
    greater: () => studentCumulative(-t, freedom),
    less: () => studentCumulative(t, freedom),
  }
  return { ...around(effect, reach, alternative), pValue: Math.min(1, tail[alternative]()) }
}

/**
 * Asymptotic confidence sequence: holds at every look, however many there are.
 *
 * Source: Waudby-Smith et al., arXiv 2103.06476 v7: interval by equation 9 (two sides) or 134 (one), ρ by 161, p by 155.
 *
 * @param n observations of both sides together
 */
export function sequentialInterval(
  effect: number,
  standardError: number,
  n: number,
  { alpha, alternative, tunedFor = TUNED_FOR }: Terms & { tunedFor?: number },
): Interval {
  const z = effect / standardError
  if (alternative === 'two_sided') {
    const scaled = n * sequenceRate(alpha, tunedFor)
    const evidence = (scaled * z * z) / (2 * (scaled + 1)) - Math.log1p(scaled) / 2
    const reach = sequenceMultiplier(n, alpha, tunedFor) * standardError
    return { ...around(effect, reach, alternative), pValue: Math.min(1, Math.exp(-evidence)) }
  }
  const scaled = n * sequenceRate(2 * alpha, tunedFor)
  const root = Math.sqrt(scaled + 1)
  const reach = Math.sqrt(2 * (1 + 1 / scaled) * Math.log1p(root / (2 * alpha))) * standardError
  const towards = alternative === 'greater' ? z : -z
  // The alpha at which the bound just touches zero; a bound of one side says nothing beyond a half.
  const pValue = towards <= 0 ? 1 : Math.min(1, root / 2 / Math.expm1((scaled * z * z) / (2 * (scaled + 1))))
  return { ...around(effect, reach, alternative), pValue }
}

const around = (effect: number, reach: number, alternative: Alternative): { low: number; high: number } => ({
  low: alternative === 'less' ? Number.NEGATIVE_INFINITY : effect - reach,
  high: alternative === 'greater' ? Number.POSITIVE_INFINITY : effect + reach,
})
