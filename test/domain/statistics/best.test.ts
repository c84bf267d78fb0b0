import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betaBelief, compareBeliefs, normalBelief } from '../../../worker/domain/statistics/best.ts'
import { normalCumulative } from '../../../worker/domain/statistics/normal.ts'
import { readReference } from '../../support/reference.ts'

interface Case {
  kind: string
  means?: number[]
  sds?: number[]
  arms?: [number, number][]
  prices?: number[]
  pBest: number[]
}

const text = readReference('bandit-reference.json', 'chances to be best')
const reference =
  text === null ? null : (JSON.parse(text) as { probabilityOfBeingBest: { cases: Case[]; tolerance: number } }).probabilityOfBeingBest

const beliefsOf = ({ means = [], sds = [], arms = [], prices = [] }: Case) => [
  ...means.map((mean, at) => normalBelief(mean, sds[at] as number)),
  ...arms.map(([alpha, beta], at) => betaBelief(alpha, beta, prices[at] ?? 1)),
]

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

describe('compareBeliefs', () => {
  for (const one of reference?.cases ?? []) {
    it(`agrees with the reference: ${one.kind} ${JSON.stringify(one.means ?? one.arms)}`, () => {
      const chances = compareBeliefs(beliefsOf(one)).map(({ chanceToBeBest }) => chanceToBeBest)
      // The reference asks for 0.002; quadrature should do a thousand times better.
      for (const [at, chance] of chances.entries()) expect(Math.abs(chance - (one.pBest[at] as number))).toBeLessThan(2e-6)
      expect(total(chances)).toBeCloseTo(1, 12)
    })
  }

  it('has the closed form of two normal beliefs, however unequal their errors', () => {
    const figure = fc.double({ min: -100, max: 100, noNaN: true })
    const error = fc.double({ min: 1e-3, max: 1e3, noNaN: true })
    fc.assert(
      fc.property(figure, figure, error, error, (a, b, errorOfA, errorOfB) => {
        const [first, second] = compareBeliefs([normalBelief(a, errorOfA), normalBelief(b, errorOfB)])
        const error = Math.hypot(errorOfA, errorOfB)
        const z = (a - b) / error
        expect(first?.chanceToBeBest).toBeCloseTo(normalCumulative(z), 5)
        const lossOfB = (a - b) * normalCumulative(z) + (error * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
        expect(((second?.expectedLoss ?? 0) - lossOfB) / error).toBeCloseTo(0, 5)
      }),
    )
  })

  it('gives ten equal beliefs a tenth each, and one alone everything', () => {
    for (const { chanceToBeBest } of compareBeliefs(Array.from({ length: 10 }, () => normalBelief(5, 2))))
      expect(chanceToBeBest).toBeCloseTo(0.1, 9)
    const [alone] = compareBeliefs([betaBelief(2, 3, 400)])
    expect(alone?.chanceToBeBest).toBe(1)
    expect(alone?.expectedLoss).toBeCloseTo(0, 6)
  })

  it('refuses beliefs without width, and nothing', () => {
    const refused = expect.objectContaining({ code: 'invalid_field' })
    expect(() => normalBelief(1, 0)).toThrow(refused)
    expect(() => betaBelief(0, 1)).toThrow(refused)
    expect(() => compareBeliefs([])).toThrow(refused)
  })
})
