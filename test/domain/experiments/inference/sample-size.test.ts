import { describe, expect, it } from 'vitest'
import { compareSides, type VariantComparison } from '../../../../worker/domain/experiments/inference/compare-variants.ts'
import type { PlannedMetric, PowerFormula } from '../../../../worker/domain/experiments/inference/power.ts'
import {
  minimumDetectableEffect,
  power,
  remainingShare,
  type SampleSize,
  type SampleTerms,
  sampleSize,
} from '../../../../worker/domain/experiments/inference/sample-size.ts'
import { readReference } from '../../../support/reference.ts'

interface Weekly {
  name: string
  type: 'binomial' | 'mean'
  rate: number
  mean: number
  sd: number
  effect: number
  byWeek: { weeks: number; power: number; mde: number }[]
}
interface Size {
  formula: string
  baseline?: number
  absoluteMde: number
  variance: number
  alpha?: number
  power?: number
  perArm?: number
  exact?: number
  p1: number
  p2: number
  delta: number
  sd: number
  n?: number
  resultPower: number
  total: number
  relTolerance: number
  arms?: number
}
interface Reference {
  relativeLiftPower: { usersPerWeek: number; variations: number; metrics: Weekly[] }
  single: [
    { mean: number; variance: number; effect: number; users: number; variations: number; power: number; mde: number },
    {
      deltaVariance: { varA: number; meanA: number; nA: number; varB: number; meanB: number; nB: number }
      absolute: number
      relative: number
    },
  ]
  sampleSize: Size[]
  sequentialPowerWarning: { mean: number; variance: number; effect: number; perArm: number; tuning: number; exactAtLastLook: number }
}

const text = readReference('power-cases.json', 'power and sample sizes')
const reference = text === null ? null : (JSON.parse(text) as Reference)
const found = <T>(answer: T | { reason: string }): T => {
  if (typeof answer === 'object' && answer && 'reason' in answer) throw new Error(answer.reason)
  return answer as T
}
const mean = (baseline: number, standardDeviation: number): PlannedMetric => ({ kind: 'mean', baseline, standardDeviation })
const share = (baseline: number): PlannedMetric => ({ kind: 'proportion', baseline })
const three: Omit<SampleTerms, 'metric'> = { relative: true, shares: [1, 1, 1], formula: 'baseline_variance' }

describe.skipIf(reference === null)('power as others tell it', () => {
  const { relativeLiftPower, single, sampleSize: sizes, sequentialPowerWarning } = reference as Reference

  for (const { name, type, rate, mean: average, sd, effect, byWeek } of relativeLiftPower.metrics) {
    const terms: SampleTerms = { ...three, metric: type === 'binomial' ? share(rate) : mean(average, sd) }
    it.each(byWeek)(`agrees with GrowthBook on ${name} after $weeks weeks`, ({ weeks, power: wanted, mde }) => {
      const total = weeks * relativeLiftPower.usersPerWeek
      expect(Math.abs(power(terms, effect, total) - wanted)).toBeLessThan(1e-5)
      expect(Math.abs(found(minimumDetectableEffect(terms, total)).effect - mde)).toBeLessThan(2e-4)
    })
  }

  it('agrees with GrowthBook on one plan', () => {
    const [{ mean: average, variance, effect, users, power: wanted, mde }] = single
    const terms = { ...three, metric: mean(average, Math.sqrt(variance)) }
    expect(power(terms, effect, users)).toBeCloseTo(wanted, 5)
    expect(found(minimumDetectableEffect(terms, users)).effect).toBeCloseTo(mde, 5)
  })

  it('agrees with GrowthBook on the error of a difference and of a lift', () => {
    const [, { deltaVariance, absolute, relative }] = single
    const { varA, meanA, nA, varB, meanB, nB } = deltaVariance
    const a = { n: nA, value: meanA, variance: varA, before: null }
    const b = { n: nB, value: meanB, variance: varB, before: null }
    expect((compareSides(a, b, null, {}) as VariantComparison).standardError ** 2).toBeCloseTo(absolute, 5)
    expect((compareSides(a, b, null, { relative: true }) as VariantComparison).standardError ** 2).toBeCloseTo(relative, 5)
  })

  it('tells the power of the interval that will be used, not of one that looks like it', () => {
    const { mean: average, variance, effect, perArm, tuning, exactAtLastLook } = sequentialPowerWarning
    const terms: SampleTerms = {
      ...three,
      metric: mean(average, Math.sqrt(variance)),
      watching: { method: 'sequential', tunedFor: tuning },
    }
    expect(Math.abs(power(terms, effect, 3 * perArm) - exactAtLastLook)).toBeLessThan(1e-9)
  })

  const formulas: [string, PowerFormula][] = [
    ['pooled-null', 'pooled_null'],
    ['unpooled', 'unpooled'],
    ['two-sample t', 't'],
    ['z on means', 'interval'],
    ['z on proportions', 'baseline_variance'],
    ['as above', 'baseline_variance'],
  ]
  for (const size of sizes) {
    it(`agrees on ${JSON.stringify(size)}`, () => {
      const formula = formulas.find(([start]) => size.formula.startsWith(start))?.[1] as PowerFormula
      const metric =
        formula === 't' ? mean(0, size.sd) : size.variance ? mean(0, Math.sqrt(size.variance)) : share(size.baseline ?? size.p1)
      const effect = formula === 't' ? size.delta : (size.absoluteMde ?? size.p2 - size.p1)
      const terms: SampleTerms = {
        metric,
        formula,
        alpha: size.alpha ?? 0.05,
        shares: size.arms === 3 ? [0.5, 0.25, 0.25] : [1, 1],
      }
      if (size.n !== undefined) return expect(power(terms, effect, 2 * size.n)).toBeCloseTo(size.resultPower, 6)
      const { exact, total } = found<SampleSize>(sampleSize(terms, effect, size.power ?? 0.85))
      if (size.total) return expect(Math.abs(total / size.total - 1)).toBeLessThan(size.relTolerance)
      const wanted = size.exact ?? (size.perArm as number)
      return expect(Math.abs(exact / wanted - 1)).toBeLessThan(1e-6)
    })
  }
})

