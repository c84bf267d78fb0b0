import { describe, expect, it } from 'vitest'
import {
  chanceToCross,
  classicConstant,
  groupSequentialBoundaries,
} from '../../../../worker/domain/experiments/inference/group-sequential.ts'
import { readReference } from '../../../support/reference.ts'

interface Reference {
  groupSequential: {
    obrienFleming: Record<string, number>
    pocock: Record<string, number>
    lanDeMetsObf: { t: number[]; z: number[] }
    tolerance: number
  }
  peekingInflation: { table: Record<string, number>; tolerance: number }
}
const text = readReference('sequential-boundaries.json', 'boundaries of group-sequential tests')
const reference = text === null ? null : (JSON.parse(text) as Reference)
const looksOf = (count: number, z: number) => Array.from({ length: count }, (_, at) => ({ fraction: (at + 1) / count, z }))

describe.skipIf(reference === null)('group-sequential boundaries', () => {
  const { groupSequential, peekingInflation } = reference as Reference
  const { obrienFleming, pocock, lanDeMetsObf, tolerance } = groupSequential

  it.each(Object.entries(obrienFleming))('have O’Brien and Fleming’s constant for %s looks', (looks, constant) => {
    expect(Math.abs(classicConstant('obrien_fleming', Number(looks)) - constant)).toBeLessThan(tolerance)
  })

  it.each(Object.entries(pocock))('have Pocock’s constant for %s looks', (looks, constant) => {
    expect(Math.abs(classicConstant('pocock', Number(looks)) - constant)).toBeLessThan(tolerance)
  })

  it('spend alpha as Lan and DeMets’ table', () => {
    const found = groupSequentialBoundaries({ fractions: lanDeMetsObf.t })
    for (const [at, { z }] of found.entries()) expect(Math.abs(z - (lanDeMetsObf.z[at] as number))).toBeLessThan(tolerance)
    expect(found.at(-1)?.alphaSpent).toBeCloseTo(0.05, 12)
  })

  it.each(Object.entries(peekingInflation.table))('know what %s looks at 1.96 cost', (looks, inflated) => {
    expect(Math.abs(chanceToCross(looksOf(Number(looks), 1.959964)) - inflated)).toBeLessThan(peekingInflation.tolerance)
  })
})

describe('groupSequentialBoundaries', () => {
  it.each(['obrien_fleming', 'pocock'] as const)('together err as often as alpha says, at uneven looks: %s', (spending) => {
    for (const sides of [1, 2] as const) {
      const looks = groupSequentialBoundaries({ fractions: [0.1, 0.15, 0.5, 0.9, 1], alpha: 0.05, spending, sides })
      expect(chanceToCross(looks, 0, sides)).toBeCloseTo(0.05, 6)
    }
  })

  it('hardly change where a look is added just after another', () => {
    const [half, end] = groupSequentialBoundaries({ fractions: [0.5, 1] })
    const [first, second, last] = groupSequentialBoundaries({ fractions: [0.5, 0.501, 1] })
    expect(first?.z).toBeCloseTo(half?.z as number, 9)
    expect(second?.z).toBeGreaterThan(2.9)
    expect(last?.z).toBeCloseTo(end?.z as number, 3)
    const early = groupSequentialBoundaries({ fractions: [0.00001, 0.5, 1] })
    expect(early.map(({ z }) => z)).toEqual([8, expect.closeTo(half?.z as number, 5), expect.closeTo(end?.z as number, 5)])
    const many = Array.from({ length: 20 }, (_, at) => 0.981 + at / 1000)
    expect(chanceToCross(groupSequentialBoundaries({ fractions: many }))).toBeCloseTo(0.05, 5)
  })

  it('are those of a fixed test where there is one look', () => {
    expect(groupSequentialBoundaries({ fractions: [1] })[0]?.z).toBeCloseTo(1.959964, 5)
    expect(groupSequentialBoundaries({ fractions: [1], sides: 1 })[0]?.z).toBeCloseTo(1.644854, 5)
    expect(chanceToCross([{ fraction: 1, z: 1.959964 }], 2.801585)).toBeCloseTo(0.8, 4)
  })

  it('refuse looks that do not rise, and alphas that are none', () => {
    const refused = expect.objectContaining({ code: 'invalid_field' })
    expect(() => groupSequentialBoundaries({ fractions: [0.5, 0.5] })).toThrow(refused)
    expect(() => groupSequentialBoundaries({ fractions: [] })).toThrow(refused)
    expect(() => groupSequentialBoundaries({ fractions: [1.1] })).toThrow(refused)
    expect(() => groupSequentialBoundaries({ fractions: [1], alpha: 0.5 })).toThrow(refused)
  })
})
