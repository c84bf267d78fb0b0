import { describe, expect, it } from 'vitest'
import {
  type ComparisonOptions,
  compareJoints,
  compareSides,
  type VariantComparison,
} from '../../../../worker/domain/experiments/inference/compare-variants.ts'
import type { Alternative } from '../../../../worker/domain/experiments/inference/interval.ts'
import { type Joint, jointOfSums } from '../../../../worker/domain/experiments/inference/joint.ts'
import type { MetricKind, NoResult } from '../../../../worker/domain/experiments/inference/metric-moments.ts'
import { quantileSide } from '../../../../worker/domain/experiments/inference/quantile.ts'
import { readReference } from '../../../support/reference.ts'

interface Arm {
  type: 'mean' | 'proportion' | 'ratio' | 'mean_cuped' | 'ratio_cuped' | 'quantile'
  n: number
  sum: number
  sumSquares?: number
  denomSum?: number
  denomSumSquares?: number
  preSum?: number
  preSumSquares?: number
  preDenomSum?: number
  preDenomSumSquares?: number
  crossSum?: number
  cross?: Record<'post_pre' | 'denom_preDenom' | 'pre_preDenom' | 'post_denom' | 'post_preDenom' | 'pre_denom', number>
  nStar: number
  quantile: number
  lower: number
  upper: number
}

interface Case {
  id: string
  method: string
  alpha: number
  differenceType: 'relative' | 'absolute'
  control: Arm
  treatment: Arm
  options: { tuning?: number; prior?: { mean: number; variance: number } | null; pValueRange?: [number, number] }
  expected: {
    effect?: number
    ci?: [number | null, number | null]
    stddev?: number
    p?: number
    theta?: number
    chanceToWin?: number
    risk?: [number, number]
    riskTreatment?: number
  }
  decimals: number
}

const kindOf = ({ type }: Arm): MetricKind => (type === 'proportion' ? 'proportion' : type.startsWith('ratio') ? 'ratio' : 'mean')

function jointOf(arm: Arm): Joint {
  const { cross = {} as Partial<NonNullable<Arm['cross']>> } = arm
  const table: Record<string, number | undefined> = {
    '0,0': arm.sumSquares ?? arm.sum,
    '0,1': cross.post_denom ?? arm.crossSum,
    '1,1': arm.denomSumSquares,
    '0,2': cross.post_pre ?? arm.crossSum,
    '1,2': cross.pre_denom,
    '2,2': arm.preSumSquares,
    '0,3': cross.post_preDenom,
    '1,3': cross.denom_preDenom,
    '2,3': cross.pre_preDenom,
    '3,3': arm.preDenomSumSquares,
  }
  return jointOfSums({ n: arm.n, sums: [arm.sum, arm.denomSum, arm.preSum, arm.preDenomSum], of: (a, b) => table[`${a},${b}`] as number })
}

function compare(one: Case): VariantComparison {
  const { method, alpha, differenceType, control, treatment } = one
  const { tuning, prior } = one.options
  const options: ComparisonOptions = {
    alpha,
    relative: differenceType === 'relative',
    method: method.startsWith('sequential') ? 'sequential' : 'fixed',
    alternative: (method.endsWith('greater') ? 'greater' : 'two_sided') satisfies Alternative,
    prior: prior ? { mean: prior.mean, standardDeviation: Math.sqrt(prior.variance) } : null,
    ...(tuning !== undefined && { tunedFor: tuning }),
  }
  const answer: VariantComparison | NoResult =
    control.type === 'quantile'
      ? compareSides(quantileOf(control), quantileOf(treatment), null, options)
      : compareJoints(kindOf(control), jointOf(control), jointOf(treatment), options)
  if ('reason' in answer) throw new Error(answer.reason)
  return answer
}

const quantileOf = ({ n, nStar, quantile, lower, upper }: Arm) =>
  quantileSide({ n, intervalAt: nStar, value: quantile, low: lower, high: upper })

const text = readReference('ab-cases.json', 'variants compared as GrowthBook does')
const cases = text === null ? [] : (JSON.parse(text) as { cases: Case[] }).cases

describe('compareVariants', () => {
  for (const one of cases.filter(({ expected }) => expected.effect !== undefined)) {
    it(`agrees with GrowthBook: ${one.id}`, () => {
      const found = compare(one)
      const { expected, decimals } = one
      const bayesian = one.method.startsWith('bayes')
      const { effect, standardError, low, high } = bayesian ? found.posterior : found
      const close = (actual: number, wanted: number | undefined) => wanted !== undefined && expect(actual).toBeCloseTo(wanted, decimals)
      close(effect, expected.effect)
      close(standardError, expected.stddev)
      close(found.chanceToWin, expected.chanceToWin)
      close(found.expectedLoss.keepControl, expected.risk?.[0])
      close(found.expectedLoss.shipTreatment, expected.risk?.[1] ?? expected.riskTreatment)
      const [least, most] = one.options.pValueRange ?? [0, 1]
      close(Math.min(most, Math.max(least, found.pValue)), expected.p)
      if (expected.ci) {
        const [wantedLow, wantedHigh] = expected.ci
        if (wantedLow === null) expect(low).toBe(Number.NEGATIVE_INFINITY)
        else close(low, wantedLow)
        if (wantedHigh === null) expect(high).toBe(Number.POSITIVE_INFINITY)
        else close(high, wantedHigh)
      }
    })
  }

  it('takes as much of the covariate off as GrowthBook: cuped-theta', ({ skip }) => {
    const one = cases.find(({ id }) => id === 'cuped-theta')
    if (!one) return skip('no reference')
    const found = compareJoints('mean', jointOf(one.control), jointOf(one.treatment)) as VariantComparison
    expect(found.theta).toBeCloseTo(one.expected.theta as number, one.decimals)
  })
})
