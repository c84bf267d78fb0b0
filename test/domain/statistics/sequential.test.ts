import { describe, expect, it } from 'vitest'
import { alwaysValid } from '../../../worker/domain/statistics/always-valid.ts'
import {
  bestPrecision,
  gammaExponentialMixture,
  mixtureBound,
  normalMixture,
  shareSequence,
  stitchedBound,
} from '../../../worker/domain/statistics/mixture.ts'
import { readReference } from '../../support/reference.ts'

interface Bound {
  fn: string
  bestRho: number
  v: number
  alpha: number
  bound: number
  s: number
  logMixture: number
  c: number
  vMin: number
  successes: number
  trials: number
  tOpt: number
  ci: [number, number]
}
interface Look {
  meanDiff: number
  varianceSum: number
  nPerArm: number
  tau2: number
  alwaysValidP: number
  lambda: number
}
const text = readReference('sequential-boundaries.json', 'bounds that hold at every look')
const reference =
  text === null
    ? null
    : (JSON.parse(text) as {
        confseq: { tolerance: number; vOpt: number; alphaOpt: number; cases: Bound[] }
        msprt: { tolerance: number; path: Look[] }
      })

describe.skipIf(reference === null)('bounds for every look', () => {
  const { confseq, msprt } = reference as NonNullable<typeof reference>
  const { cases, tolerance, vOpt, alphaOpt } = confseq
  const named = (start: string) => cases.filter(({ fn }) => fn.startsWith(start))
  const close = (actual: number, wanted: number) => expect(Math.abs(actual - wanted)).toBeLessThan(tolerance)

  it.each(named('normal mixture'))('agree with confseq: $fn', ({ bestRho, v, alpha, bound, s, logMixture }) => {
    const precision = bestPrecision(vOpt, alphaOpt)
    close(precision, bestRho)
    close(mixtureBound(normalMixture(precision), v, alpha), bound)
    close(normalMixture(precision).evidence(s, v), logMixture)
  })

  it.each(named('gamma'))('agree with confseq: $fn', ({ c, v, alpha, bound, s, logMixture }) => {
    const mixture = gammaExponentialMixture(bestPrecision(vOpt, 2 * alphaOpt), c)
    close(mixtureBound(mixture, v, alpha), bound)
    close(mixture.evidence(s, v), logMixture)
  })

  it.each(named('polynomial'))('agree with confseq: $fn', ({ v, alpha, vMin, c, bound }) => {
    close(stitchedBound(v, alpha, vMin, c), bound)
  })

  it.each(named('bernoulli'))('agree with confseq for $successes of $trials', ({ successes, trials, alpha, tOpt, ci }) => {
    const { low, high } = shareSequence(successes, trials, { alpha, tunedFor: tOpt })
    close(low, ci[0])
    close(high, ci[1])
  })

  it('follow a path of looks as the always valid p value does', () => {
    const { path, tolerance: near } = msprt
    const looks = path.map(({ meanDiff, varianceSum, nPerArm }) => ({ difference: meanDiff, varianceSum, nPerArm }))
    const found = alwaysValid(looks, (path[0] as Look).tau2)
    for (const [at, { alwaysValidP, lambda }] of path.entries()) {
      expect(Math.abs((found[at]?.pValue as number) - alwaysValidP)).toBeLessThan(near)
      expect(Math.abs((found[at]?.likelihoodRatio as number) / lambda - 1)).toBeLessThan(near)
    }
  })
})

describe('shareSequence', () => {
  it('reaches the ends where nobody, or everybody, did', () => {
    const none = shareSequence(0, 100, { tunedFor: 100 })
    const all = shareSequence(100, 100, { tunedFor: 100 })
    expect(none.low).toBe(0)
    expect(none.high).toBeGreaterThan(0.03)
    expect(none.high).toBeLessThan(0.15)
    expect([all.low, all.high]).toEqual([expect.closeTo(1 - none.high, 9), 1])
  })

  it('refuses more successes than trials', () => {
    expect(() => shareSequence(2, 1, { tunedFor: 1 })).toThrow(expect.objectContaining({ code: 'invalid_field' }))
  })
})

describe('alwaysValid', () => {
  it('never rises, and stays a number under any evidence', () => {
    const [strong, weak] = alwaysValid(
      [
        { difference: 5, varianceSum: 0.5, nPerArm: 1e6 },
        { difference: 0, varianceSum: 0.5, nPerArm: 2e6 },
      ],
      1,
    )
    expect(strong?.likelihoodRatio).toBe(Number.MAX_VALUE)
    expect(weak?.pValue).toBe(strong?.pValue)
  })
})