describe('remainingShare', () => {
  // The engine halves until its power is within 1e-5 of the target, and so stops at 6517 ÷ 256, which is 0.00055 too far.
  it('agrees with GrowthBook in the middle of an experiment', ({ skip }) => {
    const cases = readReference('ab-cases.json', 'the power of a running experiment')
    if (cases === null) return skip('no reference')
    const one = (
      JSON.parse(cases) as { cases: { id: string; expected: { scalingFactor: number; relativeVariance: number } }[] }
    ).cases.find(({ id }) => id === 'mid-experiment-power-frequentist')
    const { scalingFactor, relativeVariance } = (one as NonNullable<typeof one>).expected
    const side = (value: number) => ({ n: 500, value, variance: 1000 / 499, before: null })
    const { standardError } = compareSides(side(1), side(1.05), null, { relative: true }) as VariantComparison
    expect(standardError ** 2).toBeCloseTo(relativeVariance, 9)
    expect(Math.abs(remainingShare({ standardError, n: 1000, mde: 0.05 }) - scalingFactor)).toBeLessThan(1e-3)
  })

  it('is nothing where there are enough, and more for an interval that may be peeked at', () => {
    expect(remainingShare({ standardError: 0.01, n: 1000, mde: 0.05 })).toBe(0)
    const asked = { standardError: 0.05, n: 5000, mde: 0.05 }
    expect(remainingShare({ ...asked, method: 'sequential' })).toBeGreaterThan(remainingShare(asked))
  })
})

describe('sampleSize', () => {
  const terms: SampleTerms = { metric: share(0.2) }
  const watchings: SampleTerms['watching'][] = [
    { method: 'fixed' },
    { method: 'sequential' },
    { method: 'group_sequential', fractions: [0.25, 0.5, 0.75, 1] },
  ]

  it.each(watchings)('gives the power that was asked for, and back: $method', (watching) => {
    for (const relative of [true, false]) {
      for (const effect of [0.05, -0.05]) {
        const asked = { ...terms, relative, ...(watching && { watching }) }
        const { total } = found<SampleSize>(sampleSize(asked, effect, 0.9))
        expect(power(asked, effect, total)).toBeGreaterThanOrEqual(0.9 - 1e-6)
        expect(power(asked, effect, total - 4)).toBeLessThan(0.9)
        const back = found(minimumDetectableEffect(asked, total, { power: 0.9, decrease: effect < 0 })).effect
        expect(back / effect).toBeCloseTo(1, 2)
        expect(Math.abs(back)).toBeLessThanOrEqual(0.05)
      }
    }
  })

  it('asks for little more where looks are planned, and much more where everyone may look', () => {
    const [fixed, sequential, planned] = watchings.map(
      (watching) => found<SampleSize>(sampleSize({ ...terms, ...(watching && { watching }) }, 0.05)).total,
    )
    expect((planned as number) / (fixed as number)).toBeGreaterThan(1.005)
    expect((planned as number) / (fixed as number)).toBeLessThan(1.03)
    expect((sequential as number) / (fixed as number)).toBeGreaterThan(1.5)
  })

  it('asks for more where several treatments share alpha', () => {
    const arms = { ...terms, shares: [1, 1, 1] }
    expect(found<SampleSize>(sampleSize({ ...arms, correction: 'bonferroni' }, 0.05)).total).toBeGreaterThan(
      found<SampleSize>(sampleSize(arms, 0.05)).total,
    )
  })

  it('refuses what cannot be, and says where nothing can be found', () => {
    const refused = (field: string) => expect.objectContaining({ code: 'invalid_field', field })
    expect(() => sampleSize(terms, 0)).toThrow(refused('mde'))
    expect(() => sampleSize(terms, 0.8)).toThrow(refused('mde'))
    expect(() => sampleSize({ metric: share(1) }, 0.1)).toThrow(refused('baseline'))
    expect(() => sampleSize({ metric: mean(0, 0) }, 0.1)).toThrow(refused('standardDeviation'))
    expect(() => sampleSize({ metric: mean(0, 1), relative: true }, 0.1)).toThrow(refused('baseline'))
    expect(() => sampleSize(terms, 0.05, 1)).toThrow(refused('power'))
    expect(() => power(terms, 0.05, 2)).toThrow(refused('total'))
    expect(minimumDetectableEffect({ ...terms, relative: true, metric: mean(1, 1000) }, 100)).toHaveProperty('reason')
    expect(sampleSize({ metric: mean(0, 1) }, 1e-9)).toHaveProperty('reason')
  })
})
