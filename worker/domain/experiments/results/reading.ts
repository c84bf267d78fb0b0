import type { AnalysisMethod, MetricKind } from '../../../contract/lists.ts'
import { normalCumulative } from '../../statistics/normal.ts'
import { type ComparisonOptions, compareVariants, type VariantComparison } from '../inference/compare-variants.ts'
import type { MetricMoments, NoResult } from '../inference/metric-moments.ts'

/** Chance that the intervals of an experiment that has no effect ever miss zero. */
export const ALPHA = 0.05

/** A planned look: how many standard errors its interval reaches, the p value that just crosses, and what is spent in all. */
export interface Look {
  method: 'group_sequential'
  z: number
  nominalAlpha: number
  alpha: number
}

/** How an interval is made. */
export type Reading = { method: 'fixed' | 'sequential' } | Look

export interface Effect {
  value: number
  low: number
  high: number
  /** At a planned look such that it is below alpha where the boundary is crossed. */
  pValue: number
}

export type Comparison = VariantComparison & Effect

/** Treatment against control, its interval made as the experiment is read. */
export function compare(
  kind: MetricKind,
  control: MetricMoments,
  treatment: MetricMoments,
  reading: Reading,
  options: ComparisonOptions,
): Comparison | NoResult {
  const method = reading.method === 'sequential' ? 'sequential' : 'fixed'
  const comparison = compareVariants(kind, control, treatment, { alpha: ALPHA, ...options, method })
  if ('reason' in comparison) return comparison
  const { effect, standardError } = comparison
  if (reading.method !== 'group_sequential') return { ...comparison, value: effect }
  const nominal = 2 * normalCumulative(-Math.abs(effect / standardError))
  const pValue = reading.nominalAlpha > 0 ? Math.min(1, (nominal * reading.alpha) / reading.nominalAlpha) : 1
  const reach = reading.z * standardError
  return { ...comparison, value: effect, low: effect - reach, high: effect + reach, pValue }
}

/** The effect of a comparison; null where there is none, or figures that no answer could hold. */
export function effectOf(comparison: Comparison | NoResult | null): Effect | null {
  if (!comparison || 'reason' in comparison) return null
  const { value, low, high, pValue } = comparison
  return [value, low, high, pValue].every(Number.isFinite) ? { value, low, high, pValue } : null
}

export const FIXED: Reading = { method: 'fixed' }
export const SEQUENTIAL: Reading = { method: 'sequential' }

/** Without a look to speak of, planned looks are read as any look may be. */
export const readingOf = (method: AnalysisMethod, look: Look | null): Reading =>
  method === 'fixed' ? FIXED : method === 'group_sequential' && look ? look : SEQUENTIAL
