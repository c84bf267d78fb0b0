import type { CompareAnswer, CompareArm, CompareInput } from '../../../contract/experiment-analysis.ts'
import { compareShares, signTest } from '../../statistics/shares.ts'
import {
  type ComparisonOptions,
  compareJoints,
  compareSides,
  estimateJoint,
  type VariantComparison,
} from '../inference/compare-variants.ts'
import { type Joint, jointOfRows, jointOfSums } from '../inference/joint.ts'
import type { MetricKind, NoResult } from '../inference/metric-moments.ts'
import { adjustBenjaminiHochberg, adjustHolm } from '../inference/multiple-testing.ts'
import { type QuantileInterval, quantileSide } from '../inference/quantile.ts'
import { warnOfImplausibleLift, warnOfSmallSample } from '../inference/warnings.ts'

type Compared = CompareAnswer['comparison']
type Kind = Compared['kind']

/** An arm as the domain takes it: sums, or a quantile. */
type Arm = { n: number; joint: Joint } | { n: number; interval: QuantileInterval }

const kindOf = ({ conversions, quantile, denominator, denominators }: CompareArm): Kind =>
  conversions !== undefined ? 'proportion' : quantile ? 'quantile' : denominator || denominators ? 'ratio' : 'mean'

function readArm(arm: CompareArm): Arm {
  const { values, quantile, covariate, denominator, n = 0, conversions } = arm
  if (values) {
    const { denominators, before, denominatorsBefore } = arm
    const rows = values.map((y, at) => [y, denominators?.[at] ?? 1, before?.[at] ?? 0, denominatorsBefore?.[at] ?? 1])
    const ratioBefore = denominatorsBefore !== undefined
    return { n: values.length, joint: jointOfRows(rows, before !== undefined && ratioBefore === (denominators !== undefined)) }
  }
  if (quantile) {
    const { value, low, high, n: intervalAt = n } = quantile
    return { n, interval: { n, value, low, high, intervalAt } }
  }
  const ratio = covariate?.ratio
  const products = [
    [conversions ?? arm.squares, denominator?.cross, covariate?.cross, ratio?.crossNumerator],
    [undefined, denominator?.squares, ratio?.crossDenominator, ratio?.crossDenominatorAfter],
    [undefined, undefined, covariate?.squares, ratio?.cross],
    [undefined, undefined, undefined, ratio?.squares],
  ]
  const sums = [conversions ?? arm.sum ?? 0, denominator?.sum, covariate?.sum, ratio?.sum] as const
  return { n, joint: jointOfSums({ n, sums, of: (a, b) => products[a]?.[b] ?? 0 }) }
}

function compare(kind: Kind, control: Arm, treatment: Arm, options: ComparisonOptions): VariantComparison | NoResult {
  if ('interval' in control && 'interval' in treatment) {
    if (control.n < 2 || treatment.n < 2) return { reason: 'one side has fewer than two customers' }
    return compareSides(quantileSide(control.interval), quantileSide(treatment.interval), null, options)
  }
  if ('interval' in control || 'interval' in treatment) return { reason: 'a quantile is only compared with one' }
  return compareJoints(kind as MetricKind, control.joint, treatment.joint, options)
}

function estimate(kind: Kind, arm: Arm): { value: number; standardError: number } | NoResult {
  if (!('interval' in arm)) return estimateJoint(kind as MetricKind, arm.joint)
  if (arm.n < 2) return { reason: 'this variant has fewer than two customers' }
  const { value, variance } = quantileSide(arm.interval)
  return { value, standardError: Math.sqrt(variance / arm.n) }
}

