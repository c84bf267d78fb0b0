import type { ExperimentWarningCode } from '../../../contract/lists.ts'
import { compareVariants } from './compare-variants.ts'
import type { MetricMoments } from './metric-moments.ts'

/** A reason to doubt a result, in a sentence, with the figures it rests on. */
export interface ResultWarning {
  code: ExperimentWarningCode
  message: string
  evidence: Record<string, number>
}

const MULTIPLE_SHARE = 0.01
const BIAS_BELOW = 0.01
const IMMATURE_SHARE = 0.05
const IMPLAUSIBLE_LIFT = 0.3
const FEW_CUSTOMERS = 100
const FEW_OUTCOMES = 10

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** More than 1 % of those exposed saw more than one variant: they left the analysis, and others may have been seen by chance alone. */
export function warnOfMultipleExposure(exposed: number, multiple: number): ResultWarning | null {
  const share = exposed > 0 ? multiple / exposed : 0
  if (!(share > MULTIPLE_SHARE)) return null
  return {
    code: 'multiple_exposure',
    message: `${percent(share)} of those exposed saw more than one variant and are left out, so those who remain may not be alike`,
    evidence: { exposed, multiple, share },
  }
}

/**
 * The variants differed in the metric before anybody had seen them.
 *
 * @param before moments of the covariate: the metric before exposure
 */
export function warnOfPreExposureBias(
  before: { control: MetricMoments; treatment: MetricMoments },
  below = BIAS_BELOW,
): ResultWarning | null {
  const comparison = compareVariants('mean', before.control, before.treatment)
  if ('reason' in comparison || !(comparison.pValue < below)) return null
  const { effect, pValue, control, treatment } = comparison
  return {
    code: 'pre_exposure_bias',
    message: `The variants differed before exposure already (p = ${pValue.toPrecision(2)}), so part of the effect may not be of the test`,
    evidence: { control: control.value, treatment: treatment.value, difference: effect, pValue },
  }
}

/** One segment's people and its effect, in the same units as that of the whole. */
export interface SegmentEffect {
  people: number
  effect: number
}

/**
 * The whole points one way, and the segments it is made of the other: people are spread over the segments differently
 * in each variant. Raised where no segment agrees with the whole, or where the segments' mean, weighed by people, lies
 * on the other side of zero and further than one standard error from the whole.
 *
 * Source: Simpson (1951), Journal of the Royal Statistical Society B 13:238–241.
 */
export function warnOfSimpsonsParadox(
  whole: { effect: number; standardError: number },
  segments: readonly SegmentEffect[],
): ResultWarning | null {
  const people = segments.reduce((sum, segment) => sum + segment.people, 0)
  if (segments.length < 2 || people === 0 || whole.effect === 0) return null
  const direction = Math.sign(whole.effect)
  const stratified = segments.reduce((sum, segment) => sum + segment.effect * segment.people, 0) / people
  const against = segments.filter(({ effect }) => Math.sign(effect) === -direction).length
  const apart = Math.abs(stratified - whole.effect) > whole.standardError && Math.sign(stratified) === -direction
  if (against < segments.length && !apart) return null
  return {
    code: 'simpsons_paradox',
    message: `${against} of ${segments.length} segments point against the whole: the variants reached different people`,
    evidence: { whole: whole.effect, stratified, segments: segments.length, against },
  }
}

/** People of one day of exposure, and how long ago that day ended. */
export interface ExposureDay {
  people: number
  ageDays: number
}

/** More than 5 % of those exposed still have time to convert: what they will do is not in the result yet. */
export function warnOfImmatureCohorts(days: readonly ExposureDay[], windowDays: number): ResultWarning | null {
  const exposed = days.reduce((sum, day) => sum + day.people, 0)
  const immature = days.reduce((sum, day) => sum + (day.ageDays < windowDays ? day.people : 0), 0)
  const share = exposed > 0 ? immature / exposed : 0
  if (!(share > IMMATURE_SHARE)) return null
  return {
    code: 'immature_cohorts',
    message: `${percent(share)} of those exposed have had less than the ${windowDays} days in which a conversion counts`,
    evidence: { exposed, immature, share, windowDays },
  }
}

/** A relative lift above 30 %, either way: any figure that looks interesting is usually wrong (Twyman's law). */
export function warnOfImplausibleLift(lift: number): ResultWarning | null {
  if (!(Math.abs(lift) > IMPLAUSIBLE_LIFT)) return null
  return {
    code: 'implausible_lift',
    message: `A change of ${percent(lift)} is rarely real: look for a fault in the test or in its tracking first`,
    evidence: { lift },
  }
}

/**
 * Fewer than 100 customers in a variant, or fewer than ten who did anything: normal intervals do not hold there yet.
 *
 * @param active customers of the variant whose metric is not zero, where that is known
 */
export function warnOfSmallSample(variants: readonly { people: number; active?: number }[]): ResultWarning | null {
  const people = Math.min(...variants.map((variant) => variant.people))
  const known = variants.flatMap(({ active }) => (active === undefined ? [] : [active]))
  const active = known.length > 0 ? Math.min(...known) : null
  if (variants.length === 0 || (people >= FEW_CUSTOMERS && (active === null || active >= FEW_OUTCOMES))) return null
  return {
    code: 'small_sample',
    message:
      people < FEW_CUSTOMERS
        ? `The smallest variant has ${people} customers, and an interval holds from about ${FEW_CUSTOMERS} on`
        : `In one variant only ${active} customers did anything, and an interval holds from about ${FEW_OUTCOMES} on`,
    evidence: { people, ...(active !== null && { active }) },
  }
}
