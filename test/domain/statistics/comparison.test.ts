import { describe, expect, it } from 'vitest'
import {
  type ComparisonOptions,
  compareJoints,
  type VariantComparison,
} from '../../../worker/domain/experiments/inference/compare-variants.ts'
import { sequenceMultiplier } from '../../../worker/domain/statistics/confidence-sequence.ts'
import { sampleRatio } from '../../../worker/domain/statistics/sample-ratio.ts'
import { readReference } from '../../support/reference.ts'

interface Side {
  type: string
  n: number
  sum: number
  sumSquares: number
}

interface Sample {
  n: number
  mean: number
  variance: number
}

interface Case {
  id: string
  method: string
  alpha: number
  differenceType: 'relative' | 'absolute'
  control: Side
  treatment: Side
  options: { tuning?: number }
  expected: { effect: number; ci?: [number, number]; stddev?: number; p: number }
  decimals: number
}

const sampleOf = ({ type, n, sum, sumSquares }: Side): Sample => {
  const mean = sum / n
  return { n, mean, variance: type === 'proportion' ? mean * (1 - mean) : (sumSquares - n * mean ** 2) / (n - 1) }
}

/** Of a mean that nothing divides and that nothing is known about from before. */
const jointFrom = ({ n, mean, variance }: Sample) => ({
  n,
  means: [mean, 1, 0, 0],
  products: [[variance * (n - 1), 0, 0, 0], ...Array.from({ length: 3 }, () => [0, 0, 0, 0])],
  covariate: false,
})

const compareMeans = (control: Sample, treatment: Sample, options: ComparisonOptions = {}) =>
  compareJoints('mean', jointFrom(control), jointFrom(treatment), options)

function compare({ control, treatment, alpha, differenceType }: Case): VariantComparison {
  const comparison = compareMeans(sampleOf(control), sampleOf(treatment), { alpha, relative: differenceType === 'relative' })
  if ('reason' in comparison) throw new Error(comparison.reason)
  return comparison
}

const text = readReference('ab-cases.json', 'means compared as GrowthBook does')
// Some cases have no control, and some arms more than sums.
const cases = text === null ? [] : (JSON.parse(text) as { cases: (Omit<Case, 'control'> & { control?: Side })[] }).cases
const plain = cases.filter((one): one is Case => one.control?.type === 'mean' || one.control?.type === 'proportion')

describe('means', () => {
  for (const one of plain.filter(({ method }) => method === 'welch-two-sided')) {
    it(`agrees with GrowthBook: ${one.id}`, () => {
      const { effect, low, high, standardError, pValue } = compare(one)
      expect(effect).toBeCloseTo(one.expected.effect, one.decimals)
      expect(pValue).toBeCloseTo(one.expected.p, one.decimals)
      if (one.expected.stddev !== undefined) expect(standardError).toBeCloseTo(one.expected.stddev, one.decimals)
      if (one.expected.ci) {
        expect(low).toBeCloseTo(one.expected.ci[0], one.decimals)
        expect(high).toBeCloseTo(one.expected.ci[1], one.decimals)
      }
    })
  }

  it('mirrors when the sides are swapped', () => {
    const [a, b] = [
      { n: 50, mean: 3, variance: 2 },
      { n: 70, mean: 2, variance: 5 },
    ]
    const there = compareMeans(a, b) as VariantComparison
    const back = compareMeans(b, a) as VariantComparison
    expect(back.low).toBeCloseTo(-there.high, 12)
    expect(back.pValue).toBeCloseTo(there.pValue, 12)
  })

  it('gives a reason, and no number, where nothing can be compared', () => {
    const some = { n: 10, mean: 1, variance: 1 }
    expect(compareMeans({ ...some, n: 1 }, some)).toHaveProperty('reason')
    expect(compareMeans({ ...some, variance: 0 }, { ...some, variance: 0 })).toHaveProperty('reason')
    expect(compareMeans({ ...some, mean: 0 }, some, { relative: true })).toHaveProperty('reason')
  })
})

describe('sequenceMultiplier', () => {
  for (const one of plain.filter(({ method }) => method === 'sequential-two-sided')) {
    it(`agrees with GrowthBook: ${one.id}`, () => {
      const { effect, standardError } = compare(one)
      const reach = sequenceMultiplier(one.control.n + one.treatment.n, one.alpha, one.options.tuning) * standardError
      expect(effect - reach).toBeCloseTo(one.expected.ci?.[0] as number, one.decimals)
      expect(effect + reach).toBeCloseTo(one.expected.ci?.[1] as number, one.decimals)
    })
  }

  it('is 3.035 where it is tuned for', () => {
    expect(sequenceMultiplier(5_000, 0.05)).toBeCloseTo(3.035, 3)
  })

  it('refuses no observations and no chance', () => {
    const refused = expect.objectContaining({ code: 'invalid_field' })
    expect(() => sequenceMultiplier(0, 0.05)).toThrow(refused)
    expect(() => sequenceMultiplier(10, 1)).toThrow(refused)
  })
})

describe('sampleRatio', () => {
  const srm = readReference('srm-cases.json', 'sample ratios as GrowthBook tells them')
  const rows = srm === null ? [] : (JSON.parse(srm) as { cases: { users: number[]; weights: number[]; p: number; chi2?: number }[] }).cases
  for (const { users, weights, p, chi2 } of rows) {
    it(`agrees with the reference for ${users.join(':')} by ${weights.join(':')}`, () => {
      const ratio = sampleRatio(users, weights)
      expect(Math.abs(ratio.pValue - p)).toBeLessThan(1e-9)
      if (chi2 !== undefined) expect(ratio.statistic).toBeCloseTo(chi2, 9)
    })
  }

  it('tells a broken split from an uneven one', () => {
    expect(sampleRatio([4072, 2035], [0.8, 0.2]).pValue / 2.4e-149).toBeCloseTo(1, 2)
    expect(sampleRatio([460, 540], [0.5, 0.5]).pValue).toBeCloseTo(0.0114, 4)
  })
})
