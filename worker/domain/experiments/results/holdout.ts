import type { HoldoutAnswer } from '../../../contract/holdout.ts'
import { HOLDOUT_VARIANTS } from '../../customer/holdout.ts'
import { toMajor } from '../../money.ts'
import { MISMATCH_BELOW, sampleRatio } from '../../statistics/sample-ratio.ts'
import { DAY_MS } from '../../time.ts'
import type { MetricDefinition } from '../metric.ts'
import { LEAST_OUTCOMES, LEAST_PEOPLE } from './basis.ts'
import { compareMetrics, type MetricFinding } from './compare-metric.ts'
import { type Evidence, effectiveOutcomes, isMatured, type Judged, momentsOf, peopleOf } from './evidence.ts'
import { type Effect, SEQUENTIAL } from './reading.ts'
import { describeFigure, describeLift } from './words.ts'

const { heldOut: HELD_OUT, treated: TREATED } = HOLDOUT_VARIANTS
const SIDES = [HELD_OUT, TREATED] as const

/** A holdout of one share, which has sums of its own. */
export interface HoldoutTerms {
  /** 0–1. */
  share: number
  currency: string
  metric: MetricDefinition
  reference: string
}

/**
 * What all levers together do to net revenue: customers whom they may touch against those whom none does. Read whenever
 * somebody looks, so by an interval that holds at every look.
 */
export function holdoutResults({ share, currency, metric, reference }: HoldoutTerms, evidence: Evidence, now: number): HoldoutAnswer {
  const judged: Judged = { metric: reference, role: 'goal', cap: null, currency, definition: metric }
  const cells = evidence.metrics.get(reference) ?? []
  const sums = SIDES.map((variant) => ({ variant, moments: momentsOf(cells, variant) }))
  const [finding] = compareMetrics([{ judged, variants: sums }], { reading: SEQUENTIAL, prior: null }) as [MetricFinding]
  const counts = SIDES.map((side) => peopleOf(evidence, side))
  const total = counts.reduce((sum, people) => sum + people, 0)
  const weights = [share, 1 - share]
  const pValue = sampleRatio(counts, weights).pValue
  const mismatch = pValue < MISMATCH_BELOW
  const treated = finding.variants[1]
  // Few are held out: while next to none of them has paid, their spread is not to be seen, and any difference would look sure.
  const isTooFew = sums.some(({ moments }) => moments.n < LEAST_PEOPLE || effectiveOutcomes(moments) < LEAST_OUTCOMES)
  const effect = mismatch || isTooFew ? null : (treated?.difference ?? null)
  const lift = mismatch || isTooFew ? null : (treated?.lift ?? null)
  const major = (minor: number) => toMajor(minor, currency)
  const scaled = ({ value, low, high }: Pick<Effect, 'value' | 'low' | 'high'>, by = 1) => ({
    value: major(value * by),
    low: major(low * by),
    high: major(high * by),
  })
  return {
    success: true,
    currency,
    share,
    windowDays: metric.windowMs / DAY_MS,
    sides: SIDES.map((key, at) => ({
      key,
      exposed: counts[at] as number,
      matured: momentsOf(cells, key, (day) => isMatured(day, metric.windowMs, now)).n,
      expected: total * (weights[at] as number),
      netRevenue: major(momentsOf(cells, key).sum),
      perCustomer: finding.variants[at]?.estimate ? scaled(finding.variants[at].estimate) : null,
    })),
    excluded: evidence.excluded,
    sampleRatio: total === 0 ? null : { pValue, mismatch },
    effect: effect && { ...scaled(effect), pValue: effect.pValue },
    lift: lift && { value: lift.value, low: lift.low, high: lift.high },
    total: effect && scaled(effect, counts[1]),
    ...conclude(judged, effect, lift, mismatch, total, share),
  }
}

function conclude(
  judged: Judged,
  effect: Effect | null,
  lift: Effect | null,
  mismatch: boolean,
  people: number,
  share: number,
): Pick<HoldoutAnswer, 'conclusion' | 'sentence' | 'reason'> {
  if (people === 0) {
    const isHolding = share > 0 && share < 1
    const reason = isHolding
      ? 'nobody has been told a price yet under this share'
      : 'the settings hold nobody out, so there is nobody to compare with'
    return { conclusion: 'unsure', sentence: `Nothing is known of the levers’ effect yet: ${reason}`, reason }
  }
  if (mismatch) {
    const reason = 'customers are not split as the settings say, so something besides the levers differs'
    return { conclusion: 'invalid', sentence: `Do not trust this comparison: ${reason}`, reason }
  }
  if (!effect) {
    const reason = `one side has too few customers, or too few who have paid: it takes ${LEAST_PEOPLE}, and some ${LEAST_OUTCOMES} who paid alike`
    return { conclusion: 'unsure', sentence: `Nothing is known of the levers’ effect yet: ${reason}`, reason }
  }
  const [value, low, high] = [effect.value, effect.low, effect.high].map((each) => describeFigure(judged, Math.round(each)))
  const relative = lift ? ` (${describeLift(lift.value)})` : ''
  const figures = `${value}${relative} a customer in ${judged.definition.windowMs / DAY_MS} days, between ${low} and ${high}`
  if (effect.low > 0) return { conclusion: 'gain', sentence: `The levers together bring in more: ${figures}`, reason: null }
  if (effect.high < 0) return { conclusion: 'loss', sentence: `The levers together cost revenue: ${figures}`, reason: null }
  return { conclusion: 'unsure', sentence: `It is not sure that the levers together do anything: ${figures}`, reason: null }
}