/** Between the words of the calculator and the domain. */
export function compareArms(input: CompareInput): Compared {
  const { method, relative, alpha, tunedFor, alternative, cuped, prior, higherIsBetter, correction } = input
  const kind = kindOf(input.arms[0] as CompareArm)
  const arms = input.arms.map((arm, at) => ({
    name: arm.name ?? (at === 0 ? 'control' : `treatment_${at}`),
    conversions: arm.conversions,
    read: readArm(arm),
  }))
  const [control, ...treatments] = arms as [(typeof arms)[number], ...typeof arms]
  const options: ComparisonOptions = {
    alpha,
    relative,
    tunedFor,
    alternative,
    cuped,
    prior,
    higherIsBetter,
    method: method === 'sequential' ? 'sequential' : 'fixed',
  }
  const found = treatments.map(({ read }) => compare(kind, control.read, read, options))
  const pValues = found.map((one) => ('reason' in one || method === 'bayesian' ? null : one.pValue))
  const adjusted = { holm: adjustHolm, benjamini_hochberg: adjustBenjaminiHochberg, none: (p: typeof pValues) => p }[correction](pValues)
  return {
    kind,
    method,
    relative,
    alpha,
    arms: arms.map(({ name, read }) => {
      const told = estimate(kind, read)
      return 'reason' in told
        ? { name, n: read.n, value: null, standardError: null, reason: told.reason }
        : { name, n: read.n, ...told, reason: null }
    }),
    comparisons: treatments.map((treatment, at) => {
      const one = found[at] as VariantComparison | NoResult
      const small = warnOfSmallSample(
        [control, treatment].map(({ read, conversions }) => ({
          people: read.n,
          ...(conversions !== undefined && { active: Math.min(conversions, read.n - conversions) }),
        })),
      )
      const lift = 'reason' in one ? null : warnOfImplausibleLift(liftOf(one, relative))
      const warnings = [small, lift].filter((warning) => warning !== null)
      return { treatment: treatment.name, ...tell(one, input, adjusted[at] as number | null), warnings }
    }),
    pooled: pooledOf(input),
    signTest: input.days ? signsOf(input.days) : null,
  }
}

/** Zero where it cannot be told. */
function liftOf({ effect, control }: VariantComparison, relative: boolean): number {
  const lift = relative ? effect : effect / Math.abs(control.value)
  return Number.isFinite(lift) ? lift : 0
}

const finite = (bound: number): number | null => (Number.isFinite(bound) ? bound : null)

const NOTHING = {
  effect: null,
  standardError: null,
  low: null,
  high: null,
  pValue: null,
  adjustedPValue: null,
  significant: null,
  freedom: null,
  chanceToWin: null,
  expectedLoss: null,
  theta: null,
  varianceReduction: null,
}

function tell(one: VariantComparison | NoResult, { method, alpha }: CompareInput, adjustedPValue: number | null) {
  if ('reason' in one) return { ...NOTHING, reason: one.reason }
  const { freedom, chanceToWin, expectedLoss, theta, varianceReduction, posterior } = one
  const { effect, standardError, low, high } = method === 'bayesian' ? posterior : one
  return {
    effect,
    standardError,
    low: finite(low),
    high: finite(high),
    pValue: method === 'bayesian' ? null : one.pValue,
    adjustedPValue,
    significant: adjustedPValue === null ? null : adjustedPValue < alpha,
    freedom,
    chanceToWin,
    expectedLoss,
    theta,
    varianceReduction,
    reason: null,
  }
}

/** The z test of the textbook, where two arms are counts. */
function pooledOf({ arms, alpha }: CompareInput): Compared['pooled'] {
  const [control, treatment] = arms
  if (arms.length !== 2 || control?.conversions === undefined || treatment?.conversions === undefined) return null
  const found = compareShares(
    { n: control.n ?? 0, successes: control.conversions },
    { n: treatment.n ?? 0, successes: treatment.conversions },
    alpha,
  )
  return 'reason' in found ? null : found
}

function signsOf(days: NonNullable<CompareInput['days']>): Compared['signTest'] {
  const untied = days.filter(([control, treatment]) => control !== treatment)
  const higher = untied.filter(([control, treatment]) => treatment > control).length
  return { days: untied.length, higher, pValue: signTest(higher, untied.length) }
}
