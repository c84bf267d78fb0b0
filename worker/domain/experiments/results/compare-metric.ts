import type { MetricRole } from '../../../contract/lists.ts'
import { scoreInterval } from '../../statistics/rates.ts'
import { studentQuantile } from '../../statistics/student-quantile.ts'
import { estimateMetric } from '../inference/compare-variants.ts'
import type { MetricMoments } from '../inference/metric-moments.ts'
import { adjustBenjaminiHochberg, adjustHolm } from '../inference/multiple-testing.ts'
import type { Prior } from '../inference/posterior.ts'
import type { Judged } from './evidence.ts'
import { ALPHA, type Comparison, compare, type Effect, effectOf, FIXED, type Reading } from './reading.ts'

/** What one metric says of one variant. Units are those of the metric, minor units of money. */
export interface VariantFinding {
  variant: string
  moments: MetricMoments
  estimate: { value: number; low: number; high: number } | null
  /** Relative, by the method of the experiment; over all so far. */
  lift: (Effect & { adjusted: number }) | null
  fixedLift: Effect | null
  /** Of the relative lift. */
  standardError: number | null
  difference: Effect | null
  cuped: (Effect & { varianceReduction: number }) | null
  chanceToWin: number | null
  expectedLoss: number | null
  reason: string | null
}

export interface MetricFinding {
  judged: Judged
  /** The control first. */
  variants: VariantFinding[]
}

/** Sums of each variant for each metric, the control first. */
export interface MetricSums {
  judged: Judged
  variants: readonly { variant: string; moments: MetricMoments }[]
}

const finite = (value: number | null | undefined): number | null =>
  value !== null && value !== undefined && Number.isFinite(value) ? value : null

function estimateOf({ definition: { kind } }: Judged, moments: MetricMoments): VariantFinding['estimate'] {
  const estimate = estimateMetric(kind, moments)
  if ('reason' in estimate || !Number.isFinite(estimate.value) || !Number.isFinite(estimate.standardError)) return null
  if (kind === 'proportion') return { value: estimate.value, ...scoreInterval(estimate.value, moments.n) }
  const reach = studentQuantile(1 - ALPHA / 2, moments.n - 1) * estimate.standardError
  return { value: estimate.value, low: estimate.value - reach, high: estimate.value + reach }
}

function findingOf(
  judged: Judged,
  control: MetricMoments,
  { variant, moments }: MetricSums['variants'][number],
  terms: Terms,
): VariantFinding {
  const { kind, direction } = judged.definition
  const options = { relative: true, cuped: false, prior: terms.prior, higherIsBetter: direction === 'up' }
  const lift = compare(kind, control, moments, terms.reading, options)
  const fixed = compare(kind, control, moments, FIXED, options)
  const effect = effectOf(lift)
  return {
    variant,
    moments,
    estimate: estimateOf(judged, moments),
    lift: effect && { ...effect, adjusted: effect.pValue },
    fixedLift: effectOf(fixed),
    standardError: 'reason' in fixed ? null : finite(fixed.standardError),
    difference: effectOf(compare(kind, control, moments, terms.reading, { relative: false, cuped: false })),
    cuped: cupedOf(compare(kind, control, moments, terms.reading, { relative: true })),
    chanceToWin: 'reason' in fixed ? null : finite(fixed.chanceToWin),
    expectedLoss: 'reason' in fixed ? null : finite(fixed.expectedLoss.shipTreatment),
    reason: 'reason' in lift ? lift.reason : effect === null ? 'the figures are too extreme to compare' : null,
  }
}

function cupedOf(comparison: Comparison | { reason: string }): VariantFinding['cuped'] {
  const effect = effectOf(comparison)
  if (!effect || 'reason' in comparison) return null
  const varianceReduction = finite(comparison.varianceReduction)
  return varianceReduction === null ? null : { ...effect, varianceReduction }
}

interface Terms {
  reading: Reading
  prior: Prior | null
}

const ADJUST: Record<MetricRole, typeof adjustHolm> = {
  goal: adjustHolm,
  guardrail: adjustHolm,
  secondary: adjustBenjaminiHochberg,
}

/**
 * What each metric says of each variant against the first. p values are adjusted over all variants and metrics of a role
 * together: of goals and guardrails no single one may be false (Holm), of the others a small share (Benjamini–Hochberg).
 */
export function compareMetrics(sums: readonly MetricSums[], terms: Terms): MetricFinding[] {
  const findings = sums.map(({ judged, variants }): MetricFinding => {
    const [control, ...treatments] = variants
    if (!control) return { judged, variants: [] }
    const alone: VariantFinding = {
      ...control,
      estimate: estimateOf(judged, control.moments),
      lift: null,
      fixedLift: null,
      standardError: null,
      difference: null,
      cuped: null,
      chanceToWin: null,
      expectedLoss: null,
      reason: null,
    }
    return { judged, variants: [alone, ...treatments.map((one) => findingOf(judged, control.moments, one, terms))] }
  })
  for (const role of Object.keys(ADJUST) as MetricRole[]) adjust(findings, role)
  return findings
}

function adjust(findings: readonly MetricFinding[], role: MetricRole): void {
  const lifts = findings.flatMap(({ judged, variants }) => (judged.role === role ? variants.map(({ lift }) => lift) : []))
  const adjusted = ADJUST[role](lifts.map((lift) => lift?.pValue ?? null))
  for (const [at, lift] of lifts.entries()) if (lift) lift.adjusted = adjusted[at] ?? 1
}
