import { describe, expect, it } from 'vitest'
import { endingsOf, roundPrice } from '../../../worker/domain/pricing/rounding.ts'

const anywhere = { lowMinor: 0, highMinor: 10_000_000 }
const whole = { unitMinor: 100, endingMinor: 0, stepMinor: 1 }
const charm = { unitMinor: 100, endingMinor: 99, stepMinor: 1 }

describe('endingsOf', () => {
  it.each([
    ['USD', 49_900, 'auto', { unitMinor: 100, endingMinor: 0, stepMinor: 1 }],
    ['USD', 1_999, 'auto', { unitMinor: 100, endingMinor: 99, stepMinor: 1 }],
    ['USD', 1_999, 'whole', { unitMinor: 100, endingMinor: 0, stepMinor: 1 }],
    ['USD', 49_900, 'charm', { unitMinor: 100, endingMinor: 99, stepMinor: 1 }],
    ['USD', 49_900, 'none', { unitMinor: 1, endingMinor: 0, stepMinor: 1 }],
    ['JPY', 49_801, 'auto', { unitMinor: 1, endingMinor: 0, stepMinor: 1 }],
    ['JPY', 49_801, 'charm', { unitMinor: 1, endingMinor: 0, stepMinor: 1 }],
    ['ISK', 49_801, 'auto', { unitMinor: 1, endingMinor: 0, stepMinor: 1 }],
    ['KWD', 12_000, 'auto', { unitMinor: 1_000, endingMinor: 0, stepMinor: 10 }],
    ['KWD', 12_500, 'auto', { unitMinor: 1_000, endingMinor: 990, stepMinor: 10 }],
    ['KWD', 12_500, 'none', { unitMinor: 10, endingMinor: 0, stepMinor: 10 }],
    ['HUF', 499_999, 'auto', { unitMinor: 100, endingMinor: 0, stepMinor: 100 }],
    ['TWD', 49_900, 'charm', { unitMinor: 100, endingMinor: 0, stepMinor: 100 }],
    ['MGA', 49_900, 'charm', { unitMinor: 100, endingMinor: 0, stepMinor: 100 }],
  ] as const)('gives %s with a list price of %i, rounding %s, its ending', (currency, listMinor, rounding, endings) => {
    expect(endingsOf(currency, listMinor, rounding)).toEqual(endings)
  })
})

describe('roundPrice', () => {
  it.each([
    [54_890, whole, anywhere, 54_900],
    [54_849, whole, anywhere, 54_800],
    [54_850, whole, anywhere, 54_800],
    [54_900, whole, anywhere, 54_900],
    [1_930, charm, anywhere, 1_899],
    [1_950, charm, anywhere, 1_999],
    [1_999, charm, anywhere, 1_999],
    [140, charm, anywhere, 99],
    [498, { unitMinor: 1, endingMinor: 0, stepMinor: 1 }, anywhere, 498],
    [12_345, { unitMinor: 1_000, endingMinor: 990, stepMinor: 10 }, anywhere, 11_990],
    // no ending of .990 inside: the nearest that can be charged
    [12_345, { unitMinor: 1_000, endingMinor: 990, stepMinor: 10 }, { lowMinor: 12_001, highMinor: 12_900 }, 12_340],
    [12_345, { unitMinor: 10, endingMinor: 0, stepMinor: 10 }, { lowMinor: 12_345, highMinor: 12_900 }, 12_350],
    [123, { unitMinor: 1_000, endingMinor: 990, stepMinor: 10 }, anywhere, 120],
  ])('rounds %i with %j to the nearest ending', (price, endings, range, expected) => {
    expect(roundPrice(price, endings, range)).toBe(expected)
  })

  it('takes the other neighbour where a guardrail bars the nearest, and none where both are barred', () => {
    expect(roundPrice(54_890, whole, { lowMinor: 0, highMinor: 54_890 })).toBe(54_800)
    expect(roundPrice(54_890, whole, { lowMinor: 54_900, highMinor: 54_900 })).toBe(54_900)
    expect(roundPrice(54_810, whole, { lowMinor: 54_805, highMinor: 60_000 })).toBe(54_900)
    expect(roundPrice(54_850, whole, { lowMinor: 54_820, highMinor: 54_880 })).toBe(54_850)
  })

  it('leaves a price of less than a unit alone, so that nothing becomes free', () => {
    expect(roundPrice(10, whole, anywhere)).toBe(10)
    expect(roundPrice(45, charm, anywhere)).toBe(45)
  })
})
